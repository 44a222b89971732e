//===- SnapshotsTest.cpp - States of slots in the prefix cache ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Where states are kept, which of them a prompt goes on from, and which go first, each by hand.
//
//===----------------------------------------------------------------------===//

#include "PrefixCacheFixture.h"
#include "moec/runtime/Scheduler.h"

using namespace moec;
using namespace moec::test;

namespace {
class SnapshotsTest : public PrefixCacheFixture {
protected:
  /// Pages of 4 and slots; a block is 8 tokens.
  void makeSlots(uint32_t slots, uint32_t interval = 0, uint64_t bytes = UINT64_MAX) {
    make({{Allocation::Paged, 4, 0}, {Allocation::Slots, 0, 0}}, {200, slots},
         {bytes, {4, 100}, /*snapshotGrid=*/8, interval});
    EXPECT_EQ(cache->blockTokens(), 8u);
  }
  /// Generates tokens one by one.
  void generate(Sequence &sequence, const V &tokens) {
    for (int32_t token : tokens) {
      sequence.tokens.push_back(token);
      compute(sequence);
    }
  }
  uint32_t snapshots() const { return pools.numbersOf(1).idlePages(); }
};

V joined(V a, const V &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
} // namespace

TEST_F(SnapshotsTest, AHitIsWhereAStateWasKept) {
  makeSlots(20);
  run(range(0, 30));
  EXPECT_EQ(snapshots(), 1u) << "at the last block before the prompt's last token";
  EXPECT_EQ(found(range(0, 30)), 24u);
  EXPECT_EQ(found(range(0, 25)), 24u);
  EXPECT_EQ(found(joined(range(0, 24), range(100, 9))), 24u);
  EXPECT_EQ(found(joined(range(0, 23), range(100, 9))), 0u) << "pages alone are no hit";
  EXPECT_EQ(found(range(0, 24)), 0u);
}

TEST_F(SnapshotsTest, APromptOfWholeBlocksIsAHitForItselfAndForWhatGoesOn) {
  makeSlots(20);
  run(range(0, 24));
  EXPECT_EQ(found(range(0, 24)), 16u);
  EXPECT_EQ(found(range(0, 25)), 24u);
}

TEST_F(SnapshotsTest, AnIntervalKeepsStatesOfEveryText) {
  makeSlots(20, /*interval=*/15); // two blocks
  run(range(0, 70));
  EXPECT_EQ(snapshots(), 4u);
  for (uint32_t length = 1; length < 70; ++length)
    EXPECT_EQ(found(range(0, length)), length > 64 ? 64 : (length - 1) / 16 * 16) << length;
}

TEST_F(SnapshotsTest, ATurnBranchesOffBehindTheUsersMessage) {
  makeSlots(20);
  Sequence turn = begin(range(0, 60), "", /*turnEnd=*/43);
  compute(turn);
  end(turn);
  EXPECT_EQ(found(joined(range(0, 43), range(200, 30))), 40u);
  EXPECT_EQ(found(joined(range(0, 57), range(200, 30))), 56u);
}

TEST_F(SnapshotsTest, WhereOneBranchedOffTheNextFindsAState) {
  makeSlots(20);
  run(joined(range(0, 50), range(100, 20)));
  Sequence other = begin(joined(range(0, 50), range(200, 20)));
  EXPECT_EQ(other.computed, 0u);
  EXPECT_EQ(other.junction, 48u);
  compute(other);
  end(other);
  EXPECT_EQ(found(joined(range(0, 50), range(300, 20))), 48u);
}

TEST_F(SnapshotsTest, OfAnAnswerTheLastStateIsKept) {
  makeSlots(20);
  Sequence sequence = begin(range(0, 20));
  compute(sequence);
  EXPECT_EQ(snapshots(), 1u);
  generate(sequence, range(20, 50));
  EXPECT_EQ(snapshots(), 2u) << "that of the prompt and the last one";
  EXPECT_EQ(pools.numbersOf(1).freePages(), 17u);
  end(sequence);
  EXPECT_EQ(cache->evictedSlots(), 0u);
  EXPECT_EQ(found(joined(range(0, 66), range(100, 9))), 64u);
  EXPECT_EQ(found(joined(range(0, 60), range(100, 9))), 16u);
}

TEST_F(SnapshotsTest, ASequenceThatReadsAStateWritesAnother) {
  makeSlots(20);
  run(range(0, 20));
  Sequence a = begin(range(0, 20)), b = begin(joined(range(0, 17), range(100, 9)));
  int32_t kept = a.state[1].slot;
  EXPECT_EQ(b.state[1].slot, kept) << "both may read it in the same step";
  others = {&b};
  compute(a);
  EXPECT_NE(a.state[1].slot, kept);
  others = {&a};
  compute(b, 20);
  EXPECT_NE(b.state[1].slot, kept);
  EXPECT_NE(b.state[1].slot, a.state[1].slot);
  int32_t own = b.state[1].slot;
  compute(b);
  EXPECT_EQ(b.state[1].slot, own) << "which it goes on writing";
  EXPECT_EQ(snapshots(), 2u) << "the first prompt's and that of the second behind 24 tokens";
  others = {};
  end(a);
  end(b);
  EXPECT_EQ(pools.freeUnits(1), 20u);
}

TEST_F(SnapshotsTest, TheOnlySlotIsTakenOver) {
  makeSlots(1);
  run(range(0, 20));
  EXPECT_EQ(snapshots(), 0u) << "the sequence kept it for itself within the prompt";
  Sequence first = begin(range(0, 16));
  compute(first);
  end(first);
  EXPECT_EQ(snapshots(), 1u);
  Sequence second = begin(range(0, 20));
  EXPECT_EQ(second.computed, 16u);
  EXPECT_EQ(pools.demand(second.state, 20, 4), (PoolCounts{1, 0}));
  compute(second);
  EXPECT_EQ(second.state[1].slot, 0);
  EXPECT_EQ(cache->evictedSlots(), 1u);
  end(second);
  EXPECT_EQ(found(range(0, 20)), 0u);
}

TEST_F(SnapshotsTest, TheLeastRecentlyUsedStateGoesFirst) {
  makeSlots(4);
  for (int32_t text : {100, 200, 300})
    run(range(text, 17));
  EXPECT_EQ(snapshots(), 3u);
  EXPECT_EQ(found(range(100, 17)), 16u) << "used again";
  Sequence running = begin(range(400, 7));
  compute(running);
  others = {&running};
  EXPECT_EQ(snapshots(), 3u);
  cache->makeRoom({0, 1});
  EXPECT_EQ(cache->evictedSlots(), 1u);
  EXPECT_EQ(found(range(200, 17)), 0u);
  EXPECT_EQ(found(range(300, 17)), 16u);
  EXPECT_EQ(found(range(100, 17)), 16u);
  EXPECT_EQ(cache->evictedPages(), 0u) << "pages stay";
  cache->makeRoom({200 - 8 - 2, 0});
  EXPECT_EQ(cache->evictedPages(), 4u) << "until they are wanted, first those without a state";
  EXPECT_EQ(found(range(300, 17)), 16u);
  EXPECT_EQ(found(range(100, 17)), 16u);
  others = {};
  end(running);
}

TEST_F(SnapshotsTest, AStateThatWasOvertakenGoesBeforeOlderOnes) {
  makeSlots(20);
  run(range(100, 17));
  // A conversation whose user spoke up to 18, then two calls that go on from each other.
  Sequence call = begin(range(200, 36), "", /*turnEnd=*/18);
  compute(call);
  end(call);
  Sequence next = begin(range(200, 60), "", /*turnEnd=*/18);
  EXPECT_EQ(next.computed, 32u);
  compute(next);
  end(next);
  EXPECT_EQ(snapshots(), 4u);
  PoolCounts most = {0, 17};
  cache->makeRoom(most);
  EXPECT_EQ(found(range(100, 17)), 16u);
  EXPECT_EQ(found(joined(range(200, 20), range(300, 9))), 16u) << "another turn begins there";
  EXPECT_EQ(found(joined(range(200, 36), range(300, 9))), 16u) << "this one has gone on";
  EXPECT_EQ(found(range(200, 60)), 56u);
}

TEST_F(SnapshotsTest, ATurnThatWasLeftGoesBeforeOlderOnes) {
  makeSlots(20);
  run(range(100, 17));
  Sequence first = begin(range(200, 50), "", /*turnEnd=*/18);
  compute(first);
  end(first);
  // The next turn goes on behind the first one's message, not behind its answer.
  V next = joined(range(200, 18), range(300, 27));
  Sequence second = begin(next, "", /*turnEnd=*/34);
  EXPECT_EQ(second.computed, 16u);
  compute(second);
  end(second);
  EXPECT_EQ(snapshots(), 5u);
  cache->makeRoom({0, 17});
  EXPECT_EQ(found(joined(range(200, 50), {1, 2})), 0u) << "the two of the first turn went";
  EXPECT_EQ(found(range(100, 17)), 16u);
  EXPECT_EQ(found(next), 40u);
  EXPECT_EQ(found(joined(range(200, 18), joined(range(300, 16), range(500, 9)))), 32u);
  cache->makeRoom({186, 0});
  EXPECT_EQ(cache->evictedPages(), 8u) << "and then its pages";
  EXPECT_EQ(found(range(100, 17)), 16u);
  EXPECT_EQ(found(next), 40u);
}

TEST_F(SnapshotsTest, ALimitCountsSlots) {
  makeSlots(20, /*interval=*/0, /*bytes=*/250);
  run(range(100, 17)); // four pages of 4 and a slot of 100
  EXPECT_EQ(cache->idleBytes(), 116u);
  run(range(200, 17));
  EXPECT_EQ(cache->idleBytes(), 232u);
  run(range(300, 17));
  EXPECT_LE(cache->idleBytes(), 250u);
  EXPECT_EQ(found(range(100, 17)), 0u);
  EXPECT_EQ(found(range(200, 17)), 16u);
  EXPECT_EQ(found(range(300, 17)), 16u);
}

TEST_F(SnapshotsTest, SlotsAloneAreCachedToo) {
  make({{Allocation::Slots, 0, 0}, {Allocation::Slots, 0, 0}}, {9, 5}, {UINT64_MAX, {}, 8, 0});
  run(range(0, 30));
  EXPECT_EQ(found(range(0, 30)), 24u);
  cache->makeRoom({0, 5});
  EXPECT_EQ(found(range(0, 30)), 0u) << "one pool has lost it";
  run(range(0, 30));
  EXPECT_EQ(found(range(0, 30)), 24u) << "which is mended";
  cache->makeRoom({9, 5});
  EXPECT_EQ(cache->pages(), (std::vector<V>{{}, {}}));
}

namespace {
/// A scheduler over pages of 4 and slots, with blocks of 8 tokens.
class SnapshotSchedulerTest : public testing::Test {
protected:
  void make(uint32_t maxTokens, uint32_t slots, uint32_t maxSequences = 4) {
    SchedulerOptions options;
    options.maxTokens = maxTokens;
    options.maxSequences = maxSequences;
    options.maxContext = 1000;
    options.stateGrid = 8;
    StatePools pools({{Allocation::Paged, 4, 0}, {Allocation::Slots, 0, 0}},
                     std::vector<uint32_t>{400, slots});
    scheduler = std::make_unique<Scheduler>(options, std::move(pools),
                                            PrefixCacheLimits{UINT64_MAX, {}, 8, 0});
  }
  void add(RequestId id, V tokens) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = id;
    sequence->tokens = std::move(tokens);
    sequence->promptTokens = uint32_t(sequence->tokens.size());
    ASSERT_EQ(scheduler->add(std::move(sequence)).message(), "");
  }
  using Shape = std::vector<std::array<uint64_t, 3>>;
  Shape advance() {
    Shape shape;
    std::vector<ScheduledChunk> step = scheduler->schedule();
    for (const ScheduledChunk &chunk : step)
      shape.push_back({chunk.sequence->id, chunk.start, chunk.count});
    scheduler->complete(step);
    for (const ScheduledChunk &chunk : step)
      if (chunk.sequence->pending() == 0)
        scheduler->append(*chunk.sequence, 1);
    EXPECT_EQ(scheduler->checkIntegrity().message(), "");
    return shape;
  }

