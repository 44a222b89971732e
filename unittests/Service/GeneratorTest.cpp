//===- GeneratorTest.cpp - Prompts in, text out ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The text of events against the text of all tokens, for choices, stop strings and stop tokens.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/service/Generator.h"
#include "FakeService.h"
#include "TinyTokenizer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <set>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;

namespace {
/// What one choice has given.
struct Seen {
  std::string text;
  Tokens tokens;
  std::vector<TokenLogprobs> promptLogprobs;
  GenerationEvent last;
  size_t logprobs = 0, forced = 0;
};

class GeneratorTest : public FakeServiceTest {
protected:
  /// Generates and waits for all choices.
  static std::vector<Seen> generate(Generator &generator, GenerationRequest request) {
    std::vector<Seen> seen(request.choices);
    std::mutex mutex;
    std::condition_variable ended;
    size_t open = request.choices;
    auto id = generator.start(std::move(request), [&](const GenerationEvent &event) {
      std::lock_guard lock(mutex);
      Seen &choice = seen[event.choice];
      EXPECT_EQ(choice.last.reason, FinishReason::None) << "an event after the last";
      choice.text += event.text;
      choice.forced += event.forcedTokens;
      for (const SampledToken &token : event.tokens) {
        choice.tokens.push_back(token.token);
        choice.logprobs += token.logprobs.has_value();
      }
      choice.promptLogprobs.insert(choice.promptLogprobs.end(), event.promptLogprobs.begin(),
                                   event.promptLogprobs.end());
      choice.last = event;
      if (event.reason != FinishReason::None && --open == 0)
        ended.notify_one();
    });
    EXPECT_TRUE(id) << id.takeError().message();
    std::unique_lock lock(mutex);
    ended.wait(lock, [&] { return open == 0; });
    return seen;
  }

  static GenerationRequest makeRequest(Tokens prompt, uint32_t maxTokens) {
    GenerationRequest request;
    request.prompt = std::move(prompt);
    request.maxTokens = maxTokens;
    request.ignoreEos = true;
    return request;
  }

  EngineService service{makeEngine()};
  Tokenizer tokenizer = makeTinyTokenizer();
  Generator generator{service, tokenizer};
};
} // namespace

TEST_F(GeneratorTest, TheTextOfTheEventsIsThatOfTheTokens) {
  for (int32_t first = 0; first < int32_t(TinyModel::vocab); ++first) {
    Seen seen = generate(generator, makeRequest({first, 1}, 40))[0];
    EXPECT_EQ(seen.tokens, expected({first, 1}, 40));
    EXPECT_EQ(seen.text, *tokenizer.decode(seen.tokens, /*skipSpecial=*/true));
    EXPECT_EQ(seen.last.reason, FinishReason::Length);
  }
}

TEST_F(GeneratorTest, StopStringsEndTheTextWhereverTokensAreCut) {
  for (int32_t first = 0; first < int32_t(TinyModel::vocab); ++first) {
    GenerationRequest request = makeRequest({first, 2}, 40);
    std::string whole = *tokenizer.decode(expected(request.prompt, 40), true);
    // Two characters from the middle, so that the string often lies over two tokens.
    size_t from = whole.size() / 2;
    while (from < whole.size() && (whole[from] & 0xc0) == 0x80)
      ++from;
    size_t to = std::min(whole.size(), from + 2);
    while (to < whole.size() && (whole[to] & 0xc0) == 0x80)
      ++to;
    std::string stop = whole.substr(from, to - from);
    if (stop.empty() || stop.find("\xEF\xBF\xBD") != std::string::npos)
      continue;
    request.stop = {"never in the text", stop};
    for (bool include : {false, true}) {
      request.includeStop = include;
      Seen seen = generate(generator, request)[0];
      size_t at = whole.find(stop);
      EXPECT_EQ(seen.text, whole.substr(0, include ? at + stop.size() : at));
      EXPECT_EQ(seen.last.reason, FinishReason::Stop);
      EXPECT_EQ(seen.last.stopString, stop);
      EXPECT_LE(seen.tokens.size(), 40u);
    }
    // With the whole text exempt there is nothing to find.
    request.minTokens = 40;
    EXPECT_EQ(generate(generator, request)[0].text, whole);
  }
}

