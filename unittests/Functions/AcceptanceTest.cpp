//===- AcceptanceTest.cpp - How many drafts are right -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The bundled model's own layer of multi-token prediction on greedy text: drafts of three tokens,
// each made of the one before, agree with the model as often as those of a statement in PyTorch
// whose layers attend to all keys (utils/make-draft-golden.py acceptance --dense).
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/Support/File.h"
#include "moec/Support/SafeTensors.h"
#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/LogitsProvider.h"
#include "moec/runtime/Sampling.h"
#include "moec/runtime/StateMemory.h"
#include "moec/runtime/Tokenizer.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;

namespace {

constexpr uint32_t drafts = 3, sequencesOfStep = 8;
constexpr std::string_view hiddenName = infoOf(StepInput::Hidden).name;

/// Prompts of `tokens` tokens at each `every`-th of a text, or of recorded sequences, how many are
/// generated behind each, and what the statement gives for them.
struct Prompts {
  const char *name;
  bool areOfText;
  uint32_t tokens, every, answer;
  double want[drafts];
};

class AcceptanceTest : public testing::TestWithParam<Prompts> {
protected:
  static std::string artifactPath() {
    return testing::TempDir() + "/acceptance-" + std::to_string(::getpid()) + ".moec";
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(artifactPath()); }
  static void SetUpTestSuite() {
    TargetRegistry targets;
    registerAllTargets(targets);
    CompileOptions options;
    options.input = MOEC_SOURCE_DIR "/examples/model";
    options.output = artifactPath();
    options.kvCache = "f32";
    options.draft = true;
    std::ostringstream out, log;
    ASSERT_EQ(compile(options, targets, out, log).message(), "");
  }

  void SetUp() override {
    artifact = std::move(*Artifact::open(artifactPath()));
    engine.manifest = MOEC_TEST_MANIFEST;
    if (GetParam().areOfText)
      readText();
    else
      readRecorded();
    continuePrompts();
  }

  void addPrompts(std::span<const int64_t> ids) {
    for (size_t at = 0; at + promptTokens <= ids.size(); at += GetParam().every)
      texts.emplace_back(ids.begin() + ptrdiff_t(at), ids.begin() + ptrdiff_t(at + promptTokens));
  }

  void readText() {
    auto tokenizer = Tokenizer::fromFile(MOEC_SOURCE_DIR "/examples/model/tokenizer.json");
    ASSERT_TRUE(bool(tokenizer)) << tokenizer.takeError().message();
    auto text = readFile(MOEC_SOURCE_DIR "/examples/model/held_out.txt");
    ASSERT_TRUE(bool(text)) << text.takeError().message();
    auto ids = tokenizer->encode(*text, /*addSpecial=*/false);
    ASSERT_TRUE(bool(ids)) << ids.takeError().message();
    addPrompts(std::vector<int64_t>(ids->begin(), ids->end()));
  }

  void readRecorded() {
    auto file = SafeTensors::open(MOEC_SOURCE_DIR "/examples/model/golden.safetensors");
    ASSERT_TRUE(bool(file)) << file.takeError().message();
    const TensorInfo *info = file->find("input_ids");
    ASSERT_TRUE(info && info->dtype == DType::I64);
    std::vector<int64_t> ids(info->elements());
    std::memcpy(ids.data(), file->data(*info).data(), ids.size() * sizeof(int64_t));
    auto width = static_cast<size_t>(info->shape[1]);
    for (size_t row = 0; row < ids.size(); row += width)
      addPrompts(std::span(ids).subspan(row, width));
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

  /// Makes sequences of some of the texts.
  void load(std::span<const std::vector<int32_t>> some) {
    executor.reset();
    device = std::move(*openDevice(*artifact, engine));
    std::vector<uint32_t> lengths(some.size(), promptTokens + answerTokens);
    std::vector<PoolRule> rules = poolRules(artifact->plan());
    std::vector<uint32_t> sizes = poolSizesFor(artifact->plan(), lengths);
    executor = std::move(*Executor::create(*artifact, *device, sizes));
    pools.emplace(rules, sizes);
    sequences = std::vector<Sequence>(some.size());
    for (size_t i = 0; i < some.size(); ++i) {
      sequences[i].id = i;
      sequences[i].tokens = some[i];
      sequences[i].allLogits = true;
      ASSERT_TRUE(pools->grow(sequences[i].state, uint32_t(some[i].size())));
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

  /// Counts in `right` and `total`, of the sequences that were loaded.
  void countRight();

  const uint32_t promptTokens = GetParam().tokens, answerTokens = GetParam().answer;
  std::vector<size_t> right = std::vector<size_t>(drafts);
  size_t total = 0;
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

void AcceptanceTest::countRight() {
  const uint32_t length = promptTokens + answerTokens, rows = length - 1;
  StepBatch all = makeStep(0, rows);
  auto forward = executor->call(forwardFunction, all);
  ASSERT_TRUE(bool(forward)) << forward.takeError().message();
  std::vector<int32_t> &ids = all.values(StepInput::TokenIds);
  size_t count = sequences.size();
  for (size_t i = 0; i < count; ++i)
    std::copy(sequences[i].tokens.begin() + 1, sequences[i].tokens.end(),
              ids.begin() + ptrdiff_t(i * rows));
  draft(all, {hiddenName, {}, hiddenName});
  const std::vector<int32_t> first = guesses;
  const std::vector<std::byte> firstHidden = hidden;

  // From the end, as drafts write over the entries of the tokens behind theirs.
  for (uint32_t last = length - drafts - 2; last + 1 >= promptTokens; --last) {
    std::vector<bool> goesOn(count, true);
    guesses.clear();
    hidden.clear();
    for (size_t i = 0; i < count; ++i) {
      size_t row = i * rows + last;
      guesses.push_back(first[row]);
      auto begin = firstHidden.begin() + ptrdiff_t(row * rowBytes);
      hidden.insert(hidden.end(), begin, begin + ptrdiff_t(rowBytes));
    }
    for (uint32_t step = 0; step < drafts; ++step) {
      for (size_t i = 0; i < count; ++i) {
        goesOn[i] = goesOn[i] && guesses[i] == sequences[i].tokens[last + 2 + step];
        right[step] += goesOn[i];
      }
      if (step + 1 == drafts)
        break;
      StepBatch next = makeStep(last + step + 1, 1);
      next.values(StepInput::TokenIds) = guesses;
      const std::vector<std::byte> states = hidden;
      draft(next, {hiddenName, states});
    }
    total += count;
  }
}

TEST_P(AcceptanceTest, IsThatOfAPlainStatement) {
  for (size_t first = 0; first < texts.size(); first += sequencesOfStep) {
    load(std::span(texts).subspan(first, std::min<size_t>(sequencesOfStep, texts.size() - first)));
    ASSERT_NO_FATAL_FAILURE(countRight());
  }
  for (uint32_t step = 0; step < drafts; ++step) {
    double share = double(right[step]) / double(total);
    RecordProperty(strCat("draft", step + 1), std::to_string(share));
    EXPECT_NEAR(share, GetParam().want[step], 0.03) << step << " of " << total;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Prompts, AcceptanceTest,
    testing::Values(Prompts{"Recorded", false, 16, 48, 64, {0.8238, 0.5553, 0.3320}},
                    Prompts{"OfHeldOutText", true, 16, 512, 48, {0.7730, 0.4837, 0.2780}}),
    [](const auto &info) { return std::string(info.param.name); });

} // namespace
