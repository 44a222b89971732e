//===- PrefixCacheTest.cpp - Computed prefixes that outlive sequences -----===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is found, what is given up and in which order, each by hand.
//
//===----------------------------------------------------------------------===//

#include "PrefixCacheFixture.h"

using namespace moec;
using namespace moec::test;

namespace {
class PrefixCacheTest : public PrefixCacheFixture {};
} // namespace

TEST_F(PrefixCacheTest, AHitIsTheWholeBlocksBeforeTheLastToken) {
  for (uint32_t page : {1, 4, 16, 64}) {
    make({{Allocation::Paged, page, 0}}, {200 / page});
    run(range(0, 150));
    for (uint32_t length = 1; length < 160; ++length) {
      EXPECT_EQ(found(range(0, length)), std::min(length - 1, 150u) / page * page) << page;
      V other = range(0, length);
      other[length / 2] = 1000;
      EXPECT_EQ(found(other), length / 2 / page * page) << page;
    }
    EXPECT_EQ(pools.freeUnits(0), pools.units(0)) << "what only the cache holds is free";
  }
}

TEST_F(PrefixCacheTest, ABlockIsWholePagesOfEveryPool) {
  make({{Allocation::Paged, 4, 0}, {Allocation::Paged, 6, 0}}, {20, 20});
  EXPECT_EQ(cache->blockTokens(), 12u);
  run(range(0, 30));
  EXPECT_EQ(found(range(0, 30)), 24u);
  EXPECT_EQ(found(range(0, 24)), 12u);
  make({}, {});
  EXPECT_FALSE(cache->isOn());
}

TEST_F(PrefixCacheTest, OffKeepsNothing) {
  make({{Allocation::Paged, 4, 0}}, {20}, {});
  run(range(0, 30));
  EXPECT_EQ(found(range(0, 30)), 0u);
  EXPECT_EQ(pools.numbersOf(0).freePages(), 20u);
}

TEST_F(PrefixCacheTest, SaltsNeverShare) {
  make({{Allocation::Paged, 4, 0}}, {20});
  run(range(0, 9), "a");
  EXPECT_EQ(found(range(0, 9)), 0u);
  EXPECT_EQ(found(range(0, 9), "b"), 0u);
  EXPECT_EQ(found(range(0, 9), "a"), 8u);
  run(range(0, 9));
  EXPECT_EQ(found(range(0, 9)), 8u);
  EXPECT_EQ(pools.numbersOf(0).idlePages(), 4u) << "each has its own";
}

TEST_F(PrefixCacheTest, LogitsThatAreWantedAreComputed) {
  make({{Allocation::Paged, 4, 0}}, {20});
  run(range(0, 40));
  Sequence sequence;
  sequence.tokens = range(0, 20);
  sequence.allLogits = true;
  cache->adopt(sequence);
  EXPECT_EQ(sequence.computed, 0u);
  sequence.logitsDone = 11;
  cache->adopt(sequence);
  EXPECT_EQ(sequence.computed, 8u);
  end(sequence);
  check({});
}

TEST_F(PrefixCacheTest, WhatTwoComputeIsHeldOnce) {
  make({{Allocation::Paged, 4, 0}, {Allocation::Window, 2, 7}}, {20, 20});
  Sequence a = begin(range(0, 9)), b = begin(range(0, 9));
  compute(a);
  others = {&a};
  compute(b);
  EXPECT_EQ(a.state[0].pages, (V{0, 1, 2}));
  EXPECT_EQ(b.state[0].pages, (V{0, 1, 5})) << "its first two pages are free again";
  EXPECT_EQ(a.state[1].pages, (V{none, 1, 2, 3, 4}));
  EXPECT_EQ(b.state[1].pages, (V{none, 1, 2, 3, 9}));
  EXPECT_EQ(pools.freeUnits(0), 16u);
  others = {};
  end(a);
  check({&b});
  end(b);
  EXPECT_EQ(pools.freeUnits(0), 20u);
  EXPECT_EQ(cache->evictedPages(), 0u);
}

TEST_F(PrefixCacheTest, TheLeastRecentlyUsedLeafGoesFirst) {
  make({{Allocation::Paged, 1, 0}}, {9});
  run({1, 2, 3, 4}); // four nodes
  run({1, 2, 5, 6}); // two more
  run({7, 8});       // and two
  EXPECT_EQ(found({1, 2, 3, 4, 0}), 4u) << "used again";
  Sequence other = begin({9, 9, 9});
  compute(other); // one page is free, two are wanted: 6 and 5 go
  EXPECT_EQ(cache->evictedPages(), 2u);
  others = {&other};
  EXPECT_EQ(found({1, 2, 5, 6, 0}), 2u);
  EXPECT_EQ(found({7, 8, 0}), 2u);
  EXPECT_EQ(found({1, 2, 3, 4, 0}), 4u);
  Sequence user = begin({1, 2, 0});
  EXPECT_EQ(user.computed, 2u);
  others = {&other, &user};
  EXPECT_EQ(pools.freeUnits(0), 4u) << "the two that are used are not free";
  Sequence last = begin({10, 10, 10, 10});
  compute(last);
  others = {&other, &user, &last};
  EXPECT_EQ(found({7, 8, 0}), 0u);
  EXPECT_EQ(found({1, 2, 3, 4, 0}), 2u);
  others = {};
  for (Sequence *sequence : {&other, &user, &last})
    end(*sequence);
  check({});
}

