//===- Scheduler.cpp - Who runs in the next step ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decoding sequences first, then prompts in progress, then those that wait.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Scheduler.h"

#include <algorithm>
#include <cassert>

using namespace moec;
using namespace moec::runtime;

Scheduler::Scheduler(const SchedulerOptions &options, StatePools pools, PrefixCacheLimits cache)
    : options(options), statePools(std::move(pools)),
      hasSlots(std::ranges::any_of(statePools.rules(),
                                   [](const PoolRule &rule) { return !rule.hasPages(); })),
      prefixes(statePools, std::move(cache)) {}

uint32_t Scheduler::capacity() const { return statePools.capacity(options.maxContext); }

std::string Scheduler::describeCapacity() const {
  std::string room = strCat("at most ", capacity(), " can ever fit (context ", options.maxContext,
                            statePools.describePages(), ")");
  return capacity() < options.maxContext ? room + "; raise --kv-memory" : room;
}

Error Scheduler::check(size_t tokens) const {
  if (tokens == 0)
    return Error::make("the prompt is empty");
  if (tokens > capacity())
    return Error::make("the prompt has ", tokens, " tokens but ", describeCapacity());
  return Error::success();
}

Error Scheduler::add(std::unique_ptr<Sequence> sequence) {
  if (Error error = check(sequence->tokens.size()))
    return error;
  queue.push(std::move(sequence));
  return Error::success();
}

uint32_t Scheduler::chunkLimit(const Sequence &sequence, uint32_t budget) const {
  uint32_t count = std::min({sequence.pending(), budget, statePools.chunkCapacity()});
  if (sequence.allLogits && options.maxScoredTokens)
    count = std::min(count, std::max(options.maxScoredTokens, scoredTokens + 1) - scoredTokens);
  if (options.maxChunk)
    count = std::min(count, options.maxChunk);
  return hasSlots && count < sequence.pending() ? alignChunk(sequence, count, budget) : count;
}

uint32_t Scheduler::alignChunk(const Sequence &sequence, uint32_t count, uint32_t budget) const {
  uint32_t grid = options.stateGrid, end = sequence.computed + count;
  uint32_t next = (sequence.computed / grid + 1) * grid;
  if (end >= next)
    return end / grid * grid - sequence.computed;
  // Other sequences left too little of the step. Beside those that decode there will be more.
  bool waits = count == budget && uint64_t(grid) + options.maxSequences <= options.maxTokens;
  return waits ? 0 : count;
}

/// What a sequence that was admitted will still ask for until its tokens are computed.
PoolCounts Scheduler::demandOf(const Sequence &sequence) const {
  return statePools.demand(sequence.state, static_cast<uint32_t>(sequence.tokens.size()),
                           chunkLimit(sequence, options.maxTokens));
}

bool Scheduler::grow(Sequence &sequence, uint32_t tokens) {
  PoolCounts missing = statePools.missing(sequence.state, tokens);
  if (!statePools.hasFree(missing)) {
    prefixes.yieldSlots(sequence, missing);
    missing = statePools.missing(sequence.state, tokens);
  }
  if (!statePools.hasFree(missing) && dropDrafts())
    missing = statePools.missing(sequence.state, tokens);
  if (!statePools.hasFree(missing))
    return false;
  prefixes.makeRoom(missing);
  return statePools.grow(sequence.state, tokens);
}

void Scheduler::releaseState(Sequence &sequence) {
  prefixes.leave(sequence);
  statePools.release(sequence.state);
  sequence.computed = 0;
  sequence.drafts.clear();
  sequence.lacksDraftCache = false;
  sequence.draftStates.clear();
  sequence.draftBehind = 0;
  if (released)
    released(sequence.id);
}

void Scheduler::preemptYoungest() {
  std::unique_ptr<Sequence> victim = std::move(active.back());
  active.pop_back();
  releaseState(*victim);
  ++preempted;
  victim->preempted = true;
  queue.push(std::move(victim));
}

void Scheduler::add(Sequence &sequence, uint32_t count, uint32_t &budget,
                    std::vector<ScheduledChunk> &step) {
  step.push_back({&sequence, sequence.computed, count});
  budget -= count;
  if (sequence.allLogits)
    scoredTokens += count;
}

