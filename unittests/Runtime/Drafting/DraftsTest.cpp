//===- DraftsTest.cpp - An engine that checks drafts ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Requests get the same bytes with drafts as without, whatever the drafts, chunks, neighbours and
// pages; and the model's own draft is given what it should be.
//
//===----------------------------------------------------------------------===//

#include "../TinyModel.h"
#include "moec/runtime/Engine.h"

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
Tokens randomPrompt(uint32_t seed, size_t length) {
  std::mt19937 random(seed);
  Tokens tokens;
  for (size_t i = 0; i < length; ++i)
    tokens.push_back(static_cast<int32_t>(random() % TinyModel::vocab));
  return tokens;
}
std::vector<Tokens> somePrompts() {
  return {randomPrompt(1, 1), randomPrompt(2, 9), randomPrompt(3, 30), randomPrompt(4, 17)};
}

/// What a request got.
struct Answer {
  Tokens tokens;
  std::vector<TokenLogprobs> logprobs;
  FinishReason reason = FinishReason::None;
};

/// Holds the logits of every token that is sampled against those computed by hand.
class CheckLogits : public LogitsProcessor {
public:
  explicit CheckLogits(TinyModel::Pools pools) : pools(std::move(pools)) {}
  void apply(std::span<float> logits, const TokenHistory &history) const override {
    Tokens tokens(history.tokens.begin(), history.tokens.end());
    std::vector<float> want = TinyModel::logits(tokens, pools);
    EXPECT_EQ(std::memcmp(logits.data(), want.data(), logits.size_bytes()), 0)
        << "behind " << tokens.size() << " tokens";
  }

private:
  TinyModel::Pools pools;
};

class EngineDraftsTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    dir = strCat(testing::TempDir(), "/drafts-", ::getpid(), ".moec");
    TinyModel::write(dir);
    TinyModel::write(dir + "3", nullptr, TinyModel::threePools());
    TinyModel::write(dir + "1", [](plan::PlanT &plan) { plan.functions.pop_back(); });
  }
  static void TearDownTestSuite() {
    for (const char *end : {"", "1", "3"})
      std::filesystem::remove_all(dir + end);
  }

  static std::unique_ptr<Engine> open(EngineOptions options, const std::string &which = "") {
    if (options.manifest.empty())
      options.manifest = MOEC_TEST_MANIFEST;
    Expected<std::unique_ptr<Engine>> engine = Engine::open(dir + which, options);
    EXPECT_TRUE(engine) << engine.takeError().message();
    return std::move(*engine);
  }
  static std::vector<Answer> ask(Engine &engine, std::vector<Request> requests) {
    std::vector<Answer> answers(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      requests[i].onToken = [&answers, i](const TokenEvent &event) {
        EXPECT_EQ(answers[i].reason, FinishReason::None) << "nothing comes after the end";
        if (event.token >= 0)
          answers[i].tokens.push_back(event.token);
        if (event.logprobs)
          answers[i].logprobs.push_back(*event.logprobs);
        answers[i].reason = event.reason;
      };
      EXPECT_TRUE(engine.submit(std::move(requests[i])));
    }
    EXPECT_EQ(engine.runUntilIdle().message(), "");
    EXPECT_EQ(engine.stats().freePages, engine.stats().pages);
    EXPECT_EQ(engine.stats().freeSlots, engine.stats().slots);
    return answers;
  }
  static std::vector<Request> requestsFor(const std::vector<Tokens> &prompts, uint32_t count,
                                          SamplingParams sampling = {}) {
    std::vector<Request> requests(prompts.size());
    for (size_t i = 0; i < prompts.size(); ++i) {
      requests[i].prompt = prompts[i];
      requests[i].maxTokens = count;
      requests[i].sampling = sampling;
    }
    return requests;
  }
  /// Has the greedy continuation drafted, with wrong tokens in some places.
  static void draftFromOracle(Engine &engine, const TinyModel::Pools &pools, uint32_t wrongOfTen) {
    engine.speculation()->revise([=, random = std::mt19937(7)](const Sequence &sequence,
                                                               uint32_t most,
                                                               Tokens &drafts) mutable {
      drafts = TinyModel::greedy(sequence.tokens, most, pools);
      for (int32_t &token : drafts)
        if (random() % 10 < wrongOfTen)
          token = static_cast<int32_t>(random() % TinyModel::vocab);
    });
  }
  static inline std::string dir;
};
} // namespace

