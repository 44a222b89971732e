//===- ByteMap.h - Bytes as printable characters ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Byte-level vocabularies write each byte as one printable character: those bytes that Latin-1
// prints as themselves, the others as U+0100 onwards in order.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_TEXT_BYTEMAP_H
#define MOEC_TOKENIZER_TEXT_BYTEMAP_H

#include <optional>
#include <string>
#include <string_view>

namespace moec::tokenizer {

/// The character for `byte`, in UTF-8.
std::string_view charOfByte(unsigned char byte);

/// The byte that `c` stands for, if any.
std::optional<unsigned char> byteOfChar(char32_t c);

/// Appends the bytes that `token` stands for; `token` itself if one of its characters stands for
/// none.
void appendBytesOf(std::string_view token, std::string &out);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_TEXT_BYTEMAP_H
