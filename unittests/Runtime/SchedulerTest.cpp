//===- SchedulerTest.cpp - Who runs in the next step ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Single decisions by hand, then random workloads under page pressure with every invariant
// checked at each step.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Scheduler.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

using namespace moec;
using namespace moec::runtime;

namespace {
std::unique_ptr<Sequence> prompt(RequestId id, uint32_t tokens) {
  auto sequence = std::make_unique<Sequence>();
  sequence->id = id;
  sequence->tokens.assign(tokens, static_cast<int32_t>(id));
  sequence->promptTokens = tokens;
  return sequence;
}

SchedulerOptions limits(uint32_t maxTokens, uint32_t maxSequences = 8) {
  SchedulerOptions options;
  options.maxTokens = maxTokens;
  options.maxSequences = maxSequences;
  options.maxContext = 1000;
  return options;
}

/// A pool of pages of 4.
StatePools onePool(uint32_t pages) {
  return StatePools({{plan::Allocation::Paged, 4, 0}}, std::vector{pages});
}

/// (id, start, count) of each chunk.
using Shape = std::vector<std::array<uint64_t, 3>>;
Shape shape(const std::vector<ScheduledChunk> &step) {
  Shape result;
  for (const ScheduledChunk &chunk : step)
    result.push_back({chunk.sequence->id, chunk.start, chunk.count});
  return result;
}

/// Schedules and completes one step; sequences that are fully computed get a token.
Shape advance(Scheduler &scheduler) {
  std::vector<ScheduledChunk> step = scheduler.schedule();
  scheduler.complete(step);
  for (const ScheduledChunk &chunk : step)
    if (chunk.sequence->pending() == 0)
      scheduler.append(*chunk.sequence, 1);
  EXPECT_EQ(scheduler.checkIntegrity().message(), "");
  return shape(step);
}
} // namespace

TEST(Scheduler, MixesDecodeStepsWithPromptChunks) {
  Scheduler scheduler(limits(8), onePool(100));
  ASSERT_FALSE(scheduler.add(prompt(1, 3)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 3}}));
  ASSERT_FALSE(scheduler.add(prompt(2, 20)));
  ASSERT_FALSE(scheduler.add(prompt(3, 2)));
  // The decode step goes first; the prompt fills the rest of the eight tokens.
  EXPECT_EQ(advance(scheduler), (Shape{{1, 3, 1}, {2, 0, 7}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 4, 1}, {2, 7, 7}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 5, 1}, {2, 14, 6}, {3, 0, 1}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 6, 1}, {2, 20, 1}, {3, 1, 1}}));
}

TEST(Scheduler, ChunksAndSequencesAreLimited) {
  SchedulerOptions options = limits(100, /*maxSequences=*/2);
  options.maxChunk = 3;
  Scheduler scheduler(options, onePool(100));
  for (RequestId id : {1, 2, 3})
    ASSERT_FALSE(scheduler.add(prompt(id, 4)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 3}, {2, 0, 3}}));
  EXPECT_EQ(scheduler.waiting(), 1u);
}

TEST(Scheduler, PrefillFirstKeepsPromptsAndDecodingApart) {
  SchedulerOptions options = limits(4);
  options.prefillFirst = true;
  Scheduler scheduler(options, onePool(100));
  ASSERT_FALSE(scheduler.add(prompt(1, 4)));
  ASSERT_FALSE(scheduler.add(prompt(2, 6)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 4}}));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 0, 4}}));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 4, 2}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 4, 1}, {2, 6, 1}}));
}

TEST(Scheduler, PromptsWaitForPagesInOrder) {
  Scheduler scheduler(limits(100), onePool(5)); // 20 tokens
  ASSERT_FALSE(scheduler.add(prompt(1, 12)));
  ASSERT_FALSE(scheduler.add(prompt(2, 12)));
  ASSERT_FALSE(scheduler.add(prompt(3, 4))); // would fit, but 2 came before
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 12}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 12, 1}}));
  EXPECT_TRUE(scheduler.remove(1));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 0, 12}, {3, 0, 4}}));
}

