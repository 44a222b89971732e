//===- StatePools.cpp - What sequences hold of the state memory -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every pool is counted before any of them gives something out.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StatePools.h"

#include <algorithm>
#include <cassert>
#include <utility>

using namespace moec;
using namespace moec::runtime;
using plan::Allocation;

uint32_t PoolRule::pagesFor(uint32_t tokens) const {
  return static_cast<uint32_t>((uint64_t(tokens) + pageSize - 1) / pageSize);
}

uint64_t PoolRule::pagesAcross(uint64_t count) const {
  // The first of them may be the last row of its page.
  return count == 0 ? 0 : (count + pageSize - 2) / pageSize + 1;
}

std::vector<PoolRule> runtime::poolRules(const plan::Plan &plan) {
  std::vector<PoolRule> rules;
  for (const plan::Pool *pool : *plan.pools())
    rules.push_back({pool->allocation(), pool->page_size(), pool->window()});
  return rules;
}

uint32_t PoolShare::heldPages() const {
  // Windows give pages back from the first on.
  auto held =
      std::partition_point(pages.begin(), pages.end(), [](int32_t page) { return page == noUnit; });
  return static_cast<uint32_t>(pages.end() - held);
}

std::vector<int32_t> PoolShare::slots() const {
  std::vector<int32_t> all;
  for (int32_t one : {slot, next})
    if (one != noUnit)
      all.push_back(one);
  for (const Snapshot &snapshot : snapshots)
    all.push_back(snapshot.slot);
  return all;
}

StatePools::StatePools(std::vector<PoolRule> rules, std::span<const uint32_t> sizes)
    : ruleOf(std::move(rules)) {
  assert(ruleOf.size() == sizes.size() && "a size for each pool");
  for (uint32_t size : sizes)
    numbers.emplace_back(size);
}

uint32_t PoolRule::pagesBehind(uint32_t computed) const {
  if (allocation != Allocation::Window)
    return 0;
  // The next token is at position `computed` and reads `window` positions, its own included.
  uint64_t next = uint64_t(computed) + 1;
  return next <= window ? 0 : static_cast<uint32_t>((next - window) / pageSize);
}

/// Whether a window pool of `pages` pages serves a sequence of any length.
static bool servesWindow(const PoolRule &rule, uint32_t pages) {
  return rule.allocation == Allocation::Window && rule.pagesOfWindow(1) <= pages;
}

uint32_t StatePools::capacity(uint32_t maxContext) const {
  uint64_t tokens = maxContext;
  for (size_t i = 0; i < ruleOf.size(); ++i) {
    if (ruleOf[i].hasPages() && !servesWindow(ruleOf[i], units(i)))
      tokens = std::min(tokens, uint64_t(units(i)) * ruleOf[i].pageSize);
    if (!ruleOf[i].hasPages() && units(i) == 0)
      return 0;
  }
  return static_cast<uint32_t>(tokens);
}

uint32_t StatePools::chunkCapacity() const {
  uint64_t chunk = UINT32_MAX;
  for (size_t i = 0; i < ruleOf.size(); ++i)
    if (servesWindow(ruleOf[i], units(i)))
      // The largest for which pagesOfWindow(chunk) is not above units(i).
      chunk = std::min(chunk, (uint64_t(units(i)) - 1) * ruleOf[i].pageSize + 2 - ruleOf[i].window);
  return static_cast<uint32_t>(chunk);
}

bool StatePools::isShared(size_t pool, int32_t slot) const {
  return numbers[pool].isKept(slot) || numbers[pool].users(slot) > 1;
}