TEST_F(PrefixCacheTest, AWindowIsAHitOnlyWithItsPages) {
  // The token behind a block reads four positions of it: the second of its two pages.
  make({{Allocation::Paged, 8, 0}, {Allocation::Window, 4, 5}}, {20, 7});
  run(range(0, 25));
  EXPECT_EQ(found(range(0, 25)), 24u);
  EXPECT_EQ(found(range(0, 24)), 16u) << "windows in the middle are kept, too";
  // The pages of the window go one block after the other, the nodes stay.
  EXPECT_EQ(pools.numbersOf(1).freePages(), 1u);
  cache->makeRoom({0, 2});
  EXPECT_EQ(pools.numbersOf(1).freePages(), 3u);
  EXPECT_EQ(found(range(0, 9)), 0u) << "the first block has lost its window";
  EXPECT_EQ(found(range(0, 17)), 16u) << "which is not missed behind the second";
  Sequence sequence = begin(range(0, 17));
  EXPECT_EQ(sequence.state[1].pages, (V{none, none, none, 3}));
  others = {&sequence};
  cache->makeRoom({0, 6});
  EXPECT_EQ(pools.numbersOf(1).freePages(), 6u) << "but for the page that is held";
  EXPECT_EQ(found(range(0, 25)), 16u) << "the third is a miss, the second is used";
  others = {};
  end(sequence);
  run(range(0, 25));
  EXPECT_EQ(found(range(0, 25)), 24u) << "what was lost is computed and kept again";
  EXPECT_EQ(pools.numbersOf(0).idlePages(), 3u);
}

TEST_F(PrefixCacheTest, WindowsAloneLeaveNoEmptyNodes) {
  make({{Allocation::Window, 2, 3}}, {6});
  run(range(0, 9));
  EXPECT_EQ(found(range(0, 9)), 8u);
  cache->makeRoom({6});
  check({});
  EXPECT_EQ(found(range(0, 9)), 0u);
  EXPECT_EQ(cache->pages(), (std::vector<V>{{}}));
}

TEST_F(PrefixCacheTest, ALimitBoundsWhatOnlyTheCacheHolds) {
  make({{Allocation::Paged, 4, 0}, {Allocation::Window, 4, 5}}, {50, 50}, {100, {30, 10}});
  Sequence sequence = begin(range(0, 33));
  compute(sequence);
  EXPECT_EQ(cache->idleBytes(), 70u) << "seven pages of the window are behind";
  EXPECT_EQ(pools.units(0) - pools.freeUnits(0), 9u) << "what a sequence holds does not count";
  end(sequence);
  EXPECT_LE(cache->idleBytes(), 100u);
  EXPECT_GT(cache->idleBytes(), 60u);
  check({});
  uint32_t left = found(range(0, 33));
  EXPECT_EQ(left, 0u) << "the window's pages are older than the leaves";
  run(range(0, 9));
  EXPECT_EQ(found(range(0, 9)), 8u);
}

TEST_F(PrefixCacheTest, IntegrityCheckFindsWhatIsWrong) {
  make({{Allocation::Paged, 4, 0}}, {20});
  Sequence sequence = begin(range(0, 9));
  compute(sequence);
  auto message = [&](const Sequence &changed) {
    std::vector<const Sequence *> all = {&changed};
    return cache->checkIntegrity(all).message();
  };
  EXPECT_EQ(message(sequence), "");
  EXPECT_EQ(cache->checkIntegrity({}).message(), "node 2 counts 1 sequences but has 0");
  Sequence changed = sequence;
  changed.tokens[5] = 99;
  EXPECT_EQ(message(changed), "sequence 0 stands below node 2, which has other tokens");
  changed = sequence;
  std::swap(changed.state[0].pages[0], changed.state[0].pages[1]);
  EXPECT_EQ(message(changed), "sequence 0 does not have the pages of node 2");
  changed = sequence;
  changed.salt = "x";
  EXPECT_EQ(message(changed), "sequence 0 shares with another salt");
  changed = sequence;
  changed.computed = 7;
  EXPECT_EQ(message(changed),
            "sequence 0 has computed 7 tokens and stands at a node that ends at 8");
  std::vector<StatePools::Holder> holders = {{1, sequence.state, 9}};
  EXPECT_EQ(pools.checkIntegrity(holders).message(),
            "pool 0: page 0 is not in the cache and counts as if it were");
}
