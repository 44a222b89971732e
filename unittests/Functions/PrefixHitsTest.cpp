//===- PrefixHitsTest.cpp - What the cache had is what is computed --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Golden checkpoints, with attention over windows, over blocks that are chosen, and over all,
// compiled with pages of several sizes: behind a prefix from the cache, at every multiple of the
// page and in chunks of several sizes, the logits are those of a cold run, byte by byte, and the
// greedy text is the same.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/runtime/Engine.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

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
    options.output = path = strCat(testing::TempDir(), "/prefix-hits-", ::getpid(), ".moec");
    options.pageSize = std::get<1>(GetParam());
    options.maxTokens = 128;
    TargetRegistry targets;
    registerAllTargets(targets);
    std::ostringstream out, log;
    ASSERT_EQ(compile(options, targets, out, log).message(), "");
  }
  void TearDown() override { std::filesystem::remove_all(path); }

  std::unique_ptr<Engine> open(uint32_t chunk) {
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    options.maxChunk = chunk;
    options.deviceOptions.threads = 1;
    auto engine = Engine::open(path, options);
    EXPECT_TRUE(bool(engine)) << engine.takeError().message();
    return std::move(*engine);
  }

  static Answer ask(Engine &engine, const Tokens &prompt, uint32_t logitsFrom) {
    Answer answer;
    Request request;
    request.prompt = prompt;
    request.maxTokens = 6;
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

  std::string path;
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
    Tokens prompt;
    for (uint32_t i = 0; i < length; ++i)
      prompt.push_back(static_cast<int32_t>((7 * i + i * i) % vocab));
    Answer cold = ask(*engine, prompt, 0);
    ASSERT_EQ(cold.cached, 0u);
    ASSERT_EQ(cold.logits.size(), length * vocab);
    if (first.logits.empty())
      first = cold;
    for (uint32_t hit = 0; hit < length; hit += page) {
      Answer warm = hit == 0 ? cold : ask(*engine, prompt, hit);
      EXPECT_EQ(warm.cached, hit);
      EXPECT_EQ(warm.tokens, first.tokens);
      ASSERT_EQ(warm.logits.size(), (length - hit) * vocab);
      EXPECT_EQ(std::memcmp(warm.logits.data(), &first.logits[hit * vocab],
                            warm.logits.size() * sizeof(float)),
                0)
          << "behind a hit of " << hit;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, PrefixHitsTest,
                         testing::Combine(testing::Values("gpt_oss", "minimax_m3", "qwen3_moe"),
                                          testing::Values(1u, 16u, 64u)),
                         [](const auto &info) {
                           return strCat(std::get<0>(info.param), "_pages_of_",
                                         std::get<1>(info.param));
                         });
