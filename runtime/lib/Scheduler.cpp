//===- Scheduler.cpp - Who runs in the next step ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decoding sequences first, then prompts in progress, then new ones in order of arrival.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Scheduler.h"

#include <algorithm>
#include <cassert>

using namespace moec;
using namespace moec::runtime;

Scheduler::Scheduler(const SchedulerOptions &options, StatePools pools)
    : options(options), statePools(std::move(pools)) {}

uint32_t Scheduler::capacity() const { return statePools.capacity(options.maxContext); }

std::string Scheduler::describeCapacity() const {
  std::string room = strCat("at most ", capacity(), " can ever fit (context ", options.maxContext,
                            statePools.describePages(), ")");
  return capacity() < options.maxContext ? room + "; raise --kv-memory" : room;
}

Error Scheduler::add(std::unique_ptr<Sequence> sequence) {
  if (sequence->tokens.empty())
    return Error::make("the prompt is empty");
  if (sequence->tokens.size() > capacity())
    return Error::make("the prompt has ", sequence->tokens.size(), " tokens but ",
                       describeCapacity());
  queue.push_back(std::move(sequence));
  return Error::success();
}

uint32_t Scheduler::chunkLimit(const Sequence &sequence, uint32_t budget) const {
  uint32_t count = std::min({sequence.pending(), budget, statePools.chunkCapacity()});
  return options.maxChunk ? std::min(count, options.maxChunk) : count;
}

/// What a sequence that was admitted will still ask for until its tokens are computed.
PoolCounts Scheduler::demandOf(const Sequence &sequence) const {
  return statePools.demand(sequence.state, static_cast<uint32_t>(sequence.tokens.size()),
                           chunkLimit(sequence, options.maxTokens));
}

void Scheduler::releaseState(Sequence &sequence) {
  statePools.release(sequence.state);
  sequence.computed = 0;
}

void Scheduler::preemptYoungest() {
  std::unique_ptr<Sequence> victim = std::move(active.back());
  active.pop_back();
  releaseState(*victim);
  ++preempted;
  queue.push_front(std::move(victim));
}

void Scheduler::scheduleActive(bool decoding, uint32_t &budget, std::vector<ScheduledChunk> &step) {
  for (size_t i = 0; i < active.size() && budget > 0; ++i) {
    Sequence &sequence = *active[i];
    bool decodes = sequence.pending() == 1;
    if (sequence.pending() == 0 || decodes != decoding || step.size() == options.maxSequences)
      continue;
    uint32_t count = chunkLimit(sequence, budget);
    bool fits = statePools.grow(sequence.state, sequence.computed + count);
    while (!fits && i < active.size()) {
      // The youngest may be in this step already: take it out again.
      auto chunk = std::find_if(step.begin(), step.end(), [&](const ScheduledChunk &other) {
        return other.sequence == active.back().get();
      });
      if (chunk != step.end()) {
        budget += chunk->count;
        step.erase(chunk);
      }
      preemptYoungest();
      fits = i < active.size() && statePools.grow(sequence.state, sequence.computed + count);
    }
    if (!fits)
      return; // it was the youngest itself
    step.push_back({&sequence, sequence.computed, count});
    budget -= count;
  }
}

void Scheduler::admitWaiting(uint32_t &budget, std::vector<ScheduledChunk> &step) {
  if (queue.empty())
    return;
  // What admitted prompts will still ask for is as good as taken.
  PoolCounts promised(statePools.rules().size(), 0);
  auto add = [&](const Sequence &sequence) {
    PoolCounts counts = demandOf(sequence);
    for (size_t pool = 0; pool < counts.size(); ++pool)
      promised[pool] += counts[pool];
  };
  for (const std::unique_ptr<Sequence> &sequence : active)
    add(*sequence);
  while (!queue.empty() && budget > 0 && active.size() < options.maxSequences &&
         step.size() < options.maxSequences) {
    Sequence &sequence = *queue.front();
    PoolCounts before = promised;
    add(sequence);
    if (!statePools.hasFree(promised))
      return;
    uint32_t count = chunkLimit(sequence, budget);
    bool fits = statePools.grow(sequence.state, count);
    assert(fits && "what is free was counted");
    (void)fits;
    promised = std::move(before);
    add(sequence);
    step.push_back({&sequence, 0, count});
    budget -= count;
    active.push_back(std::move(queue.front()));
    queue.pop_front();
  }
}

std::vector<ScheduledChunk> Scheduler::schedule() {
  std::vector<ScheduledChunk> step;
  uint32_t budget = options.maxTokens;
  uint64_t preemptedBefore = preempted;
  if (!options.prefillFirst)
    scheduleActive(/*decoding=*/true, budget, step);
  scheduleActive(/*decoding=*/false, budget, step);
  if (preempted == preemptedBefore)
    admitWaiting(budget, step);
  if (options.prefillFirst && step.empty())
    scheduleActive(/*decoding=*/true, budget, step);
  // When every running sequence gave its pages back, start again with the oldest.
  if (step.empty() && active.empty())
    admitWaiting(budget, step);
  return step;
}

void Scheduler::complete(const std::vector<ScheduledChunk> &step) {
  for (const ScheduledChunk &chunk : step) {
    chunk.sequence->computed = chunk.start + chunk.count;
    statePools.trim(chunk.sequence->state, chunk.sequence->computed);
  }
}

void Scheduler::append(Sequence &sequence, int32_t token) {
  assert(sequence.pending() == 0 && "a token follows only a computed sequence");
  sequence.tokens.push_back(token);
}

bool Scheduler::remove(RequestId id) {
  auto same = [&](const std::unique_ptr<Sequence> &sequence) { return sequence->id == id; };
  if (auto it = std::find_if(active.begin(), active.end(), same); it != active.end()) {
    releaseState(**it);
    active.erase(it);
    return true;
  }
  if (auto it = std::find_if(queue.begin(), queue.end(), same); it != queue.end()) {
    queue.erase(it);
    return true;
  }
  return false;
}

Error Scheduler::checkIntegrity() const {
  std::vector<StatePools::Holder> holders;
  for (const std::unique_ptr<Sequence> &sequence : active)
    holders.push_back({sequence->id, sequence->state, sequence->computed});
  for (const std::unique_ptr<Sequence> &sequence : queue)
    if (!sequence->state.empty() || sequence->computed != 0)
      return Error::make("waiting sequence ", sequence->id, " has ", sequence->computed,
                         " tokens computed and a share of ", sequence->state.size(), " pools");
  return statePools.checkIntegrity(holders);
}