TEST(Scheduler, OnlyAPromptThatCanNeverFitIsAnError) {
  Scheduler small(limits(8), onePool(2));
  EXPECT_FALSE(small.add(prompt(1, 8)));
  EXPECT_EQ(small.add(prompt(2, 9)).message(), "the prompt has 9 tokens but at most 8 can ever fit "
                                               "(context 1000, 2 cache pages of 4); raise "
                                               "--kv-memory");
  EXPECT_EQ(small.add(prompt(3, 0)).message(), "the prompt is empty");
  SchedulerOptions options = limits(8);
  options.maxContext = 7;
  EXPECT_TRUE(Scheduler(options, onePool(100)).add(prompt(1, 8)));
}

TEST(Scheduler, TheYoungestGivesItsPagesBackAndIsComputedAgain) {
  Scheduler scheduler(limits(100), onePool(4));
  ASSERT_FALSE(scheduler.add(prompt(1, 8)));
  ASSERT_FALSE(scheduler.add(prompt(2, 8)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 8}, {2, 0, 8}}));
  // Both need a third page, none is left: 2 loses its two.
  EXPECT_EQ(advance(scheduler), (Shape{{1, 8, 1}}));
  EXPECT_EQ(scheduler.preemptions(), 1u);
  EXPECT_EQ(scheduler.waiting(), 1u);
  EXPECT_TRUE(scheduler.remove(1));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 0, 9}})) << "its generated token is computed again too";
}

TEST(Scheduler, RemovesWaitingRunningAndUnknownSequences) {
  Scheduler scheduler(limits(100, /*maxSequences=*/1), onePool(10));
  ASSERT_FALSE(scheduler.add(prompt(1, 8)));
  ASSERT_FALSE(scheduler.add(prompt(2, 8)));
  advance(scheduler);
  EXPECT_TRUE(scheduler.remove(2));
  EXPECT_TRUE(scheduler.remove(1));
  EXPECT_FALSE(scheduler.remove(1));
  EXPECT_EQ(scheduler.pools().freeUnits(0), 10u);
  EXPECT_EQ(advance(scheduler), Shape{});
}

TEST(Scheduler, APromptWaitsForASlot) {
  StatePools pools({{plan::Allocation::Paged, 4, 0}, {plan::Allocation::Slots, 0, 0}},
                   std::vector<uint32_t>{100, 2});
  Scheduler scheduler(limits(100), std::move(pools));
  for (RequestId id : {1, 2, 3})
    ASSERT_FALSE(scheduler.add(prompt(id, 4)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 4}, {2, 0, 4}}));
  EXPECT_EQ(scheduler.waiting(), 1u);
  EXPECT_TRUE(scheduler.remove(2));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 4, 1}, {3, 0, 4}}));
}

TEST(Scheduler, AWindowServesALongSequenceInChunksThatFit) {
  // 7 pages of 2: a window of 5 and a chunk of 9 touch 13 positions at most.
  StatePools pools({{plan::Allocation::Window, 2, 5}}, std::vector<uint32_t>{7});
  Scheduler scheduler(limits(100), std::move(pools));
  EXPECT_EQ(scheduler.capacity(), 1000u);
  ASSERT_FALSE(scheduler.add(prompt(1, 25)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 9}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 9, 9}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 18, 7}}));
  // The next token, at position 25, reads from 21 on: pages 10 to 12.
  EXPECT_EQ(scheduler.pools().freeUnits(0), 4u);
}

TEST(Scheduler, WithoutPoolsEverythingFits) {
  Scheduler scheduler(limits(8), StatePools());
  EXPECT_EQ(scheduler.capacity(), 1000u);
  ASSERT_FALSE(scheduler.add(prompt(1, 9)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 8}}));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 8, 1}}));
  EXPECT_EQ(scheduler.add(prompt(2, 1001)).message(),
            "the prompt has 1001 tokens but at most 1000 can ever fit (context 1000)");
}

