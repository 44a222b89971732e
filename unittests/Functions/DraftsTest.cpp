//===- DraftsTest.cpp - Drafts change no byte -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Golden checkpoints, whose attention is over all, over windows, over keys or blocks that are
// chosen, or recurrent, decode with drafts of which some follow: text and logits are those of a run
// without, byte by byte, in chunks and batches of several sizes. And a model with a function draft
// drafts what the function makes of the whole text at once.
//
//===----------------------------------------------------------------------===//

#include "CompiledModels.h"

#include "moec/runtime/Engine.h"
#include "moec/runtime/StateMemory.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace moec;
using namespace moec::runtime;
using Tokens = std::vector<int32_t>;

namespace {
const std::string &compileModel(const std::string &input, int64_t pageSize) {
  CompileOptions options;
  options.input = MOEC_SOURCE_DIR "/test/" + input;
  options.pageSize = pageSize;
  options.maxTokens = 128;
  if (input.ends_with(".json")) {
    options.weights = "random:1";
    options.draft = true;
  }
  return test::compileOnce(options);
}

std::unique_ptr<Engine> open(const std::string &path, EngineOptions options) {
  options.manifest = MOEC_TEST_MANIFEST;
  options.deviceOptions.threads = 1;
  auto engine = Engine::open(path, options);
  EXPECT_TRUE(bool(engine)) << engine.takeError().message();
  return std::move(*engine);
}

std::vector<Tokens> makePrompts(const Engine &engine) {
  std::vector<Tokens> prompts;
  uint32_t vocab = engine.artifact().plan().vocab();
  for (uint32_t length : {5u, 70u, 31u}) {
    Tokens &prompt = prompts.emplace_back();
    for (uint32_t i = 0; i < length; ++i)
      prompt.push_back(static_cast<int32_t>((length + 7 * i + i * i) % vocab));
  }
  return prompts;
}

/// Keeps the logits that tokens are sampled from.
class KeepLogits : public LogitsProcessor {
public:
  void apply(std::span<float> row, const TokenHistory &) const override {
    logits.insert(logits.end(), row.begin(), row.end());
  }
  mutable std::vector<float> logits;
};

struct Answer {
  Tokens tokens;
  std::vector<float> logits;
};

std::vector<Answer> ask(Engine &engine, const std::vector<Tokens> &prompts, uint32_t count) {
  std::vector<Answer> answers(prompts.size());
  std::vector<std::shared_ptr<KeepLogits>> kept;
  for (size_t i = 0; i < prompts.size(); ++i) {
    Request request;
    request.prompt = prompts[i];
    request.maxTokens = count;
    request.ignoreEos = true;
    kept.push_back(std::make_shared<KeepLogits>());
    request.sampling.processors = {kept.back()};
    request.onToken = [&answers, i](const TokenEvent &event) {
      answers[i].tokens.push_back(event.token);
    };
    EXPECT_TRUE(bool(engine.submit(std::move(request))));
  }
  EXPECT_EQ(engine.runUntilIdle().message(), "");
  for (size_t i = 0; i < prompts.size(); ++i)
    answers[i].logits = std::move(kept[i]->logits);
  return answers;
}

/// Drafts what followed in another run, with wrong tokens in some places.
void draftFrom(Engine &engine, const std::vector<Tokens> &prompts,
               const std::vector<Answer> &answers) {
  engine.speculation()->revise([prompts, answers,
                                random = std::mt19937(3)](const Sequence &sequence, uint32_t most,
                                                          Tokens &drafts) mutable {
    size_t number =
        std::find_if(prompts.begin(), prompts.end(),
                     [&](const Tokens &prompt) { return prompt.size() == sequence.promptTokens; }) -
        prompts.begin();
    const Tokens &text = answers[number].tokens;
    drafts.clear();
    for (size_t at = sequence.tokens.size() - sequence.promptTokens;
         at < text.size() && drafts.size() < most; ++at)
      drafts.push_back(random() % 6 ? text[at] : 1);
  });
}

class GoldenDraftsTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override { path = compileModel(strCat("golden/", GetParam()), 16); }
  std::string path;
};

