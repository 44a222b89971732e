//===- StatePoolsTest.cpp - What sequences hold of the state ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each rule by hand, then sizes of pools against every batch that could want them.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StatePools.h"
#include "moec/runtime/StateMemory.h"

#include <gtest/gtest.h>
#include <random>

using namespace moec;
using namespace moec::runtime;
using plan::Allocation;
using V = std::vector<int32_t>;

namespace {
constexpr int32_t none = noUnit;

StatePools makePools(std::vector<PoolRule> rules, std::vector<uint32_t> sizes) {
  return StatePools(std::move(rules), sizes);
}

/// A plan of these pools, with one state of `bytes` in each.
struct PoolPlan {
  flatbuffers::FlatBufferBuilder builder;
  const plan::Plan *root = nullptr;

  PoolPlan(const std::vector<PoolRule> &rules, uint64_t bytes, uint32_t maxContext) {
    plan::PlanT made;
    made.target = "none";
    made.max_context = maxContext;
    for (const PoolRule &rule : rules) {
      made.pools.push_back(std::make_unique<plan::PoolT>());
      made.pools.back()->allocation = rule.allocation;
      made.pools.back()->page_size = rule.pageSize;
      made.pools.back()->window = rule.window;
      made.states.push_back(std::make_unique<plan::StateT>());
      made.states.back()->name = "s";
      made.states.back()->pool = uint32_t(made.pools.size() - 1);
      made.states.back()->bytes = bytes;
    }
    plan::FinishPlanBuffer(builder, plan::CreatePlan(builder, &made));
    root = plan::GetPlan(builder.GetBufferPointer());
  }
};
} // namespace

TEST(StatePools, PagesComeWithTokensAndGoTogether) {
  StatePools pools = makePools({{Allocation::Paged, 4, 0}}, {3});
  SequenceState a, b;
  EXPECT_TRUE(pools.grow(a, 5));
  EXPECT_EQ(a[0].pages, (V{0, 1}));
  EXPECT_TRUE(pools.grow(a, 8)) << "the second page has room";
  EXPECT_EQ(pools.freeUnits(0), 1u);
  EXPECT_FALSE(pools.grow(b, 5)) << "all of it or nothing";
  EXPECT_TRUE(b.empty());
  pools.trim(a, 8);
  EXPECT_EQ(a[0].pages, (V{0, 1})) << "only windows give pages back";
  pools.release(a);
  EXPECT_TRUE(a.empty());
  EXPECT_TRUE(pools.grow(b, 5));
  EXPECT_EQ(b[0].pages, (V{0, 1})) << "the same pages in the same order";
}

TEST(StatePools, AllPoolsGiveOrNone) {
  StatePools pools = makePools(
      {{Allocation::Paged, 4, 0}, {Allocation::Slots, 0, 0}, {Allocation::Paged, 2, 0}}, {9, 1, 3});
  SequenceState a, b;
  EXPECT_FALSE(pools.grow(a, 7)) << "the third pool has pages for 6 tokens";
  EXPECT_TRUE(pools.grow(a, 6));
  EXPECT_EQ(a[0].pages, (V{0, 1}));
  EXPECT_EQ(a[1].slot, 0);
  EXPECT_EQ(a[2].pages, (V{0, 1, 2}));
  EXPECT_TRUE(pools.grow(a, 6)) << "it has its slot";
  EXPECT_FALSE(pools.grow(a, 7));
  EXPECT_EQ(a[0].pages.size(), 2u);
  EXPECT_FALSE(pools.grow(b, 0)) << "no slot is left";
  pools.release(a);
  EXPECT_TRUE(pools.grow(b, 1));
  EXPECT_EQ(b[1].slot, 0);
}

TEST(StatePools, AWindowKeepsWhatTheNextTokenReads) {
  StatePools pools = makePools({{Allocation::Window, 4, 5}}, {4});
  SequenceState state;
  ASSERT_TRUE(pools.grow(state, 10));
  EXPECT_EQ(state[0].pages, (V{0, 1, 2}));
  pools.trim(state, 7); // the next token, 7, reads 3 to 7
  EXPECT_EQ(state[0].pages, (V{0, 1, 2}));
  pools.trim(state, 8); // and 8 reads 4 to 8
  EXPECT_EQ(state[0].pages, (V{none, 1, 2}));
  EXPECT_EQ(state[0].heldPages(), 2u);
  EXPECT_EQ(pools.freeUnits(0), 2u);
  ASSERT_TRUE(pools.grow(state, 17));
  EXPECT_EQ(state[0].pages, (V{none, 1, 2, 0, 3})) << "the page comes again at another place";
  pools.trim(state, 17); // 13 to 17
  EXPECT_EQ(state[0].pages, (V{none, none, none, 0, 3}));
  EXPECT_EQ(state[0].row(pools.rules()[0], 14), 2);
  pools.release(state);
  EXPECT_EQ(pools.freeUnits(0), 4u);
}

