//===- BlockSamplesTest.cpp - Which blocks are counted ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "tools/moec/predict/BlockSamples.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moec {
namespace {

/// Blocks with so many pairs.
Routing blocksOf(std::vector<int32_t> pairs) {
  Routing routing;
  routing.blockPairs = std::move(pairs);
  routing.blockExpert.resize(routing.blockPairs.size());
  return routing;
}

/// The height at which a block of 256 rows is computed, or of 128, or 64.
int64_t heightOf(int32_t pairs) { return pairs <= 64 ? 64 : pairs <= 128 ? 128 : 256; }

TEST(BlockSamples, StandForBlocksOfTheirHeight) {
  std::vector<int32_t> pairs(100, 256);
  pairs[7] = 3, pairs[20] = 64, pairs[50] = 65, pairs[51] = 129, pairs[99] = 128;
  Routing routing = blocksOf(pairs);
  BlockSamples samples(routing, 256, 64, 6);
  std::vector<uint16_t> likes = samples.likes(routing);
  ASSERT_EQ(likes.size(), pairs.size());
  for (size_t block = 0; block < pairs.size(); ++block)
    EXPECT_EQ(heightOf(pairs[samples.blocks()[likes[block]]]), heightOf(pairs[block])) << block;
  // One of each short height, and most of the tall ones, which stand for about as many each.
  EXPECT_EQ(samples.blocks().size(), 8u);
  for (uint16_t sample = 2; sample < 8; ++sample)
    EXPECT_NEAR(double(std::count(likes.begin(), likes.end(), sample)), 96.0 / 6, 1);
}

TEST(BlockSamples, WithoutShortBlocksSpreadOverTheRows) {
  std::vector<int32_t> pairs;
  for (int32_t i = 0; i < 60; ++i)
    pairs.push_back(1 + i % 30);
  Routing routing = blocksOf(pairs);
  BlockSamples samples(routing, 32, 0, 6);
  ASSERT_EQ(samples.blocks().size(), 6u);
  for (size_t i = 0; i < 6; ++i)
    EXPECT_NEAR(pairs[samples.blocks()[i]], 3 + 5 * int(i), 1);
  std::vector<uint16_t> likes = samples.likes(routing);
  for (size_t block = 0; block < pairs.size(); ++block)
    EXPECT_NEAR(pairs[samples.blocks()[likes[block]]], pairs[block], 4);
}

// Other draws may have heights that the first had not, and the other way round.
TEST(BlockSamples, TakeTheNextHeightForOneThatWasNotRun) {
  BlockSamples samples(blocksOf({256, 256, 100}), 256, 64, 6);
  std::vector<uint16_t> likes = samples.likes(blocksOf({10, 256, 120, 30}));
  EXPECT_EQ(samples.blocks()[likes[0]], 2u);
  EXPECT_NE(samples.blocks()[likes[1]], 2u);
  EXPECT_EQ(samples.blocks()[likes[2]], 2u);
  EXPECT_EQ(samples.blocks()[likes[3]], 2u);
  BlockSamples low(blocksOf({10, 20}), 256, 64, 6);
  EXPECT_LT(low.likes(blocksOf({256}))[0], low.blocks().size());
}

TEST(BlockSamples, AreAtMostTheBlocksThatThereAre) {
  EXPECT_EQ(BlockSamples(blocksOf({5}), 16, 0, 6).blocks(), std::vector<uint64_t>({0}));
  EXPECT_TRUE(BlockSamples(blocksOf({}), 16, 4, 6).blocks().empty());
}

} // namespace
} // namespace moec
