//===- PreTokenizer.h - Cutting a text into words ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_PRETOKENIZE_PRETOKENIZER_H
#define MOEC_TOKENIZER_PRETOKENIZE_PRETOKENIZER_H

#include "Pieces.h"

#include <nlohmann/json.hpp>

#include <memory>

namespace moec::tokenizer {

/// Cuts pieces into smaller ones; the model then works on each piece alone.
class PreTokenizer {
public:
  virtual ~PreTokenizer() = default;
  virtual Error run(Pieces &pieces, MatchScratch &scratch) const = 0;
};

/// Reads the pre-tokenizer at `path` of a tokenizer.json; null for null.
Expected<std::unique_ptr<PreTokenizer>> readPreTokenizer(const nlohmann::json &value,
                                                         const std::string &path);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_PRETOKENIZE_PRETOKENIZER_H