namespace {
/// One random workload over random pools: every request must come out complete, whatever was
/// preempted or aborted.
class Workload {
public:
  explicit Workload(uint32_t seed) : random(seed) {
    options = limits(pick(1, 40), pick(1, 6));
    options.maxChunk = pick(0, 9);
    options.prefillFirst = pick(0, 1);
    std::vector<PoolRule> rules;
    std::vector<uint32_t> sizes;
    for (uint32_t count = seed % 3 == 0 ? 1 : pick(1, 4); rules.size() < count;) {
      auto rule = plan::Allocation(seed % 3 == 0 ? 0 : pick(0, 2));
      bool hasPages = rule != plan::Allocation::Slots;
      rules.push_back(
          {rule, hasPages ? pick(1, 5) : 0, rule == plan::Allocation::Window ? pick(1, 20) : 0});
      sizes.push_back(hasPages ? pick(8, 30) : pick(1, 6));
    }
    scheduler = std::make_unique<Scheduler>(options, StatePools(rules, sizes));
  }

  void run() {
    for (int steps = 0; steps < 5000; ++steps) {
      if (submitted < 25 && pick(0, 2) == 0)
        submit();
      if (pick(0, 30) == 0 && !wanted.empty())
        abort();
      if (submitted == 25 && wanted.empty())
        break;
      if (!wanted.empty())
        step();
    }
    EXPECT_TRUE(wanted.empty()) << wanted.size() << " requests never ended";
    for (size_t i = 0; i < scheduler->pools().rules().size(); ++i)
      EXPECT_EQ(scheduler->pools().freeUnits(i), scheduler->pools().units(i));
  }

private:
  uint32_t pick(uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
  }
  /// What fits in principle, as far as this test goes.
  uint32_t longest() const { return std::min(scheduler->capacity(), 120u); }
  void submit() {
    RequestId id = ++submitted;
    uint32_t length = pick(1, longest());
    ASSERT_FALSE(scheduler->add(prompt(id, length)));
    wanted[id] = std::min(longest(), length + pick(0, 12));
  }
  void abort() {
    auto victim = std::next(wanted.begin(), pick(0, static_cast<uint32_t>(wanted.size()) - 1));
    EXPECT_TRUE(scheduler->remove(victim->first));
    wanted.erase(victim);
  }
  /// Every position that a token of the chunk reads has a page of its own, and there is a slot.
  void checkState(const ScheduledChunk &chunk, size_t pool, std::set<int32_t> &taken) {
    const PoolRule &rule = scheduler->pools().rules()[pool];
    const PoolShare &share = chunk.sequence->state[pool];
    if (!rule.hasPages()) {
      EXPECT_GE(share.slot, 0);
      EXPECT_TRUE(taken.insert(share.slot).second) << "slot " << share.slot << " has two owners";
      return;
    }
    ASSERT_GE(share.pages.size() * rule.pageSize, chunk.start + chunk.count);
    uint32_t window = rule.window ? rule.window : chunk.start + 1;
    for (uint32_t p = chunk.start + 1 - std::min(window, chunk.start + 1);
         p < chunk.start + chunk.count; ++p)
      ASSERT_NE(share.pages[p / rule.pageSize], noUnit) << "position " << p;
    for (int32_t page : share.pages)
      EXPECT_TRUE(page == noUnit || taken.insert(page).second)
          << "page " << page << " has two owners";
  }
  void step() {
    std::vector<ScheduledChunk> chunks = scheduler->schedule();
    ASSERT_FALSE(chunks.empty()) << "no progress with " << wanted.size() << " requests";
    ASSERT_LE(chunks.size(), options.maxSequences);
    uint32_t tokens = 0;
    std::set<const Sequence *> seen;
    for (const ScheduledChunk &chunk : chunks) {
      tokens += chunk.count;
      EXPECT_TRUE(seen.insert(chunk.sequence).second) << "a sequence twice in one step";
      EXPECT_GT(chunk.count, 0u);
      EXPECT_EQ(chunk.start, chunk.sequence->computed);
    }
    for (size_t pool = 0; pool < scheduler->pools().rules().size(); ++pool) {
      std::set<int32_t> taken;
      for (const ScheduledChunk &chunk : chunks)
        checkState(chunk, pool, taken);
    }
    EXPECT_LE(tokens, options.maxTokens);
    scheduler->complete(chunks);
    for (const ScheduledChunk &chunk : chunks) {
      Sequence &sequence = *chunk.sequence;
      if (sequence.pending() != 0)
        continue;
      if (sequence.tokens.size() >= wanted.at(sequence.id)) {
        wanted.erase(sequence.id);
        EXPECT_TRUE(scheduler->remove(sequence.id));
      } else {
        scheduler->append(sequence, 0);
      }
    }
    ASSERT_EQ(scheduler->checkIntegrity().message(), "");
  }

