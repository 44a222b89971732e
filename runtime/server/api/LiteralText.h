//===- LiteralText.h - Text that is no special token ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A template makes one text of marks, which are special tokens, and of what users write, which must
// not become one. Before it is rendered, what looks like a special token is cut in two by a
// character that no text has (U+FDD0, of which Unicode says so); afterwards the text is encoded in
// the pieces between those.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_LITERALTEXT_H
#define MOEC_SERVER_API_LITERALTEXT_H

#include "moec/runtime/Tokenizer.h"

#include <string>
#include <string_view>
#include <vector>

namespace moec::server {

class LiteralText {
public:
  /// `tokenizer` must outlive it.
  explicit LiteralText(const runtime::Tokenizer &tokenizer) : tokenizer(tokenizer) {}

  /// The text as encode() gives it back; `isText` says whether special tokens in it are none.
  std::string protect(std::string_view text, bool isText) const;
  /// The ids of a text with protected parts, no token added around it.
  Expected<std::vector<int32_t>> encode(std::string_view text) const;

private:
  const runtime::Tokenizer &tokenizer;
};

} // namespace moec::server

#endif // MOEC_SERVER_API_LITERALTEXT_H
