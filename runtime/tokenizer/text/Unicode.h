//===- Unicode.h - Character classes and normal forms -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the tokenizer asks of Unicode, answered by ICU.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_TEXT_UNICODE_H
#define MOEC_TOKENIZER_TEXT_UNICODE_H

#include "moec/Support/Error.h"

#include <string>
#include <string_view>

namespace moec::tokenizer {

/// The White_Space property.
bool isWhiteSpace(char32_t c);
/// General category N: decimal digits, letter-like and other numbers.
bool isNumeric(char32_t c);
/// General category P, or any ASCII punctuation or symbol.
bool isPunctuation(char32_t c);
/// Alphabetic, mark, decimal digit, connector punctuation or join control.
bool isWordChar(char32_t c);
/// General category M.
bool isMark(char32_t c);

enum class NormalForm { C, D, KC, KD };

/// `text` (valid UTF-8) in a Unicode normal form. Fails only when ICU does (out of memory, or a
/// text of more than 2^31 bytes).
Expected<std::string> normalizeText(std::string_view text, NormalForm form);

/// Appends the full lower-case mapping of `c`, without context or language.
void appendLowercase(std::string &out, char32_t c);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_TEXT_UNICODE_H
