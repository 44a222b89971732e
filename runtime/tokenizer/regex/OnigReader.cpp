//===- OnigReader.cpp - A cursor over a pattern -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "OnigReader.h"

#include <cstdio>

namespace moec::tokenizer {

void OnigReader::fail(std::string_view message) {
  if (!failure)
    failure = Error::make(message, " at byte ", position, " of ", pattern.size());
}

std::string literal(char32_t c) {
  const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == ' ' || c == '_' || c >= 0xA0;
  std::string out;
  if (plain) {
    appendUtf8(out, c);
    return out;
  }
  char hex[16];
  std::snprintf(hex, sizeof(hex), "\\x{%X}", static_cast<unsigned>(c));
  return hex;
}

std::string bracketed(const ClassBody &set) {
  return strCat(set.complement ? "[^" : "[", set.body, "]");
}

char32_t OnigReader::hexDigits(size_t most) {
  char32_t value = 0;
  for (size_t i = 0; i < most && !atEnd(); ++i) {
    const char c = peek();
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      break;
    value = value << 4 | static_cast<char32_t>(digit);
    next();
  }
  return value;
}

char32_t OnigReader::escapedCodePoint() {
  if (atEnd()) {
    fail("a \\ at the end");
    return 0;
  }
  static constexpr std::string_view letters = "tnrfvae";
  static constexpr std::u32string_view controls = U"\t\n\r\f\v\a\x1B";
  if (size_t place = letters.find(peek()); place != letters.npos)
    return next(), controls[place];
  char32_t value = 0;
  switch (peek()) {
  case 'x':
    next();
    if (take('{')) {
      value = hexDigits(8);
      if (!take('}'))
        fail("\\x{ without }");
    } else {
      value = hexDigits(2);
      if (value > 0x7F)
        fail("a \\x that is one byte of a longer character is not supported");
    }
    break;
  case 'u':
    next();
    value = hexDigits(4);
    break;
  case '0':
  case '1':
  case '2':
  case '3':
  case '4':
  case '5':
  case '6':
  case '7':
    for (int i = 0; i < 3 && !atEnd() && peek() >= '0' && peek() <= '7'; ++i)
      value = value * 8 + static_cast<char32_t>(next() - '0');
    break;
  case 'c':
  case 'C':
    if (next() == 'C' && !take('-'))
      fail("\\C needs a -");
    if (atEnd())
      fail("a control character without end");
    else
      value = nextCodePoint() & 0x1F;
    break;
  case 'M':
    fail("\\M is not supported");
    break;
  default:
    return nextCodePoint();
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    fail("an escape is no Unicode character");
  return value;
}

ClassBody OnigReader::property() {
  bool complement = next() == 'P';
  if (!take('{')) {
    fail("\\p needs a {name}");
    return {"a", false};
  }
  if (take('^'))
    complement = !complement;
  std::string name;
  while (!atEnd() && peek() != '}')
    name += next();
  ClassBody set = propertySet(name);
  if (!take('}'))
    fail("\\p{ without }");
  else if (set.body.empty())
    fail(strCat("unknown property \"", name, "\""));
  set.complement ^= complement;
  return set;
}

} // namespace moec::tokenizer
