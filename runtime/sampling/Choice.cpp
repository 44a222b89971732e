//===- Choice.cpp - The choice of a token -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Weights come from the kernels, sums over the vocabulary are in double precision and in a fixed
// order. Nothing else is asked of the logits than their maxima where they can't matter.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Sampling.h"
#include "runtime/sampling/Processors.h"
#include "runtime/sampling/Ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::sampling;

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

int32_t runtime::argmax(std::span<const float> logits) {
  Row row(logits);
  return row.check() ? -1 : row.likeliest();
}

/// The exponent of the least likely token that min-p keeps.
static float lowestOf(const SamplingParams &params) {
  return std::max(leastExponent, static_cast<float>(std::log2(double(params.minP))));
}

static bool isCutByTopK(const Row &row, const SamplingParams &params) {
  return params.topK != 0 && params.topK < row.size();
}

/// The token before which a part of the weight comes, in order of ids: for a row that no filter
/// but min-p cuts.
static int32_t chooseById(const Row &row, const SamplingParams &params, double part) {
  WeightScale scale = row.scale(params.temperature);
  scale.lowest = lowestOf(params);
  std::vector<float> sums = row.weightsOfBlocks(scale);
  double before = part * total(sums);
  size_t block = 0;
  // Should rounding lead beyond the last weight, it's the last one's.
  for (size_t b = 0; b < sums.size(); ++b) {
    if (sums[b] == 0)
      continue;
    block = b;
    if (before < sums[b])
      break;
    before -= sums[b];
  }
  alignas(64) float weights[blockSize];
  kernels().weigh(row.block(block), scale, weights);
  size_t chosen = 0;
  for (size_t i = 0; i < blockSize; ++i) {
    if (weights[i] == 0)
      continue;
    chosen = i;
    if (before < weights[i])
      break;
    before -= weights[i];
  }
  return static_cast<int32_t>(block * blockSize + chosen);
}

/// The exponent below which no token is kept: min-p cuts there, or all of them together don't make
/// up the part of `mass` that top-p leaves out.
static float leastKept(const Row &row, const SamplingParams &params, double mass) {
  double unkept = (1 - double(params.topP)) * mass / static_cast<double>(row.size());
  return std::max(lowestOf(params), static_cast<float>(std::log2(unkept) - 0.001));
}

/// Whether leastKept would leave in most tokens, by some of them: it isn't worth its sum then.
static bool isFlat(const Row &row, const SamplingParams &params, const WeightScale &scale) {
  constexpr size_t some = 256;
  size_t step = std::max<size_t>(1, row.size() / some), count = 0, kept = 0;
  double mass = 0;
  for (size_t token = 0; token < row.size(); token += step, ++count)
    mass += std::exp2(scale.exponent(row[token]));
  float least = leastKept(row, params, mass / double(count) * static_cast<double>(row.size()));
  for (size_t token = 0; token < row.size(); token += step)
    kept += scale.exponent(row[token]) >= least;
  return 2 * kept > count;
}

/// The token before which a part of the weight comes, the likeliest first, of those that the
/// filters keep.
static int32_t chooseByRank(const Row &row, const SamplingParams &params, double part) {
  WeightScale scale = row.scale(params.temperature);
  Ranking::Limit limit;
  double mass = 0;
  bool hasTopK = isCutByTopK(row, params);
  if (hasTopK) {
    limit.count = params.topK;
    scale.lowest = std::max(leastExponent, scale.exponent(row.boundOf(params.topK)));
  } else if (!isFlat(row, params, scale)) {
    mass = total(row.weightsOfBlocks(scale));
    scale.lowest = leastKept(row, params, mass);
  }
  Ranking ranking(row, scale);
  if (mass == 0)
    mass = ranking.take(limit).mass;
  if (params.topP < 1)
    limit.mass = params.topP * mass;
  limit.lowest = lowestOf(params);
  Ranking::Prefix kept = ranking.take(limit);
  // Just above, as the token is the first that has more than this before and with it.
  double most = std::nextafter(part * kept.mass, std::numeric_limits<double>::infinity());
  return ranking.take({kept.count, most}).last;
}

static int32_t choose(const Row &row, const SamplingParams &params, size_t position) {
  if (params.temperature == 0 || params.topK == 1)
    return row.likeliest();
  double part = uniform(params.seed, position);
  bool isRanked = params.topP < 1 || isCutByTopK(row, params);
  return isRanked ? chooseByRank(row, params, part) : chooseById(row, params, part);
}

Expected<SampledToken> runtime::sampleToken(std::span<const float> logits,
                                            const TokenHistory &history,
                                            const SamplingParams &params) {
  Row row(logits);
  if (Error error = row.check())
    return error;
  SampledToken sampled;
  if (changesLogits(params, history)) {
    std::vector<float> changed = process(logits, history, params);
    Row changedRow(changed);
    if (Error error = checkProcessed(changedRow, params, history))
      return error;
    sampled.token = choose(changedRow, params, history.tokens.size());
  } else {
    sampled.token = choose(row, params, history.tokens.size());
  }
  if (params.logprobs)
    sampled.logprobs = findLogprobs(row, sampled.token, *params.logprobs);
  return sampled;
}
