//===- StateMemory.cpp - Memory for the pools of a plan ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is fixed first, then the rest in proportion.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StateMemory.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;
using plan::Allocation;

uint64_t runtime::unitBytes(const plan::Plan &plan, size_t pool) {
  uint64_t bytes = 0;
  for (const plan::State *state : *plan.states())
    if (state->pool() == pool)
      bytes += state->bytes();
  return bytes * std::max(1u, plan.pools()->Get(static_cast<uint32_t>(pool))->page_size());
}

/// Pages or slots with which a pool serves every step within the limits; rows are numbered with 32
/// bits.
static uint64_t fullSize(const plan::Plan &plan, const PoolRule &rule, const StateLimits &limits) {
  uint64_t sequences = limits.maxSequences;
  if (!rule.hasPages()) // behind each token that may be the last
    return std::min<uint64_t>(sequences * (1 + uint64_t(limits.drafts)), INT32_MAX);
  uint64_t pages = sequences * rule.pagesFor(plan.max_context());
  if (rule.allocation == Allocation::Window) {
    // The sum of pagesAcross(window - 1 + chunk) over sequences whose chunks are a step's tokens.
    uint64_t spare = uint64_t(rule.window) - 1 + 2 * (uint64_t(rule.pageSize) - 1);
    pages = std::min(pages, (sequences * spare + limits.maxTokens) / rule.pageSize);
  }
  return std::min<uint64_t>(pages, INT32_MAX / rule.pageSize);
}

uint64_t runtime::fixedStateBytes(const plan::Plan &plan, const StateLimits &limits) {
  std::vector<PoolRule> rules = poolRules(plan);
  uint64_t bytes = 0;
  for (size_t i = 0; i < rules.size(); ++i)
    if (rules[i].allocation != Allocation::Paged)
      bytes += fullSize(plan, rules[i], limits) * unitBytes(plan, i);
  return bytes;
}

uint64_t runtime::fullStateBytes(const plan::Plan &plan, const StateLimits &limits) {
  std::vector<PoolRule> rules = poolRules(plan);
  uint64_t bytes = 0;
  for (size_t i = 0; i < rules.size(); ++i)
    bytes += fullSize(plan, rules[i], limits) * unitBytes(plan, i);
  return bytes;
}

/// Bytes of a slot of each pool of slots.
static uint64_t slotBytes(const plan::Plan &plan, const std::vector<PoolRule> &rules) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < rules.size(); ++i)
    bytes += rules[i].hasPages() ? 0 : unitBytes(plan, i);
  return bytes;
}

uint32_t runtime::chooseSnapshotInterval(const plan::Plan &plan, uint32_t grid) {
  std::vector<PoolRule> rules = poolRules(plan);
  uint64_t slot = slotBytes(plan, rules), row = 0, interval = grid;
  for (size_t i = 0; i < rules.size(); ++i)
    if (rules[i].allocation == Allocation::Paged)
      row += unitBytes(plan, i) / rules[i].pageSize;
  while (interval * row < slot && interval < plan.max_context())
    interval *= 2;
  return static_cast<uint32_t>(interval);
}

/// Slots of each pool of slots beside those of sequences; `fixed` and `pages` are the bytes of what
/// is always there and of pages at their full size.
static uint64_t snapshotSlots(const plan::Plan &plan, const StateLimits &limits, uint64_t memory,
                              uint64_t fixed, uint64_t pages) {
  std::vector<PoolRule> rules = poolRules(plan);
  uint64_t bytes = slotBytes(plan, rules), longest = 0;
  if (bytes == 0 || limits.snapshotInterval == 0)
    return 0;
  for (size_t i = 0; i < rules.size(); ++i)
    if (rules[i].allocation == Allocation::Paged)
      longest += rules[i].pagesFor(plan.max_context()) * unitBytes(plan, i);
  auto above = [&](uint64_t total, uint64_t used) { return total - std::min(total, used); };
  uint64_t room = std::max(above(memory / 2, fixed), above(memory, fixed + pages));
  // The longest context is worth more than any of them.
  room = std::min({room, above(memory, fixed + longest), limits.snapshotBytes});
  uint64_t most =
      uint64_t(limits.maxSequences) * (plan.max_context() / limits.snapshotInterval + 2);
  uint64_t others =
      std::min<uint64_t>(INT32_MAX, limits.maxSequences * (1 + uint64_t(limits.drafts)));
  return std::min({room / bytes, most, INT32_MAX - others});
}

