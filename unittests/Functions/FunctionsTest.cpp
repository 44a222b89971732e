//===- FunctionsTest.cpp - A model of two functions -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A hand-written model with a draft is compiled and run, as native code and with its kernels
// interpreted: every named output of both functions is compared with the reference interpreter's,
// over chunks and batches, with hidden states passed from one function to the other.
//
//===----------------------------------------------------------------------===//

#include "InterpretedDevice.h"
#include "InterpretedTarget.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Reference/Reference.h"
#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/StateMemory.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using reference::ReferenceSession;
using reference::SequenceStep;

namespace {

class FunctionsTest : public testing::TestWithParam<std::tuple<uint32_t, uint32_t, bool>> {
protected:
  static std::string artifactPath(bool interpreted) {
    return testing::TempDir() + (interpreted ? "/interpreted-" : "/functions-") +
           std::to_string(::getpid()) + ".moec";
  }
  static CompileOptions getOptions(bool interpreted) {
    CompileOptions options;
    options.input = MOEC_SOURCE_DIR "/test/EndToEnd/Inputs/draft.mlir";
    options.output = artifactPath(interpreted);
    options.kvCache = "f32";
    options.pageSize = 4;
    options.maxTokens = 64;
    return options;
  }
  static void SetUpTestSuite() {
    TargetRegistry targets;
    registerAllTargets(targets);
    std::ostringstream out, log;
    CompileOptions native = getOptions(false), interpreted = getOptions(true);
    ASSERT_EQ(compile(native, targets, out, log).message(), "");
    auto base = targets.create(interpreted.target, interpreted.chip);
    ASSERT_TRUE(bool(base));
    auto context = createContext(&targets);
    InterpretedTarget target(**base);
    ASSERT_EQ(compileFor(target, interpreted, *context, out, log).message(), "");
  }
  static void TearDownTestSuite() {
    for (bool interpreted : {false, true})
      std::filesystem::remove_all(artifactPath(interpreted));
  }

  void SetUp() override {
    bool interpreted = std::get<2>(GetParam());
    artifact = std::move(*Artifact::open(artifactPath(interpreted)));
    EngineOptions engine;
    engine.manifest = MOEC_TEST_MANIFEST;
    if (interpreted)
      device = std::make_unique<InterpretedDevice>();
    else
      device = std::move(*openDevice(*artifact, engine));
    std::vector<uint32_t> lengths;
    for (const std::vector<int32_t> &ids : sequences)
      lengths.push_back(uint32_t(ids.size()));
    sizes = poolSizesFor(artifact->plan(), lengths);
    executor = std::move(*Executor::create(*artifact, *device, sizes));
    if (interpreted)
      executor->inspect([this](const Executor &executor, const plan::Launch &launch) {
        return static_cast<InterpretedDevice &>(*device).expect(executor, launch);
      });
    context = createContext();
    CompileOptions options = getOptions(interpreted);
    module = std::move(*loadModel(*context, options));
    session.emplace(std::move(*ReferenceSession::create(*module, modelFolder(options))));
  }

  /// An output of the function that was called last against the reference's.
  void compare(const StepOutputs &outputs, const ReferenceSession::Named &want,
               const std::string &name) {
    auto got = outputs.read(name);
    ASSERT_TRUE(bool(got)) << got.takeError().message();
    const reference::Tensor &tensor = want.at(name);
    ASSERT_EQ(int64_t(got->rows * got->width), tensor.size()) << name;
    ++compared[name];
    if (got->element == plan::Element::I32) {
      std::vector<int32_t> values(tensor.integers.size());
      std::memcpy(values.data(), got->bytes.data(), got->bytes.size());
      EXPECT_EQ(values, tensor.integers) << name;
      return;
    }
    std::vector<float> values(tensor.values.size());
    std::memcpy(values.data(), got->bytes.data(), got->bytes.size());
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_NEAR(values[i], tensor.values[i], 1e-4 * (1 + std::fabs(tensor.values[i])))
          << name << " " << i;
  }

