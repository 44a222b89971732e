//===- TextEval.h - eval --text ---------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The perplexity of one model, or how far one is from another.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_EVAL_TEXTEVAL_H
#define MOEC_RUNTIME_COMMANDS_EVAL_TEXTEVAL_H

#include "moec/Support/Error.h"
#include "moec/runtime/LogitsProvider.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace moec::runtime {

/// A model as the user named it.
struct NamedModel {
  std::string name;
  std::unique_ptr<LogitsProvider> provider;
};

/// What to measure with.
struct TextOptions {
  std::string path;
  /// Tokens of a window; without it the lesser of 512 and what every model has a context for.
  std::optional<size_t> window;
  /// Sequences of a step, 0 where nobody says.
  size_t batch = 0;
  /// Compare hidden states, too, which both models have.
  bool perLayer = false;
};

/// Measures `a` on the text, or `b` against it, prints the figures and adds them to `report`. Fails
/// behind that where logits were not numbers.
Error evalText(const NamedModel &a, const NamedModel *b, const TextOptions &options,
               nlohmann::ordered_json &report);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_EVAL_TEXTEVAL_H