  std::mt19937 random;
  SchedulerOptions options;
  std::unique_ptr<Scheduler> scheduler;
  RequestId submitted = 0;
  std::map<RequestId, uint32_t> wanted;
};
} // namespace

TEST(Scheduler, RandomWorkloadsEndUnderPagePressure) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Workload(seed).run();
    if (HasFatalFailure())
      return;
  }
}

TEST(Scheduler, SameCallsGiveTheSameSteps) {
  auto trace = [] {
    std::vector<Shape> steps;
    Scheduler scheduler(limits(16, 4), onePool(12));
    for (RequestId id = 1; id <= 6; ++id)
      EXPECT_FALSE(scheduler.add(prompt(id, static_cast<uint32_t>(5 * id))));
    for (int i = 0; i < 30; ++i)
      steps.push_back(advance(scheduler));
    return steps;
  };
  EXPECT_EQ(trace(), trace());
}

TEST(Scheduler, OwnersTakeTurnsAndPrioritiesComeFirst) {
  SchedulerOptions options = limits(4, /*maxSequences=*/1);
  Scheduler scheduler(options, onePool(100));
  auto add = [&](RequestId id, const char *owner, int32_t priority = 0) {
    std::unique_ptr<Sequence> sequence = prompt(id, 4);
    sequence->owner = owner;
    sequence->priority = priority;
    ASSERT_FALSE(scheduler.add(std::move(sequence)));
  };
  // One owner fills the queue before another comes.
  for (RequestId id : {1, 2, 3, 4})
    add(id, "greedy");
  add(5, "modest");
  add(6, "modest");
  add(7, "urgent", /*priority=*/-1);
  std::vector<RequestId> order;
  for (int i = 0; i < 7; ++i) {
    order.push_back(advance(scheduler).front()[0]);
    scheduler.remove(order.back());
    EXPECT_EQ(scheduler.checkIntegrity().message(), "");
  }
  EXPECT_EQ(order, (std::vector<RequestId>{7, 1, 5, 2, 6, 3, 4}));

  // Who comes back after a pause has saved up nothing.
  add(8, "greedy");
  for (int i = 0; i < 3; ++i)
    advance(scheduler); // 4 and 1 and 1 tokens
  add(9, "modest");
  add(10, "greedy");
  add(11, "modest");
  scheduler.remove(8);
  EXPECT_EQ(advance(scheduler).front()[0], 9u) << "as much served, and there before";
  scheduler.remove(9);
  EXPECT_EQ(advance(scheduler).front()[0], 10u);
}

TEST(Scheduler, TheLeastUrgentGivesBackItsMemoryFirst) {
  Scheduler scheduler(limits(100), onePool(4));
  for (RequestId id : {1, 2}) {
    std::unique_ptr<Sequence> sequence = prompt(id, 8);
    sequence->priority = id == 1 ? 5 : 0;
    ASSERT_FALSE(scheduler.add(std::move(sequence)));
  }
  EXPECT_EQ(advance(scheduler), (Shape{{2, 0, 8}, {1, 0, 8}}));
  // The ninth token of 2 takes a page of 1, the older one.
  EXPECT_EQ(advance(scheduler), (Shape{{2, 8, 1}}));
  EXPECT_EQ(scheduler.preemptions(), 1u);
}

TEST(Scheduler, PromptsShareWholePagesThatTheCacheHas) {
  Scheduler scheduler(limits(100), onePool(6), {UINT64_MAX});
  auto add = [&](RequestId id) {
    std::unique_ptr<Sequence> sequence = prompt(id, 10);
    sequence->tokens.assign(10, 1);
    ASSERT_FALSE(scheduler.add(std::move(sequence)));
  };
  add(1);
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 10}}));
  EXPECT_EQ(scheduler.pools().freeUnits(0), 3u);
  add(2);
  add(3);
  // Two pages of four tokens are there, so the last two tokens are computed again.
  EXPECT_EQ(advance(scheduler), (Shape{{1, 10, 1}, {2, 8, 2}, {3, 8, 2}}));
  EXPECT_EQ(scheduler.pools().freeUnits(0), 1u);
  scheduler.remove(1);
  EXPECT_EQ(scheduler.checkIntegrity().message(), "");
  EXPECT_EQ(scheduler.pools().freeUnits(0), 2u) << "the others hold what they share";
  scheduler.remove(2);
  scheduler.remove(3);
  EXPECT_EQ(scheduler.pools().freeUnits(0), 6u);
  EXPECT_EQ(scheduler.checkIntegrity().message(), "");
}

