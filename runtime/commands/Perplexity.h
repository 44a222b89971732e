//===- Perplexity.h - Perplexity of a text ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Mean negative log-likelihood over windows that do not overlap.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_PERPLEXITY_H
#define MOEC_RUNTIME_COMMANDS_PERPLEXITY_H

#include "eval/Statistics.h"
#include "eval/TextWindows.h"
#include "moec/Support/Error.h"
#include "moec/runtime/LogitsProvider.h"

#include <cstdint>
#include <vector>

namespace moec::runtime {

/// The perplexity that losses have, and its standard error: that of their mean, times the
/// perplexity.
Estimate perplexityOf(std::span<const double> losses);

/// The loss of each prediction, in nats; NaN where the logits are no distribution.
Expected<std::vector<double>> measureLosses(LogitsProvider &provider, const TextWindows &windows);

/// log Σ exp of logits; NaN where they are no distribution: one is NaN or +infinity, or none is
/// above −infinity.
double logSumExp(std::span<const float> logits);

/// −log of the probability that `logits` give `token`; NaN where they are no distribution.
double negativeLogLikelihood(std::span<const float> logits, int32_t token);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_PERPLEXITY_H
