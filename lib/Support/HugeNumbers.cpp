//===- HugeNumbers.cpp - Numbers beyond a double ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Support/HugeNumbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

using namespace moec;

/// Whether a number is JSON, but for a double too large.
static bool isHuge(std::string_view number) {
  double value;
  const char *end = number.data() + number.size();
  auto [last, error] = std::from_chars(number.data(), end, value);
  if (last != end || error != std::errc::result_out_of_range)
    return false;
  // One that is too small has the same error.
  return std::isinf(std::strtod(std::string(number).c_str(), nullptr));
}

std::string moec::replaceHugeNumbers(std::string_view json, std::string_view replacement) {
  std::string out;
  for (size_t i = 0; i < json.size();) {
    size_t end = i + 1;
    const char c = json[i];
    if (c == '"') {
      while (end < json.size() && json[end] != '"')
        end += json[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, json.size());
    } else if (c >= '0' && c <= '9') {
      end = std::min(json.find_first_not_of("0123456789.eE+-", i), json.size());
      if (isHuge(json.substr(i, end - i))) {
        out += replacement;
        i = end;
        continue;
      }
    }
    out += json.substr(i, end - i);
    i = end;
  }
  return out;
}