/// A function draft written by hand, and one with an indexer whose selection later drafts share:
/// texts are shorter and longer than what it selects.
class OwnDraftTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    path = compileModel(strCat("EndToEnd/Inputs/", GetParam()), 4);
    artifact = std::move(*Artifact::open(path));
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    device = std::move(*openDevice(*artifact, options));
    const uint32_t lengths[] = {200};
    sizes = poolSizesFor(artifact->plan(), lengths);
    executor = std::move(*Executor::create(*artifact, *device, sizes));
  }

  /// What a function makes of the rows of a chunk when each is given the token behind it.
  StepOutputs callDraft(std::string_view function, const ScheduledChunk &chunk,
                        std::span<const GivenInput> given) {
    StepBatch batch;
    makeBatch({&chunk, 1}, poolRules(artifact->plan()), batch);
    for (uint32_t i = 0; i < chunk.count; ++i)
      batch.values(StepInput::TokenIds)[i] = chunk.sequence->tokenAt(chunk.start + i + 1);
    batch.values(StepInput::LogitsRows) = {int32_t(chunk.count) - 1};
    batch.dims[plan::Dim::LogitsRows] = 1;
    auto outputs = executor->call(function, batch, given);
    EXPECT_TRUE(bool(outputs)) << outputs.takeError().message();
    return *outputs;
  }
  static int32_t likeliest(const StepOutputs &outputs) {
    OutputRows rows = *outputs.read("logits");
    return argmax({reinterpret_cast<const float *>(rows.bytes.data()), rows.width});
  }
  static std::vector<std::byte> lastOf(const StepOutputs &outputs, std::string_view name) {
    OutputRows rows = *outputs.read(name);
    auto bytes = rows.bytes.last(rows.bytes.size() / rows.rows);
    return {bytes.begin(), bytes.end()};
  }

  /// What is drafted behind a text, computed as a whole and then token by token.
  Tokens draftsOf(const Tokens &text, uint32_t count) {
    StatePools pools(poolRules(artifact->plan()), sizes);
    Sequence sequence;
    sequence.tokens = text;
    auto length = static_cast<uint32_t>(text.size());
    EXPECT_TRUE(pools.grow(sequence.state, length + count));
    ScheduledChunk chunk{&sequence, 0, length - 1};
    StepBatch batch;
    makeBatch({&chunk, 1}, poolRules(artifact->plan()), batch);
    EXPECT_TRUE(bool(executor->call("forward", batch)));
    const GivenInput first[] = {{"hidden", {}, "hidden"}};
    StepOutputs outputs = callDraft("draft", chunk, first);
    sequence.drafts.push_back(likeliest(outputs));
    bool isShared = findFunction(artifact->plan(), "draft_next") != nullptr;
    std::vector<int32_t> keys;
    if (isShared) {
      std::vector<std::byte> bytes = lastOf(outputs, "selected_keys");
      keys.resize(bytes.size() / sizeof(int32_t));
      std::memcpy(keys.data(), bytes.data(), bytes.size());
    }
    while (sequence.drafts.size() < count) {
      std::vector<std::byte> hidden = lastOf(outputs, "hidden");
      chunk = {&sequence, length - 2 + uint32_t(sequence.drafts.size()), 1};
      // All keys of a text that is shorter than a selection, the drafted ones among them.
      if (chunk.start < keys.size())
        keys[chunk.start] = static_cast<int32_t>(chunk.start);
      const GivenInput given[] = {{"hidden", hidden},
                                  {"selected_keys", std::as_bytes(std::span(keys))}};
      outputs = isShared ? callDraft("draft_next", chunk, given)
                         : callDraft("draft", chunk, std::span(given).first(1));
      sequence.drafts.push_back(likeliest(outputs));
    }
    return sequence.drafts;
  }

  std::string path;
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::vector<uint32_t> sizes;
  std::unique_ptr<Executor> executor;
};
} // namespace

