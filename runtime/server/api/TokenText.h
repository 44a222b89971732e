//===- TokenText.h - Single tokens as text and bytes ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lists of log probabilities show tokens one by one, although a token may be a part of a character.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_TOKENTEXT_H
#define MOEC_SERVER_API_TOKENTEXT_H

#include "moec/runtime/Tokenizer.h"

#include <string>

namespace moec::server {

/// What single tokens of a tokenizer are.
class TokenText {
public:
  /// Without a tokenizer tokens are shown as "token_id:17".
  explicit TokenText(const runtime::Tokenizer *tokenizer);

  /// The token as it is within a text, U+FFFD for what is no whole character.
  std::string text(int32_t id) const;
  /// Its bytes; concatenated, those of the text.
  std::string bytes(int32_t id) const;

private:
  std::string textAfterWord(int32_t id) const;

  const runtime::Tokenizer *tokenizer;
  /// A token that is a word, and its text: decoders treat a text's first token in their own way.
  int32_t word = -1;
  std::string wordText;
};

} // namespace moec::server

#endif // MOEC_SERVER_API_TOKENTEXT_H