  std::unique_ptr<Scheduler> scheduler;
};
} // namespace

TEST_F(SnapshotSchedulerTest, ChunksEndAtTheGridHoweverBusyStepsAre) {
  make(21, /*slots=*/9);
  add(1, range(0, 3));
  add(2, range(100, 40));
  EXPECT_EQ(advance(), (Shape{{1, 0, 3}, {2, 0, 16}}));
  EXPECT_EQ(advance(), (Shape{{1, 3, 1}, {2, 16, 16}}));
  add(3, range(200, 20));
  EXPECT_EQ(advance(), (Shape{{1, 4, 1}, {2, 32, 8}, {3, 0, 8}}));
  add(4, range(300, 30));
  EXPECT_EQ(advance(), (Shape{{1, 5, 1}, {2, 40, 1}, {3, 8, 12}}))
      << "the fourth waits, as only a part of a block would fit";
  EXPECT_EQ(advance(), (Shape{{1, 6, 1}, {2, 41, 1}, {3, 20, 1}, {4, 0, 16}}));
}

TEST_F(SnapshotSchedulerTest, AStepWithoutRoomForTheGridIsUsedAsItIs) {
  make(9, /*slots=*/9);
  add(1, range(0, 3));
  add(2, range(100, 40));
  EXPECT_EQ(advance(), (Shape{{1, 0, 3}, {2, 0, 6}}));
  EXPECT_EQ(advance(), (Shape{{1, 3, 1}, {2, 6, 2}}));
}

