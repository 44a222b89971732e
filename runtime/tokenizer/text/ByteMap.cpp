//===- ByteMap.cpp - Bytes as printable characters --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ByteMap.h"
#include "Utf8.h"

#include <array>

namespace moec::tokenizer {

namespace {

constexpr bool printsAsItself(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

/// Every mapped character is below 0x800: one or two bytes of UTF-8.
struct Table {
  struct Encoded {
    char bytes[2] = {};
    unsigned char size = 0;
  };
  std::array<Encoded, 256> chars;
  std::array<short, 0x144> bytes;

  constexpr Table() : chars(), bytes() {
    for (short &byte : bytes)
      byte = -1;
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const unsigned c = printsAsItself(byte) ? byte : next++;
      bytes[c] = static_cast<short>(byte);
      Encoded &out = chars[byte];
      out.size = c < 0x80 ? 1 : 2;
      out.bytes[0] = static_cast<char>(c < 0x80 ? c : 0xC0 | c >> 6);
      out.bytes[1] = static_cast<char>(0x80 | (c & 0x3F));
    }
  }
};

constexpr Table table;

} // namespace

std::string_view charOfByte(unsigned char byte) {
  return {table.chars[byte].bytes, table.chars[byte].size};
}

std::optional<unsigned char> byteOfChar(char32_t c) {
  if (c >= table.bytes.size() || table.bytes[c] < 0)
    return std::nullopt;
  return static_cast<unsigned char>(table.bytes[c]);
}

void appendBytesOf(std::string_view token, std::string &out) {
  const size_t start = out.size();
  for (size_t i = 0; i < token.size();) {
    std::optional<unsigned char> byte = byteOfChar(nextChar(token, i));
    if (!byte) {
      out.resize(start);
      out += token;
      return;
    }
    out += static_cast<char>(*byte);
  }
}

} // namespace moec::tokenizer
