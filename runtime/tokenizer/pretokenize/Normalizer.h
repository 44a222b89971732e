//===- Normalizer.h - The first stage of a tokenizer ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_PRETOKENIZE_NORMALIZER_H
#define MOEC_TOKENIZER_PRETOKENIZE_NORMALIZER_H

#include "Pieces.h"

#include <nlohmann/json.hpp>

#include <memory>

namespace moec::tokenizer {

/// Changes a text before it is cut.
class Normalizer {
public:
  virtual ~Normalizer() = default;

  /// Changes `pieces.text` and `pieces.origin`; the ranges are not looked at.
  virtual Error run(Pieces &pieces, MatchScratch &scratch) const = 0;
};

/// Reads the normalizer at `path` of a tokenizer.json; null for null.
Expected<std::unique_ptr<Normalizer>> readNormalizer(const nlohmann::json &value,
                                                     const std::string &path);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_PRETOKENIZE_NORMALIZER_H
