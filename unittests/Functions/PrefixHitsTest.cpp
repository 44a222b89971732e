//===- PrefixHitsTest.cpp - What the cache had is what is computed --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Golden checkpoints, with attention over windows, over blocks that are chosen, and over all,
// compiled with pages of several sizes: behind a prefix from the cache, at every multiple of the
// page and in chunks of several sizes, the logits are those of a cold run, byte by byte, and the
// greedy text is the same. Those with states in slots: at every multiple of the grid of snapshots,
// and at the ends of prompts. A state behind an answer was made token by token, where a cold run
// takes whole chunks together: there the logits are as near as two orders of the same sums.
//
//===----------------------------------------------------------------------===//

#include "CompiledModels.h"

#include "moec/runtime/Engine.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <optional>

using namespace moec;
using namespace moec::runtime;
using Tokens = std::vector<int32_t>;

namespace {
/// What a request gave.
struct Answer {
  std::vector<float> logits; ///< of the prompt, from where they were asked for
  Tokens tokens;
  uint32_t cached = 0;
};

class PrefixHitsTest : public testing::TestWithParam<std::tuple<const char *, uint32_t>> {
protected:
  void SetUp() override {
    CompileOptions options;
    options.input = strCat(MOEC_SOURCE_DIR "/test/golden/", std::get<0>(GetParam()));
    options.pageSize = std::get<1>(GetParam());
    options.maxTokens = 128;
    options.kvCache = kvCache;
    path = test::compileOnce(options);
  }

  std::unique_ptr<Engine> open(uint32_t chunk, uint32_t interval = 0, uint32_t grid = 64) {
    EngineOptions options;
    options.snapshotInterval = interval;
    options.snapshotGrid = grid;
    options.manifest = MOEC_TEST_MANIFEST;
    options.maxChunk = chunk;
    options.deviceOptions.threads = 1;
    auto engine = Engine::open(path, options);
    EXPECT_TRUE(bool(engine)) << engine.takeError().message();
    return std::move(*engine);
  }

  static Answer ask(Engine &engine, const Tokens &prompt, uint32_t logitsFrom,
                    uint32_t maxTokens = 6) {
    Answer answer;
    Request request;
    request.prompt = prompt;
    request.maxTokens = maxTokens;
    request.ignoreEos = true;
    request.logitsFrom = logitsFrom;
    request.onLogits = [&](uint32_t, std::span<const float> row) {
      answer.logits.insert(answer.logits.end(), row.begin(), row.end());
    };
    request.onToken = [&](const TokenEvent &event) {
      answer.cached = event.cachedTokens;
      answer.tokens.push_back(event.token);
    };
    EXPECT_TRUE(bool(engine.submit(std::move(request))));
    EXPECT_EQ(engine.runUntilIdle().message(), "");
    return answer;
  }

  /// `length` tokens that no other `kind` begins with.
  static Tokens makePrompt(const Engine &engine, uint32_t length, uint32_t kind = 0) {
    Tokens prompt;
    size_t vocab = engine.artifact().plan().vocab();
    for (uint32_t i = 0; i < length; ++i)
      prompt.push_back(static_cast<int32_t>((kind + 7 * i + i * i) % vocab));
    return prompt;
  }

  /// The logits of `answer` are the last of `all`.
  static void expectTail(const Answer &answer, const Answer &all, const std::string &what) {
    ASSERT_LE(answer.logits.size(), all.logits.size()) << what;
    EXPECT_EQ(std::memcmp(answer.logits.data(),
                          all.logits.data() + all.logits.size() - answer.logits.size(),
                          answer.logits.size() * sizeof(float)),
              0)
        << what;
    EXPECT_EQ(answer.tokens, all.tokens) << what;
  }

  /// The same but for the order of sums.
  static void expectNear(const Answer &answer, const Answer &all, const std::string &what) {
    ASSERT_LE(answer.logits.size(), all.logits.size()) << what;
    size_t skipped = all.logits.size() - answer.logits.size();
    float worst = 0;
    for (size_t i = 0; i < answer.logits.size(); ++i)
      worst = std::max(worst, std::abs(answer.logits[i] - all.logits[skipped + i]));
    EXPECT_LE(worst, 2e-3f) << what;
    EXPECT_EQ(answer.tokens, all.tokens) << what;
  }

  std::string path, kvCache = "bf16";
};

class SnapshotHitsTest : public PrefixHitsTest {
protected:
  static constexpr uint32_t grid = 64;
  /// Roundings would magnify another order of a sum.
  SnapshotHitsTest() { kvCache = "f32"; }
};
} // namespace

