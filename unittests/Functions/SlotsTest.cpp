//===- SlotsTest.cpp - Kernels whose state is in slots ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A hand-written plan counts the tokens of each sequence in a slot, which its kernel finds by
// state_read and state_write. It is compiled and run over chunks and batches, whose slots are given
// back and given again.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/StateMemory.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;

namespace {

/// Most tokens of a chunk (0: any number), and sequences of a step.
class SlotsTest : public testing::TestWithParam<std::tuple<uint32_t, uint32_t>> {
protected:
  static constexpr uint32_t vocab = 32;

  static std::string artifactPath() {
    return testing::TempDir() + "/slots-" + std::to_string(::getpid()) + ".moec";
  }
  static void SetUpTestSuite() {
    CompileOptions options;
    options.input = MOEC_SOURCE_DIR "/test/EndToEnd/Inputs/slots.mlir";
    options.output = artifactPath();
    options.startFrom = "tile";
    TargetRegistry targets;
    registerAllTargets(targets);
    std::ostringstream out, log;
    ASSERT_EQ(compile(options, targets, out, log).message(), "");
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(artifactPath()); }

  void SetUp() override {
    artifact = std::move(*Artifact::open(artifactPath()));
    EngineOptions engine;
    engine.manifest = MOEC_TEST_MANIFEST;
    device = std::move(*openDevice(*artifact, engine));
    executor = std::move(*Executor::create(*artifact, *device, sizes));
  }

  /// Each row of logits is how often its sequence has had each token up to there.
  void checkLogits(const std::vector<ScheduledChunk> &chunks, const StepOutputs &outputs) {
    auto got = outputs.read("logits");
    ASSERT_TRUE(bool(got)) << got.takeError().message();
    std::vector<float> logits(size_t(got->rows) * got->width);
    std::memcpy(logits.data(), got->bytes.data(), got->bytes.size());
    auto row = logits.begin();
    for (const ScheduledChunk &chunk : chunks)
      for (uint32_t i = chunk.start; i < chunk.start + chunk.count; ++i) {
        ASSERT_LE(row + vocab, logits.end());
        auto end = chunk.sequence->tokens.begin() + i + 1;
        for (uint32_t token = 0; token < vocab; ++token)
          ASSERT_EQ(*row++, std::count(chunk.sequence->tokens.begin(), end, int32_t(token)))
              << "sequence " << chunk.sequence->id << ", position " << i << ", token " << token;
      }
    EXPECT_EQ(row, logits.end());
  }

  const std::vector<uint32_t> sizes = {3};
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::unique_ptr<Executor> executor;
};

TEST_P(SlotsTest, KernelsGoOnFromTheSlotThatTheyLeft) {
  SchedulerOptions limits;
  limits.maxTokens = artifact->plan().max_tokens();
  std::tie(limits.maxChunk, limits.maxSequences) = GetParam();
  limits.maxContext = artifact->plan().max_context();
  std::vector<PoolRule> pools = poolRules(artifact->plan());
  Scheduler scheduler(limits, StatePools(pools, sizes));
  // More sequences than slots: what one leaves in a slot is not the next one's.
  const std::vector<std::vector<int32_t>> all = {
      {1, 5, 9, 31, 3, 3, 17, 22, 8, 0, 7}, {12, 12}, {30, 2, 30, 2, 30, 2, 21}, {5}, {4, 4, 4, 5}};
  for (size_t i = 0; i < all.size(); ++i) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = i;
    sequence->tokens = all[i];
    sequence->promptTokens = uint32_t(all[i].size());
    sequence->allLogits = true;
    ASSERT_EQ(scheduler.add(std::move(sequence)).message(), "");
  }
  size_t finished = 0;
  for (auto chunks = scheduler.schedule(); !chunks.empty(); chunks = scheduler.schedule()) {
    StepBatch batch;
    makeBatch(chunks, pools, batch);
    auto outputs = executor->call("forward", batch);
    ASSERT_TRUE(bool(outputs)) << outputs.takeError().message();
    checkLogits(chunks, *outputs);
    if (HasFatalFailure())
      return;
    scheduler.complete(chunks);
    for (const ScheduledChunk &chunk : chunks)
      if (chunk.sequence->pending() == 0) {
        scheduler.remove(chunk.sequence->id);
        ++finished;
      }
  }
  EXPECT_EQ(finished, all.size());
}

INSTANTIATE_TEST_SUITE_P(ChunksAndBatches, SlotsTest,
                         testing::Combine(testing::Values(0, 1, 3), testing::Values(1, 3)));

} // namespace