TEST_F(SnapshotSchedulerTest, SequencesComeBeforeSnapshots) {
  make(200, /*slots=*/2);
  add(1, range(0, 20));
  add(2, range(100, 20));
  EXPECT_EQ(advance(), (Shape{{1, 0, 20}, {2, 0, 20}}));
  EXPECT_EQ(scheduler->pools().freeUnits(1), 0u) << "no slot is left for a snapshot";
  EXPECT_TRUE(scheduler->remove(2));
  // The last block of an answer is kept, until a sequence wants the slot.
  for (int step = 0; step < 5; ++step)
    EXPECT_EQ(advance().size(), 1u);
  EXPECT_EQ(scheduler->pools().numbersOf(1).idlePages(), 1u);
  add(3, range(200, 5));
  EXPECT_EQ(advance(), (Shape{{1, 25, 1}, {3, 0, 5}}));
  EXPECT_EQ(scheduler->cache().evictedSlots(), 1u);
  EXPECT_EQ(scheduler->pools().freeUnits(1), 0u);
}

TEST_F(SnapshotSchedulerTest, TwoThatGoOnFromOneStateNeedASlotEach) {
  make(200, /*slots=*/3);
  add(1, range(0, 20));
  advance();
  EXPECT_TRUE(scheduler->remove(1));
  for (RequestId id : {2, 3, 4})
    add(id, range(0, 20));
  // The third slot is the one that both read.
  EXPECT_EQ(advance(), (Shape{{2, 16, 4}, {3, 16, 4}}));
  EXPECT_EQ(advance(), (Shape{{2, 20, 1}, {3, 20, 1}, {4, 16, 4}}));
  EXPECT_EQ(scheduler->cache().evictedSlots(), 1u) << "which the last one takes over";
}
