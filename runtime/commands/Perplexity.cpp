//===- Perplexity.cpp - Perplexity of a text --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scores each row as it comes, so that no logits are kept.
//
//===----------------------------------------------------------------------===//

#include "Perplexity.h"
#include "moec/runtime/Sampling.h"

#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::runtime;

double runtime::logSumExp(std::span<const float> logits) {
  int32_t best = argmax(logits);
  if (best < 0)
    return std::numeric_limits<double>::quiet_NaN();
  double maximum = logits[static_cast<size_t>(best)], sum = 0;
  for (float value : logits)
    sum += std::exp(value - maximum);
  return std::log(sum) + maximum;
}

double runtime::negativeLogLikelihood(std::span<const float> logits, int32_t token) {
  return logSumExp(logits) - logits[static_cast<size_t>(token)];
}

Estimate runtime::perplexityOf(std::span<const double> losses) {
  Estimate result = estimateMean(losses);
  result.mean = std::exp(result.mean);
  result.error *= result.mean;
  return result;
}

Expected<std::vector<double>> runtime::measureLosses(LogitsProvider &provider,
                                                     const TextWindows &windows) {
  // By prediction, so that the order in which windows are computed doesn't matter.
  std::vector<double> losses(windows.predictions(), std::numeric_limits<double>::quiet_NaN());
  auto sink = [&](size_t index, size_t position, std::span<const float> logits) {
    if (std::optional<size_t> prediction = windows.predictionAt(index, position))
      losses[*prediction] = negativeLogLikelihood(logits, windows.tokenOf(*prediction));
  };
  if (Error error = provider.logits(windows.sequences(), sink))
    return error;
  return losses;
}
