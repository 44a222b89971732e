//===- ChoiceTest.cpp - The choice of a token -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Tokens against a full sort in double precision, frequencies against probabilities, the generator
// against its published vectors.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

using namespace moec;
using namespace moec::runtime;

static constexpr float inf = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

/// What is chosen after `length` tokens that no penalty knows.
static int32_t chosen(const std::vector<float> &logits, const SamplingParams &params,
                      size_t length = 0) {
  std::vector<int32_t> tokens(length, -1);
  Expected<SampledToken> sampled = sampleToken(logits, {tokens}, params);
  EXPECT_TRUE(sampled) << sampled.takeError().message();
  EXPECT_FALSE(sampled->logprobs);
  return sampled->token;
}

/// How often each token comes in `draws` draws, each with another seed.
static std::map<int32_t, int> draw(const std::vector<float> &logits, SamplingParams params,
                                   int draws = 20000) {
  std::map<int32_t, int> counts;
  for (int i = 0; i < draws; ++i, ++params.seed)
    ++counts[chosen(logits, params)];
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
  EXPECT_EQ(chosen({-inf, -5, 3, 3}, {}), 2);
  EXPECT_EQ(chosen({-0.0f, 0.0f}, {}), 0);
  SamplingParams one;
  one.temperature = 1, one.topK = 1;
  EXPECT_EQ(chosen({-inf, -5, 3, 3}, one), 2);
  for (size_t size : {64, 65, 1000, 1023, 200000}) {
    std::vector<float> logits(size, -1);
    logits[size - 1] = 2;
    EXPECT_EQ(argmax(logits), int32_t(size - 1));
    logits[size / 2] = 2;
    EXPECT_EQ(argmax(logits), int32_t(size / 2));
  }
}

TEST(Sampling, NoTokenIsChosenFromWhatAreNotNumbers) {
  auto message = [](std::vector<float> logits, float temperature) {
    SamplingParams params;
    params.temperature = temperature;
    return sampleToken(logits, {}, params).takeError().message();
  };
  for (float temperature : {0.0f, 1.0f}) {
    EXPECT_EQ(message({7, 1, notANumber, 2}, temperature),
              "the logits are not numbers: that of token 2 is NaN");
    EXPECT_EQ(message({7, inf, 2}, temperature),
              "the logits are not numbers: that of token 1 is infinity");
    EXPECT_EQ(message({-inf, -inf}, temperature),
              "the logits are not numbers: all 2 are -infinity");
    std::vector<float> wide(1000);
    wide[777] = notANumber, wide[999] = inf;
    EXPECT_EQ(message(wide, temperature), "the logits are not numbers: that of token 777 is NaN");
  }
  EXPECT_EQ(argmax(std::vector<float>{7, notANumber}), -1);
  EXPECT_EQ(argmax(std::vector<float>{7, inf}), -1);
  EXPECT_EQ(argmax(std::vector<float>{-inf, -inf}), -1);
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
  // min-p cuts after top-p has counted, and never the likeliest.
  EXPECT_EQ(kept([](SamplingParams &p) { p.topP = 0.75f, p.minP = 0.7f; }), (Set{1, 3}));
  EXPECT_EQ(kept([](SamplingParams &p) { p.topK = 3, p.minP = 0.7f; }), (Set{1, 3}));
}

TEST(Sampling, FiltersCutTiesAtTheLowerIds) {
  std::vector<float> logits(100, 1);
  SamplingParams params;
  params.temperature = 1;
  params.topK = 7;
  std::map<int32_t, int> counts = draw(logits, params);
  EXPECT_EQ(counts.size(), 7u);
  EXPECT_EQ(counts.rbegin()->first, 6);
  params.topK = 0, params.topP = 0.25f;
  counts = draw(logits, params);
  EXPECT_EQ(counts.size(), 25u);
  EXPECT_EQ(counts.rbegin()->first, 24);
}

/// Kinds of rows: wide and narrow, ties, tokens ruled out, a few tokens above all others.
static std::vector<float> makeRow(size_t size, unsigned kind, std::mt19937 &generator) {
  constexpr float deviations[] = {0.01f, 1, 3, 12};
  std::normal_distribution<float> normal(0, deviations[kind % 4]);
  std::vector<float> logits(size);
  for (float &logit : logits)
    logit = normal(generator);
  if (kind & 4)
    for (float &logit : logits)
      logit = std::round(logit * 2) / 2;
  if (kind & 8)
    for (size_t i = 0; i < size; ++i)
      if (generator() % 3 == 0 && i != size / 2)
        logits[i] = -inf;
  if (kind & 16)
    for (size_t i = 0; i < 5; ++i)
      logits[generator() % size] += 15;
  return logits;
}

