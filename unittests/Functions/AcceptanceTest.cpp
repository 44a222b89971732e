//===- AcceptanceTest.cpp - How many drafts are right -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The bundled model's own layer of multi-token prediction on greedy text: drafts of three tokens,
// each made of the one before, agree with the model as often as those of a statement in PyTorch
// (utils/make-draft-golden.py acceptance).
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/Support/SafeTensors.h"
#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/LogitsProvider.h"
#include "moec/runtime/Sampling.h"
#include "moec/runtime/StateMemory.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;

namespace {

constexpr uint32_t promptTokens = 16, promptEvery = 48, answerTokens = 64, drafts = 3;
constexpr std::string_view hiddenName = infoOf(StepInput::Hidden).name;

class AcceptanceTest : public testing::Test {
protected:
  static std::string artifactPath() {
    return testing::TempDir() + "/acceptance-" + std::to_string(::getpid()) + ".moec";
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(artifactPath()); }

  void SetUp() override {
    TargetRegistry targets;
    registerAllTargets(targets);
    CompileOptions options;
    options.input = MOEC_SOURCE_DIR "/examples/model";
    options.output = artifactPath();
    options.kvCache = "f32";
    options.draft = true;
    std::ostringstream out, log;
    ASSERT_EQ(compile(options, targets, out, log).message(), "");
    artifact = std::move(*Artifact::open(artifactPath()));
    engine.manifest = MOEC_TEST_MANIFEST;
    readPrompts();
    continuePrompts();
    load();
  }

  void readPrompts() {
    auto file = SafeTensors::open(MOEC_SOURCE_DIR "/examples/model/golden.safetensors");
    ASSERT_TRUE(bool(file)) << file.takeError().message();
    const TensorInfo *info = file->find("input_ids");
    ASSERT_TRUE(info && info->dtype == DType::I64);
    std::vector<int64_t> ids(info->elements());
    std::memcpy(ids.data(), file->data(*info).data(), ids.size() * sizeof(int64_t));
    for (int64_t row = 0; row < info->shape[0]; ++row)
      for (int64_t at = 0; at + promptTokens <= info->shape[1]; at += promptEvery) {
        auto begin = ids.begin() + row * info->shape[1] + at;
        texts.emplace_back(begin, begin + promptTokens);
      }
  }

  void continuePrompts() {
    auto opened = Engine::open(artifactPath(), engine);
    ASSERT_TRUE(bool(opened)) << opened.takeError().message();
    std::unique_ptr<LogitsProvider> provider = makeEngineLogits(std::move(*opened));
    for (std::vector<int32_t> &text : texts) {
      auto answer = provider->greedy(text, answerTokens);
      ASSERT_TRUE(bool(answer)) << answer.takeError().message();
      text.insert(text.end(), answer->begin(), answer->end());
    }
  }

  void load() {
    device = std::move(*openDevice(*artifact, engine));
    std::vector<uint32_t> lengths(texts.size(), promptTokens + answerTokens);
    std::vector<PoolRule> rules = poolRules(artifact->plan());
    std::vector<uint32_t> sizes = poolSizesFor(artifact->plan(), lengths);
    executor = std::move(*Executor::create(*artifact, *device, sizes));
    pools.emplace(rules, sizes);
    sequences.resize(texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      sequences[i].id = i;
      sequences[i].tokens = texts[i];
      sequences[i].allLogits = true;
      ASSERT_TRUE(pools->grow(sequences[i].state, uint32_t(texts[i].size())));
    }
  }

  /// A step of `count` tokens of each sequence, whose rows of logits are all asked for.
  StepBatch makeStep(uint32_t start, uint32_t count) {
    std::vector<ScheduledChunk> chunks;
    for (Sequence &sequence : sequences)
      chunks.push_back({&sequence, start, count});
    StepBatch batch;
    makeBatch(chunks, poolRules(artifact->plan()), batch);
    return batch;
  }

  /// The likeliest tokens and the hidden states of a draft's rows.
  void draft(const StepBatch &batch, const GivenInput &given) {
    auto outputs = executor->call(draftFunction, batch, std::span(&given, 1));
    ASSERT_TRUE(bool(outputs)) << outputs.takeError().message();
    auto logits = outputs->read(infoOf(StepOutput::Logits).name);
    ASSERT_TRUE(bool(logits)) << logits.takeError().message();
    guesses.clear();
    const auto *numbers = reinterpret_cast<const float *>(logits->bytes.data());
    for (size_t row = 0; row < logits->rows; ++row)
      guesses.push_back(argmax({numbers + row * logits->width, logits->width}));
    auto states = outputs->read(hiddenName);
    ASSERT_TRUE(bool(states)) << states.takeError().message();
    ASSERT_EQ(states->rows, guesses.size());
    rowBytes = states->bytes.size() / states->rows;
    hidden.assign(states->bytes.begin(), states->bytes.end());
  }

  EngineOptions engine;
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::unique_ptr<Executor> executor;
  std::optional<StatePools> pools;
  std::vector<std::vector<int32_t>> texts;
  std::vector<Sequence> sequences;
  std::vector<int32_t> guesses;
  std::vector<std::byte> hidden;
  size_t rowBytes = 0;
};

TEST_F(AcceptanceTest, IsThatOfAPlainStatement) {
  const uint32_t length = promptTokens + answerTokens, rows = length - 1;
  StepBatch all = makeStep(0, rows);
  auto forward = executor->call(forwardFunction, all);
  ASSERT_TRUE(bool(forward)) << forward.takeError().message();
  std::vector<int32_t> &ids = all.values(StepInput::TokenIds);
  for (size_t i = 0; i < texts.size(); ++i)
    std::copy(texts[i].begin() + 1, texts[i].end(), ids.begin() + ptrdiff_t(i * rows));
  draft(all, {hiddenName, {}, hiddenName});
  const std::vector<int32_t> first = guesses;
  const std::vector<std::byte> firstHidden = hidden;

  // From the end, as drafts write over the entries of the tokens behind theirs.
  std::vector<size_t> right(drafts);
  size_t total = 0;
  for (uint32_t last = length - drafts - 2; last + 1 >= promptTokens; --last) {
    std::vector<bool> goesOn(texts.size(), true);
    guesses.clear();
    hidden.clear();
    for (size_t i = 0; i < texts.size(); ++i) {
      size_t row = i * rows + last;
      guesses.push_back(first[row]);
      auto begin = firstHidden.begin() + ptrdiff_t(row * rowBytes);
      hidden.insert(hidden.end(), begin, begin + ptrdiff_t(rowBytes));
    }
    for (uint32_t step = 0; step < drafts; ++step) {
      for (size_t i = 0; i < texts.size(); ++i) {
        goesOn[i] = goesOn[i] && guesses[i] == texts[i][last + 2 + step];
        right[step] += goesOn[i];
      }
      if (step + 1 == drafts)
        break;
      StepBatch next = makeStep(last + step + 1, 1);
      next.values(StepInput::TokenIds) = guesses;
      const std::vector<std::byte> states = hidden;
      draft(next, {hiddenName, states});
    }
    total += texts.size();
  }
  const double want[drafts] = {0.8217, 0.5574, 0.3340};
  for (uint32_t step = 0; step < drafts; ++step)
    EXPECT_NEAR(double(right[step]) / double(total), want[step], 0.03) << step << " of " << total;
}

} // namespace
