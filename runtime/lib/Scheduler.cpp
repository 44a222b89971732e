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

Scheduler::Scheduler(const SchedulerOptions &options, uint32_t pages)
    : options(options), pages(pages) {}

uint32_t Scheduler::capacity() const {
  uint64_t room = uint64_t(pages.pages()) * options.pageSize;
  return static_cast<uint32_t>(std::min<uint64_t>(room, options.maxContext));
}

uint32_t Scheduler::pagesFor(uint32_t tokens) const {
  return (tokens + options.pageSize - 1) / options.pageSize;
}

Error Scheduler::add(std::unique_ptr<Sequence> sequence) {
  if (sequence->tokens.empty())
    return Error::make("the prompt is empty");
  if (sequence->tokens.size() > capacity())
    return Error::make("the prompt has ", sequence->tokens.size(), " tokens but at most ",
                       capacity(), " can ever fit (context ", options.maxContext, ", ",
                       pages.pages(), " cache pages of ", options.pageSize, ")");
  queue.push_back(std::move(sequence));
  return Error::success();
}

uint32_t Scheduler::chunkLimit(const Sequence &sequence, uint32_t budget) const {
  uint32_t count = std::min(sequence.pending(), budget);
  return options.maxChunk ? std::min(count, options.maxChunk) : count;
}

/// Gives the sequence pages for its first `tokens` tokens, all of them or none.
bool Scheduler::grow(Sequence &sequence, uint32_t tokens) {
  uint32_t needed = pagesFor(tokens);
  uint32_t held = static_cast<uint32_t>(sequence.pages.size());
  if (needed > held && needed - held > pages.freePages())
    return false;
  while (sequence.pages.size() < needed)
    sequence.pages.push_back(*pages.take());
  return true;
}

void Scheduler::releasePages(Sequence &sequence) {
  // In reverse, so that the pages are taken again in the same order.
  for (auto it = sequence.pages.rbegin(); it != sequence.pages.rend(); ++it)
    pages.release(*it);
  sequence.pages.clear();
  sequence.computed = 0;
}

void Scheduler::preemptYoungest() {
  std::unique_ptr<Sequence> victim = std::move(active.back());
  active.pop_back();
  releasePages(*victim);
  ++victim->preemptions;
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
    bool fits = grow(sequence, sequence.computed + count);
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
      fits = i < active.size() && grow(sequence, sequence.computed + count);
    }
    if (!fits)
      return; // it was the youngest itself
    step.push_back({&sequence, sequence.computed, count});
    budget -= count;
  }
}

void Scheduler::admitWaiting(uint32_t &budget, std::vector<ScheduledChunk> &step) {
  // Pages that admitted prompts will still ask for are as good as taken.
  uint64_t promised = 0;
  for (const std::unique_ptr<Sequence> &sequence : active) {
    uint64_t total = pagesFor(static_cast<uint32_t>(sequence->tokens.size()));
    promised += total - std::min<uint64_t>(total, sequence->pages.size());
  }
  while (!queue.empty() && budget > 0 && active.size() < options.maxSequences &&
         step.size() < options.maxSequences) {
    Sequence &sequence = *queue.front();
    uint64_t total = pagesFor(static_cast<uint32_t>(sequence.tokens.size()));
    if (promised + total > pages.freePages())
      return;
    uint32_t count = chunkLimit(sequence, budget);
    bool fits = grow(sequence, count);
    assert(fits && "free pages were counted");
    (void)fits;
    promised += total - sequence.pages.size();
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
  for (const ScheduledChunk &chunk : step)
    chunk.sequence->computed = chunk.start + chunk.count;
}

void Scheduler::append(Sequence &sequence, int32_t token) {
  assert(sequence.pending() == 0 && "a token follows only a computed sequence");
  sequence.tokens.push_back(token);
}

bool Scheduler::remove(RequestId id) {
  auto same = [&](const std::unique_ptr<Sequence> &sequence) { return sequence->id == id; };
  if (auto it = std::find_if(active.begin(), active.end(), same); it != active.end()) {
    releasePages(**it);
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
  std::vector<std::span<const int32_t>> holders;
  for (const std::unique_ptr<Sequence> &sequence : active) {
    if (sequence->pages.size() < pagesFor(sequence->computed))
      return Error::make("sequence ", sequence->id, " has ", sequence->computed,
                         " tokens in the cache and only ", sequence->pages.size(), " pages");
    holders.push_back(sequence->pages);
  }
  for (const std::unique_ptr<Sequence> &sequence : queue)
    if (!sequence->pages.empty() || sequence->computed != 0)
      return Error::make("waiting sequence ", sequence->id, " holds ", sequence->pages.size(),
                         " pages");
  return pages.checkIntegrity(holders);
}