TEST_F(EngineDraftsTest, GreedyTextAndLogitsAreThoseWithoutDrafts) {
  DraftStats seen;
  for (bool three : {false, true})
    for (uint32_t drafts : {1u, 3u, 7u})
      for (uint32_t chunk : {0u, 3u})
        for (uint32_t sequences : {0u, 2u}) {
          SCOPED_TRACE(strCat(three ? 3 : 1, " pools, drafts of ", drafts, ", chunks of ", chunk,
                              ", ", sequences, " sequences"));
          auto pools = three ? TinyModel::threePools() : TinyModel::onePool();
          EngineOptions options;
          options.maxChunk = chunk;
          options.maxSequences = sequences;
          options.drafts.tokens = drafts;
          auto engine = open(options, three ? "3" : "");
          draftFromOracle(*engine, pools, 3);
          SamplingParams sampling;
          sampling.processors = {std::make_shared<CheckLogits>(pools)};
          std::vector<Tokens> prompts = somePrompts();
          std::vector<Answer> answers = ask(*engine, requestsFor(prompts, 20, sampling));
          for (size_t i = 0; i < prompts.size(); ++i) {
            EXPECT_EQ(answers[i].tokens, TinyModel::greedy(prompts[i], 20, pools)) << i;
            // What the prefix cache has learnt is right, too.
            prompts[i].insert(prompts[i].end(), answers[i].tokens.begin(), answers[i].tokens.end());
            prompts[i].push_back(0);
          }
          ask(*engine, requestsFor(prompts, 3, sampling));
          DraftStats stats = engine->stats().drafts;
          seen.tokens += stats.tokens;
          seen.accepted += stats.accepted;
        }
  EXPECT_GT(seen.accepted, 500u);
  EXPECT_GT(seen.tokens - seen.accepted, 500u);
}

TEST_F(EngineDraftsTest, ShortMemoryChangesNothing) {
  EngineOptions options;
  options.kvMemoryBytes = 18 * TinyModel::pageSize * TinyModel::width * sizeof(float);
  options.drafts.tokens = 5;
  auto engine = open(options);
  draftFromOracle(*engine, TinyModel::onePool(), 2);
  std::vector<Tokens> prompts = somePrompts();
  prompts.push_back(randomPrompt(9, 30));
  std::vector<Answer> answers = ask(*engine, requestsFor(prompts, 20));
  for (size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(answers[i].tokens, TinyModel::greedy(prompts[i], 20)) << i;
  EXPECT_GT(engine->stats().preemptions, 0u) << "the test must have pressed";
  EXPECT_GT(engine->stats().drafts.accepted, 0u);
}

TEST_F(EngineDraftsTest, SampledTokensAndLogprobsAreThoseWithoutDrafts) {
  SamplingParams plain, changed;
  plain.temperature = changed.temperature = 0.7f;
  plain.topP = 0.9f;
  plain.logprobs = changed.logprobs = 5;
  changed.seed = 11;
  changed.minP = 0.02f;
  changed.topK = 12;
  changed.logitBias = {{4, 2.5f}, {9, -100}};
  changed.repetitionPenalty = 1.2f;
  changed.frequencyPenalty = 0.5f;
  changed.presencePenalty = -0.3f;
  for (const SamplingParams &sampling : {plain, changed}) {
    std::vector<Request> requests = requestsFor(somePrompts(), 24, sampling);
    for (Request &request : requests)
      request.minTokens = 6;
    requests[1].stopTokens = {5, 6, 7};
    requests[2].ignoreEos = true;
    std::vector<Answer> want = ask(*open({}, "3"), requests);
    EngineOptions options;
    options.drafts.tokens = 3;
    auto engine = open(options, "3");
    // What was sampled without drafts is as good a guess as any.
    engine->speculation()->revise([&](const Sequence &sequence, uint32_t most, Tokens &drafts) {
      drafts.clear();
      const Tokens &text = want[sequence.id - 1].tokens;
      for (size_t at = sequence.tokens.size() - sequence.promptTokens;
           at < text.size() && drafts.size() < most; ++at)
        drafts.push_back(at % 5 == 0 ? 1 : text[at]);
    });
    std::vector<Answer> got = ask(*engine, requests);
    EXPECT_GT(engine->stats().drafts.accepted, 10u);
    EXPECT_GT(engine->stats().drafts.tokens, engine->stats().drafts.accepted);
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_EQ(got[i].tokens, want[i].tokens) << i;
      EXPECT_EQ(got[i].reason, want[i].reason) << i;
      ASSERT_EQ(got[i].logprobs.size(), want[i].logprobs.size());
      for (size_t n = 0; n < got[i].logprobs.size(); ++n) {
        const TokenLogprobs &a = got[i].logprobs[n], &b = want[i].logprobs[n];
        EXPECT_EQ(a.token.logprob, b.token.logprob);
        ASSERT_EQ(a.top.size(), b.top.size());
        for (size_t k = 0; k < a.top.size(); ++k)
          EXPECT_EQ(a.top[k].logprob, b.top[k].logprob);
      }
    }
  }
}