TEST(Scheduler, WhatIsAdmittedCountsThePagesThatItTakesFromTheCache) {
  Scheduler scheduler(limits(100), onePool(6), {UINT64_MAX});
  ASSERT_FALSE(scheduler.add(prompt(1, 9)));
  advance(scheduler);
  scheduler.remove(1);
  // Of six pages two are in the cache. The first prompt takes three, and the second, which would
  // find two and want one more, finds only one that is not promised.
  ASSERT_FALSE(scheduler.add(prompt(2, 16)));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 0, 16}}));
  std::unique_ptr<Sequence> again = prompt(3, 9);
  again->tokens.assign(9, 1);
  ASSERT_FALSE(scheduler.add(std::move(again)));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 16, 1}})) << "a page was given up for it";
  EXPECT_EQ(scheduler.cache().evictedPages(), 1u);
  scheduler.remove(2);
  EXPECT_EQ(advance(scheduler), (Shape{{3, 4, 5}}));
}

TEST(Scheduler, APreemptedSequenceFindsItsOwnPages) {
  Scheduler scheduler(limits(100), onePool(4), {UINT64_MAX});
  ASSERT_FALSE(scheduler.add(prompt(1, 8)));
  ASSERT_FALSE(scheduler.add(prompt(2, 8)));
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 8}, {2, 0, 8}}));
  // Both need a third page: 2 loses its last.
  EXPECT_EQ(advance(scheduler), (Shape{{1, 8, 1}}));
  EXPECT_EQ(scheduler.preemptions(), 1u);
  EXPECT_TRUE(scheduler.remove(1));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 4, 5}}));
}

TEST(Scheduler, ScoredPromptsShareALimitOfTheirOwn) {
  SchedulerOptions options = limits(100);
  options.maxScoredTokens = 6;
  Scheduler scheduler(options, onePool(100));
  for (RequestId id : {1, 2, 3}) {
    std::unique_ptr<Sequence> sequence = prompt(id, 10);
    sequence->allLogits = id != 2;
    ASSERT_FALSE(scheduler.add(std::move(sequence)));
  }
  EXPECT_EQ(advance(scheduler), (Shape{{1, 0, 6}, {2, 0, 10}, {3, 0, 1}}));
  EXPECT_EQ(advance(scheduler), (Shape{{2, 10, 1}, {1, 6, 4}, {3, 1, 2}}));
}

namespace {
/// Schedules a step and accepts this many of the drafts of each sequence.
Shape advanceAccepting(Scheduler &scheduler, uint32_t accepted) {
  std::vector<ScheduledChunk> step = scheduler.schedule();
  for (ScheduledChunk &chunk : step)
    while (chunk.accepted < std::min(accepted, chunk.drafts))
      Scheduler::accept(chunk, chunk.sequence->drafts[chunk.accepted]);
  scheduler.complete(step);
  for (const ScheduledChunk &chunk : step)
    if (chunk.sequence->pending() == 0)
      scheduler.append(*chunk.sequence, 1);
  EXPECT_EQ(scheduler.checkIntegrity().message(), "");
  return shape(step);
}

/// Sequences that decode, of so many tokens, in a scheduler.
std::vector<Sequence *> decoding(Scheduler &scheduler, std::vector<uint32_t> lengths) {
  std::vector<Sequence *> sequences;
  for (size_t i = 0; i < lengths.size(); ++i) {
    auto sequence = prompt(i + 1, lengths[i]);
    sequences.push_back(sequence.get());
    EXPECT_FALSE(scheduler.add(std::move(sequence)));
  }
  advance(scheduler);
  return sequences;
}
} // namespace