void Scheduler::scheduleActive(bool decoding, uint32_t &budget, std::vector<ScheduledChunk> &step) {
  for (size_t i = 0; i < active.size() && budget > 0; ++i) {
    Sequence &sequence = *active[i];
    bool decodes = sequence.pending() == 1;
    if (sequence.pending() == 0 || decodes != decoding || step.size() == options.maxSequences)
      continue;
    uint32_t count = chunkLimit(sequence, budget);
    if (count == 0)
      continue;
    bool fits = grow(sequence, sequence.computed + count);
    while (!fits && i < active.size()) {
      // The youngest may be in this step already: take it out again.
      auto chunk = std::find_if(step.begin(), step.end(), [&](const ScheduledChunk &other) {
        return other.sequence == active.back().get();
      });
      if (chunk != step.end()) {
        budget += chunk->count;
        if (chunk->sequence->allLogits)
          scoredTokens -= chunk->count;
        step.erase(chunk);
      }
      preemptYoungest();
      fits = i < active.size() && grow(sequence, sequence.computed + count);
    }
    if (!fits)
      return; // it was the youngest itself
    add(sequence, count, budget, step);
  }
}

void Scheduler::admitWaiting(uint32_t &budget, std::vector<ScheduledChunk> &step) {
  if (queue.empty())
    return;
  // What admitted prompts will still ask for is as good as taken.
  PoolCounts promised(statePools.rules().size(), 0);
  auto promise = [&](const Sequence &sequence) {
    PoolCounts counts = demandOf(sequence);
    for (size_t pool = 0; pool < counts.size(); ++pool)
      promised[pool] += counts[pool];
  };
  for (const std::unique_ptr<Sequence> &sequence : active)
    promise(*sequence);
  while (!queue.empty() && budget > 0 && active.size() < options.maxSequences &&
         step.size() < options.maxSequences) {
    Sequence &sequence = *queue.next();
    PoolCounts before = promised;
    // First, as what it takes of the cache is not free any more.
    prefixes.adopt(sequence);
    promise(sequence);
    uint32_t count = chunkLimit(sequence, budget);
    bool hasRoom = statePools.hasFree(promised) || (dropDrafts() && statePools.hasFree(promised));
    if (count == 0 || !hasRoom)
      return releaseState(sequence);
    if (!sequence.preempted)
      sequence.cached = std::min(sequence.computed, sequence.promptTokens);
    bool fits = grow(sequence, sequence.computed + count);
    assert(fits && "what is free was counted");
    (void)fits;
    promised = std::move(before);
    promise(sequence);
    add(sequence, count, budget, step);
    auto place = std::upper_bound(
        active.begin(), active.end(), sequence.priority,
        [](int32_t priority, const auto &other) { return priority < other->priority; });
    active.insert(place, queue.take(sequence.id));
  }
}

std::vector<ScheduledChunk> Scheduler::schedule() {
  std::vector<ScheduledChunk> step;
  scoredTokens = 0;
  uint32_t budget = options.maxTokens;
  uint64_t preemptedBefore = preempted;
  if (!options.prefillFirst)
    scheduleActive(/*decoding=*/true, budget, step);
  uint32_t forDrafts = draftBudget(step, budget);
  budget -= forDrafts;
  scheduleActive(/*decoding=*/false, budget, step);
  if (preempted == preemptedBefore)
    admitWaiting(budget, step);
  if (options.prefillFirst && step.empty())
    scheduleActive(/*decoding=*/true, budget, step);
  // When every running sequence gave its pages back, start again with the oldest.
  if (step.empty() && active.empty())
    admitWaiting(budget, step);
  // Last, as whoever runs comes before what might be of use.
  addDrafts(step, budget + forDrafts);
  addSnapshots(step);
  return step;
}

uint32_t Scheduler::draftLimit(const Sequence &sequence) const {
  uint32_t most = std::min({options.maxTokens, capacity(), statePools.chunkCapacity()});
  if (options.maxChunk)
    most = std::min(most, options.maxChunk);
  auto length = static_cast<uint32_t>(sequence.tokens.size());
  return std::min(most - std::min(most, 1u), capacity() - std::min(capacity(), length));
}

uint32_t Scheduler::draftBudget(const std::vector<ScheduledChunk> &step, uint32_t budget) const {
  uint64_t wanted = 0;
  for (const ScheduledChunk &chunk : step)
    wanted += chunk.sequence->drafts.size();
  uint64_t most = budget / 2;
  // Beside whoever decodes there must be room for what chunks are aligned to; see alignChunk.
  if (uint64_t least = uint64_t(options.stateGrid) + options.maxSequences; hasSlots)
    most =
        std::min<uint64_t>(most, options.maxTokens - std::min<uint64_t>(options.maxTokens, least));
  return static_cast<uint32_t>(std::min(wanted, most));
}