TEST_F(EngineDraftsTest, EndsWithinDrafts) {
  EngineOptions options;
  options.drafts.tokens = 7;
  auto engine = open(options);
  draftFromOracle(*engine, TinyModel::onePool(), 0);
  Tokens ended; // a prompt whose continuation comes to the end token
  for (uint32_t seed = 0; ended.empty(); ++seed)
    if (Tokens text = TinyModel::greedy(randomPrompt(seed, 3), 10);
        text.back() == TinyModel::eos && text.size() > 3)
      ended = randomPrompt(seed, 3);
  Tokens text = TinyModel::greedy(ended, 10);
  Answer answer = ask(*engine, requestsFor({ended}, 30))[0];
  EXPECT_EQ(answer.tokens, text);
  EXPECT_EQ(answer.reason, FinishReason::Stop);
  for (uint32_t most = 0; most <= text.size(); ++most) {
    answer = ask(*engine, requestsFor({ended}, most))[0];
    EXPECT_EQ(answer.tokens, Tokens(text.begin(), text.begin() + most));
    EXPECT_EQ(answer.reason, most == text.size() ? FinishReason::Stop : FinishReason::Length);
  }
  std::vector<Request> requests = requestsFor({ended}, 30);
  requests[0].stopTokens = {text[2]};
  answer = ask(*engine, requests)[0];
  EXPECT_EQ(answer.tokens.back(), text[2]);
  EXPECT_LE(answer.tokens.size(), 3u);
  EXPECT_EQ(answer.reason, FinishReason::Stop);
  // A context that fills up.
  requests = requestsFor({randomPrompt(1, TinyModel::maxContext - 5)}, 100);
  requests[0].ignoreEos = true;
  answer = ask(*engine, requests)[0];
  EXPECT_EQ(answer.tokens.size(), 5u);
  EXPECT_EQ(answer.reason, FinishReason::Full);
}

TEST_F(EngineDraftsTest, AnAbortBetweenTwoTokensOfAStep) {
  EngineOptions options;
  options.drafts.tokens = 7;
  auto engine = open(options, "3");
  draftFromOracle(*engine, TinyModel::threePools(), 0);
  std::vector<Request> requests = requestsFor(somePrompts(), 40);
  std::vector<FinishReason> reasons(requests.size());
  std::vector<size_t> counts(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].ignoreEos = true;
    requests[i].onToken = [&, i](const TokenEvent &event) {
      reasons[i] = event.reason;
      counts[i] += event.token >= 0;
      if (event.reason == FinishReason::None && counts[i] == 3 + i) {
        engine->abort(event.id);
        engine->abort(event.id % requests.size() + 1); // and a neighbour
      }
    };
    ASSERT_TRUE(engine->submit(requests[i]));
  }
  EXPECT_EQ(engine->runUntilIdle().message(), "");
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(reasons[i], FinishReason::Abort);
    EXPECT_LE(counts[i], 3 + i);
  }
  EXPECT_EQ(engine->stats().freePages, engine->stats().pages);
  EXPECT_EQ(engine->stats().freeSlots, engine->stats().slots);
}

