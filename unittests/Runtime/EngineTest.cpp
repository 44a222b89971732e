//===- EngineTest.cpp - The engine over a hand-made artifact ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prompts of any shape come out as computed by hand, whatever the threads, chunks, neighbours and
// pages.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Engine.h"
#include "TinyModel.h"
#include "moec/runtime/LogitsProvider.h"
#include "moec/runtime/PlanSteps.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using test::TinyModel;
using Tokens = std::vector<int32_t>;

namespace {
class EngineTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    dir = strCat(testing::TempDir(), "/engine-", ::getpid(), ".moec");
    TinyModel::write(dir);
    TinyModel::write(dir + "3", nullptr, TinyModel::threePools());
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(dir);
    std::filesystem::remove_all(dir + "3");
  }

  static std::unique_ptr<Engine> open(EngineOptions options = {}, bool threePools = false) {
    if (options.manifest.empty())
      options.manifest = MOEC_TEST_MANIFEST;
    Expected<std::unique_ptr<Engine>> engine = Engine::open(threePools ? dir + "3" : dir, options);
    EXPECT_TRUE(engine) << engine.takeError().message();
    return std::move(*engine);
  }
  /// Generates for all prompts together.
  static std::vector<Tokens> generate(Engine &engine, const std::vector<Tokens> &prompts,
                                      uint32_t count, SamplingParams sampling = {}) {
    std::vector<Tokens> outputs(prompts.size());
    for (size_t i = 0; i < prompts.size(); ++i) {
      Request request;
      request.prompt = prompts[i];
      request.maxTokens = count;
      request.sampling = sampling;
      request.onToken = [&outputs, i](const TokenEvent &event) {
        if (event.token >= 0)
          outputs[i].push_back(event.token);
      };
      EXPECT_TRUE(engine.submit(std::move(request)));
    }
    EXPECT_EQ(engine.runUntilIdle().message(), "");
    EXPECT_EQ(engine.stats().freePages, engine.stats().pages);
    EXPECT_EQ(engine.stats().freeSlots, engine.stats().slots);
    return outputs;
  }
  static inline std::string dir;
};

Tokens randomPrompt(uint32_t seed, size_t length) {
  std::mt19937 random(seed);
  Tokens tokens;
  for (size_t i = 0; i < length; ++i)
    tokens.push_back(static_cast<int32_t>(random() % TinyModel::vocab));
  return tokens;
}
std::vector<Tokens> somePrompts() {
  return {randomPrompt(1, 1), randomPrompt(2, 9), randomPrompt(3, 40), randomPrompt(4, 17)};
}
} // namespace

#ifdef MOEC_TEST_SKELETON_MANIFEST
// The skeleton does nothing before somebody waits, and has graphs: no wait is missing, and replayed
// steps compute what launched ones do.
TEST_F(EngineTest, ADeviceThatWorksWhenWaitedForAndReplaysSteps) {
  EngineOptions options;
  options.manifest = MOEC_TEST_SKELETON_MANIFEST;
  for (bool threePools : {false, true}) {
    auto pools = threePools ? TinyModel::threePools() : TinyModel::onePool();
    std::unique_ptr<Engine> engine = open(options, threePools);
    EXPECT_EQ(engine->device().description(), "skeleton");
    std::vector<Tokens> prompts = somePrompts(), outputs = generate(*engine, prompts, 12);
    for (size_t i = 0; i < prompts.size(); ++i)
      EXPECT_EQ(outputs[i], TinyModel::greedy(prompts[i], 12, pools)) << i;
    EXPECT_GT(engine->stepGraphs().captured(), 0u);
    EXPECT_GT(engine->stepGraphs().replayed(), 0u);
  }
  // From 5 to 8 pages: one shape, which is captured when it comes a second time.
  std::unique_ptr<Engine> engine = open(options);
  Tokens prompt = randomPrompt(5, 17);
  EXPECT_EQ(generate(*engine, {prompt}, 14)[0], TinyModel::greedy(prompt, 14));
  EXPECT_EQ(engine->stepGraphs().captured(), 1u);
  EXPECT_GE(engine->stepGraphs().replayed(), 11u);
}
#endif

