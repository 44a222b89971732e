//===- StepBatchTest.cpp - The ragged batch of one step ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One example by hand, with every array.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StepBatch.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;
using plan::Dim;

TEST(StepBatch, MixesADecodeStepAPromptChunkAndAScoredPrompt) {
  Sequence decode, chunk, scored;
  decode.tokens = {10, 11, 12, 13, 14};
  decode.promptTokens = 3;
  decode.pages = {7, 2, 5};
  chunk.tokens = {20, 21, 22, 23, 24};
  chunk.promptTokens = 5;
  chunk.pages = {0, 1};
  scored.tokens = {30, 31, 32};
  scored.promptTokens = 3;
  scored.pages = {3, 4};
  scored.allLogits = true;
  scored.logitsDone = 1; // position 0 was given before a preemption

  StepBatch batch;
  batch.assign({{&decode, 4, 1}, {&chunk, 1, 2}, {&scored, 0, 3}}, /*pageSize=*/2);
  using V = std::vector<int32_t>;
  EXPECT_EQ(batch.ids, (V{14, 21, 22, 30, 31, 32}));
  EXPECT_EQ(batch.positions, (V{4, 1, 2, 0, 1, 2}));
  EXPECT_EQ(batch.tokenSequence, (V{0, 1, 1, 2, 2, 2}));
  EXPECT_EQ(batch.sequenceStart, (V{0, 1, 3, 6}));
  EXPECT_EQ(batch.contextLength, (V{5, 3, 3}));
  EXPECT_EQ(batch.blockTable, (V{7, 2, 5, 0, 1, 0, 3, 4, 0}));
  EXPECT_EQ(batch.slots, (V{10, 1, 2, 6, 7, 8}));
  EXPECT_EQ(batch.logitsRows, (V{0, 4, 5}));
  ASSERT_EQ(batch.rows.size(), 3u);
  EXPECT_EQ(batch.rows[1].chunk, 2u);
  EXPECT_EQ(batch.rows[1].position, 1u);
  EXPECT_EQ(batch.dims[Dim::Tokens], 6);
  EXPECT_EQ(batch.dims[Dim::Sequences], 3);
  EXPECT_EQ(batch.dims[Dim::LogitsRows], 3);
  EXPECT_EQ(batch.dims[Dim::BlockTableStride], 3);
  EXPECT_EQ(batch.dims[Dim::MaxContextLength], 5);
  EXPECT_EQ(batch.dims[Dim::MaxQueryLength], 3);
}