TEST_F(EngineDraftsTest, CountsWhatFollowedByPlace) {
  EngineOptions options;
  options.drafts.tokens = 3;
  auto engine = open(options);
  // The second of three is always wrong.
  engine->speculation()->revise([](const Sequence &sequence, uint32_t most, Tokens &drafts) {
    drafts = TinyModel::greedy(sequence.tokens, most);
    if (drafts.size() > 1)
      drafts[1] = (drafts[1] + 1) % int32_t(TinyModel::vocab);
  });
  std::vector<Request> requests = requestsFor({randomPrompt(8, 6)}, 21);
  requests[0].ignoreEos = true;
  uint64_t before = engine->stats().steps;
  ask(*engine, requests);
  EngineStats stats = engine->stats();
  EXPECT_EQ(stats.generatedTokens, 21u);
  EXPECT_EQ(stats.steps - before, 11u) << "one for the prompt, and two tokens each from then on";
  EXPECT_EQ(stats.drafts.drafts, stats.drafts.acceptedAt[0]);
  EXPECT_EQ(stats.drafts.accepted, stats.drafts.acceptedAt[0]);
  EXPECT_EQ(stats.drafts.acceptedAt[1], 0u);
  EXPECT_EQ(stats.drafts.accepted, 10u);

  engine->speculation()->draftAtMost(0);
  before = engine->stats().steps;
  ask(*engine, requests);
  EXPECT_EQ(engine->stats().steps - before, 21u);
  EXPECT_EQ(engine->stats().drafts.drafts, stats.drafts.drafts);
}

// It turns a hidden state round, so each draft is known: the first is made of the last token but
// one, those after it of what came before.
TEST_F(EngineDraftsTest, TheModelsOwnDraftGoesOnFromHiddenStates) {
  for (bool three : {false, true})
    for (uint32_t chunk : {0u, 3u}) {
      auto pools = three ? TinyModel::threePools() : TinyModel::onePool();
      EngineOptions options;
      options.maxChunk = chunk ? chunk + 1 : 0;
      options.drafts.tokens = 3;
      auto engine = open(options, three ? "3" : "");
      EXPECT_EQ(engine->speculation()->drafter().name(), "the model's own draft");
      size_t checked = 0;
      engine->speculation()->revise([&](const Sequence &sequence, uint32_t most, Tokens &drafts) {
        Tokens before(sequence.tokens.begin(), sequence.tokens.end() - 1), want;
        std::vector<float> hidden = TinyModel::hidden(before, pools);
        while (want.size() < most) {
          for (float &value : hidden)
            value = -value;
          want.push_back(argmax(TinyModel::headOf(hidden)));
        }
        EXPECT_EQ(drafts, want) << "of a sequence of " << sequence.tokens.size();
        ++checked;
        // Now and then the right ones, so that steps keep several rows.
        if (checked % 2)
          drafts = TinyModel::greedy(sequence.tokens, most, pools);
      });
      std::vector<Tokens> prompts = somePrompts();
      std::vector<Answer> answers = ask(*engine, requestsFor(prompts, 16));
      for (size_t i = 0; i < prompts.size(); ++i)
        EXPECT_EQ(answers[i].tokens, TinyModel::greedy(prompts[i], 16, pools));
      EXPECT_GT(checked, 10u);
      EXPECT_GT(engine->stats().drafts.accepted, 0u);
    }
}

TEST_F(EngineDraftsTest, RefusalsAreOneSentence) {
  auto said = [](DraftOptions drafts, const std::string &which) {
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    options.drafts = drafts;
    std::string message = Engine::open(dir + which, options).takeError().message();
    size_t end = message.find("': ");
    return end == std::string::npos ? message : message.substr(end + 3);
  };
  EXPECT_EQ(said({.tokens = 16}, ""), "drafts of 16 tokens are asked for but they have at most 15");
  EXPECT_EQ(said({.tokens = 2, .method = DraftMethod::Model}, "1"),
            "the plan has no function 'draft': the model drafts no tokens; look-up needs no such "
            "function");
  std::string changed = dir + "x";
  auto saidOf = [&](const std::function<void(plan::PlanT &)> &change) {
    TinyModel::write(changed, change);
    return said({.tokens = 2}, "x");
  };
  EXPECT_EQ(saidOf([](plan::PlanT &plan) {
              plan.functions[0]->outputs[1]->name = "routed_experts",
              plan.functions[0]->outputs[1]->element = plan::Element::I32;
            }),
            "function 'draft': takes 'hidden' of 8 f32 for each token, which function 'forward' "
            "does not give");
  EXPECT_EQ(saidOf([](plan::PlanT &plan) { plan.functions[1]->outputs[0]->width = 23; }),
            "function 'draft': has no output 'logits' of 24 numbers a row");
  std::filesystem::remove_all(changed);
}

