//===- Scheduler.h - Who runs in the next step ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Continuous batching: each step mixes decode tokens and prompt chunks of several sequences
// within a budget of tokens. Prompts wait for free pages and slots; when running sequences need
// pages that are not there, the youngest one of the least urgent gives back all it holds and is
// computed again later, as far as the prefix cache does not have it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SCHEDULER_H
#define MOEC_RUNTIME_SCHEDULER_H

#include "moec/Support/Error.h"
#include "moec/runtime/Sequence.h"
#include "moec/runtime/StatePools.h"
#include "moec/runtime/WaitingQueue.h"
#include "moec/runtime/cache/PrefixCache.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace moec::runtime {

/// Limits of the batches that a scheduler makes.
struct SchedulerOptions {
  /// Tokens a step may have.
  uint32_t maxTokens = 2048;
  /// Sequences a step may have.
  uint32_t maxSequences = 256;
  /// Tokens of one sequence in one step; 0 means no limit of its own.
  uint32_t maxChunk = 0;
  /// Tokens a sequence may have.
  uint32_t maxContext = 2048;
  /// Tokens that a step may have of sequences that ask for logits at every position; 0 means no
  /// limit of their own. A row of logits is much larger than what else a token needs.
  uint32_t maxScoredTokens = 0;
  /// Finish all prompts before decoding any sequence: for measuring the two apart.
  bool prefillFirst = false;
  /// Where sequences have states in slots: chunks of a prompt end at multiples of so many tokens
  /// wherever a step has room for as many, so that kernels take the same tokens together however
  /// busy steps are.
  uint32_t stateGrid = 64;
};

/// `count` tokens of one sequence, from position `start` on, that a step computes.
struct ScheduledChunk {
  Sequence *sequence;
  uint32_t start;
  uint32_t count;
  /// The last ones of them that are drafts, and how many of these turned out to follow: the first
  /// ones, which are among the sequence's tokens then.
  uint32_t drafts = 0, accepted = 0;

  /// Tokens that the sequence keeps.
  uint32_t kept() const { return count - drafts + accepted; }
};

/// Decides, deterministically, what each step computes, and gives sequences their state.
class Scheduler {
public:
  /// Without limits of the cache there is none.
  Scheduler(const SchedulerOptions &options, StatePools pools, PrefixCacheLimits cache = {});

  /// The most tokens one sequence can ever have here.
  uint32_t capacity() const;
  /// What bounds it: "at most 64 fit (…)".
  std::string describeCapacity() const;

  /// Fails when a sequence of `tokens` tokens can never be computed: when it has none, or they
  /// never fit. May be called from any thread.
  Error check(size_t tokens) const;
  /// Queues a sequence that passes check(), else fails like it.
  Error add(std::unique_ptr<Sequence> sequence);

  /// The next step: empty only when no sequence has tokens to compute. Every chunk has its pages
  /// and slots. Drafts take what of the step and the memory nobody else wants, but for a part of
  /// the step that prompts leave them.
  std::vector<ScheduledChunk> schedule();

  /// Says that a drafted token of a step does follow its sequence.
  static void accept(ScheduledChunk &chunk, int32_t token);

  /// Says that a step made by schedule() was computed: what drafts that were not accepted have left
  /// is taken back, the cache has its blocks, and pages that windows have left are free again.
  void complete(const std::vector<ScheduledChunk> &step);

  /// Drafts that a step can compute of a sequence at most, whatever else is in it.
  uint32_t draftLimit(const Sequence &sequence) const;
  /// Gives a running sequence pages for its first `tokens` tokens, drafts among them, if there are
  /// any that nobody needs.
  bool reserve(Sequence &sequence, uint32_t tokens);

  /// Appends a token to a sequence that has none pending.
  void append(Sequence &sequence, int32_t token);

  /// Ends a sequence, running or waiting; frees what it holds. False when there is none of that id.
  bool remove(RequestId id);

  /// Has `listener` told of each sequence that gives back what it holds: at its end, and when it is
  /// preempted.
  void onRelease(std::function<void(RequestId)> listener) { released = std::move(listener); }

  const SchedulerOptions &limits() const { return options; }
  size_t running() const { return active.size(); }
  size_t waiting() const { return queue.size(); }
  uint64_t preemptions() const { return preempted; }
  const StatePools &pools() const { return statePools; }
  const PrefixCache &cache() const { return prefixes; }

  /// Checks pages and slots against sequences and the cache, for tests and when idle.
  Error checkIntegrity() const;

private:
  /// Tokens of a sequence that a step with room for `budget` takes; 0 where they had better wait.
  uint32_t chunkLimit(const Sequence &sequence, uint32_t budget) const;
  uint32_t alignChunk(const Sequence &sequence, uint32_t count, uint32_t budget) const;
  PoolCounts demandOf(const Sequence &sequence) const;
  /// Gives a sequence what its first `tokens` tokens need, for which the cache gives up what is
  /// missing; false where that is not enough.
  bool grow(Sequence &sequence, uint32_t tokens);
  void releaseState(Sequence &sequence);
  /// Tokens of a step that prompts leave to the drafts of those that decode in it.
  uint32_t draftBudget(const std::vector<ScheduledChunk> &step, uint32_t budget) const;
  /// Puts drafts into a step, one for each sequence, then a second one for each, and so on.
  void addDrafts(std::vector<ScheduledChunk> &step, uint32_t budget);
  bool addDraft(ScheduledChunk &chunk);
  /// Takes pages from drafts that are in no step yet, and the drafts; false where that frees none.
  bool dropDrafts();
  /// Puts a chunk into the step that is being made.
  void add(Sequence &sequence, uint32_t count, uint32_t &budget, std::vector<ScheduledChunk> &step);
  void preemptYoungest();
  void scheduleActive(bool decoding, uint32_t &budget, std::vector<ScheduledChunk> &step);
  void admitWaiting(uint32_t &budget, std::vector<ScheduledChunk> &step);
  /// Has a step keep states within its chunks that the cache wants, as far as there are slots.
  void addSnapshots(std::vector<ScheduledChunk> &step);

  SchedulerOptions options;
  StatePools statePools;
  bool hasSlots = false;
  PrefixCache prefixes;
  /// By priority, then in order of admission: the last gives back its memory first.
  std::vector<std::unique_ptr<Sequence>> active;
  WaitingQueue queue;
  uint64_t preempted = 0;
  std::function<void(RequestId)> released;
  uint32_t scoredTokens = 0; ///< in the step that is being made
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SCHEDULER_H
