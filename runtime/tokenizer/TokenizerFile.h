//===- TokenizerFile.h - Reading tokenizer.json -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Nearly all of a tokenizer.json is the vocabulary and the merges of its model. They are streamed
// into flat lists, in the order of the file and with duplicates visible; the small rest becomes an
// ordinary JSON document.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_TOKENIZERFILE_H
#define MOEC_TOKENIZER_TOKENIZERFILE_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moec::tokenizer {

/// A parsed tokenizer.json.
struct TokenizerFile {
  /// The document; `model.vocab` and `model.merges` are null where they were streamed.
  nlohmann::json document;
  /// `model.vocab` if that is an object: tokens with their ids, which are not negative.
  std::vector<std::pair<std::string, int32_t>> vocab;
  /// `model.merges` if that is an array, of "left right" strings or of pairs.
  std::vector<std::pair<std::string, std::string>> merges;
  bool hasVocab = false;
  bool hasMerges = false;
};

/// Parses `text`. Fails on invalid JSON, on nesting deeper than 64, on ids that are not integers
/// of 0 to 2^31 - 1, and on merges that are not two tokens.
Expected<TokenizerFile> parseTokenizerFile(std::string_view text);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_TOKENIZERFILE_H