TEST_F(GeneratorTest, StopTokensLeaveNoTextUnlessAskedFor) {
  GenerationRequest request = makeRequest({5, 6, 7}, 20);
  Tokens whole = expected(request.prompt, 20);
  request.stopTokens = {whole[7]};
  size_t end = size_t(std::find(whole.begin(), whole.end(), whole[7]) - whole.begin()) + 1;
  Tokens cut(whole.begin(), whole.begin() + long(end));
  Seen seen = generate(generator, request)[0];
  EXPECT_EQ(seen.tokens, cut);
  EXPECT_EQ(seen.last.stopToken, whole[7]);
  EXPECT_EQ(seen.last.reason, FinishReason::Stop);
  EXPECT_EQ(seen.text, *tokenizer.decode(std::span(cut).first(end - 1), true));
  request.includeStop = true;
  EXPECT_EQ(generate(generator, request)[0].text, *tokenizer.decode(cut, true));
  // It cannot be chosen before the least length.
  request.minTokens = 15;
  seen = generate(generator, request)[0];
  EXPECT_GE(seen.tokens.size(), 15u);
  EXPECT_EQ(std::count(seen.tokens.begin(), seen.tokens.begin() + 15, whole[7]), 0);
}

TEST_F(GeneratorTest, EachChoiceIsWhatItsSeedGivesAlone) {
  GenerationRequest request = makeRequest(Tokens(19, 2), 12);
  request.choices = 4;
  request.sampling.temperature = 1.5f;
  request.sampling.seed = 7;
  request.sampling.logprobs = 2;
  std::vector<Seen> together = generate(generator, request);
  uint32_t cached = 0;
  std::set<Tokens> different;
  for (uint32_t i = 0; i < 4; ++i) {
    GenerationRequest alone = request;
    alone.choices = 1;
    alone.sampling.seed = 7 + i;
    EXPECT_EQ(together[i].tokens, generate(generator, alone)[0].tokens) << "choice " << i;
    EXPECT_EQ(together[i].logprobs, 12u);
    different.insert(together[i].tokens);
    cached += together[i].last.cachedTokens;
  }
  EXPECT_GT(different.size(), 1u);
  // Pages of 4: the last token of 19, and two others, are computed again.
  EXPECT_EQ(cached, 3 * 16u);
  EXPECT_EQ(service.stats().cachedTokens, 7 * 16u) << "those that came alone found it, too";
  EXPECT_EQ(service.stats().promptTokens, 8 * 19 - 7 * 16u) << "each token is in one of the two";
}

TEST_F(GeneratorTest, TheNextTurnFindsTheOneBeforeUnlessItsSaltDiffers) {
  GenerationRequest request = makeRequest(Tokens(9, 2), 12);
  request.cacheSalt = "mine";
  Seen first = generate(generator, request)[0];
  EXPECT_EQ(first.last.cachedTokens, 0u);
  request.prompt.insert(request.prompt.end(), first.tokens.begin(), first.tokens.end());
  // The last token of the answer was never computed.
  Seen second = generate(generator, request)[0];
  EXPECT_EQ(second.last.cachedTokens, 20u);
  EXPECT_EQ(second.tokens, expected(request.prompt, 12));
  for (const char *salt : {"", "yours"}) {
    request.cacheSalt = salt;
    Seen other = generate(generator, request)[0];
    EXPECT_EQ(other.last.cachedTokens, 0u) << salt;
    EXPECT_EQ(other.tokens, second.tokens);
  }
  EXPECT_EQ(service.stats().cacheEvictions, 0u);
  EXPECT_GT(service.stats().cacheBytes, 0u);
}

TEST_F(GeneratorTest, LogProbabilitiesOfThePrompt) {
  GenerationRequest request = makeRequest({4, 8, 15, 16, 23}, 0);
  request.promptLogprobs = 1;
  Seen seen = generate(generator, request)[0];
  ASSERT_EQ(seen.promptLogprobs.size(), 4u);
  TinyContext context(TinyModel::onePool());
  for (size_t i = 0; i < 4; ++i) {
    context.add(request.prompt[i]);
    EXPECT_EQ(seen.promptLogprobs[i].token.token, request.prompt[i + 1]);
    ASSERT_EQ(seen.promptLogprobs[i].top.size(), 1u);
    EXPECT_EQ(seen.promptLogprobs[i].top[0].token, context.next());
  }
  EXPECT_EQ(seen.last.reason, FinishReason::Length);
}

namespace {
/// Wants some tokens at the beginning, and others behind the third that it sees.
class Wants : public TextGuide {
public:
  Wants(Tokens first, Tokens later) : first(std::move(first)), later(std::move(later)) {}
  Tokens begin() override { return first; }
  Tokens push(std::string_view) override { return ++seen == 3 ? later : Tokens(); }

private:
  Tokens first, later;
  int seen = 0;
};
} // namespace