  void runStep(const std::vector<ScheduledChunk> &chunks) {
    std::vector<SequenceStep> step;
    for (const ScheduledChunk &chunk : chunks) {
      auto first = chunk.sequence->tokens.begin() + chunk.start;
      step.push_back({int64_t(chunk.sequence->id), {first, first + chunk.count}});
    }
    StepBatch batch;
    makeBatch(chunks, poolRules(artifact->plan()), batch);

    auto want = session->call("forward", step);
    ASSERT_TRUE(bool(want)) << want.takeError().message();
    auto outputs = executor->call("forward", batch);
    ASSERT_TRUE(bool(outputs)) << outputs.takeError().message();
    for (const char *name : {"logits", "hidden", "routed_experts"})
      compare(*outputs, *want, name);

    // The hidden states stay on the device.
    auto wantDraft = session->call("draft", step, {{"hidden", want->at("hidden")}});
    ASSERT_TRUE(bool(wantDraft)) << wantDraft.takeError().message();
    std::vector<GivenInput> given = {{"hidden", {}, "hidden"}};
    auto draft = executor->call("draft", batch, given);
    ASSERT_TRUE(bool(draft)) << draft.takeError().message();
    for (const char *name : {"logits", "hidden"})
      compare(*draft, *wantDraft, name);
    session->advance(step);
  }

  const std::vector<std::vector<int32_t>> sequences = {
      {1, 5, 9, 40, 3, 3, 17, 22, 8, 0, 47}, {12, 13}, {30, 2, 30, 2, 30, 2, 41}};
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::vector<uint32_t> sizes;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::optional<ReferenceSession> session;
  std::map<std::string, unsigned> compared;
};

TEST_P(FunctionsTest, EveryOutputIsTheReferences) {
  SchedulerOptions limits;
  limits.maxTokens = 64;
  std::tie(limits.maxChunk, limits.maxSequences, std::ignore) = GetParam();
  limits.maxContext = artifact->plan().max_context();
  Scheduler scheduler(limits, StatePools(poolRules(artifact->plan()), sizes));
  for (size_t i = 0; i < sequences.size(); ++i) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = i;
    sequence->tokens = sequences[i];
    sequence->promptTokens = uint32_t(sequences[i].size());
    sequence->allLogits = true;
    ASSERT_EQ(scheduler.add(std::move(sequence)).message(), "");
  }
  for (auto chunks = scheduler.schedule(); !chunks.empty(); chunks = scheduler.schedule()) {
    runStep(chunks);
    if (HasFatalFailure())
      return;
    scheduler.complete(chunks);
    for (const ScheduledChunk &chunk : chunks)
      if (chunk.sequence->pending() == 0) {
        session->drop(int64_t(chunk.sequence->id));
        scheduler.remove(chunk.sequence->id);
      }
  }
  EXPECT_GT(compared["logits"], 1u);
  EXPECT_GT(compared["routed_experts"], 0u);
}

TEST_P(FunctionsTest, WhatIsNotGivenIsNamed) {
  StepBatch batch;
  Sequence sequence;
  sequence.tokens = {1};
  StatePools pools(poolRules(artifact->plan()), sizes);
  ASSERT_TRUE(pools.grow(sequence.state, 1));
  std::vector<ScheduledChunk> chunks = {{&sequence, 0, 1}};
  makeBatch(chunks, poolRules(artifact->plan()), batch);
  std::string said = executor->call("draft", batch).takeError().message();
  EXPECT_NE(said.find("hidden"), std::string::npos) << said;
  said = executor->call("dream", batch).takeError().message();
  EXPECT_NE(said.find("dream"), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(ChunksAndBatches, FunctionsTest,
                         testing::Combine(testing::Values(0, 1, 3), testing::Values(1, 3),
                                          testing::Bool()));

} // namespace
