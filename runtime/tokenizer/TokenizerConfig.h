//===- TokenizerConfig.h - What tokenizer_config.json adds ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Checkpoints say in two places whether a prompt begins with the token of the beginning of a text,
// BOS: in the post-processor of tokenizer.json, and in tokenizer_config.json. Where they differ the
// latter counts, as in llama.cpp and in Transformers' tokenizers of the Llama kind.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_TOKENIZERCONFIG_H
#define MOEC_TOKENIZER_TOKENIZERCONFIG_H

#include "PostProcessor.h"

#include <optional>
#include <string>

namespace moec::tokenizer {

/// What of a tokenizer_config.json decides about ids.
struct TokenizerConfig {
  /// Whether a text gets its token; nothing where the file leaves that to the post-processor.
  std::optional<bool> addBos, addEos;
  /// The tokens, as tokenizer.json spells them.
  std::optional<std::string> bos, eos;
};

/// Reads the file `path`; one that is absent says nothing.
Expected<TokenizerConfig> readTokenizerConfig(const std::string &path);

/// Adds or removes the tokens as `config` says. `idOf` gives the id of a token.
Error applyTokenizerConfig(const TokenizerConfig &config,
                           const std::function<std::optional<int32_t>(const std::string &)> &idOf,
                           PostProcessor &postProcessor);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_TOKENIZERCONFIG_H