TEST_P(GoldenDraftsTest, TextAndLogitsAreThoseWithoutDrafts) {
  constexpr uint32_t count = 40;
  std::vector<Answer> first;
  for (uint32_t drafts : {1u, 4u, 15u})
    for (auto [chunk, sequences] : {std::pair(0u, 3u), std::pair(20u, 2u), std::pair(0u, 1u)}) {
      SCOPED_TRACE(
          strCat("drafts of ", drafts, ", chunks of ", chunk, ", ", sequences, " sequences"));
      EngineOptions options;
      options.maxChunk = chunk;
      options.maxSequences = sequences;
      std::unique_ptr<Engine> without = open(path, options);
      std::vector<Tokens> prompts = makePrompts(*without);
      std::vector<Answer> want = ask(*without, prompts, count);
      options.drafts.tokens = drafts;
      options.drafts.method = DraftMethod::Lookup;
      std::unique_ptr<Engine> with = open(path, options);
      draftFrom(*with, prompts, want);
      std::vector<Answer> got = ask(*with, prompts, count);
      for (size_t i = 0; i < prompts.size(); ++i) {
        EXPECT_EQ(got[i].tokens, want[i].tokens) << i;
        ASSERT_EQ(got[i].logits.size(), want[i].logits.size());
        EXPECT_EQ(std::memcmp(got[i].logits.data(), want[i].logits.data(),
                              want[i].logits.size() * sizeof(float)),
                  0)
            << i;
      }
      EXPECT_GT(with->stats().drafts.accepted, 40u);
      EXPECT_GT(with->stats().drafts.tokens, with->stats().drafts.accepted);
      EXPECT_LT(with->stats().steps, without->stats().steps);
    }
}

/// A model that is another one's draft model: nobody's is right by itself, so what followed before
/// takes the place of some of its drafts.
TEST_P(GoldenDraftsTest, ADraftModelChangesNothing) {
  constexpr uint32_t count = 40;
  if (std::string(GetParam()) == "qwen3_5_moe_vl")
    GTEST_SKIP() << "has a vocabulary of its own";
  std::string small = compileModel("golden/qwen3", 8);
  for (auto [chunk, sequences] : {std::pair(20u, 2u), std::pair(0u, 3u)}) {
    EngineOptions options;
    options.maxChunk = chunk;
    options.maxSequences = sequences;
    std::unique_ptr<Engine> without = open(path, options);
    std::vector<Tokens> prompts = makePrompts(*without);
    std::vector<Answer> want = ask(*without, prompts, count);
    options.drafts.tokens = 4;
    options.drafts.model = small;
    std::unique_ptr<Engine> with = open(path, options);
    size_t drafted = 0;
    draftFrom(*with, prompts, want);
    std::vector<Answer> got = ask(*with, prompts, count);
    with->speculation()->revise(
        [&](const Sequence &, uint32_t, Tokens &drafts) { drafted += drafts.size(); });
    for (const std::vector<Answer> &answers : {got, ask(*with, prompts, count)})
      for (size_t i = 0; i < prompts.size(); ++i) {
        EXPECT_EQ(answers[i].tokens, want[i].tokens) << i;
        ASSERT_EQ(answers[i].logits.size(), want[i].logits.size());
        EXPECT_EQ(std::memcmp(answers[i].logits.data(), want[i].logits.data(),
                              want[i].logits.size() * sizeof(float)),
                  0)
            << i;
      }
    EXPECT_GT(with->stats().drafts.accepted, 40u);
    EXPECT_GT(drafted, 200u);
    EXPECT_EQ(with->speculation()->drafter().otherModel()->followed(), 0u);
  }
}