TEST(SchedulerDrafts, EachSequenceKeepsWhatFollows) {
  Scheduler scheduler(limits(32), onePool(20));
  std::vector<Sequence *> sequences = decoding(scheduler, {3, 6});
  sequences[0]->drafts = {7, 8, 9};
  EXPECT_EQ(advanceAccepting(scheduler, 1), (Shape{{1, 3, 4}, {2, 6, 1}}));
  EXPECT_EQ(sequences[0]->tokens, (std::vector<int32_t>{1, 1, 1, 1, 7, 1}));
  EXPECT_EQ(sequences[0]->computed, 5u);
  EXPECT_EQ(sequences[0]->state[0].pages.size(), 2u) << "the page of what did not follow is back";
  EXPECT_TRUE(sequences[0]->drafts.empty());
  sequences[0]->drafts = {7, 8, 9};
  sequences[1]->drafts = {5};
  EXPECT_EQ(advanceAccepting(scheduler, 3), (Shape{{1, 5, 4}, {2, 7, 2}}));
  EXPECT_EQ(sequences[0]->computed, 9u);
  EXPECT_EQ(sequences[1]->computed, 9u);
}

TEST(SchedulerDrafts, TheBudgetIsSharedAndPromptsHaveHalfOfIt) {
  Scheduler scheduler(limits(9), onePool(20));
  std::vector<Sequence *> sequences = decoding(scheduler, {3, 3});
  for (Sequence *sequence : sequences)
    sequence->drafts = {7, 8, 9, 10, 11};
  EXPECT_EQ(advanceAccepting(scheduler, 0), (Shape{{1, 3, 5}, {2, 3, 4}}));
  for (Sequence *sequence : sequences)
    sequence->drafts = {7, 8, 9, 10, 11};
  ASSERT_FALSE(scheduler.add(prompt(3, 30)));
  EXPECT_EQ(advanceAccepting(scheduler, 0), (Shape{{1, 4, 3}, {2, 4, 2}, {3, 0, 4}}));
}

TEST(SchedulerDrafts, GoFirstWhenMemoryIsShort) {
  Scheduler scheduler(limits(32), onePool(4));
  std::vector<Sequence *> sequences = decoding(scheduler, {4, 4});
  // The first one has a page for its drafts; the next tokens of both need those that are left.
  sequences[0]->drafts = {7, 8, 9, 10, 11};
  ASSERT_TRUE(scheduler.reserve(*sequences[0], 9));
  EXPECT_EQ(advanceAccepting(scheduler, 0), (Shape{{1, 4, 1}, {2, 4, 1}}));
  EXPECT_EQ(scheduler.preemptions(), 0u);
  // And those that can be computed without a page are.
  sequences[0]->drafts = {7, 8, 9, 10, 11};
  EXPECT_EQ(advanceAccepting(scheduler, 0), (Shape{{1, 5, 3}, {2, 5, 1}}));
  EXPECT_EQ(scheduler.preemptions(), 0u);
}

TEST(SchedulerDrafts, AStateIsThatBehindTheLastThatFollows) {
  StatePools pools({{plan::Allocation::Slots, 0, 0}, {plan::Allocation::Window, 2, 3}},
                   std::vector<uint32_t>{5, 20});
  Scheduler scheduler(limits(32), std::move(pools));
  Sequence &sequence = *decoding(scheduler, {6})[0];
  for (uint32_t accepted = 0; accepted < 5; ++accepted) {
    sequence.drafts = {7, 8, 9, 10, 11};
    std::vector<ScheduledChunk> step = scheduler.schedule();
    ASSERT_EQ(step[0].drafts, 4u) << "there are five slots";
    const PoolShare &share = sequence.state[0];
    ASSERT_EQ(share.snapshots.size(), 4u);
    int32_t want = accepted == 4 ? share.slot : share.snapshots[accepted].slot;
    EXPECT_EQ(share.snapshots[0].position, sequence.computed + 1);
    while (step[0].accepted < accepted)
      Scheduler::accept(step[0], sequence.drafts[step[0].accepted]);
    scheduler.complete(step);
    EXPECT_EQ(share.slot, want);
    EXPECT_EQ(scheduler.pools().freeUnits(0), 4u);
    scheduler.append(sequence, 1);
    EXPECT_EQ(scheduler.checkIntegrity().message(), "");
  }
}