TEST(StatePools, AWindowOfOneKeepsNoPageThatIsFull) {
  StatePools pools = makePools({{Allocation::Window, 1, 1}}, {2});
  SequenceState state;
  for (uint32_t token = 1; token < 20; ++token) {
    ASSERT_TRUE(pools.grow(state, token));
    pools.trim(state, token);
    EXPECT_EQ(pools.freeUnits(0), 2u);
  }
}

TEST(StatePools, CapacityIsThatOfASequenceAlone) {
  EXPECT_EQ(StatePools().capacity(77), 77u);
  EXPECT_EQ(StatePools().chunkCapacity(), UINT32_MAX);
  EXPECT_EQ(makePools({{Allocation::Paged, 4, 0}}, {3}).capacity(77), 12u);
  EXPECT_EQ(makePools({{Allocation::Paged, 4, 0}, {Allocation::Paged, 2, 0}}, {30, 3}).capacity(77),
            6u);
  EXPECT_EQ(makePools({{Allocation::Slots, 0, 0}}, {1}).capacity(77), 77u);
  EXPECT_EQ(makePools({{Allocation::Slots, 0, 0}}, {0}).capacity(77), 0u);
  // A window of 5 touches 2 pages of 4 where a third begins: with 2 it is served.
  EXPECT_EQ(makePools({{Allocation::Window, 4, 5}}, {2}).capacity(77), 77u);
  EXPECT_EQ(makePools({{Allocation::Window, 4, 5}}, {1}).capacity(77), 4u);
  for (uint32_t page : {1, 2, 3, 4, 7})
    for (uint32_t window : {1, 2, 5, 9})
      for (uint32_t units : {1, 2, 3, 5, 9}) {
        PoolRule rule{Allocation::Window, page, window};
        StatePools pools = makePools({rule}, {units});
        if (pools.capacity(1000) < 1000)
          continue;
        uint32_t chunk = pools.chunkCapacity();
        EXPECT_GE(chunk, 1u);
        EXPECT_LE(rule.pagesOfWindow(chunk), units);
        EXPECT_GT(rule.pagesOfWindow(chunk + 1), units);
      }
}

TEST(StatePools, DemandIsWhatIsStillToCome) {
  StatePools pools =
      makePools({{Allocation::Paged, 4, 0}, {Allocation::Window, 4, 5}, {Allocation::Slots, 0, 0}},
                {9, 9, 2});
  SequenceState state;
  EXPECT_EQ(pools.demand(state, 30, 3), (PoolCounts{8, 3, 1}));
  EXPECT_EQ(pools.demand(state, 3, 3), (PoolCounts{1, 1, 1}));
  ASSERT_TRUE(pools.grow(state, 9));
  EXPECT_EQ(pools.demand(state, 30, 3), (PoolCounts{5, 0, 0}));
  pools.trim(state, 9);
  EXPECT_EQ(pools.demand(state, 30, 3), (PoolCounts{5, 1, 0}));
  EXPECT_TRUE(pools.hasFree({6, 7, 1}));
  EXPECT_FALSE(pools.hasFree({7, 0, 0}));
  EXPECT_FALSE(pools.hasFree({0, 0, 2}));
}

TEST(StatePools, IntegrityCheckFindsWhatIsWrong) {
  StatePools pools = makePools({{Allocation::Window, 2, 3}, {Allocation::Slots, 0, 0}}, {9, 2});
  SequenceState state;
  ASSERT_TRUE(pools.grow(state, 6));
  auto message = [&](const SequenceState &held, uint32_t computed) {
    std::vector<StatePools::Holder> holders;
    holders.push_back({1, held, computed});
    return pools.checkIntegrity(holders).message();
  };
  EXPECT_EQ(message(state, 3), "");
  EXPECT_EQ(message(state, 4),
            "pool 0: sequence 1 has computed 4 tokens and still has page 0 of its positions");
  EXPECT_EQ(message(state, 8), "pool 0: sequence 1 has computed 8 tokens and has only 3 pages");
  EXPECT_EQ(message({}, 8), "sequence 1 has computed 8 tokens and holds nothing");
  EXPECT_EQ(message({}, 0), "pool 0: page 0 counts 1 holders but has 0");
  SequenceState changed = state;
  changed[0].pages[1] = none;
  EXPECT_EQ(message(changed, 3),
            "pool 0: sequence 1 has computed 3 tokens and no longer has page 1 of its positions");
  changed = state;
  changed[1].slot = 1;
  EXPECT_EQ(message(changed, 3), "pool 1: page 0 counts 1 holders but has 0");
  changed[1].slot = none;
  EXPECT_EQ(message(changed, 3), "pool 1: sequence 1 has no slot");
}

