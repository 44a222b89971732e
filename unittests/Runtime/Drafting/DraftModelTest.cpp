//===- DraftModelTest.cpp - An engine with a draft model --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Another artifact drafts: the model itself, which is always right, and models that see less of a
// text and are often wrong. Requests get the same bytes as without, whatever the pages, aborts and
// neighbours, and a draft model that cannot be one is refused in one sentence.
//
//===----------------------------------------------------------------------===//

#include "../TinyModel.h"
#include "moec/Support/File.h"
#include "moec/runtime/Engine.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using test::TinyModel;
using Tokens = std::vector<int32_t>;

namespace {
/// A token table of 24 bytes' worth of letters.
std::string tokenizerFile(const std::string &last, bool isSpecial = false) {
  std::string vocab;
  for (char c = 'a'; c < 'a' + 23; ++c)
    vocab += strCat("\"", std::string(1, c), "\": ", int(c - 'a'), ", ");
  std::string added = isSpecial
                          ? R"({"id": 3, "content": "d", "single_word": false, "lstrip": false,
      "rstrip": false, "normalized": false, "special": true})"
                          : "";
  return strCat(R"({"version": "1.0", "truncation": null, "padding": null, "added_tokens": [)",
                added, R"(], "normalizer": null, "pre_tokenizer": null, "post_processor": null,
      "decoder": null, "model": {"type": "BPE", "vocab": {)",
                vocab, "\"", last, "\": 23}, \"merges\": []}}");
}

class EngineDraftModelTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    dir = strCat(testing::TempDir(), "/draft-model-", ::getpid());
    TinyModel::write(path("one"));
    TinyModel::write(path("three"), nullptr, TinyModel::threePools());
    TinyModel::write(path("short"), nullptr, shortPools());
    TinyModel::write(path("narrow"), [](plan::PlanT &plan) { plan.max_context = 24; });
    TinyModel::write(path("small"), [](plan::PlanT &plan) {
      plan.max_tokens = 6; // fewer than a step of the engine has
      for (auto &function : plan.functions) {
        function->variants.pop_back();
        function->variants[0]->max_tokens = 6;
        function->variants[0]->arena_bytes *= 2;
        uint64_t bytes = 6 * TinyModel::width * sizeof(float);
        for (size_t i = 0; i < 2; ++i) {
          function->variants[0]->buffers[i]->bytes = bytes;
          function->variants[0]->buffers[i]->offset = i * bytes;
        }
      }
    });
  }
  static void TearDownTestSuite() {
    for (const char *name : {"one", "three", "short", "narrow", "small", "x"})
      std::filesystem::remove_all(path(name));
  }
  static std::string path(const std::string &name) { return strCat(dir, "-", name, ".moec"); }
  /// Of a text this one sees the last tokens only, besides what it makes of the whole.
  static TinyModel::Pools shortPools() {
    return {{plan::Allocation::Paged, 8, 0}, {plan::Allocation::Window, 2, 3}};
  }

  static EngineOptions optionsFor(const std::string &draft, uint32_t tokens) {
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    options.drafts.tokens = tokens;
    options.drafts.model = draft.empty() ? "" : path(draft);
    return options;
  }
  static std::unique_ptr<Engine> open(const std::string &model, const EngineOptions &options) {
    Expected<std::unique_ptr<Engine>> engine = Engine::open(path(model), options);
    EXPECT_TRUE(engine) << engine.takeError().message();
    return std::move(*engine);
  }
  static const ArtifactDrafter &drafterOf(const Engine &engine) {
    return *engine.speculation()->drafter().otherModel();
  }

  static Tokens randomPrompt(uint32_t seed, size_t length) {
    std::mt19937 random(seed);
    Tokens tokens(length);
    for (int32_t &token : tokens)
      token = static_cast<int32_t>(random() % TinyModel::vocab);
    return tokens;
  }
  static std::vector<Tokens> somePrompts() {
    return {randomPrompt(1, 1), randomPrompt(2, 9), randomPrompt(3, 30), randomPrompt(4, 17)};
  }

  static std::vector<Tokens> ask(Engine &engine, const std::vector<Tokens> &prompts, uint32_t count,
                                 const SamplingParams &sampling = {}) {
    std::vector<Tokens> answers(prompts.size());
    for (size_t i = 0; i < prompts.size(); ++i) {
      Request request;
      request.prompt = prompts[i];
      request.maxTokens = count;
      request.ignoreEos = true;
      request.sampling = sampling;
      request.onToken = [&answers, i](const TokenEvent &event) {
        answers[i].push_back(event.token);
      };
      EXPECT_TRUE(engine.submit(std::move(request)));
    }
    while (engine.busy()) {
      EXPECT_EQ(engine.step().message(), "");
      EXPECT_EQ(engine.checkIntegrity().message(), "");
      if (testing::Test::HasFailure())
        break;
    }
    EXPECT_EQ(engine.stats().freePages, engine.stats().pages);
    if (engine.speculation())
      expectNothingHeld(drafterOf(engine));
    return answers;
  }
  static void expectNothingHeld(const ArtifactDrafter &drafter) {
    EXPECT_EQ(drafter.followed(), 0u);
    const StatePools &pools = drafter.pools();
    for (size_t pool = 0; pool < pools.rules().size(); ++pool)
      EXPECT_EQ(pools.freeUnits(pool), pools.units(pool)) << "of pool " << pool;
  }
  static inline std::string dir;
};
} // namespace

