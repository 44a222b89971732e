//===- BatchBuilderTest.cpp - From chunks to a batch ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One example by hand, with every array.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/BatchBuilder.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;
using plan::Allocation;
using plan::Dim;
using V = std::vector<int32_t>;

namespace {
/// A sequence in the middle of its decoding, one in its prompt, one whose prompt is scored.
struct Example {
  Sequence decode, chunk, scored;
  std::vector<ScheduledChunk> step;

  Example() {
    decode.tokens = {10, 11, 12, 13, 14};
    decode.promptTokens = 3;
    chunk.tokens = {20, 21, 22, 23, 24};
    chunk.promptTokens = 5;
    scored.tokens = {30, 31, 32};
    scored.promptTokens = 3;
    scored.allLogits = true;
    scored.logitsDone = 1; // position 0 was given before a preemption
    step = {{&decode, 4, 1}, {&chunk, 1, 2}, {&scored, 0, 3}};
  }
};
} // namespace

TEST(BatchBuilder, MixesADecodeStepAPromptChunkAndAScoredPrompt) {
  Example example;
  example.decode.state = {{{7, 2, 5}}};
  example.chunk.state = {{{0, 1}}};
  example.scored.state = {{{3, 4}}};
  StepBatch batch;
  makeBatch(example.step, std::vector<PoolRule>{{Allocation::Paged, 2, 0}}, batch);
  EXPECT_EQ(batch.tokenIds(), (V{14, 21, 22, 30, 31, 32}));
  EXPECT_EQ(batch.positions(), (V{4, 1, 2, 0, 1, 2}));
  EXPECT_EQ(batch.tokenSequence(), (V{0, 1, 1, 2, 2, 2}));
  EXPECT_EQ(batch.sequenceStart(), (V{0, 1, 3, 6}));
  EXPECT_EQ(batch.contextLength(), (V{5, 3, 3}));
  EXPECT_EQ(batch.blockTable(0), (V{7, 2, 5, 0, 0, 1, 0, 0, 3, 4, 0, 0}));
  EXPECT_EQ(batch.cacheRows(0), (V{10, 1, 2, 6, 7, 8}));
  EXPECT_EQ(batch.logitsRows(), (V{0, 4, 5}));
  ASSERT_EQ(batch.rows.size(), 3u);
  EXPECT_EQ(batch.rows[1].chunk, 2u);
  EXPECT_EQ(batch.rows[1].position, 1u);
  EXPECT_EQ(batch.dims[Dim::Tokens], 6);
  EXPECT_EQ(batch.dims[Dim::Sequences], 3);
  EXPECT_EQ(batch.dims[Dim::LogitsRows], 3);
  EXPECT_EQ(batch.dims[Dim::BlockTableStride], 4);
  EXPECT_EQ(batch.longestContext(), 5u);
}

TEST(BatchBuilder, EachPoolHasArraysOfItsOwn) {
  Example example;
  // Pages of 4, of which the window has given back the first where it is behind; a slot.
  example.decode.state = {{{noUnit, 6}}, {{}, 2}, {{7, 2, 5}}};
  example.chunk.state = {{{1}}, {{}, 0}, {{0, 1}}};
  example.scored.state = {{{3}}, {{}, 1}, {{3, 4}}};
  std::vector<PoolRule> rules = {
      {Allocation::Window, 4, 1}, {Allocation::Slots, 0, 0}, {Allocation::Paged, 2, 0}};
  StepBatch batch;
  for (int round = 0; round < 2; ++round) { // the second time in the memory of the first
    makeBatch(example.step, rules, batch);
    // One stride for all tables.
    EXPECT_EQ(batch.dims[Dim::BlockTableStride], 4);
    EXPECT_EQ(batch.blockTable(0), (V{0, 6, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0}));
    EXPECT_EQ(batch.cacheRows(0), (V{24, 5, 6, 12, 13, 14}));
    EXPECT_EQ(batch.stateRead(1), (V{2, 0, -1})) << "the third has computed nothing yet";
    EXPECT_EQ(batch.stateWrite(1), (V{2, -1, 0, -1, -1, 1}));
    EXPECT_EQ(batch.blockTable(2), (V{7, 2, 5, 0, 0, 1, 0, 0, 3, 4, 0, 0}));
    EXPECT_EQ(batch.cacheRows(2), (V{10, 1, 2, 6, 7, 8}));
    EXPECT_TRUE(batch.blockTable(1).empty());
    EXPECT_TRUE(batch.stateRead(0).empty());
  }
}

TEST(BatchBuilder, AStateIsReadInOneSlotAndKeptInOthers) {
  Example example;
  example.decode.state = {{{}, 2, 7}};                        // goes on in another slot
  example.chunk.state = {{{}, 0, noUnit, {}}};                // in its own
  example.scored.state = {{{}, 1, noUnit, {{1, 4}, {2, 5}}}}; // and two snapshots on the way
  StepBatch batch;
  makeBatch(example.step, std::vector<PoolRule>{{Allocation::Slots, 0, 0}}, batch);
  EXPECT_EQ(batch.stateRead(0), (V{2, 0, -1}));
  EXPECT_EQ(batch.stateWrite(0), (V{7, -1, 0, 4, 5, 1}));
}

TEST(BatchBuilder, DraftsHaveRowsOfLogitsAndSlotsOfTheirOwn) {
  Example example;
  example.decode.drafts = {40, 41};
  example.step[0] = {&example.decode, 4, 3, 2};
  example.step.resize(2);
  example.decode.state = {{{7, 2, 5, 9}}, {{}, 2, noUnit, {{5, 3}, {6, 4}}}};
  example.chunk.state = {{{0, 1}}, {{}, 0}};
  StepBatch batch;
  makeBatch(example.step,
            std::vector<PoolRule>{{Allocation::Paged, 2, 0}, {Allocation::Slots, 0, 0}}, batch);
  EXPECT_EQ(batch.tokenIds(), (V{14, 40, 41, 21, 22}));
  EXPECT_EQ(batch.positions(), (V{4, 5, 6, 1, 2}));
  EXPECT_EQ(batch.sequenceStart(), (V{0, 3, 5}));
  EXPECT_EQ(batch.contextLength(), (V{7, 3}));
  EXPECT_EQ(batch.logitsRows(), (V{0, 1, 2}));
  EXPECT_EQ(batch.cacheRows(0), (V{10, 11, 18, 1, 2}));
  EXPECT_EQ(batch.stateRead(1), (V{2, 0}));
  EXPECT_EQ(batch.stateWrite(1), (V{3, 4, 2, -1, 0}));
  EXPECT_FALSE(batch.isDecode);
  example.step.resize(1);
  makeBatch(example.step, {}, batch);
  EXPECT_TRUE(batch.isDecode);
}

TEST(BatchBuilder, APlanWithoutPoolsHasOnlyTheOtherArrays) {
  Example example;
  StepBatch batch;
  makeBatch(example.step, {}, batch);
  EXPECT_EQ(batch.tokenIds(), (V{14, 21, 22, 30, 31, 32}));
  EXPECT_EQ(batch.dims[Dim::BlockTableStride], 0);
  EXPECT_TRUE(batch.pools.empty());
}