/// a * b / c without overflow on the way.
static uint64_t scaled(uint64_t a, uint64_t b, uint64_t c) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b / c);
}

/// Why not even the least fits: what windows and slots need, or one page of each pool beside it.
static Error tooLittle(const plan::Plan &plan, const StateLimits &limits, uint64_t memory,
                       uint64_t fixed, uint64_t least) {
  if (fixed == 0 && plan.pools()->size() == 1)
    return Error::make("the KV cache has ", memory, " bytes of memory but one page of ",
                       plan.pools()->Get(0)->page_size(), " tokens needs ", least,
                       "; raise --kv-memory");
  return Error::make("the states have ", memory, " bytes of memory but ", limits.maxSequences,
                     limits.maxSequences == 1 ? " sequence" : " sequences",
                     limits.drafts ? strCat(" with ", limits.drafts, " drafts each") : "",
                     limits.maxSequences == 1 ? " needs " : " need ", fixed,
                     " for windows and slots and ", least - fixed,
                     " for one page of each other pool; raise --kv-memory",
                     limits.maxSequences == 1 ? "" : " or run fewer sequences",
                     limits.drafts ? ", or lower --draft" : "");
}

Expected<std::vector<uint32_t>> runtime::sizePools(const plan::Plan &plan,
                                                   const StateLimits &limits, uint64_t memory) {
  std::vector<PoolRule> rules = poolRules(plan);
  uint64_t fixed = fixedStateBytes(plan, limits), least = fixed, full = 0;
  for (size_t i = 0; i < rules.size(); ++i)
    if (rules[i].allocation == Allocation::Paged) {
      least += unitBytes(plan, i);
      full += fullSize(plan, rules[i], limits) * unitBytes(plan, i);
    }
  if (memory < least)
    return tooLittle(plan, limits, memory, fixed, least);
  std::vector<uint32_t> sizes;
  uint64_t snapshots = snapshotSlots(plan, limits, memory, fixed, full);
  fixed += snapshots * slotBytes(plan, rules);
  uint64_t used = fixed;
  for (size_t i = 0; i < rules.size(); ++i) {
    uint64_t size = fullSize(plan, rules[i], limits), bytes = unitBytes(plan, i);
    if (!rules[i].hasPages())
      size += snapshots;
    if (rules[i].allocation == Allocation::Paged && bytes != 0) {
      if (memory - fixed < full)
        size = std::max<uint64_t>(1, scaled(size, memory - fixed, full));
      used += size * bytes;
    }
    sizes.push_back(static_cast<uint32_t>(size));
  }
  // Where a share was less than a page, the largest pools give way.
  while (used > memory) {
    size_t largest = rules.size();
    for (size_t i = 0; i < rules.size(); ++i)
      if (rules[i].allocation == Allocation::Paged && unitBytes(plan, i) != 0 && sizes[i] > 1 &&
          (largest == rules.size() || sizes[i] > sizes[largest]))
        largest = i;
    --sizes[largest];
    used -= unitBytes(plan, largest);
  }
  return sizes;
}

std::vector<uint32_t> runtime::poolSizesFor(const plan::Plan &plan,
                                            std::span<const uint32_t> lengths) {
  std::vector<uint32_t> sizes;
  for (const PoolRule &rule : poolRules(plan)) {
    uint32_t size = 0;
    for (uint32_t length : lengths)
      size += rule.hasPages() ? rule.pagesFor(length) : 1;
    sizes.push_back(size);
  }
  return sizes;
}
