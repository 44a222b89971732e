//===- Perplexity.h - Perplexity of a text ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Mean negative log-likelihood over windows that do not overlap.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_PERPLEXITY_H
#define MOEC_RUNTIME_COMMANDS_PERPLEXITY_H

#include "moec/Support/Error.h"
#include "moec/runtime/LogitsProvider.h"

#include <cstdint>
#include <vector>

namespace moec::runtime {

/// What was measured.
struct Perplexity {
  size_t tokens = 0, predictions = 0;
  double perplexity = 0;
};

/// Cuts `tokens` into windows of `window` tokens and scores each token of a window but the first by
/// those before it in the window.
Expected<Perplexity> measurePerplexity(LogitsProvider &provider, const std::vector<int32_t> &tokens,
                                       size_t window);

/// −log of the probability that `logits` give `token`.
double negativeLogLikelihood(std::span<const float> logits, int32_t token);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_PERPLEXITY_H