TEST_F(EngineDraftModelTest, TheModelItselfIsAlwaysRight) {
  SamplingParams sampled;
  sampled.temperature = 1;
  sampled.seed = 5;
  sampled.topP = 0.9f;
  sampled.repetitionPenalty = 1.3f;
  for (const SamplingParams &sampling : {SamplingParams(), sampled})
    for (uint32_t chunk : {0u, 7u}) {
      EngineOptions options = optionsFor("one", 3);
      options.maxChunk = chunk;
      auto engine = open("one", options);
      std::vector<Tokens> want = ask(*open("one", optionsFor("", 0)), somePrompts(), 25, sampling);
      EXPECT_EQ(ask(*engine, somePrompts(), 25, sampling), want);
      DraftStats stats = engine->stats().drafts;
      EXPECT_GT(stats.tokens, 50u);
      EXPECT_EQ(stats.accepted, stats.tokens);
      EXPECT_LT(engine->stats().steps, 15u);
    }
}

TEST_F(EngineDraftModelTest, TextIsThatWithoutDrafts) {
  SamplingParams sampled;
  sampled.temperature = 0.8f;
  sampled.seed = 3;
  DraftStats seen;
  for (const char *model : {"one", "three"})
    for (const char *draft : {"short", "narrow", "small", "one"})
      for (auto [tokens, sequences, chunk] :
           {std::tuple(1u, 0u, 0u), std::tuple(4u, 2u, 9u), std::tuple(15u, 3u, 16u)}) {
        SCOPED_TRACE(strCat(draft, " for ", model, ", drafts of ", tokens));
        EngineOptions options = optionsFor(draft, tokens), plain = optionsFor("", 0);
        options.maxSequences = plain.maxSequences = sequences;
        options.maxChunk = plain.maxChunk = chunk;
        auto engine = open(model, options), without = open(model, plain);
        std::vector<Tokens> prompts = somePrompts();
        for (const SamplingParams &sampling : {SamplingParams(), sampled}) {
          std::vector<Tokens> want = ask(*without, prompts, 20, sampling);
          EXPECT_EQ(ask(*engine, prompts, 20, sampling), want);
          // The next turn, of which caches have a part.
          for (size_t i = 0; i < prompts.size(); ++i)
            if (prompts[i].size() < 20)
              prompts[i].insert(prompts[i].end(), want[i].begin(), want[i].end());
        }
        DraftStats stats = engine->stats().drafts;
        EXPECT_GT(stats.tokens, 20u);
        seen.tokens += stats.tokens;
        seen.accepted += stats.accepted;
      }
  EXPECT_GT(seen.accepted, 500u);
  EXPECT_GT(seen.tokens - seen.accepted, 500u);
}