// Whatever chunks a step has, pools of the size that sizePools gives windows serve it.
TEST(StateMemory, WindowsSufficeForEveryStep) {
  std::mt19937 random(1);
  auto pick = [&](uint32_t low, uint32_t high) {
    return low + uint32_t(random() % (high - low + 1));
  };
  for (int round = 0; round < 400; ++round) {
    PoolRule rule{Allocation::Window, pick(1, 6), pick(1, 12)};
    StateLimits limits{pick(1, 20), pick(1, 6)};
    PoolPlan made({rule}, 8, 100);
    auto sizes = sizePools(*made.root, limits, uint64_t(1) << 30);
    ASSERT_TRUE(sizes) << sizes.takeError().message();
    StatePools pools = makePools({rule}, *sizes);
    std::vector<SequenceState> states(limits.maxSequences);
    std::vector<uint32_t> computed(limits.maxSequences, 0);
    for (int step = 0; step < 60; ++step) {
      uint32_t budget = limits.maxTokens;
      std::vector<uint32_t> chunks(states.size(), 0);
      for (size_t s = 0; s < states.size(); ++s) {
        chunks[s] = std::min(pick(0, budget), 100 - computed[s]);
        budget -= chunks[s];
        ASSERT_TRUE(pools.grow(states[s], computed[s] + chunks[s])) << round << " " << step;
      }
      for (size_t s = 0; s < states.size(); ++s) {
        computed[s] += chunks[s];
        pools.trim(states[s], computed[s]);
        if (computed[s] == 100) {
          pools.release(states[s]);
          computed[s] = 0;
        }
      }
    }
  }
}

TEST(StateMemory, PagesTakeWhatWindowsAndSlotsLeave) {
  std::vector<PoolRule> rules = {{Allocation::Slots, 0, 0},
                                 {Allocation::Paged, 4, 0},
                                 {Allocation::Window, 1, 3},
                                 {Allocation::Paged, 8, 0}};
  PoolPlan made(rules, 10, 64);
  StateLimits limits{5, 2};
  EXPECT_EQ(unitBytes(*made.root, 0), 10u);
  EXPECT_EQ(unitBytes(*made.root, 3), 80u);
  // Two slots; windows of 3 leave 2 rows of each sequence beside the 5 tokens of a step.
  EXPECT_EQ(fixedStateBytes(*made.root, limits), 20u + 90u);
  auto sizes = [&](uint64_t memory) {
    auto found = sizePools(*made.root, limits, memory);
    EXPECT_TRUE(found) << found.takeError().message();
    return *found;
  };
  EXPECT_EQ(sizes(1 << 20), (std::vector<uint32_t>{2, 32, 9, 16}));
  EXPECT_EQ(sizes(110 + 2560), (std::vector<uint32_t>{2, 32, 9, 16}));
  EXPECT_EQ(sizes(110 + 1280), (std::vector<uint32_t>{2, 16, 9, 8}));
  EXPECT_EQ(sizes(110 + 120), (std::vector<uint32_t>{2, 1, 9, 1}));
  EXPECT_EQ(
      sizePools(*made.root, limits, 229).takeError().message(),
      "the states have 229 bytes of memory but 2 sequences need 110 for windows and slots and "
      "120 for one page of each other pool; raise --kv-memory or run fewer sequences");
  EXPECT_EQ(poolSizesFor(*made.root, std::vector<uint32_t>{9, 1}),
            (std::vector<uint32_t>{2, 4, 10, 3}));
  // Snapshots: a slot every 32 tokens and two more for each sequence, from what is left.
  limits.snapshotBytes = UINT64_MAX;
  limits.snapshotInterval = 32;
  EXPECT_EQ(sizes(1 << 20), (std::vector<uint32_t>{2 + 8, 32, 9, 16}));
  EXPECT_EQ(sizes(110 + 2560), (std::vector<uint32_t>{2 + 8, 31, 9, 15})) << "half is pages'";
  EXPECT_EQ(sizes(110 + 1280), (std::vector<uint32_t>{2, 16, 9, 8})) << "or the longest context's";
  limits.snapshotBytes = 35;
  EXPECT_EQ(sizes(1 << 20), (std::vector<uint32_t>{2 + 3, 32, 9, 16}));
  // A row of the pages takes 20 bytes, a slot 10.
  EXPECT_EQ(chooseSnapshotInterval(*made.root, 8), 8u);
  PoolPlan large({{Allocation::Slots, 0, 0}, {Allocation::Slots, 0, 0}, {Allocation::Paged, 4, 0}},
                 10, 64);
  EXPECT_EQ(chooseSnapshotInterval(*large.root, 1), 2u);
  PoolPlan alone({{Allocation::Slots, 0, 0}}, 10, 64);
  EXPECT_EQ(chooseSnapshotInterval(*alone.root, 8), 64u) << "where there is nothing to compare";
  PoolPlan empty({}, 10, 64);
  EXPECT_EQ(*sizePools(*empty.root, limits, 0), std::vector<uint32_t>{});
}
