//===- Perplexity.cpp - Perplexity of a text --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scores each row as it comes, so that no logits are kept.
//
//===----------------------------------------------------------------------===//

#include "Perplexity.h"

#include <algorithm>
#include <cmath>

using namespace moec;
using namespace moec::runtime;

double runtime::negativeLogLikelihood(std::span<const float> logits, int32_t token) {
  double maximum = *std::max_element(logits.begin(), logits.end()), sum = 0;
  for (float value : logits)
    sum += std::exp(value - maximum);
  return std::log(sum) + maximum - logits[token];
}

Expected<Perplexity> runtime::measurePerplexity(LogitsProvider &provider,
                                                const std::vector<int32_t> &tokens, size_t window) {
  if (window < 2)
    return Error::make("--window is ", window, ", it must be at least 2");
  if (tokens.size() < 2)
    return Error::make("the text has ", tokens.size(), " tokens, at least 2 are needed");
  std::vector<std::vector<int32_t>> windows;
  for (size_t begin = 0; begin < tokens.size(); begin += window) {
    size_t end = std::min(begin + window, tokens.size());
    windows.emplace_back(tokens.begin() + static_cast<ptrdiff_t>(begin),
                         tokens.begin() + static_cast<ptrdiff_t>(end));
  }
  // Sums by window, so that the order in which windows are computed doesn't matter.
  std::vector<double> sums(windows.size(), 0);
  auto sink = [&](size_t index, size_t position, std::span<const float> logits) {
    if (position + 1 < windows[index].size())
      sums[index] += negativeLogLikelihood(logits, windows[index][position + 1]);
  };
  if (Error error = provider.logits(windows, sink))
    return error;
  Perplexity result;
  result.tokens = tokens.size();
  result.predictions = tokens.size() - windows.size();
  double total = 0;
  for (double sum : sums)
    total += sum;
  result.perplexity = std::exp(total / static_cast<double>(result.predictions));
  return result;
}