TEST_F(EngineTest, GeneratesWhatTheModelSays) {
  std::unique_ptr<Engine> engine = open();
  std::vector<Tokens> prompts = somePrompts(), outputs = generate(*engine, prompts, 12);
  for (size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(outputs[i], TinyModel::greedy(prompts[i], 12)) << i;
}

TEST_F(EngineTest, LogitsAtEveryPositionInAnyChunksOnAnyThreads) {
  Tokens tokens = randomPrompt(7, 50);
  std::vector<float> expected;
  for (size_t n = 1; n <= tokens.size(); ++n)
    for (float value : TinyModel::logits(Tokens(tokens.begin(), tokens.begin() + n)))
      expected.push_back(value);
  for (unsigned threads : {1, 2, 5})
    for (uint32_t chunk : {0, 1, 3, 7}) {
      EngineOptions options;
      options.deviceOptions.threads = threads;
      options.maxChunk = chunk;
      std::unique_ptr<LogitsProvider> provider = makeEngineLogits(open(options));
      std::vector<float> actual;
      Error error = provider->logits({tokens}, [&](size_t, size_t position, auto row) {
        EXPECT_EQ(position * TinyModel::vocab, actual.size());
        actual.insert(actual.end(), row.begin(), row.end());
      });
      EXPECT_EQ(error.message(), "");
      ASSERT_EQ(actual.size(), expected.size());
      EXPECT_EQ(std::memcmp(actual.data(), expected.data(), 4 * actual.size()), 0)
          << threads << " threads, chunks of " << chunk;
    }
}

TEST_F(EngineTest, PagePressureChangesNothing) {
  EngineOptions options;
  options.kvMemoryBytes = 18 * TinyModel::pageSize * TinyModel::width * sizeof(float);
  std::unique_ptr<Engine> engine = open(options);
  EXPECT_EQ(engine->stats().pages, 18u);
  std::vector<Tokens> prompts = somePrompts(), expected;
  prompts.push_back(randomPrompt(9, 30));
  std::vector<Tokens> outputs = generate(*engine, prompts, 20);
  for (size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(outputs[i], TinyModel::greedy(prompts[i], 20)) << i;
  EXPECT_GT(engine->stats().preemptions, 0u) << "the test must have pressed";
}

// Windows and slots in any chunks, on any threads, and after preemptions, which the pages press
// for.
TEST_F(EngineTest, PoolsOfEveryRuleChangeNothing) {
  const TinyModel::Pools pools = TinyModel::threePools();
  std::vector<Tokens> prompts = somePrompts(), expected;
  prompts.push_back(randomPrompt(9, 30));
  for (const Tokens &prompt : prompts)
    expected.push_back(TinyModel::greedy(prompt, 20, pools));
  uint64_t preemptions = 0;
  for (unsigned threads : {1, 3})
    for (uint32_t chunk : {0, 5})
      for (uint32_t sequences : {0, 1, 3}) {
        EngineOptions options;
        options.deviceOptions.threads = threads;
        options.maxChunk = chunk;
        options.maxSequences = sequences;
        // Every window and slot, and pages for little more than one sequence.
        options.kvMemoryBytes = 60'000;
        if (sequences == 3)
          options.kvMemoryBytes = 3 * 32 + (3 * (6 + 2 + 2) + 32) / 3 * 3 * 32 + 16 * 4 * 32;
        std::unique_ptr<Engine> engine = open(options, true);
        std::vector<Tokens> outputs = generate(*engine, prompts, 20);
        for (size_t i = 0; i < prompts.size(); ++i)
          EXPECT_EQ(outputs[i], expected[i]) << i << ", chunks of " << chunk << ", " << threads
                                             << " threads, " << sequences << " sequences";
        if (sequences == 3) {
          EXPECT_EQ(engine->pools().units(0), 16u);
          EXPECT_EQ(engine->stats().slots, 3u);
          preemptions += engine->stats().preemptions;
        }
      }
  EXPECT_GT(preemptions, 0u) << "the test must have pressed";
}

// To the last bit, also of the sequences that get the pages and slots of others.
TEST_F(EngineTest, LogitsOfPoolsOfEveryRule) {
  std::vector<Tokens> sequences;
  for (size_t length : {45, 3, 1, 9, 2, 1})
    sequences.push_back(randomPrompt(uint32_t(20 + length), length));
  for (uint32_t chunk : {0, 2, 7}) {
    EngineOptions options;
    options.maxChunk = chunk;
    options.maxSequences = 2;
    std::unique_ptr<LogitsProvider> provider = makeEngineLogits(open(options, true));
    size_t rows = 0;
    Error error = provider->logits(sequences, [&](size_t sequence, size_t position, auto row) {
      const Tokens &tokens = sequences[sequence];
      std::vector<float> expected =
          TinyModel::logits(Tokens(tokens.begin(), tokens.begin() + ptrdiff_t(position) + 1),
                            TinyModel::threePools());
      EXPECT_EQ(std::memcmp(row.data(), expected.data(), row.size_bytes()), 0)
          << "position " << position << " of sequence " << sequence << ", chunks of " << chunk;
      ++rows;
    });
    EXPECT_EQ(error.message(), "");
    EXPECT_EQ(rows, 61u);
  }
}

TEST_F(EngineTest, SampledTokensDoNotDependOnNeighbours) {
  SamplingParams sampling;
  sampling.temperature = 1;
  sampling.topP = 0.9f;
  sampling.seed = 5;
  std::vector<Tokens> prompts = somePrompts();
  std::unique_ptr<Engine> engine = open();
  std::vector<Tokens> together = generate(*engine, prompts, 8, sampling);
  for (size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(generate(*engine, {prompts[i]}, 8, sampling)[0], together[i]);
}

TEST_F(EngineTest, EventsSayWhyARequestEnded) {
  std::unique_ptr<Engine> engine = open();
  auto reasonOf = [&](Request request) {
    FinishReason reason = FinishReason::None;
    request.onToken = [&](const TokenEvent &event) { reason = event.reason; };
    EXPECT_TRUE(engine->submit(std::move(request)));
    EXPECT_FALSE(engine->runUntilIdle());
    return reason;
  };
  // A prompt whose greedy continuation reaches the end token, found with the plain computation.
  Tokens stops;
  for (uint32_t seed = 0; stops.empty(); ++seed) {
    Tokens candidate = randomPrompt(seed, 3);
    if (TinyModel::greedy(candidate, 10).back() == TinyModel::eos)
      stops = candidate;
  }
  Request request;
  request.prompt = stops;
  request.maxTokens = 10;
  EXPECT_EQ(reasonOf(request), FinishReason::Stop);
  request.ignoreEos = true;
  EXPECT_EQ(reasonOf(request), FinishReason::Length);
  request.maxTokens = 0;
  EXPECT_EQ(reasonOf(request), FinishReason::Length);
  request.prompt = randomPrompt(1, TinyModel::maxContext);
  request.maxTokens = 100;
  EXPECT_EQ(reasonOf(request), FinishReason::Full) << "a full context still gives one token";
}

TEST_F(EngineTest, AbortInsideACallbackAndOfANeighbour) {
  std::unique_ptr<Engine> engine = open();
  std::vector<FinishReason> reasons;
  RequestId second = 0;
  Request request;
  request.prompt = {1, 2};
  request.ignoreEos = true;
  request.maxTokens = 50;
  request.onToken = [&](const TokenEvent &event) {
    reasons.push_back(event.reason);
    if (event.reason == FinishReason::None)
      EXPECT_TRUE(engine->abort(event.id));
    engine->abort(second);
  };
  ASSERT_TRUE(engine->submit(request));
  request.onToken = [&](const TokenEvent &event) { reasons.push_back(event.reason); };
  second = *engine->submit(request);
  EXPECT_FALSE(engine->runUntilIdle());
  EXPECT_EQ(reasons, (std::vector{FinishReason::None, FinishReason::Abort, FinishReason::Abort}));
  EXPECT_FALSE(engine->abort(second));
}

TEST_F(EngineTest, RefusalsAreOneSentence) {
  std::unique_ptr<Engine> engine = open();
  auto submitError = [&](Tokens prompt, SamplingParams sampling = {}) {
    Request request;
    request.prompt = std::move(prompt);
    request.sampling = sampling;
    return engine->submit(std::move(request)).takeError().message();
  };
  EXPECT_EQ(submitError({}), "the prompt is empty");
  EXPECT_EQ(submitError({1, 24}), "token 1 of the prompt is 24 but the vocabulary has 24 tokens");
  EXPECT_EQ(submitError(Tokens(65, 1)).find("the prompt has 65 tokens but at most 64 can ever fit"),
            0u);
  SamplingParams sampling;
  sampling.topP = 2;
  EXPECT_EQ(submitError({1}, sampling), "top-p is 2, it must be above 0 and at most 1");
  Request late;
  late.prompt = {1, 2};
  late.logitsFrom = 2;
  late.onLogits = [](uint32_t, std::span<const float>) {};
  EXPECT_EQ(engine->submit(std::move(late)).takeError().message(),
            "logits are asked for from position 2 on but the prompt has 2 tokens");

  auto openError = [&](EngineOptions options) {
    options.manifest = MOEC_TEST_MANIFEST;
    return Engine::open(dir, options).takeError().message();
  };
  EngineOptions options;
  options.kvMemoryBytes = 100;
  EXPECT_EQ(openError(options), "the KV cache has 100 bytes of memory but one page of 4 tokens "
                                "needs 128; raise --kv-memory");
  options = {};
  options.maxTokens = 33;
  EXPECT_EQ(openError(options),
            "max-tokens per step is 33 but the model was compiled for at most 32");
  options = {};
  options.snapshotGrid = 0;
  EXPECT_EQ(openError(options), "snapshots are 0 tokens apart; it must be at least 1");
  options = {};
  options.device = "abacus";
  EXPECT_EQ(openError(options).find("no device 'abacus' runs code for target 'cpu'; "), 0u);
}

/// Pages of four and windows with pages of three: a block is twelve tokens.
TEST_F(EngineTest, APrefixFromTheCacheGivesTheLogitsOfAColdRun) {
  TinyModel::Pools pools = {{plan::Allocation::Paged, 4, 0}, {plan::Allocation::Window, 3, 7}};
  std::string path = dir + "w";
  TinyModel::write(path, nullptr, pools);
  Tokens prompt = randomPrompt(6, 50);
  for (uint32_t chunk : {1, 7, 16, 32}) {
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    options.maxChunk = chunk;
    Expected<std::unique_ptr<Engine>> engine = Engine::open(path, options);
    ASSERT_TRUE(engine) << engine.takeError().message();
    for (uint32_t from = 0; from < prompt.size(); ++from) {
      SCOPED_TRACE(strCat("chunks of ", chunk, ", logits from ", from, " on"));
      uint32_t next = from;
      Request request;
      request.prompt = prompt;
      request.maxTokens = 0;
      request.logitsFrom = from;
      request.onLogits = [&](uint32_t position, std::span<const float> row) {
        ASSERT_EQ(position, next++);
        Tokens tokens(prompt.begin(), prompt.begin() + position + 1);
        EXPECT_EQ(std::vector<float>(row.begin(), row.end()), TinyModel::logits(tokens, pools));
      };
      request.onToken = [&](const TokenEvent &event) {
        EXPECT_EQ(event.cachedTokens, from / 12 * 12);
      };
      ASSERT_TRUE((*engine)->submit(std::move(request)));
      ASSERT_EQ((*engine)->runUntilIdle().message(), "");
      EXPECT_EQ(next, prompt.size());
    }
  }
  std::filesystem::remove_all(path);
}

TEST_F(EngineTest, WhatAnEngineNeedsOfAPlan) {
  std::string damaged = dir + "x";
  auto openError = [&](const std::function<void(plan::PlanT &)> &change) {
    TinyModel::write(damaged, change);
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    std::string message = Engine::open(damaged, options).takeError().message();
    size_t end = message.find("': ");
    return end == std::string::npos ? message : message.substr(end + 3);
  };
  EXPECT_EQ(openError([](plan::PlanT &p) { p.functions[0]->name = "backward"; }),
            "the plan has no function 'forward', which an engine needs; it has 2, which inspect "
            "lists");
  EXPECT_EQ(
      openError([](plan::PlanT &p) { std::swap(p.functions[0]->name, p.functions[1]->name); }),
      "function 'forward' has no input 'token_ids', which an engine gives");
  EXPECT_EQ(openError([](plan::PlanT &p) {
              p.functions[0]->inputs.push_back(
                  std::make_unique<plan::ArrayT>(*p.functions[1]->inputs[0]));
            }),
            "function 'forward' takes input 'hidden', which an engine does not give");
  EXPECT_EQ(openError([](plan::PlanT &p) { p.functions[0]->outputs[0]->width = 23; }),
            "function 'forward' gives 'logits' as 23 f32, not as 24 f32, one for each token of the "
            "vocabulary");
  EXPECT_EQ(openError([](plan::PlanT &p) {
              p.functions[0]->outputs[0]->name = "hidden",
              p.functions[0]->outputs[1]->name = "routed_experts",
              p.functions[0]->outputs[1]->element = plan::Element::I32;
            }),
            "function 'forward' has no output 'logits', which an engine reads");
  std::filesystem::remove_all(damaged);
}

TEST_F(EngineTest, CapturedValuesComeWithTheLogits) {
  std::string path = dir + "-captured";
  TinyModel::write(path, [](plan::PlanT &plan) {
    for (size_t variant = 0; variant < 2; ++variant) {
      TinyModel::launch(plan, variant, 3).group = 5; // context
      TinyModel::launch(plan, variant, 4).group = 6; // head
      plan.functions[0]->variants[variant]->buffers[1]->group = 5;
    }
  });
  EngineOptions options;
  options.manifest = MOEC_TEST_MANIFEST;
  options.maxChunk = 7;
  Expected<std::unique_ptr<Engine>> opened = Engine::open(path, options);
  ASSERT_TRUE(opened) << opened.takeError().message();
  Engine &engine = **opened;
  uint32_t logits = *arrayIndex(*engine.artifact().plan().functions()->Get(0)->outputs(), "logits");
  engine.capture({{"y", 5, 0, std::nullopt, plan::Element::F32, TinyModel::width, false},
                  {"logits", 6, 0, logits, plan::Element::F32, TinyModel::vocab, true}});
  size_t rows = 0;
  std::vector<Tokens> prompts = somePrompts();
  for (const Tokens &prompt : prompts) {
    Request request;
    request.prompt = prompt;
    request.maxTokens = 0;
    request.onLogits = [](uint32_t, std::span<const float>) {};
    request.onCaptured = [&](size_t value, uint32_t position, std::span<const std::byte> row) {
      Tokens before(prompt.begin(), prompt.begin() + position + 1);
      std::vector<float> want = value ? TinyModel::logits(before) : TinyModel::hidden(before);
      ASSERT_EQ(row.size(), want.size() * sizeof(float));
      EXPECT_EQ(std::memcmp(row.data(), want.data(), row.size()), 0) << value << " " << position;
      ++rows;
    };
    ASSERT_TRUE(engine.submit(std::move(request)));
  }
  EXPECT_EQ(engine.runUntilIdle().message(), "");
  EXPECT_EQ(rows, 2u * (1 + 9 + 40 + 17));

  engine.capture({{"z", 5, 1, std::nullopt, plan::Element::F32, TinyModel::width, false}});
  Request last;
  last.prompt = prompts[0];
  ASSERT_TRUE(engine.submit(std::move(last)));
  EXPECT_EQ(engine.runUntilIdle().message(),
            "step 3 (context): z, result 1 of group 5, is in no buffer");
  std::filesystem::remove_all(path);
}
