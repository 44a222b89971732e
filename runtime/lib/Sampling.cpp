//===- Sampling.cpp - From logits to a token --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Probabilities are kept in double precision and summed in a fixed order.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

using namespace moec;
using namespace moec::runtime;

std::array<uint32_t, 4> runtime::philox(std::array<uint32_t, 4> counter,
                                        std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(0xD2511F53) * counter[0], b = uint64_t(0xCD9E8D57) * counter[2];
    counter = {uint32_t(b >> 32) ^ counter[1] ^ key[0], uint32_t(b),
               uint32_t(a >> 32) ^ counter[3] ^ key[1], uint32_t(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// A number in [0, 1) for the token at `position` of a request with `seed`.
static double uniform(uint64_t seed, uint64_t position) {
  std::array<uint32_t, 4> bits = philox({uint32_t(position), uint32_t(position >> 32), 0, 0},
                                        {uint32_t(seed), uint32_t(seed >> 32)});
  uint64_t wide = (uint64_t(bits[0]) << 32 | bits[1]) >> 11;
  return static_cast<double>(wide) * 0x1p-53;
}

/// The first logit that is NaN or +infinity. One of them says that the computation before it went
/// wrong, so that no token may be chosen from the others; −infinity is a token that was ruled out.
static std::optional<size_t> findNoNumber(std::span<const float> logits) {
  auto it = std::find_if(logits.begin(), logits.end(), [](float logit) {
    return !(logit < std::numeric_limits<float>::infinity());
  });
  return it == logits.end() ? std::nullopt : std::optional<size_t>(it - logits.begin());
}

Error SamplingParams::check() const {
  auto fail = [](const char *name, double value, const char *range) {
    return Error::make(name, " is ", value, ", it must be ", range);
  };
  if (!(repetitionPenalty > 0) || std::isinf(repetitionPenalty))
    return fail("repetition penalty", repetitionPenalty, "above 0");
  if (!(temperature >= 0) || std::isinf(temperature))
    return fail("temperature", temperature, "at least 0");
  if (!(topP > 0 && topP <= 1))
    return fail("top-p", topP, "above 0 and at most 1");
  if (!(minP >= 0 && minP <= 1))
    return fail("min-p", minP, "between 0 and 1");
  return Error::success();
}

int32_t runtime::argmax(std::span<const float> logits) {
  int32_t best = -1;
  float value = -std::numeric_limits<float>::infinity();
  if (findNoNumber(logits))
    return best;
  for (size_t i = 0; i < logits.size(); ++i)
    if (logits[i] > value) {
      value = logits[i];
      best = static_cast<int32_t>(i);
    }
  return best;
}

namespace {
/// A token that may still be chosen; `weight` is its probability up to a common factor.
struct Candidate {
  int32_t id;
  float logit;
  double weight;
};

/// Orders a heap with the likeliest on top, the lower id first among equals.
bool lessLikely(const Candidate &a, const Candidate &b) {
  return a.logit != b.logit ? a.logit < b.logit : a.id > b.id;
}

double totalWeight(const std::vector<Candidate> &candidates) {
  double total = 0;
  for (const Candidate &candidate : candidates)
    total += candidate.weight;
  return total;
}
} // namespace

/// Moves the likeliest candidates out, in order, until `count` are there or they have `mass`.
static std::vector<Candidate> takeLikeliest(std::vector<Candidate> heap, size_t count,
                                            double mass) {
  std::make_heap(heap.begin(), heap.end(), lessLikely);
  std::vector<Candidate> taken;
  double sum = 0;
  while (!heap.empty() && taken.size() < count && sum < mass) {
    std::pop_heap(heap.begin(), heap.end(), lessLikely);
    taken.push_back(heap.back());
    sum += heap.back().weight;
    heap.pop_back();
  }
  return taken;
}

/// The logits with the repetition penalty, once for each different token of `history`.
static std::vector<float> penalised(std::span<const float> logits, std::span<const int32_t> history,
                                    float penalty) {
  std::vector<float> result(logits.begin(), logits.end());
  for (int32_t id : history) {
    if (id < 0 || size_t(id) >= logits.size())
      continue;
    float value = logits[id];
    result[id] = value > 0 ? value / penalty : value * penalty;
  }
  return result;
}

Expected<int32_t> runtime::sampleToken(std::span<const float> logits,
                                       std::span<const int32_t> history,
                                       const SamplingParams &params) {
  std::vector<float> changed;
  if (params.repetitionPenalty != 1) {
    changed = penalised(logits, history, params.repetitionPenalty);
    logits = changed;
  }
  if (std::optional<size_t> bad = findNoNumber(logits))
    return Error::make("the logits are not numbers: that of token ", *bad, " is ",
                       std::isnan(logits[*bad]) ? "NaN" : "infinity");
  int32_t best = argmax(logits);
  if (best < 0)
    return Error::make("the logits are not numbers: all ", logits.size(), " are -infinity");
  if (params.temperature == 0 || params.topK == 1)
    return best;

  double maximum = logits[best];
  std::vector<Candidate> candidates;
  candidates.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isinf(logits[i]))
      continue;
    double weight = std::exp((logits[i] - maximum) / params.temperature);
    candidates.push_back({static_cast<int32_t>(i), logits[i], weight});
  }

  constexpr double everything = std::numeric_limits<double>::infinity();
  if (params.topK != 0 && params.topK < candidates.size())
    candidates = takeLikeliest(std::move(candidates), params.topK, everything);
  if (params.topP < 1) {
    double mass = params.topP * totalWeight(candidates);
    candidates = takeLikeliest(std::move(candidates), logits.size(), mass);
  }
  if (params.minP > 0) // the likeliest has weight 1
    std::erase_if(candidates, [&](const Candidate &c) { return c.weight < params.minP; });

  double threshold = uniform(params.seed, history.size()) * totalWeight(candidates);
  for (const Candidate &candidate : candidates) {
    if (threshold < candidate.weight)
      return candidate.id;
    threshold -= candidate.weight;
  }
  return candidates.back().id;
}
