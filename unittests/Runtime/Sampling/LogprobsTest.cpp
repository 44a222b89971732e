//===- LogprobsTest.cpp - Log probabilities of tokens -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Log probabilities against a log-softmax in double precision, ranks by counting.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Sampling.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace moec;
using namespace moec::runtime;

static constexpr float inf = std::numeric_limits<float>::infinity();

static void expectLogprob(const TokenLogprob &found, const std::vector<float> &logits) {
  double max = *std::ranges::max_element(logits), sum = 0;
  uint32_t rank = 1;
  for (float logit : logits) {
    sum += std::exp(logit - max);
    rank += logit > logits[found.token];
  }
  double expected = logits[found.token] - max - std::log(sum);
  if (std::isinf(expected))
    EXPECT_EQ(found.logprob, -inf);
  else
    EXPECT_NEAR(found.logprob, expected, 1e-5);
  EXPECT_EQ(found.rank, rank);
}

TEST(Logprobs, AreThoseOfALogSoftmax) {
  std::mt19937 generator(1);
  for (size_t size : {1, 2, 63, 64, 65, 1000, 40000, 151936})
    for (float deviation : {0.0f, 0.1f, 2.0f, 10.0f}) {
      std::normal_distribution<float> normal(0, deviation);
      std::vector<float> logits(size);
      for (float &logit : logits)
        logit = deviation == 0 ? 0 : std::round(normal(generator) * 64) / 64;
      if (size > 2)
        logits[size / 2] = -inf;
      std::vector<int32_t> order(size);
      std::iota(order.begin(), order.end(), 0);
      std::erase_if(order, [&](int32_t token) { return logits[token] == -inf; });
      std::ranges::stable_sort(order, [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });

      auto token = static_cast<int32_t>(size > 1000 ? generator() % size : size / 2);
      uint32_t top = size > 1000 ? 20 : static_cast<uint32_t>(size);
      Expected<TokenLogprobs> found = computeLogprobs(logits, token, top);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->token.token, token);
      expectLogprob(found->token, logits);
      // Tokens that are ruled out are never among the likeliest.
      ASSERT_EQ(found->top.size(), std::min<size_t>(top, order.size()));
      for (size_t i = 0; i < found->top.size(); ++i) {
        EXPECT_EQ(found->top[i].token, order[i]);
        expectLogprob(found->top[i], logits);
      }
    }
}

TEST(Logprobs, ATieHasTheBetterRank) {
  std::vector<float> logits = {1, 5, 3, 5, 3, 3, 0};
  Expected<TokenLogprobs> found = computeLogprobs(logits, 4, 6);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->token.rank, 3u);
  std::vector<int32_t> tokens;
  std::vector<uint32_t> ranks;
  for (const TokenLogprob &entry : found->top) {
    tokens.push_back(entry.token);
    ranks.push_back(entry.rank);
  }
  EXPECT_EQ(tokens, (std::vector<int32_t>{1, 3, 2, 4, 5, 0}));
  EXPECT_EQ(ranks, (std::vector<uint32_t>{1, 1, 3, 3, 3, 6}));
}

TEST(Logprobs, AreOfTheModelsOwnLogits) {
  std::vector<float> logits = {1, 2, 3};
  SamplingParams params;
  params.logitBias = {{0, 50}};
  params.logprobs = 2;
  Expected<SampledToken> sampled = sampleToken(logits, {}, params);
  ASSERT_TRUE(sampled);
  EXPECT_EQ(sampled->token, 0);
  ASSERT_TRUE(sampled->logprobs);
  EXPECT_EQ(sampled->logprobs->token.token, 0);
  expectLogprob(sampled->logprobs->token, logits);
  ASSERT_EQ(sampled->logprobs->top.size(), 2u);
  EXPECT_EQ(sampled->logprobs->top[0].token, 2);
  params.logprobs = 0;
  sampled = sampleToken(logits, {}, params);
  ASSERT_TRUE(sampled->logprobs);
  EXPECT_TRUE(sampled->logprobs->top.empty());
}

TEST(Logprobs, FailWhereThereAreNone) {
  auto message = [](std::vector<float> logits, int32_t token) {
    return computeLogprobs(logits, token, 1).takeError().message();
  };
  EXPECT_EQ(message({1, -inf, inf}, 0), "the logits are not numbers: that of token 2 is infinity");
  EXPECT_EQ(message({-inf, -inf}, 0), "the logits are not numbers: all 2 are -infinity");
  EXPECT_EQ(message({1, 2}, 2),
            "the log probability of token 2 is asked for but there are 2 logits");
  EXPECT_EQ(message({1, 2}, -1),
            "the log probability of token -1 is asked for but there are 2 logits");
}