TEST_F(EngineDraftsTest, WithoutAFunctionTokensAreLookedUp) {
  EngineOptions options;
  options.drafts.tokens = 4;
  auto engine = open(options, "1");
  EXPECT_EQ(engine->speculation()->drafter().name(), "look-up");
  std::vector<Request> requests = requestsFor({randomPrompt(3, 4), randomPrompt(5, 7)}, 50);
  for (Request &request : requests) {
    request.ignoreEos = true;
    // Texts that repeat themselves.
    request.sampling.logitBias = {{7, 100}};
  }
  for (const Answer &answer : ask(*engine, requests))
    EXPECT_EQ(answer.tokens, Tokens(50, 7));
  EXPECT_GT(engine->stats().drafts.accepted, 20u);
  EXPECT_LT(engine->stats().steps, 45u);
}

#ifdef MOEC_TEST_SKELETON_MANIFEST
// A draft, the steps that go on from it and the one that checks it take turns, and all come again.
TEST_F(EngineDraftsTest, ADeviceThatReplaysSteps) {
  EngineOptions options;
  options.manifest = MOEC_TEST_SKELETON_MANIFEST;
  options.drafts.tokens = 3;
  for (const char *which : {"", "3"}) {
    auto pools = *which ? TinyModel::threePools() : TinyModel::onePool();
    auto engine = open(options, which);
    draftFromOracle(*engine, pools, 0);
    std::vector<Request> requests = requestsFor({randomPrompt(5, 17)}, 40);
    requests[0].ignoreEos = true;
    Answer answer = ask(*engine, requests)[0];
    Tokens text = TinyModel::greedy(requests[0].prompt, 40, pools);
    EXPECT_TRUE(std::equal(text.begin(), text.end(), answer.tokens.begin()));
    EXPECT_GE(engine->stepGraphs().captured(), 2u);
    EXPECT_GE(engine->stepGraphs().replayed(), 10u);
  }
}
#endif

namespace {
/// Forces one token, which depends on the one before.
class ForceFourth : public TokenGuide {
public:
  std::optional<int32_t> force() override {
    EXPECT_EQ(told.size(), asked++);
    return told.size() == 3 ? std::optional<int32_t>(5) : std::nullopt;
  }
  void take(int32_t token) override { told.push_back(token); }

  Tokens told;
  size_t asked = 0;
};
} // namespace

TEST_F(EngineDraftsTest, WhoForcesTokensKnowsAllThatCameBefore) {
  EngineOptions options;
  options.drafts.tokens = 3;
  auto engine = open(options);
  draftFromOracle(*engine, TinyModel::onePool(), 0);
  Request request = requestsFor(somePrompts(), 12)[1];
  auto guide = std::make_shared<ForceFourth>();
  request.guide = guide;
  auto told = std::make_shared<Tokens>();
  request.onToken = [told](const TokenEvent &event) { told->push_back(event.token); };
  Tokens prompt = request.prompt;
  ASSERT_TRUE(engine->submit(std::move(request)));
  ASSERT_EQ(engine->runUntilIdle().message(), "");
  EXPECT_EQ(guide->told, *told);
  Tokens want = TinyModel::greedy(prompt, 3, TinyModel::onePool());
  want.push_back(5);
  Tokens text = prompt;
  text.insert(text.end(), want.begin(), want.end());
  Tokens rest = TinyModel::greedy(text, 8, TinyModel::onePool());
  want.insert(want.end(), rest.begin(), rest.end());
  EXPECT_EQ(*told, want);
  EXPECT_GT(engine->stats().drafts.accepted, 0u) << "others are the model's choice";
  EXPECT_LT(engine->stats().drafts.accepted, engine->stats().drafts.tokens);
}
