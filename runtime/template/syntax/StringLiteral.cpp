//===- StringLiteral.cpp - Escapes in strings -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/StringLiteral.h"

#include "runtime/tokenizer/text/Utf8.h"

#include <charconv>

using namespace moec;
using namespace moec::jinja;

/// The character of `digits` hexadecimal digits at `at`, behind which that goes.
static const char *readHex(std::string_view raw, size_t &at, size_t digits, std::string &out) {
  uint32_t c = 0;
  std::string_view text = raw.substr(at).substr(0, digits);
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), c, 16);
  if (text.size() != digits || end != text.data() + digits)
    return "a string has an escape with too few hexadecimal digits";
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
    return "a string has an escape that is no character";
  at += digits;
  tokenizer::appendUtf8(out, c);
  return nullptr;
}

static void readOctal(std::string_view raw, size_t &at, std::string &out) {
  uint32_t c = 0;
  for (int i = 0; i < 3 && at < raw.size() && raw[at] >= '0' && raw[at] <= '7'; ++i)
    c = c * 8 + static_cast<uint32_t>(raw[at++] - '0');
  tokenizer::appendUtf8(out, c);
}

const char *jinja::unescapeString(std::string_view raw, std::string &out) {
  for (size_t at = 0; at < raw.size();) {
    char c = raw[at++];
    if (c != '\\') {
      out += c;
      continue;
    }
    char letter = raw[at++];
    static constexpr std::string_view letters = "\\'\"abfnrtv", meant = "\\'\"\a\b\f\n\r\t\v";
    const char *problem = nullptr;
    if (size_t found = letters.find(letter); found != letters.npos) {
      out += meant[found];
    } else if (letter >= '0' && letter <= '7') {
      readOctal(raw, --at, out);
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      problem = readHex(raw, at, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, out);
    } else if (letter == 'N') {
      problem = "a string has a character by its name, \\N{…}, which is not supported";
    } else if (letter != '\n') {
      (out += '\\') += letter;
    }
    if (problem)
      return problem;
  }
  return nullptr;
}