bool Scheduler::addDraft(ScheduledChunk &chunk) {
  Sequence &sequence = *chunk.sequence;
  uint32_t end = chunk.start + chunk.count;
  PoolCounts counts = statePools.missing(sequence.state, end + 1), slots;
  if (hasSlots)
    slots = statePools.snapshotCounts();
  for (size_t pool = 0; pool < slots.size(); ++pool)
    counts[pool] += slots[pool];
  if (!statePools.hasFree(counts))
    return false;
  prefixes.makeRoom(counts);
  bool fits = statePools.grow(sequence.state, end + 1) &&
              // Behind each token, as any of them may be the last that is kept.
              (!hasSlots || statePools.addSnapshot(sequence.state, end));
  assert(fits && "what is free was counted");
  (void)fits;
  ++chunk.count;
  ++chunk.drafts;
  return true;
}

void Scheduler::addDrafts(std::vector<ScheduledChunk> &step, uint32_t budget) {
  for (uint32_t number = 0, added = 1; added != 0; ++number) {
    added = 0;
    for (ScheduledChunk &chunk : step) {
      Sequence &sequence = *chunk.sequence;
      uint32_t end = chunk.start + chunk.count - chunk.drafts;
      bool hasAnother = chunk.drafts == number && number < sequence.drafts.size() &&
                        end == sequence.tokens.size() && number < draftLimit(sequence);
      if (!hasAnother || budget == 0 || !addDraft(chunk))
        continue;
      --budget;
      ++added;
    }
  }
  for (const ScheduledChunk &chunk : step)
    chunk.sequence->drafts.resize(chunk.drafts);
}

bool Scheduler::dropDrafts() {
  bool found = false;
  for (const std::unique_ptr<Sequence> &sequence : active) {
    sequence->drafts.clear();
    auto length = static_cast<uint32_t>(sequence->tokens.size());
    found = statePools.truncate(sequence->state, length) || found;
  }
  return found;
}

bool Scheduler::reserve(Sequence &sequence, uint32_t tokens) {
  PoolCounts missing = statePools.missing(sequence.state, tokens);
  if (!statePools.hasFree(missing))
    return false;
  prefixes.makeRoom(missing);
  return statePools.grow(sequence.state, tokens);
}

void Scheduler::addSnapshots(std::vector<ScheduledChunk> &step) {
  if (!hasSlots || !prefixes.isOn())
    return;
  PoolCounts counts = statePools.snapshotCounts();
  for (const ScheduledChunk &chunk : step)
    for (uint32_t position : prefixes.wantedWithin(*chunk.sequence, chunk.count - chunk.drafts)) {
      if (!statePools.hasFree(counts))
        return;
      prefixes.makeRoom(counts);
      statePools.addSnapshot(chunk.sequence->state, position);
    }
}

void Scheduler::accept(ScheduledChunk &chunk, int32_t token) {
  assert(chunk.accepted < chunk.drafts && chunk.sequence->drafts[chunk.accepted] == token &&
         "only drafts of the step are accepted");
  chunk.sequence->tokens.push_back(token);
  ++chunk.accepted;
}

void Scheduler::complete(const std::vector<ScheduledChunk> &step) {
  for (const ScheduledChunk &chunk : step) {
    Sequence &sequence = *chunk.sequence;
    sequence.computed = chunk.start + chunk.kept();
    sequence.drafts.clear();
    queue.charge(sequence.owner, chunk.kept());
    statePools.advance(sequence.state);
    if (chunk.accepted != chunk.drafts)
      statePools.takeBack(sequence.state, sequence.computed);
    prefixes.remember(sequence);
    statePools.trim(sequence.state, sequence.computed);
  }
  prefixes.enforceLimit();
}

void Scheduler::append(Sequence &sequence, int32_t token) {
  assert(sequence.pending() == 0 && "a token follows only a computed sequence");
  sequence.tokens.push_back(token);
}

bool Scheduler::remove(RequestId id) {
  auto same = [&](const std::unique_ptr<Sequence> &sequence) { return sequence->id == id; };
  if (auto it = std::find_if(active.begin(), active.end(), same); it != active.end()) {
    releaseState(**it);
    prefixes.enforceLimit();
    queue.retire(**it);
    active.erase(it);
    return true;
  }
  std::unique_ptr<Sequence> waiting = queue.take(id);
  if (!waiting)
    return false;
  queue.retire(*waiting);
  return true;
}

Error Scheduler::checkIntegrity() const {
  std::vector<StatePools::Holder> holders;
  std::vector<const Sequence *> sequences;
  for (const std::unique_ptr<Sequence> &sequence : active) {
    holders.push_back({sequence->id, sequence->state, sequence->computed});
    sequences.push_back(sequence.get());
  }
  for (const std::unique_ptr<Sequence> &sequence : queue.all())
    if (!sequence->state.empty())
      return Error::make("sequence ", sequence->id, " waits and holds pages or slots");
  if (Error error = prefixes.checkIntegrity(sequences))
    return error.addContext("prefix cache");
  return statePools.checkIntegrity(holders, prefixes.pages());
}
