//===- Utf8.h - UTF-8, one character at a time ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tokenizer validates text once, where it enters; everything behind that walks it unchecked.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_TEXT_UTF8_H
#define MOEC_TOKENIZER_TEXT_UTF8_H

#include <cstddef>
#include <string>
#include <string_view>

namespace moec::tokenizer {

/// The result of looking at the front of possibly broken UTF-8.
struct Utf8Step {
  enum Kind {
    Valid,     ///< `size` bytes are one character.
    Invalid,   ///< `size` bytes can never be part of a character.
    Incomplete ///< All the rest, `size` bytes, is the beginning of a character.
  };
  Kind kind;
  size_t size;
};

/// Looks at the front of `text`, which must not be empty. An ill-formed sequence is as long as
/// Unicode recommends for replacement by one U+FFFD (a maximal subpart).
Utf8Step stepUtf8(std::string_view text);

/// The offset of the first byte that is not valid UTF-8, or npos when all of `text` is.
size_t findInvalidUtf8(std::string_view text);

/// The character at `position` of valid UTF-8; moves `position` behind it.
char32_t nextChar(std::string_view text, size_t &position);

/// The character that ends at `position` > 0 of valid UTF-8; moves `position` before it.
char32_t previousChar(std::string_view text, size_t &position);

/// Bytes of the character whose first byte is `lead` (valid UTF-8).
inline size_t charSize(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Appends `c`, a Unicode scalar value.
void appendUtf8(std::string &out, char32_t c);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_TEXT_UTF8_H
