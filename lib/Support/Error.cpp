//===- Error.cpp - Errors as values -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// String building for messages, and context.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Error.h"

#include <cstdio>

using namespace moec;

void detail::appendTo(std::string &out, std::string_view text) { out.append(text); }
void detail::appendTo(std::string &out, char c) { out.push_back(c); }
void detail::appendTo(std::string &out, bool value) { out.append(value ? "true" : "false"); }
void detail::appendInteger(std::string &out, long long value) { out.append(std::to_string(value)); }
void detail::appendInteger(std::string &out, unsigned long long value) {
  out.append(std::to_string(value));
}
void detail::appendTo(std::string &out, double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%g", value);
  out.append(buffer);
}

const std::string &Error::message() const {
  static const std::string empty;
  return text ? *text : empty;
}

Error Error::addContext(std::string_view prefix) {
  if (text)
    text->insert(0, strCat(prefix, ": "));
  return std::move(*this);
}
