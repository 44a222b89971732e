//===- DistributionTest.cpp - What is sampled with drafts -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An engine over a model of 64 tokens, whose logits depend on the last token. Tokens that were
// sampled while drafts were checked are held against the model's own probabilities.
//
//===----------------------------------------------------------------------===//

#include "../FakeDevice.h"
#include "moec/runtime/Engine.h"

#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;
using Tokens = std::vector<int32_t>;

namespace {
constexpr uint32_t vocab = 64, contexts = 4, steps = 100'000;

/// The logits behind any token of a context.
std::vector<float> logitsOf(uint32_t context) {
  std::mt19937 random(context + 1);
  std::vector<float> logits(vocab);
  for (float &logit : logits)
    logit = std::uniform_real_distribution<float>(-2.5f, 2.5f)(random);
  return logits;
}

std::vector<double> probabilitiesOf(uint32_t context) {
  std::vector<double> all;
  double sum = 0;
  for (float logit : logitsOf(context))
    sum += all.emplace_back(std::exp(double(logit)));
  for (double &one : all)
    one /= sum;
  return all;
}

/// The chance that a sum of squares with so many degrees of freedom is larger (Wilson and
/// Hilferty's approximation, good to 1e-4 for as many as here).
double chanceAbove(double sum, double freedom) {
  double part = 2 / (9 * freedom);
  double normal = (std::cbrt(sum / freedom) - (1 - part)) / std::sqrt(part);
  return std::erfc(normal / std::sqrt(2)) / 2;
}

class DraftDistributionTest : public testing::TestWithParam<uint64_t> {
protected:
  static void SetUpTestSuite() {
    path = strCat(testing::TempDir(), "/distribution-", ::getpid(), ".moec");
    auto change = [](plan::PlanT &plan) {
      plan.vocab = vocab;
      plan.max_context = steps + 10;
      for (auto &function : plan.functions)
        for (auto &output : function->outputs)
          if (output->name == "logits")
            output->width = vocab;
    };
    TinyModel::write(path, change, {});
    // The same with turned hidden states, by which the head tells that it is the draft model's.
    TinyModel::write(path + "d",
                     [&](plan::PlanT &plan) {
                       change(plan);
                       for (auto &variant : plan.functions[0]->variants)
                         turnStates(*variant);
                     },
                     {});
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(path);
    std::filesystem::remove_all(path + "d");
  }

  /// Puts the kernel `turn` in place of the copy of the embedding.
  static void turnStates(plan::VariantT &variant) {
    plan::LaunchT turn = *variant.steps[0]->action.AsLaunch();
    turn.kernel = 5;
    turn.op = "turn";
    turn.args.clear();
    for (uint32_t buffer : {0u, 1u}) {
      turn.args.push_back(std::make_unique<plan::ArgT>());
      turn.args.back()->kind = plan::ArgKind::Buffer;
      turn.args.back()->index = buffer;
    }
    variant.steps[1]->action.Set(std::move(turn));
  }

  /// Tokens of one request. Drafts are the likeliest tokens, or others of the likely ones, or those
  /// of a draft model that is off by something.
  static Tokens generate(uint32_t drafts, uint64_t seed, DraftStats &stats, bool hasModel = false) {
    std::vector<std::vector<float>> logits;
    std::vector<Tokens> likely;
    for (uint32_t context = 0; context < contexts; ++context) {
      logits.push_back(logitsOf(context));
      Tokens &order = likely.emplace_back(vocab);
      std::iota(order.begin(), order.end(), 0);
      std::ranges::sort(order, std::greater(), [&](int32_t token) { return logits.back()[token]; });
    }
    auto head = [logits](uint64_t hidden, std::span<float> row) {
      bool isDraft = hidden >= vocab;
      uint64_t context = (isDraft ? ~hidden : hidden) % contexts;
      std::ranges::copy(logits[context], row.begin());
      for (size_t token = 0; isDraft && token < row.size(); ++token)
        row[token] = 0.8f * row[token] + 0.3f * float(token % 3);
    };
    EngineOptions options;
    options.drafts.tokens = drafts;
    if (hasModel)
      options.drafts.model = path + "d";
    auto engine = Engine::create(std::move(*Artifact::open(path)),
                                 std::make_unique<FakeDevice>(vocab, head), options);
    EXPECT_TRUE(engine) << engine.takeError().message();
    std::mt19937 random(1);
    if (drafts != 0 && !hasModel)
      (*engine)->speculation()->revise([&](const Sequence &sequence, uint32_t most, Tokens &made) {
        made.clear();
        for (int32_t last = sequence.tokens.back(); made.size() < most; last = made.back())
          made.push_back(likely[uint32_t(last) % contexts][random() % 4 ? 0 : random() % 5]);
      });
    Tokens tokens;
    Request request;
    request.prompt = {0};
    request.maxTokens = steps;
    request.ignoreEos = true;
    request.sampling.temperature = 1;
    request.sampling.seed = seed;
    request.onToken = [&](const TokenEvent &event) { tokens.push_back(event.token); };
    EXPECT_TRUE((*engine)->submit(std::move(request)));
    EXPECT_EQ((*engine)->runUntilIdle().message(), "");
    stats = (*engine)->stats().drafts;
    return tokens;
  }

  static inline std::string path;
};
} // namespace

static void expectTheModels(const Tokens &tokens) {
  ASSERT_EQ(tokens.size(), steps);
  std::vector<std::vector<double>> counts(contexts, std::vector<double>(vocab));
  int32_t last = 0;
  for (int32_t token : tokens)
    ++counts[uint32_t(std::exchange(last, token)) % contexts][uint32_t(token)];
  double sum = 0, freedom = 0;
  for (uint32_t context = 0; context < contexts; ++context) {
    double total = std::accumulate(counts[context].begin(), counts[context].end(), 0.0);
    std::vector<double> expected = probabilitiesOf(context);
    for (uint32_t token = 0; token < vocab; ++token) {
      double want = expected[token] * total, off = counts[context][token] - want;
      ASSERT_GT(want, 5) << "too few to tell";
      sum += off * off / want;
    }
    freedom += vocab - 1;
  }
  EXPECT_GT(chanceAbove(sum, freedom), 1e-3) << sum << " of " << freedom;
}

TEST_P(DraftDistributionTest, IsTheModels) {
  DraftStats stats;
  Tokens tokens = generate(3, GetParam(), stats);
  EXPECT_GT(stats.accepted, steps / 20) << "drafts must have been accepted";
  EXPECT_GT(stats.drafts, steps / 2) << "and refused";
  expectTheModels(tokens);
}

TEST_P(DraftDistributionTest, IsTheModelsWithADraftModel) {
  DraftStats stats;
  Tokens tokens = generate(3, GetParam(), stats, /*hasModel=*/true);
  EXPECT_GT(stats.accepted, steps / 5) << "drafts must have been accepted";
  EXPECT_GT(stats.tokens - stats.accepted, steps / 10) << "and refused";
  expectTheModels(tokens);
}

// More than the distribution: drafts change nothing at all.
TEST_P(DraftDistributionTest, TokensAreThoseWithoutDrafts) {
  DraftStats stats;
  Tokens with = generate(3, GetParam(), stats), without = generate(0, GetParam(), stats);
  EXPECT_EQ(with, without);
  EXPECT_EQ(stats.tokens, 0u);
  EXPECT_EQ(generate(3, GetParam(), stats, /*hasModel=*/true), without);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DraftDistributionTest, testing::Values(1, 2, 3, 4, 5));