// Whatever of earlier drafts followed, each is what the draft model makes of the whole text.
TEST_F(EngineDraftModelTest, DraftsAreWhatItMakesOfTheWholeText) {
  for (auto [model, pools] :
       {std::pair("one", TinyModel::onePool()), std::pair("three", TinyModel::threePools())})
    for (auto [draft, own] :
         {std::pair("one", TinyModel::onePool()), std::pair("short", shortPools())})
      for (uint32_t chunk : {0u, 5u}) {
        EngineOptions options = optionsFor(draft, 4);
        options.maxChunk = chunk;
        auto engine = open(model, options);
        size_t checked = 0;
        engine->speculation()->revise([&](const Sequence &sequence, uint32_t most, Tokens &drafts) {
          Tokens want = TinyModel::greedy(sequence.tokens, most, own); // up to an end token
          ASSERT_EQ(drafts.size(), most);
          ASSERT_NE(most, 0u);
          EXPECT_TRUE(std::equal(want.begin(), want.end(), drafts.begin()))
              << draft << " for " << model << " behind " << sequence.tokens.size() << " tokens";
          Tokens text = TinyModel::greedy(sequence.tokens, most, pools);
          for (size_t i = 0; i < text.size() && i < checked % 6; ++i)
            drafts[i] = text[i];
          if (checked % 3 == 1) // so that steps keep none, some or all of them
            drafts[checked % most] = (drafts[checked % most] + 1) % int32_t(TinyModel::vocab);
          ++checked;
        });
        ask(*engine, somePrompts(), 24);
        EXPECT_GT(checked, 15u);
        EXPECT_GT(engine->stats().drafts.accepted, 15u);
        EXPECT_GT(engine->stats().drafts.tokens, engine->stats().drafts.accepted);
      }
}

// What the engine's cache had of a prompt is computed by the draft model, as it has it not.
TEST_F(EngineDraftModelTest, APrefixOfTheEnginesCacheIsComputed) {
  auto engine = open("one", optionsFor("one", 3));
  engine->speculation()->draftAtMost(0);
  Tokens prompt = randomPrompt(3, 33);
  Tokens text = ask(*engine, {prompt}, 12)[0];
  EXPECT_EQ(engine->stats().drafts.tokens, 0u);
  engine->speculation()->draftAtMost(3);
  EXPECT_EQ(ask(*engine, {prompt}, 12)[0], text);
  EXPECT_GE(engine->stats().cachedTokens, 28u);
  DraftStats stats = engine->stats().drafts;
  EXPECT_GT(stats.accepted, 6u);
  EXPECT_EQ(stats.accepted, stats.tokens);
}

TEST_F(EngineDraftModelTest, ShortMemoryChangesNothing) {
  for (const char *draft : {"one", "short"}) {
    EngineOptions options = optionsFor(draft, 4);
    options.maxSequences = 4;
    // For the engine some 30 pages of 4 tokens, which are fewer than its sequences ask for.
    options.kvMemoryBytes = 60 * TinyModel::pageSize * TinyModel::width * sizeof(float);
    auto engine = open("one", options);
    std::vector<Tokens> prompts = somePrompts();
    for (uint32_t seed = 10; seed < 16; ++seed)
      prompts.push_back(randomPrompt(seed, 20 + seed));
    std::vector<Tokens> want = ask(*open("one", optionsFor("", 0)), prompts, 25);
    EXPECT_EQ(ask(*engine, prompts, 25), want);
    EXPECT_GT(engine->stats().preemptions, 0u) << "the test must have pressed";
    EXPECT_GT(engine->stats().drafts.accepted, 0u);
  }
}

TEST_F(EngineDraftModelTest, AnAbortFreesWhatItHolds) {
  auto engine = open("three", optionsFor("short", 5));
  size_t tokens = 0;
  for (const Tokens &prompt : somePrompts()) {
    Request request;
    request.prompt = prompt;
    request.maxTokens = 30;
    request.ignoreEos = true;
    request.onToken = [&](const TokenEvent &event) {
      // A neighbour, within a step and its drafts.
      if (event.reason == FinishReason::None && ++tokens % 9 == 0)
        engine->abort(1 + tokens % 4);
    };
    ASSERT_TRUE(engine->submit(std::move(request)));
  }
  while (engine->busy()) {
    ASSERT_EQ(engine->step().message(), "");
    ASSERT_EQ(engine->checkIntegrity().message(), "");
  }
  expectNothingHeld(drafterOf(*engine));
}