PoolCounts StatePools::missing(const SequenceState &state, uint32_t tokens) const {
  PoolCounts counts(ruleOf.size());
  for (size_t i = 0; i < ruleOf.size(); ++i) {
    bool isNew = state.empty();
    if (!ruleOf[i].hasPages()) {
      counts[i] = isNew || state[i].slot == noUnit ||
                  (state[i].next == noUnit && isShared(i, state[i].slot));
      continue;
    }
    uint64_t needed = ruleOf[i].pagesFor(tokens), there = isNew ? 0 : state[i].pages.size();
    counts[i] = needed - std::min(needed, there);
  }
  return counts;
}

bool StatePools::grow(SequenceState &state, uint32_t tokens) {
  PoolCounts counts = missing(state, tokens);
  for (size_t i = 0; i < ruleOf.size(); ++i)
    if (counts[i] > numbers[i].freePages())
      return false;
  state.resize(ruleOf.size());
  for (size_t i = 0; i < ruleOf.size(); ++i)
    for (uint64_t n = 0; n < counts[i]; ++n)
      if (ruleOf[i].hasPages())
        state[i].pages.push_back(*numbers[i].take());
      else
        (state[i].slot == noUnit ? state[i].slot : state[i].next) = *numbers[i].take();
  return true;
}

PoolCounts StatePools::snapshotCounts() const {
  PoolCounts counts;
  for (const PoolRule &rule : ruleOf)
    counts.push_back(rule.hasPages() ? 0 : 1);
  return counts;
}

bool StatePools::addSnapshot(SequenceState &state, uint32_t position) {
  for (size_t i = 0; i < ruleOf.size(); ++i)
    if (!ruleOf[i].hasPages() && numbers[i].freePages() == 0)
      return false;
  for (size_t i = 0; i < ruleOf.size(); ++i)
    if (!ruleOf[i].hasPages())
      state[i].snapshots.push_back({position, *numbers[i].take()});
  return true;
}

void StatePools::advance(SequenceState &state) {
  for (size_t i = 0; i < state.size(); ++i)
    if (state[i].next != noUnit) {
      numbers[i].release(state[i].slot);
      state[i].slot = std::exchange(state[i].next, noUnit);
    }
}

void StatePools::takeBack(SequenceState &state, uint32_t tokens) {
  truncate(state, tokens);
  for (size_t i = 0; i < state.size(); ++i) {
    if (ruleOf[i].hasPages())
      continue;
    auto kept = std::ranges::find(state[i].snapshots, tokens, &PoolShare::Snapshot::position);
    assert(kept != state[i].snapshots.end() && "a state was kept behind every draft");
    numbers[i].release(std::exchange(state[i].slot, kept->slot));
    state[i].snapshots.erase(kept);
  }
}

bool StatePools::truncate(SequenceState &state, uint32_t tokens) {
  bool found = false;
  for (size_t i = 0; i < state.size(); ++i) {
    if (!ruleOf[i].hasPages())
      continue;
    for (std::vector<int32_t> &pages = state[i].pages; pages.size() > ruleOf[i].pagesFor(tokens);
         pages.pop_back()) {
      numbers[i].release(pages.back());
      found = true;
    }
  }
  return found;
}

void StatePools::trim(SequenceState &state, uint32_t computed) {
  for (size_t i = 0; i < state.size(); ++i) {
    std::vector<int32_t> &pages = state[i].pages;
    size_t behind = std::min<size_t>(ruleOf[i].pagesBehind(computed), pages.size());
    // From the last on, so that a sequence costs no more the longer it is.
    for (size_t page = behind; page-- > 0 && pages[page] != noUnit;) {
      numbers[i].release(pages[page]);
      pages[page] = noUnit;
    }
    for (const PoolShare::Snapshot &snapshot : std::exchange(state[i].snapshots, {}))
      numbers[i].release(snapshot.slot);
  }
}

void StatePools::release(SequenceState &state) {
  for (size_t i = 0; i < state.size(); ++i) {
    // In reverse, so that the pages are taken again in the same order.
    for (auto it = state[i].pages.rbegin(); it != state[i].pages.rend(); ++it)
      if (*it != noUnit)
        numbers[i].release(*it);
    for (int32_t slot : state[i].slots())
      numbers[i].release(slot);
  }
  state.clear();
}