TEST_P(PrefixHitsTest, LogitsAndTextAreThoseOfAColdRun) {
  uint32_t page = std::get<1>(GetParam());
  // Several pages, and the last one not whole.
  uint32_t length = page == 1 ? 24 : 2 * page + page / 2;
  Answer first;
  for (uint32_t chunk : {100, 1, 7, 16, 64}) {
    SCOPED_TRACE(strCat("chunks of ", chunk));
    std::unique_ptr<Engine> engine = open(chunk);
    size_t vocab = engine->artifact().plan().vocab();
    Tokens prompt = makePrompt(*engine, length);
    Answer cold = ask(*engine, prompt, 0);
    ASSERT_EQ(cold.cached, 0u);
    ASSERT_EQ(cold.logits.size(), length * vocab);
    if (first.logits.empty())
      first = cold;
    for (uint32_t hit = 0; hit < length; hit += page) {
      Answer warm = hit == 0 ? cold : ask(*engine, prompt, hit);
      EXPECT_EQ(warm.cached, hit);
      ASSERT_EQ(warm.logits.size(), (length - hit) * vocab);
      expectTail(warm, first, strCat("behind a hit of ", hit));
    }
  }
}

TEST_P(SnapshotHitsTest, LogitsAndTextAreThoseOfAColdRun) {
  constexpr uint32_t length = 3 * grid + 38, longer = length + 70;
  std::optional<Answer> whole;
  for (uint32_t chunk : {100, 1, 7, 16, 64}) {
    SCOPED_TRACE(strCat("chunks of ", chunk));
    std::unique_ptr<Engine> engine = open(chunk, grid), without = open(chunk);
    Tokens prompt = makePrompt(*engine, length);
    const Answer cold = ask(*engine, prompt, 0);
    ASSERT_EQ(cold.cached, 0u);
    if (!whole)
      whole = cold;
    expectNear(cold, *whole, "chunks of 100");
    for (uint32_t hit = 1; hit < length; hit += 31) {
      Answer warm = ask(*engine, prompt, hit);
      EXPECT_EQ(warm.cached, hit / grid * grid);
      expectTail(warm, cold, strCat("with logits from ", hit, " on"));
    }
    // The next turn goes on where the prompt has left its last state.
    Tokens turn = prompt;
    turn.insert(turn.end(), cold.tokens.begin(), cold.tokens.end());
    Tokens more = makePrompt(*engine, longer - static_cast<uint32_t>(turn.size()), 5);
    turn.insert(turn.end(), more.begin(), more.end());
    Answer second = ask(*without, turn, 0);
    Answer warm = ask(*engine, turn, longer - 1);
    EXPECT_EQ(warm.cached, 3 * grid);
    expectTail(warm, second, "the next turn");
    EXPECT_EQ(ask(*engine, turn, longer - 1).cached, longer / grid * grid);
  }
}

TEST_P(SnapshotHitsTest, BehindAnAnswerTheyAreThoseOfAColdRunButForTheOrderOfSums) {
  constexpr uint32_t length = grid - 10, generated = grid + 30;
  std::unique_ptr<Engine> engine = open(100), without = open(100);
  Tokens turn = makePrompt(*engine, length);
  Answer first = ask(*engine, turn, length - 1, generated);
  turn.insert(turn.end(), first.tokens.begin(), first.tokens.end());
  Tokens more = makePrompt(*engine, 40, 5);
  turn.insert(turn.end(), more.begin(), more.end());
  Answer warm = ask(*engine, turn, 2 * grid, 24);
  EXPECT_EQ(warm.cached, 2 * grid);
  Answer cold = ask(*without, turn, 0, 24);
  EXPECT_EQ(cold.cached, 0u);
  expectNear(warm, cold, "the next turn");
}

/// Where a state is wanted between tokens of a whole chunk, they are taken one by one.
TEST_P(SnapshotHitsTest, StatesAreKeptWithinChunks) {
  constexpr uint32_t length = 2 * grid + 20, within = 16;
  std::unique_ptr<Engine> engine = open(100, within, within), without = open(100);
  Tokens prompt = makePrompt(*engine, length);
  const Answer cold = ask(*without, prompt, 0);
  expectNear(ask(*engine, prompt, 0), cold, "the run that keeps states");
  uint32_t page = std::get<1>(GetParam());
  for (uint32_t hit : {page, 3 * within + 1, grid + 2 * within, length - 1}) {
    Answer warm = ask(*engine, prompt, hit);
    uint32_t block = std::max(page, within);
    EXPECT_EQ(warm.cached, hit / block * block);
    expectNear(warm, cold, strCat("with logits from ", hit, " on"));
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, SnapshotHitsTest,
                         testing::Combine(testing::Values("qwen3_next", "qwen3_5_moe_vl"),
                                          testing::Values(1u, 16u, 64u)),
                         [](const auto &info) {
                           return strCat(std::get<0>(info.param), "_pages_of_",
                                         std::get<1>(info.param));
                         });

INSTANTIATE_TEST_SUITE_P(Goldens, PrefixHitsTest,
                         testing::Combine(testing::Values("gpt_oss", "minimax_m3", "qwen3_moe"),
                                          testing::Values(1u, 16u, 64u)),
                         [](const auto &info) {
                           return strCat(std::get<0>(info.param), "_pages_of_",
                                         std::get<1>(info.param));
                         });
