//===- Logprobs.cpp - Log probabilities of tokens ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Processors.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::sampling;

/// How many logits are above `bound`, and one.
static uint32_t rankOf(const Row &row, float bound) {
  uint32_t rank = 1;
  for (size_t b = 0; b < row.blocks(); ++b) {
    if (!(row.maxOfBlock(b) > bound))
      continue;
    const float *logits = row.block(b);
    for (size_t i = 0; i < blockSize; ++i)
      rank += logits[i] > bound;
  }
  return rank;
}

/// The `count` likeliest tokens of those that are not ruled out, in order.
static std::vector<int32_t> findLikeliest(const Row &row, uint32_t count) {
  std::vector<int32_t> tokens;
  if (count == 0)
    return tokens;
  float bound = std::max(row.boundOf(count), std::numeric_limits<float>::lowest());
  for (size_t b = 0; b < row.blocks(); ++b) {
    if (!(row.maxOfBlock(b) >= bound))
      continue;
    const float *logits = row.block(b);
    for (size_t i = 0; i < blockSize; ++i)
      if (logits[i] >= bound)
        tokens.push_back(static_cast<int32_t>(b * blockSize + i));
  }
  auto isLikelier = [&](int32_t a, int32_t b) {
    return row[a] != row[b] ? row[a] > row[b] : a < b;
  };
  size_t kept = std::min<size_t>(count, tokens.size());
  std::nth_element(tokens.begin(), tokens.begin() + kept, tokens.end(), isLikelier);
  tokens.resize(kept);
  std::ranges::sort(tokens, isLikelier);
  return tokens;
}

TokenLogprobs sampling::findLogprobs(const Row &row, int32_t token, uint32_t top) {
  double logTotal = std::log(total(row.weightsOfBlocks(row.scale(1))));
  auto logprobOf = [&](int32_t token) {
    return static_cast<float>(double(row[token]) - row.max() - logTotal);
  };
  TokenLogprobs found;
  found.token = {token, logprobOf(token), rankOf(row, row[token])};
  for (int32_t likely : findLikeliest(row, top)) {
    auto rank = static_cast<uint32_t>(found.top.size() + 1);
    if (rank > 1 && row[found.top.back().token] == row[likely])
      rank = found.top.back().rank;
    found.top.push_back({likely, logprobOf(likely), rank});
  }
  return found;
}

Expected<TokenLogprobs> runtime::computeLogprobs(std::span<const float> logits, int32_t token,
                                                 uint32_t top) {
  if (token < 0 || static_cast<size_t>(token) >= logits.size())
    return Error::make("the log probability of token ", token, " is asked for but there are ",
                       logits.size(), " logits");
  Row row(logits);
  if (Error error = row.check())
    return error;
  return findLogprobs(row, token, top);
}

Expected<SampledToken> runtime::takeToken(std::span<const float> logits, int32_t token,
                                          const SamplingParams &params) {
  if (token < 0 || size_t(token) >= logits.size())
    return Error::make("token ", token, " is wanted but the vocabulary has ", logits.size(),
                       " tokens");
  SampledToken taken{token, {}};
  if (!params.logprobs)
    return taken;
  Expected<TokenLogprobs> logprobs = computeLogprobs(logits, token, *params.logprobs);
  if (!logprobs)
    return logprobs.takeError();
  taken.logprobs = std::move(*logprobs);
  return taken;
}