static SamplingParams makeParams(std::mt19937 &generator) {
  constexpr float temperatures[] = {1e-30f, 1e-3f, 0.3f, 0.7f, 1, 2, 100, 1e30f};
  constexpr uint32_t ks[] = {0, 0, 2, 3, 40, 700, 3000, 100000};
  constexpr float ps[] = {1, 1, 0.01f, 0.3f, 0.9f, 0.95f, 0.999f, 0.99999994f};
  constexpr float minima[] = {0, 0, 1e-20f, 0.001f, 0.07f, 0.5f, 1};
  SamplingParams params;
  params.temperature = temperatures[generator() % std::size(temperatures)];
  params.topK = ks[generator() % std::size(ks)];
  params.topP = ps[generator() % std::size(ps)];
  params.minP = minima[generator() % std::size(minima)];
  params.seed = generator();
  return params;
}

/// What a row gives is what the definition does, but where the random number falls within 2e-6 of
/// the border between two tokens. Returns whether it's the same token.
static bool matchesDefinition(const std::vector<float> &logits, const SamplingParams &params) {
  ReferenceChoice reference(logits, params);
  double part = referenceUniform(params.seed, 3);
  int32_t expected = reference.tokens[reference.indexOf(part)];
  int32_t token = chosen(logits, params, 3);
  if (token == expected)
    return true;
  auto found = std::ranges::find(reference.tokens, token);
  bool isKept = found != reference.tokens.end();
  EXPECT_TRUE(isKept) << "token " << token;
  if (isKept) {
    size_t index = found - reference.tokens.begin();
    EXPECT_GT(part, reference.ends[index] - reference.probability(index) - 2e-6);
    EXPECT_LT(part, reference.ends[index] + 2e-6);
  }
  return false;
}

TEST(Sampling, TokensAreThoseOfAFullSort) {
  std::mt19937 generator(1);
  int rows = 0, different = 0;
  auto check = [&](size_t size, int count) {
    for (int i = 0; i < count; ++i, ++rows) {
      unsigned kind = generator() % 32;
      std::vector<float> logits = makeRow(size, kind, generator);
      SamplingParams params = makeParams(generator);
      SCOPED_TRACE(testing::Message()
                   << size << " tokens, kind " << kind << ", temperature " << params.temperature
                   << ", top-k " << params.topK << ", top-p " << params.topP << ", min-p "
                   << params.minP << ", seed " << params.seed);
      different += !matchesDefinition(logits, params);
    }
  };
  for (size_t size : {1, 2, 3, 7, 63, 64, 65, 128, 129, 1000})
    check(size, 500);
  for (size_t size : {4097, 32000})
    check(size, 100);
  check(200000, 30);
  // Rounding decides where it is next to a border, in one of thousands.
  EXPECT_LT(different, rows / 500);
}

TEST(Sampling, FrequenciesAreThoseOfTheProbabilities) {
  std::mt19937 generator(4);
  for (int i = 0; i < 8; ++i) {
    std::vector<float> logits = makeRow(12, 1, generator);
    SamplingParams params;
    params.temperature = 0.5f + 0.25f * static_cast<float>(i);
    params.topP = i % 2 ? 1 : 0.95f;
    params.topK = i % 3 ? 0 : 8;
    ReferenceChoice reference(logits, params);
    constexpr int draws = 20000;
    std::map<int32_t, int> counts = draw(logits, params, draws);
    double chiSquare = 0;
    for (size_t j = 0; j < reference.tokens.size(); ++j) {
      double expected = draws * reference.probability(j);
      double off = counts[reference.tokens[j]] - expected;
      chiSquare += off * off / expected;
      counts.erase(reference.tokens[j]);
    }
    EXPECT_TRUE(counts.empty());
    // What one of 10,000 fair ones is above, with 11 degrees of freedom.
    EXPECT_LT(chiSquare, 37.4);
  }
}

TEST(Sampling, SeedAndLengthDecideAlone) {
  std::vector<float> logits(1000, 0);
  SamplingParams a, b;
  a.temperature = b.temperature = 1;
  b.seed = 1;
  EXPECT_EQ(chosen(logits, a, 2), chosen(logits, a, 2));
  EXPECT_NE(chosen(logits, a, 2), chosen(logits, b, 2));
  EXPECT_NE(chosen(logits, a, 2), chosen(logits, a, 3));
}

TEST(Sampling, EveryMachineChoosesTheSameTokens) {
  // Integers, so that the row itself is the same everywhere.
  std::vector<float> logits(50000);
  uint32_t state = 1;
  for (float &logit : logits) {
    state = state * 1664525 + 1013904223;
    logit = static_cast<float>(state >> 8) * 0x1p-22f;
  }
  SamplingParams params;
  params.temperature = 0.7f;
  auto tokens = [&] {
    std::vector<int32_t> tokens;
    for (params.seed = 0; params.seed < 4; ++params.seed)
      tokens.push_back(chosen(logits, params));
    return tokens;
  };
  using Tokens = std::vector<int32_t>;
  EXPECT_EQ(tokens(), (Tokens{19863, 44312, 21247, 40635}));
  params.minP = 0.2f;
  EXPECT_EQ(tokens(), (Tokens{19800, 44238, 21208, 40567}));
  params.topP = 0.9f;
  EXPECT_EQ(tokens(), (Tokens{15041, 1689, 38817, 13630}));
  params.topK = 1000;
  EXPECT_EQ(tokens(), (Tokens{44835, 37637, 22877, 27817}));
}