TEST_F(GeneratorTest, GuidesHaveTheirSay) {
  GenerationRequest request = makeRequest({4, 8, 15}, 20);
  request.choices = 3;
  request.sampling.logprobs = 1;
  request.makeGuide = [] { return std::make_unique<Wants>(Tokens{14}, Tokens{7, 8, 9}); };
  // The model goes on behind them as behind any other text.
  Tokens wanted = {14}, context = request.prompt;
  auto goOn = [&](size_t count) {
    context.insert(context.end(), wanted.begin(), wanted.end());
    Tokens more = expected(context, count);
    wanted.insert(wanted.end(), more.begin(), more.end());
    context = request.prompt;
  };
  goOn(2);
  wanted.insert(wanted.end(), {7, 8, 9});
  goOn(14);
  for (const Seen &seen : generate(generator, request)) {
    EXPECT_EQ(seen.tokens, wanted);
    EXPECT_EQ(seen.logprobs, 20u) << "forced ones have them, too";
    EXPECT_EQ(seen.forced, 4u);
    EXPECT_EQ(seen.text, *tokenizer.decode(wanted, /*skipSpecial=*/true));
    EXPECT_EQ(seen.last.reason, FinishReason::Length);
  }
  // Stop strings are for what the model says.
  request.choices = 1;
  request.stop = {"\xE2\x82\xAC"};
  EXPECT_EQ(generate(generator, request)[0].tokens, wanted);
  request.stop.clear();
  request.makeGuide = [] { return std::make_unique<Wants>(Tokens{24}, Tokens()); };
  Seen seen = generate(generator, request)[0];
  EXPECT_EQ(seen.last.reason, FinishReason::Error);
  EXPECT_EQ(seen.last.message, "token 24 is wanted but the vocabulary has 24 tokens");
  Generator silent(service, std::nullopt);
  auto refused = silent.start(request, [](const GenerationEvent &) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.takeError().message(),
            "a guide needs a tokenizer, which the model does not have");
}

TEST_F(GeneratorTest, CancelEndsAllChoices) {
  GenerationRequest request = makeRequest({1, 2}, 60);
  request.choices = 3;
  std::mutex mutex;
  std::condition_variable changed;
  size_t ended = 0, events = 0;
  auto id = generator.start(request, [&](const GenerationEvent &event) {
    std::lock_guard lock(mutex);
    ++events;
    ended += event.reason != FinishReason::None;
    changed.notify_one();
  });
  ASSERT_TRUE(id);
  generator.cancel(*id);
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return ended == 3; });
  lock.unlock();
  service.drain(std::chrono::steady_clock::now());
  EXPECT_EQ(ended, 3u);
  EXPECT_EQ(service.stats().freePages, service.stats().pages);
}

TEST_F(GeneratorTest, WaitsForItsRequestsWhenItGoes) {
  std::atomic<size_t> ended = 0;
  {
    Generator other(service, tokenizer);
    for (int i = 0; i < 20; ++i) {
      GenerationRequest request = makeRequest({i % 24, 2}, 60);
      request.choices = 2;
      ASSERT_TRUE(other.start(request, [&](const GenerationEvent &event) {
        ended += event.reason != FinishReason::None;
      }));
    }
  }
  EXPECT_EQ(ended, 40u);
}

TEST_F(GeneratorTest, Refusals) {
  auto refusal = [&](auto change) {
    GenerationRequest request = makeRequest({1}, 4);
    change(request);
    auto id = generator.start(std::move(request), [](const GenerationEvent &) {
      ADD_FAILURE() << "an event of a request that was refused";
    });
    return id.takeError().message();
  };
  EXPECT_EQ(refusal([](auto &r) { r.stop = {"a", ""}; }), "a stop string is empty");
  EXPECT_EQ(refusal([](auto &r) { r.choices = 0; }), "no choice is asked for");
  EXPECT_EQ(refusal([](auto &r) { r.minTokens = 5; }),
            "at least 5 tokens are asked for but at most 4");
  EXPECT_EQ(refusal([](auto &r) { r.stopTokens = {24}; }),
            "stop token 24 is none of the 24 of the vocabulary");
  Generator plain(service, std::nullopt);
  GenerationRequest request = makeRequest({1}, 4);
  request.stop = {"a"};
  EXPECT_EQ(plain.start(request, [](const GenerationEvent &) {}).takeError().message(),
            "stop strings need a tokenizer, which the model does not have");
}