// A dense model drafts for itself, with a window and without, and is right each time.
TEST(DraftModelTest, IsRightWhereItIsTheModel) {
  for (const char *golden : {"golden/qwen3", "golden/llama"}) {
    std::string path = compileModel(golden, 4);
    EngineOptions options;
    options.drafts.tokens = 4;
    options.drafts.model = path;
    std::unique_ptr<Engine> with = open(path, options), without = open(path, {});
    std::vector<Tokens> prompts = makePrompts(*with);
    std::vector<Answer> want = ask(*without, prompts, 60), got = ask(*with, prompts, 60);
    for (size_t i = 0; i < prompts.size(); ++i)
      EXPECT_EQ(got[i].tokens, want[i].tokens) << i;
    EXPECT_GT(with->stats().drafts.accepted, 100u);
    EXPECT_EQ(with->stats().drafts.accepted, with->stats().drafts.tokens);
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, GoldenDraftsTest,
                         testing::Values("qwen3_next", "qwen3_5_moe_vl", "gpt_oss", "deepseek_v3",
                                         "glm_moe_dsa_interleaved", "minimax_m3"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(OwnDraftTest, IsWhatTheFunctionMakesOfTheWholeText) {
  for (auto [chunk, sequences] : {std::pair(0u, 3u), std::pair(5u, 2u), std::pair(4u, 1u)}) {
    SCOPED_TRACE(strCat("chunks of ", chunk, ", ", sequences, " sequences"));
    EngineOptions options;
    options.maxChunk = chunk;
    options.maxSequences = sequences;
    std::unique_ptr<Engine> without = open(path, options);
    std::vector<Tokens> prompts = makePrompts(*without);
    std::vector<Answer> want = ask(*without, prompts, 30);
    options.drafts.tokens = 3;
    std::unique_ptr<Engine> with = open(path, options);
    size_t checked = 0;
    with->speculation()->revise([&](const Sequence &sequence, uint32_t most, Tokens &drafts) {
      EXPECT_EQ(drafts, draftsOf(sequence.tokens, most))
          << "of sequence " << sequence.id << " with " << sequence.tokens.size() << " tokens";
      // Steps keep none, some or all of their rows.
      const Tokens &text = want[(sequence.id - 1) % want.size()].tokens;
      for (size_t i = 0; i < drafts.size(); ++i)
        if (checked % 4 > i)
          drafts[i] = text[sequence.tokens.size() - sequence.promptTokens + i];
      ++checked;
    });
    std::vector<Answer> got = ask(*with, prompts, 30);
    for (size_t i = 0; i < prompts.size(); ++i)
      EXPECT_EQ(got[i].tokens, want[i].tokens) << i;
    EXPECT_GT(checked, 30u);
    EXPECT_GT(with->stats().drafts.accepted, 15u);

    // The next turn finds the draft's cache in the prefix cache, too.
    for (size_t i = 0; i < prompts.size(); ++i)
      prompts[i].insert(prompts[i].end(), want[i].tokens.begin(), want[i].tokens.end());
    want = ask(*without, prompts, 8);
    checked = 0;
    got = ask(*with, prompts, 8);
    for (size_t i = 0; i < prompts.size(); ++i)
      EXPECT_EQ(got[i].tokens, want[i].tokens) << i;
    EXPECT_GT(checked, 3u);
    EXPECT_GT(with->stats().cachedTokens, 20u);
  }
}
// Entries that were left out while nothing was drafted are made before drafts are.
TEST_P(OwnDraftTest, IsTheSameAfterAPause) {
  EngineOptions options;
  options.maxSequences = 2;
  options.drafts.tokens = 2;
  options.drafts.isAuto = true; // no trial comes before some forty steps
  std::unique_ptr<Engine> engine = open(path, options);
  size_t checked = 0, paused = 0;
  engine->speculation()->revise([&](const Sequence &sequence, uint32_t most, Tokens &drafts) {
    EXPECT_EQ(drafts, draftsOf(sequence.tokens, most))
        << "of sequence " << sequence.id << " with " << sequence.tokens.size() << " tokens";
    paused += checked++ == 0 && sequence.tokens.size() > sequence.promptTokens + 10;
  });
  std::vector<Tokens> prompts = makePrompts(*engine);
  std::erase_if(prompts, [](const Tokens &prompt) { return prompt.size() == 70; });
  std::vector<Answer> got = ask(*engine, prompts, 150);
  EXPECT_GT(checked, 0u);
  EXPECT_EQ(paused, 1u);
  std::unique_ptr<Engine> without = open(path, {});
  std::vector<Answer> want = ask(*without, prompts, 150);
  for (size_t i = 0; i < prompts.size(); ++i)
    EXPECT_EQ(got[i].tokens, want[i].tokens) << i;
}

INSTANTIATE_TEST_SUITE_P(Models, OwnDraftTest,
                         testing::Values("draft.mlir", "shared-selection.json"),
                         [](const auto &info) {
                           return std::string(info.param).substr(0, std::strcspn(info.param, "-."));
                         });
