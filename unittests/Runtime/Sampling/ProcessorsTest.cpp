//===- ProcessorsTest.cpp - What changes logits before a choice -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/Sampling.h"

#include <functional>
#include <gtest/gtest.h>
#include <limits>

using namespace moec;
using namespace moec::runtime;

static constexpr float inf = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

using Tokens = std::vector<int32_t>;
using Logits = std::vector<float>;

namespace {
/// Calls a function.
struct Function final : LogitsProcessor {
  using Body = std::function<void(std::span<float>, const TokenHistory &)>;
  explicit Function(Body body) : body(std::move(body)) {}
  void apply(std::span<float> logits, const TokenHistory &history) const override {
    body(logits, history);
  }
  Body body;
};
} // namespace

/// The logits as they are when all is applied that stands before the temperature.
static Logits changed(const Logits &logits, const Tokens &tokens, uint32_t promptTokens,
                      SamplingParams params) {
  Logits seen;
  params.processors.push_back(
      std::make_shared<Function>([&](std::span<float> logits, const TokenHistory &) {
        seen.assign(logits.begin(), logits.end());
      }));
  Expected<SampledToken> sampled = sampleToken(logits, {tokens, promptTokens}, params);
  EXPECT_TRUE(sampled) << sampled.takeError().message();
  return seen;
}

static std::string failure(const Logits &logits, const SamplingParams &params) {
  return sampleToken(logits, {}, params).takeError().message();
}

TEST(SamplingProcessors, BiasIsAdded) {
  SamplingParams params;
  params.logitBias = {{2, 1.5f}, {0, -100}, {2, 1}};
  EXPECT_EQ(changed({1, 2, 3, -inf}, {}, 0, params), (Logits{-99, 2, 5.5f, -inf}));
}

TEST(SamplingProcessors, RepetitionIsPenalisedOnceInPromptAndOutput) {
  SamplingParams params;
  params.repetitionPenalty = 2;
  // Ids that the row does not have are of no account.
  EXPECT_EQ(changed({4, -1, 3, 3, -inf}, {0, 0, 1, 3, 0, 4, -1, 5}, 3, params),
            (Logits{2, -2, 3, 1.5f, -inf}));
}

TEST(SamplingProcessors, FrequencyAndPresenceCountWhatWasGenerated) {
  SamplingParams params;
  params.frequencyPenalty = 0.25f;
  Tokens tokens = {0, 0, 1, 2, 1, 1, 7, -1};
  EXPECT_EQ(changed({1, 1, 1, 1}, tokens, 2, params), (Logits{1, 0.25f, 0.75f, 1}));
  params.presencePenalty = -0.5f;
  EXPECT_EQ(changed({1, 1, 1, 1}, tokens, 2, params), (Logits{1, 0.75f, 1.25f, 1}));
  params.frequencyPenalty = 0;
  EXPECT_EQ(changed({1, 1, 1, 1}, tokens, 2, params), (Logits{1, 1.5f, 1.5f, 1}));

  // Many ids with the same low bits, each as often as its number.
  Tokens many;
  for (int32_t id = 0; id < 40; ++id)
    many.insert(many.end(), id, id * 1024);
  params.frequencyPenalty = 2, params.presencePenalty = 0;
  Logits result = changed(Logits(40 * 1024), many, 0, params);
  for (int32_t id = 0; id < 40; ++id) {
    EXPECT_EQ(result[id * 1024], -2.0f * static_cast<float>(id));
    EXPECT_EQ(result[id * 1024 + 1], 0);
  }
}

TEST(SamplingProcessors, SomeTokensComeOnlyAfterTheMinimum) {
  SamplingParams params;
  params.minTokens = 2;
  params.notBeforeMinTokens = {1, 3};
  EXPECT_EQ(changed({1, 2, 3, 4}, {7, 7, 7}, 2, params), (Logits{1, -inf, 3, -inf}));
  EXPECT_EQ(changed({1, 2, 3, 4}, {7, 7, 7, 7}, 2, params), (Logits{1, 2, 3, 4}));
}

TEST(SamplingProcessors, AreAppliedInTheOrderOfTheMembers) {
  SamplingParams params;
  params.logitBias = {{0, 2}};
  params.repetitionPenalty = 2;
  params.presencePenalty = 0.5f;
  params.minTokens = 9;
  params.notBeforeMinTokens = {1};
  Tokens tokens = {0, 0};
  auto add = [&](float value, float factor) {
    params.processors.push_back(
        std::make_shared<Function>([=](std::span<float> logits, const TokenHistory &history) {
          EXPECT_EQ(history.tokens.size(), 2u);
          EXPECT_EQ(history.promptTokens, 1u);
          logits[0] = (logits[0] + value) * factor;
        }));
  };
  add(1, 10);
  add(3, 2);
  // ((4 + 2) / 2 - 0.5 + 1) * 10, then (35 + 3) * 2.
  EXPECT_EQ(changed({4, 1, 0}, tokens, 1, params), (Logits{76, -inf, 0}));
}