// While drafts do not pay, texts are followed some tokens behind, and caught up with.
TEST_F(EngineDraftModelTest, APauseIsCaughtUpWith) {
  EngineOptions options = optionsFor("one", 2);
  options.drafts.isAuto = true; // no trial comes before some forty steps
  auto engine = open("one", options);
  std::vector<Tokens> prompts = {randomPrompt(2, 3), randomPrompt(7, 9)};
  std::vector<Tokens> want = ask(*open("one", optionsFor("", 0)), prompts, 55);
  EXPECT_EQ(ask(*engine, prompts, 55), want);
  DraftStats stats = engine->stats().drafts;
  EXPECT_EQ(stats.accepted, stats.tokens);
}

TEST_F(EngineDraftModelTest, RefusalsAreOneSentence) {
  auto said = [](const EngineOptions &options) {
    auto engine = Engine::open(path("one"), options);
    EXPECT_FALSE(engine);
    return engine ? "" : engine.takeError().message();
  };
  std::string one = path("one"), x = path("x"), x3 = path("three");
  EXPECT_EQ(said(optionsFor("one", 0)),
            strCat("--draft-model is '", one, "' but nothing is drafted; say --draft N or auto"));
  EngineOptions options = optionsFor("one", 2);
  options.drafts.method = DraftMethod::Lookup;
  EXPECT_EQ(said(options), strCat("--draft-model is '", one,
                                  "' but --draft-method is ngram, which needs none; leave one of "
                                  "them out"));
  options = optionsFor("", 2);
  options.drafts.method = DraftMethod::Other;
  EXPECT_EQ(said(options),
            "a draft model shall draft but none is named; say --draft-model ARTIFACT");
  EXPECT_EQ(said(optionsFor("three", 2)),
            strCat("'", x3,
                   "' has recurrent states, which a draft model cannot have: what it "
                   "drafted is taken back token by token"));
  TinyModel::write(x, [](plan::PlanT &plan) {
    plan.vocab = 20;
    for (auto &function : plan.functions)
      for (auto &output : function->outputs)
        if (output->name == "logits")
          output->width = 20;
  });
  EXPECT_EQ(said(optionsFor("x", 2)), strCat("a draft model needs the same vocabulary, but '", x,
                                             "' has 20 tokens and '", one, "' has 24"));
  std::filesystem::remove_all(x);
  TinyModel::write(x, [](plan::PlanT &plan) { plan.target = "elsewhere"; });
  EXPECT_EQ(said(optionsFor("x", 2)),
            strCat("a draft model needs the same target, but '", x,
                   "' was compiled for elsewhere and '", one, "' for cpu"));
}

TEST_F(EngineDraftModelTest, TokenizersAreCompared) {
  std::string model = path("one") + "/tokenizer.json", x = path("x");
  std::string draft = x + "/tokenizer.json";
  std::filesystem::remove_all(x);
  TinyModel::write(x);
  auto said = [&](const std::string &ofModel, const std::string &ofDraft) {
    for (auto [file, text] : {std::pair(model, ofModel), std::pair(draft, ofDraft)}) {
      std::filesystem::remove(file);
      if (!text.empty())
        EXPECT_EQ(writeFileAtomic(file, text).message(), "");
    }
    auto engine = Engine::open(path("one"), optionsFor("x", 2));
    return engine ? "" : engine.takeError().message();
  };
  std::string same = "a draft model needs the same tokenizer, but ";
  EXPECT_EQ(said(tokenizerFile("x"), tokenizerFile("x")), "");
  EXPECT_EQ(said(tokenizerFile("x"), tokenizerFile("x") + "\n"), "") << "other bytes, same tokens";
  EXPECT_EQ(said(tokenizerFile("x"), tokenizerFile("y")),
            strCat(same, "token 23 is 'x' in '", model, "' and 'y' in '", draft, "'"));
  EXPECT_EQ(
      said(tokenizerFile("x"), tokenizerFile("x", true)),
      strCat(same, "token 3 is 'd' in '", model, "' and the special token 'd' in '", draft, "'"));
  EXPECT_EQ(said(tokenizerFile("x"), ""),
            strCat(same, "'", x, "' has no tokenizer.json to compare with '", model, "'"));
  std::filesystem::remove(model);
}
