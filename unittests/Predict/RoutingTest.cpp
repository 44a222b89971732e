//===- RoutingTest.cpp - Experts that are drawn -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "tools/moec/predict/Routing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace moec {
namespace {

std::map<int32_t, int64_t> countsOf(const Routing &routing) {
  std::map<int32_t, int64_t> counts;
  for (int32_t id : routing.ids)
    ++counts[id];
  return counts;
}

TEST(Routing, ListsEachPairOnceInBlocksOfOneExpert) {
  RoutingShape shape{50, 24, 5, 16};
  Routing r = drawRouting(shape, {3, false});
  ASSERT_EQ(r.ids.size(), 250u);
  for (int64_t token = 0; token < shape.tokens; ++token) {
    std::set<int32_t> experts(r.ids.begin() + token * 5, r.ids.begin() + token * 5 + 5);
    EXPECT_EQ(experts.size(), 5u) << "token " << token;
    EXPECT_GE(*experts.begin(), 0);
    EXPECT_LT(*experts.rbegin(), 24);
  }
  ASSERT_EQ(r.pairs.size(), size_t(r.blocks()) * 16);
  ASSERT_EQ(r.blockPairs.size(), size_t(r.blocks()));
  EXPECT_TRUE(std::is_sorted(r.blockExpert.begin(), r.blockExpert.end()));
  std::vector<int32_t> listed;
  for (size_t i = 0; i < r.pairs.size(); ++i) {
    bool live = int32_t(i % 16) < r.blockPairs[i / 16];
    EXPECT_EQ(r.pairs[i] >= 0, live);
    if (live) {
      EXPECT_EQ(r.ids[size_t(r.pairs[i])], r.blockExpert[i / 16]);
      listed.push_back(r.pairs[i]);
    }
  }
  std::sort(listed.begin(), listed.end());
  for (size_t i = 0; i < listed.size(); ++i)
    EXPECT_EQ(listed[i], int32_t(i));
  EXPECT_EQ(listed.size(), 250u);
  int64_t blocks = 0;
  auto counts = countsOf(r);
  for (auto [expert, count] : counts)
    blocks += (count + 15) / 16;
  EXPECT_EQ(r.blocks(), blocks);
  EXPECT_EQ(r.liveExperts, int64_t(counts.size()));
  EXPECT_LE(r.blocks(), mostBlocks(shape));
}

TEST(Routing, DependsOnTheSeedAlone) {
  RoutingShape shape{20, 64, 8, 1};
  EXPECT_EQ(drawRouting(shape, {1, false}).ids, drawRouting(shape, {1, false}).ids);
  EXPECT_NE(drawRouting(shape, {1, false}).ids, drawRouting(shape, {2, false}).ids);
  EXPECT_NE(drawRouting(shape, {1, false}).ids, drawRouting(shape, {1, true}).ids);
}

TEST(Routing, DrawsAllAlikeOrByRank) {
  RoutingShape shape{4000, 16, 1, 1};
  // Each of 4,000 tokens with a chance of 1/16: 250, and 15.3 is one standard deviation.
  for (auto [expert, count] : countsOf(drawRouting(shape, {1, false})))
    EXPECT_NEAR(double(count), 250, 75) << expert;
  // By rank the first has 1 / (1 + 1/2 + … + 1/16), the second half of that.
  std::vector<int64_t> counts;
  for (auto [expert, count] : countsOf(drawRouting(shape, {1, true})))
    counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  double harmonic = 0;
  for (int rank = 1; rank <= 16; ++rank)
    harmonic += 1.0 / rank;
  EXPECT_NEAR(double(counts[0]), 4000 / harmonic, 5 * std::sqrt(4000 * 0.3 * 0.7));
  EXPECT_NEAR(double(counts[1]), 2000 / harmonic, 5 * std::sqrt(4000 * 0.15 * 0.85));
}

TEST(Routing, HasRoomForTheMostBlocks) {
  EXPECT_EQ(mostBlocks({1, 256, 8, 16}), 8);                       // A block for each pair.
  EXPECT_EQ(mostBlocks({4096, 257, 9, 64}), 828);                  // (36864 + 257 · 63) / 64
  EXPECT_EQ(drawRouting({3, 2, 4, 8}, {1, false}).ids.size(), 6u); // No more than there are.
}

} // namespace
} // namespace moec