TEST(SamplingProcessors, TheChoiceIsOfWhatTheyLeave) {
  SamplingParams params;
  params.processors.push_back(std::make_shared<Function>(
      [](std::span<float> logits, const TokenHistory &) { logits[2] = -inf; }));
  Logits logits = {1, 2, 3};
  EXPECT_EQ(sampleToken(logits, {}, params)->token, 1);
  params.temperature = 1;
  for (params.seed = 0; params.seed < 200; ++params.seed)
    EXPECT_NE(sampleToken(logits, {}, params)->token, 2);
  EXPECT_EQ(logits, (Logits{1, 2, 3})); // the caller's row stays as it is
}

TEST(SamplingProcessors, WhatLeavesNoTokenIsNamed) {
  SamplingParams params;
  params.minTokens = 3;
  params.notBeforeMinTokens = {0, 1};
  EXPECT_EQ(failure({1, 2}, params), "no token is left to choose from, all 2 are ruled out by the "
                                     "minimum of 3 tokens (0 were generated)");
  params.processors.push_back(std::make_shared<Function>(
      [](std::span<float> logits, const TokenHistory &) { logits[2] = -inf; }));
  EXPECT_EQ(
      failure({1, 2, 3}, params),
      "no token is left to choose from, all 3 are ruled out by the minimum of 3 tokens (0 were "
      "generated) and by logits processors");
  params.notBeforeMinTokens.clear();
  EXPECT_EQ(failure({-inf, -inf, 3}, params),
            "no token is left to choose from, all 3 are ruled out by logits processors");
}

TEST(SamplingProcessors, LogitsThatAreNotNumbersCannotBeRuledOut) {
  SamplingParams params;
  params.minTokens = 3;
  params.notBeforeMinTokens = {1};
  EXPECT_EQ(failure({1, notANumber}, params), "the logits are not numbers: that of token 1 is NaN");
  EXPECT_EQ(failure({-inf, -inf}, params), "the logits are not numbers: all 2 are -infinity");
  params.processors.push_back(std::make_shared<Function>(
      [](std::span<float> logits, const TokenHistory &) { logits[0] = inf; }));
  EXPECT_EQ(failure({1, 2}, params), "the logits are not numbers: that of token 0 is infinity");
}

TEST(SamplingParams, OutOfRangeAreNamed) {
  auto message = [](auto change) {
    SamplingParams params;
    change(params);
    return params.check(1000).message();
  };
  using P = SamplingParams;
  EXPECT_EQ(message([](P &) {}), "");
  EXPECT_EQ(message([](P &p) { p.topP = 0; }), "top-p is 0, it must be above 0 and at most 1");
  EXPECT_EQ(message([](P &p) { p.temperature = notANumber; }),
            "temperature is nan, it must be at least 0");
  EXPECT_EQ(message([](P &p) { p.minP = 1.5; }), "min-p is 1.5, it must be between 0 and 1");
  EXPECT_EQ(message([](P &p) { p.repetitionPenalty = 0; }),
            "repetition penalty is 0, it must be above 0");
  EXPECT_EQ(message([](P &p) { p.frequencyPenalty = 2.5f; }),
            "frequency penalty is 2.5, it must be between -2 and 2");
  EXPECT_EQ(message([](P &p) { p.presencePenalty = notANumber; }),
            "presence penalty is nan, it must be between -2 and 2");
  EXPECT_EQ(message([](P &p) { p.logitBias = {{999, 100}, {7, -101}}; }),
            "the logit bias of token 7 is -101, it must be between -100 and 100");
  EXPECT_EQ(message([](P &p) { p.logitBias = {{1000, 1}}; }),
            "the logit bias names token 1000 but the vocabulary has 1000 tokens");
  EXPECT_EQ(message([](P &p) { p.notBeforeMinTokens = {-1}; }),
            "the minimum of tokens names token -1 but the vocabulary has 1000 tokens");
  EXPECT_EQ(message([](P &p) { p.logprobs = 1000; }), "");
  EXPECT_EQ(message([](P &p) { p.logprobs = 1001; }),
            "log probabilities of 1001 tokens are asked for but the vocabulary has 1000 tokens");
  EXPECT_EQ(message([](P &p) { p.processors = {nullptr}; }), "logits processor 0 of 1 is null");
}
