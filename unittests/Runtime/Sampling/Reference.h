//===- Reference.h - Sampling as it is defined ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The definitions of moec/runtime/Sampling.h, word by word: a full sort, in double precision.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_RUNTIME_SAMPLING_REFERENCE_H
#define MOEC_UNITTESTS_RUNTIME_SAMPLING_REFERENCE_H

#include "moec/runtime/Sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace moec::runtime {

/// What the filters keep of a row, with which probability.
struct ReferenceChoice {
  std::vector<int32_t> tokens; ///< in the order in which they are drawn from
  std::vector<double> ends;    ///< the probability of each token and of those before it

  ReferenceChoice(std::span<const float> logits, const SamplingParams &params) {
    tokens.resize(logits.size());
    std::iota(tokens.begin(), tokens.end(), 0);
    std::erase_if(tokens, [&](int32_t token) { return std::isinf(logits[token]); });
    std::vector<double> weights(logits.size());
    double max = *std::ranges::max_element(logits);
    for (int32_t token : tokens)
      weights[token] = std::exp((logits[token] - max) / params.temperature);
    bool hasTopK = params.topK != 0 && params.topK < logits.size();
    if (hasTopK || params.topP < 1)
      std::ranges::stable_sort(tokens, [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
    if (hasTopK && params.topK < tokens.size())
      tokens.resize(params.topK);
    if (params.topP < 1) {
      double mass = params.topP * sum(weights), before = 0;
      size_t kept = 0;
      while (kept < tokens.size() && before < mass)
        before += weights[tokens[kept++]];
      tokens.resize(kept);
    }
    // Weights of different logits may round to the same number.
    std::erase_if(tokens, [&](int32_t token) {
      return (logits[token] - max) / params.temperature < std::log(double(params.minP));
    });
    double mass = sum(weights), before = 0;
    for (int32_t token : tokens)
      ends.push_back((before += weights[token]) / mass);
  }

  /// The number in `tokens` of what a uniform random number draws.
  size_t indexOf(double part) const {
    size_t index = std::ranges::upper_bound(ends, part) - ends.begin();
    return std::min(index, ends.size() - 1);
  }
  double probability(size_t index) const {
    return ends[index] - (index == 0 ? 0 : ends[index - 1]);
  }

private:
  double sum(const std::vector<double> &weights) const {
    double total = 0;
    for (int32_t token : tokens)
      total += weights[token];
    return total;
  }
};

/// The number in [0, 1) that decides about the token at `position`.
inline double referenceUniform(uint64_t seed, uint64_t position) {
  std::array<uint32_t, 4> bits = philox({uint32_t(position), uint32_t(position >> 32), 0, 0},
                                        {uint32_t(seed), uint32_t(seed >> 32)});
  return static_cast<double>((uint64_t(bits[0]) << 32 | bits[1]) >> 11) * 0x1p-53;
}

} // namespace moec::runtime

#endif // MOEC_UNITTESTS_RUNTIME_SAMPLING_REFERENCE_H