PoolCounts StatePools::demand(const SequenceState &state, uint32_t tokens, uint32_t chunk) const {
  PoolCounts counts(ruleOf.size(), 0);
  for (size_t i = 0; i < ruleOf.size(); ++i) {
    const PoolRule &rule = ruleOf[i];
    if (!rule.hasPages()) {
      // What only the cache holds beside it, it can take over.
      counts[i] = state.empty() || state[i].slot == noUnit ||
                  (state[i].next == noUnit && numbers[i].users(state[i].slot) > 1);
      continue;
    }
    uint64_t there = state.empty() ? 0 : state[i].pages.size(), total = rule.pagesFor(tokens);
    uint64_t open = total - std::min(total, there);
    if (rule.allocation == Allocation::Window) {
      uint64_t most = rule.pagesOfWindow(chunk), held = state.empty() ? 0 : state[i].heldPages();
      open = std::min(open, most - std::min(most, held));
    }
    counts[i] = open;
  }
  return counts;
}

bool StatePools::hasFree(const PoolCounts &counts) const {
  for (size_t i = 0; i < ruleOf.size(); ++i)
    if (counts[i] > freeUnits(i))
      return false;
  return true;
}

Error StatePools::checkShare(size_t pool, const Holder &holder) const {
  const PoolRule &rule = ruleOf[pool];
  const PoolShare &share = holder.state[pool];
  if (!rule.hasPages())
    return share.slot != noUnit ? Error::success()
                                : Error::make("sequence ", holder.id, " has no slot");
  if (share.pages.size() < rule.pagesFor(holder.computed))
    return Error::make("sequence ", holder.id, " has computed ", holder.computed,
                       " tokens and has only ", share.pages.size(), " pages");
  size_t behind = rule.pagesBehind(holder.computed);
  for (size_t page = 0; page < share.pages.size(); ++page)
    if ((share.pages[page] == noUnit) != (page < behind))
      return Error::make("sequence ", holder.id, " has computed ", holder.computed, " tokens and ",
                         page < behind ? "still has" : "no longer has", " page ", page,
                         " of its positions");
  return Error::success();
}

Error StatePools::checkIntegrity(std::span<const Holder> holders,
                                 std::span<const std::vector<int32_t>> cached) const {
  for (size_t i = 0; i < ruleOf.size(); ++i) {
    std::vector<int32_t> held;
    for (const Holder &holder : holders) {
      if (holder.state.empty()) {
        if (holder.computed != 0)
          return Error::make("sequence ", holder.id, " has computed ", holder.computed,
                             " tokens and holds nothing");
        continue;
      }
      if (Error error = checkShare(i, holder))
        return error.addContext(strCat("pool ", i));
      const PoolShare &share = holder.state[i];
      std::copy_if(share.pages.begin(), share.pages.end(), std::back_inserter(held),
                   [](int32_t page) { return page != noUnit; });
      std::ranges::copy(share.slots(), std::back_inserter(held));
    }
    std::span<const int32_t> all(held);
    std::span<const int32_t> kept;
    if (!cached.empty())
      kept = cached[i];
    if (Error error = numbers[i].checkIntegrity({&all, 1}, kept))
      return error.addContext(strCat("pool ", i));
  }
  return Error::success();
}

std::string StatePools::describePages() const {
  std::string out;
  for (size_t i = 0; i < ruleOf.size(); ++i)
    if (ruleOf[i].allocation == Allocation::Paged)
      out += strCat(", ", units(i), " cache pages of ", ruleOf[i].pageSize);
    else if (ruleOf[i].allocation == Allocation::Window)
      out += strCat(", ", units(i), " pages of ", ruleOf[i].pageSize, " for windows of ",
                    ruleOf[i].window);
  return out;
}
