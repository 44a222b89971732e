//===- Utf8.cpp - UTF-8, one character at a time ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decoding follows Table 3-7 of the Unicode standard: the second byte's range depends on the first.
//
//===----------------------------------------------------------------------===//

#include "Utf8.h"

namespace moec::tokenizer {

static unsigned byteAt(std::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

Utf8Step stepUtf8(std::string_view text) {
  const unsigned lead = byteAt(text, 0);
  if (lead < 0x80)
    return {Utf8Step::Valid, 1};
  if (lead < 0xC2 || lead > 0xF4)
    return {Utf8Step::Invalid, 1};
  const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < size; ++i) {
    if (i == text.size())
      return {Utf8Step::Incomplete, i};
    if (byteAt(text, i) < low || byteAt(text, i) > high)
      return {Utf8Step::Invalid, i};
    low = 0x80;
    high = 0xBF;
  }
  return {Utf8Step::Valid, size};
}

size_t findInvalidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (byteAt(text, i) < 0x80) {
      ++i;
      continue;
    }
    const Utf8Step step = stepUtf8(text.substr(i));
    if (step.kind != Utf8Step::Valid)
      return i;
    i += step.size;
  }
  return std::string_view::npos;
}

char32_t nextChar(std::string_view text, size_t &position) {
  const unsigned lead = byteAt(text, position);
  const size_t size = charSize(text[position]);
  char32_t c = size == 1 ? lead : lead & (0x7F >> size);
  for (size_t i = 1; i < size; ++i)
    c = c << 6 | (byteAt(text, position + i) & 0x3F);
  position += size;
  return c;
}

char32_t previousChar(std::string_view text, size_t &position) {
  do
    --position;
  while ((byteAt(text, position) & 0xC0) == 0x80);
  size_t start = position;
  return nextChar(text, start);
}

void appendUtf8(std::string &out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      out += static_cast<char>(0xE0 | c >> 12);
    } else {
      out += static_cast<char>(0xF0 | c >> 18);
      out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    }
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

} // namespace moec::tokenizer
