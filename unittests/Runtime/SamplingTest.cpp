//===- SamplingTest.cpp - From logits to a token ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Filters against brute force, frequencies against probabilities, the generator against its
// published vectors.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Sampling.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <set>
#include <vector>

using namespace moec;
using namespace moec::runtime;

static constexpr float inf = std::numeric_limits<float>::infinity();
static constexpr float nan_ = std::numeric_limits<float>::quiet_NaN();

/// How often each token comes in `draws` draws, each with another history length.
static std::map<int32_t, int> draw(const std::vector<float> &logits, SamplingParams params,
                                   int draws = 20000) {
  std::map<int32_t, int> counts;
  std::vector<int32_t> history;
  for (int i = 0; i < draws; ++i) {
    history.push_back(-1);
    ++counts[*sampleToken(logits, history, params)];
  }
  return counts;
}

TEST(Philox, PublishedVectors) {
  // Known answers of the Random123 distribution for philox4x32 with 10 rounds.
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Sampling, GreedyTakesTheLowestOfTies) {
  EXPECT_EQ(argmax(std::vector<float>{1, 3, 3, -inf}), 1);
  EXPECT_EQ(*sampleToken(std::vector<float>{-inf, -5, 3, 3}, {}, {}), 2);
}

TEST(Sampling, NoTokenIsChosenFromWhatAreNotNumbers) {
  auto message = [](std::vector<float> logits, float temperature) {
    SamplingParams params;
    params.temperature = temperature;
    return sampleToken(logits, {}, params).takeError().message();
  };
  for (float temperature : {0.0f, 1.0f}) {
    EXPECT_EQ(message({7, 1, nan_, 2}, temperature),
              "the logits are not numbers: that of token 2 is NaN");
    EXPECT_EQ(message({7, inf, 2}, temperature),
              "the logits are not numbers: that of token 1 is infinity");
    EXPECT_EQ(message({-inf, -inf}, temperature),
              "the logits are not numbers: all 2 are -infinity");
  }
  EXPECT_EQ(argmax(std::vector<float>{7, nan_}), -1);
  EXPECT_EQ(argmax(std::vector<float>{7, inf}), -1);
  EXPECT_EQ(argmax(std::vector<float>{-inf, -inf}), -1);
}

TEST(Sampling, FrequenciesFollowTheSoftmaxOfTheTemperature) {
  std::vector<float> logits = {0, 1, 2, -inf};
  SamplingParams params;
  for (float temperature : {0.5f, 1.0f, 2.0f}) {
    params.temperature = temperature;
    std::map<int32_t, int> counts = draw(logits, params);
    double total = 0;
    for (int i = 0; i < 3; ++i)
      total += std::exp(logits[i] / temperature);
    for (int i = 0; i < 3; ++i)
      EXPECT_NEAR(counts[i] / 20000.0, std::exp(logits[i] / temperature) / total, 0.012);
    EXPECT_EQ(counts[3], 0);
  }
}

TEST(Sampling, FiltersKeepExactlyTheirSet) {
  // Probabilities .4 .3 .2 .1, out of order.
  std::vector<float> logits = {std::log(.1f), std::log(.4f), std::log(.2f), std::log(.3f)};
  auto kept = [&](auto change) {
    SamplingParams params;
    params.temperature = 1;
    change(params);
    std::set<int32_t> ids;
    for (auto [id, count] : draw(logits, params))
      ids.insert(id);
    return ids;
  };
  using Set = std::set<int32_t>;
  EXPECT_EQ(kept([](SamplingParams &p) { p.topK = 2; }), (Set{1, 3}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.topK = 9; }), (Set{0, 1, 2, 3}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.topP = 0.39f; }), (Set{1}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.topP = 0.65f; }), (Set{1, 3}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.topP = 0.75f; }), (Set{1, 2, 3}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.minP = 0.45f; }), (Set{1, 2, 3}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.minP = 1; }), (Set{1}));
  // top-p counts within what top-k left: of .4/.7 and .3/.7 the first is enough for .5.
  EXPECT_EQ(kept([](SamplingParams &p) { p.topK = 2, p.topP = 0.5f; }), (Set{1}));
}

TEST(Sampling, RepetitionPenaltyCountsEachTokenOnce) {
  SamplingParams params;
  params.repetitionPenalty = 2;
  std::vector<int32_t> history = {0, 0, 0};
  EXPECT_EQ(*sampleToken(std::vector<float>{4, 1.9f}, history, params), 0); // 2 > 1.9
  EXPECT_EQ(*sampleToken(std::vector<float>{4, 2.1f}, history, params), 1);
  EXPECT_EQ(*sampleToken(std::vector<float>{-1, -1.9f}, history, params), 1); // -2 < -1.9
}

TEST(Sampling, SameSeedAndHistoryGiveTheSameToken) {
  std::vector<float> logits(1000, 0);
  SamplingParams a, b;
  a.temperature = b.temperature = 1;
  b.seed = 1;
  std::vector<int32_t> history = {5, 6};
  EXPECT_EQ(*sampleToken(logits, history, a), *sampleToken(logits, history, a));
  EXPECT_NE(*sampleToken(logits, history, a), *sampleToken(logits, history, b));
}

TEST(Sampling, ParametersOutOfRangeAreNamed) {
  SamplingParams params;
  EXPECT_FALSE(params.check());
  params.topP = 0;
  EXPECT_EQ(params.check().message(), "top-p is 0, it must be above 0 and at most 1");
  params = {};
  params.temperature = nan_;
  EXPECT_EQ(params.check().message(), "temperature is nan, it must be at least 0");
  params = {};
  params.minP = 1.5;
  EXPECT_EQ(params.check().message(), "min-p is 1.5, it must be between 0 and 1");
  params = {};
  params.repetitionPenalty = 0;
  EXPECT_EQ(params.check().message(), "repetition penalty is 0, it must be above 0");
}
