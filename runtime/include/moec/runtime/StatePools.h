//===- StatePools.h - What sequences hold of the state memory ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A plan's pools of state, each of numbered pages or slots, and the rules by which sequences get
// and give them back. The memory behind the numbers is the executor's.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_STATEPOOLS_H
#define MOEC_RUNTIME_STATEPOOLS_H

#include "moec/abi/plan_generated.h"
#include "moec/runtime/PagePool.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// How a pool gives its memory to sequences; see plan::Pool.
struct PoolRule {
  plan::Allocation allocation = plan::Allocation::Paged;
  uint32_t pageSize = 0, window = 0;

  bool hasPages() const { return allocation != plan::Allocation::Slots; }
  /// Pages of the positions before `tokens`.
  uint32_t pagesFor(uint32_t tokens) const;
  /// Pages that `count` positions after each other can touch at most.
  uint64_t pagesAcross(uint64_t count) const;
  /// Pages of a window pool that a sequence can hold at most while chunks of up to `chunk` tokens
  /// are computed.
  uint64_t pagesOfWindow(uint32_t chunk) const { return pagesAcross(uint64_t(window) - 1 + chunk); }
  /// The first pages of a sequence that no token behind the first `computed` reads.
  uint32_t pagesBehind(uint32_t computed) const;
};

/// The rules of a plan's pools, in order.
std::vector<PoolRule> poolRules(const plan::Plan &plan);

/// The number of a page or slot that is none.
inline constexpr int32_t noUnit = -1;

/// What a sequence holds of one pool.
struct PoolShare {
  /// In order of position: the page of each run of positions; noUnit where a window has given it
  /// back.
  std::vector<int32_t> pages;
  /// Of a pool of slots: the one with the state behind what is computed. The cache and other
  /// sequences may hold it, too; then nobody writes to it.
  int32_t slot = noUnit;
  /// While a step is computed: where the state behind its last token goes, unless that is `slot`.
  int32_t next = noUnit;
  /// A slot that gets the state behind the first `position` tokens.
  struct Snapshot {
    uint32_t position;
    int32_t slot;
  };
  /// While a step is computed: what it keeps within a chunk, in order of position.
  std::vector<Snapshot> snapshots = {};

  /// Pages that it holds now.
  uint32_t heldPages() const;
  /// All slots that it holds now.
  std::vector<int32_t> slots() const;
  /// The row of `position`, which must have a page.
  int32_t row(const PoolRule &rule, uint32_t position) const {
    int32_t size = static_cast<int32_t>(rule.pageSize);
    return pages[position / rule.pageSize] * size + static_cast<int32_t>(position) % size;
  }
};

/// What a sequence holds, by pool; empty while it holds nothing.
using SequenceState = std::vector<PoolShare>;

/// Pages or slots of each pool.
using PoolCounts = std::vector<uint64_t>;

/// All pools of a plan. Which page or slot is given out depends only on the calls before.
class StatePools {
public:
  /// A sequence in the eyes of checkIntegrity: its id, what it holds, its tokens computed so far.
  struct Holder {
    uint64_t id;
    const SequenceState &state;
    uint32_t computed;
  };

  /// No pools: sequences of any length fit.
  StatePools() = default;
  /// `sizes` has the pages or slots of each pool.
  StatePools(std::vector<PoolRule> rules, std::span<const uint32_t> sizes);

  const std::vector<PoolRule> &rules() const { return ruleOf; }
  /// Pages or slots of a pool, and how many of them nobody holds, or only the cache.
  uint32_t units(size_t pool) const { return numbers[pool].pages(); }
  uint32_t freeUnits(size_t pool) const {
    return numbers[pool].freePages() + numbers[pool].idlePages();
  }
  /// The numbers of a pool, for a cache, which holds some of them, too.
  PagePool &numbersOf(size_t pool) { return numbers[pool]; }
  const PagePool &numbersOf(size_t pool) const { return numbers[pool]; }

  /// The most tokens that one sequence can have when it is alone; `maxContext` where no pool ends
  /// before.
  uint32_t capacity(uint32_t maxContext) const;
  /// The largest chunk for which a sequence alone always finds pages.
  uint32_t chunkCapacity() const;

  /// What of each pool a sequence does not have and its first `tokens` tokens need, a slot of its
  /// own of each pool of slots included.
  PoolCounts missing(const SequenceState &state, uint32_t tokens) const;
  /// Gives a sequence what is missing: all of it, or nothing, where one pool has too little that
  /// nobody holds, not even the cache.
  bool grow(SequenceState &state, uint32_t tokens);
  /// One slot of each pool of slots.
  PoolCounts snapshotCounts() const;
  /// Has the next step keep the state behind the first `position` tokens; false where a pool has no
  /// slot that nobody holds.
  bool addSnapshot(SequenceState &state, uint32_t position);

  /// Says that a step was computed: what it wrote is the state.
  void advance(SequenceState &state);
  /// After advance(), where not all that the step computed counts: the state is that behind the
  /// first `tokens` tokens, which the step kept, and pages behind them are given back.
  void takeBack(SequenceState &state, uint32_t tokens);
  /// Gives back the pages behind the first `tokens` tokens; false where there are none.
  bool truncate(SequenceState &state, uint32_t tokens);
  /// Gives back the pages of windows that no token behind the first `computed` reads, and the slots
  /// of snapshots. Only right after a step: within one, the first token of a chunk reads furthest
  /// back.
  void trim(SequenceState &state, uint32_t computed);
  /// Gives back everything.
  void release(SequenceState &state);

  /// What a sequence of `tokens` tokens will still ask for at most, while it is computed in chunks
  /// of up to `chunk` tokens.
  PoolCounts demand(const SequenceState &state, uint32_t tokens, uint32_t chunk) const;
  /// Whether each pool has as many free, or only in the cache.
  bool hasFree(const PoolCounts &counts) const;

  /// Fails, naming pool and page, unless every page and slot is free or has as many holders as it
  /// counts, and every sequence has the pages that its next token reads and none that it does not.
  /// `cached` has the pages of the cache, by pool; none without a cache.
  Error checkIntegrity(std::span<const Holder> holders,
                       std::span<const std::vector<int32_t>> cached = {}) const;

  /// For people: ", 5 cache pages of 16, 3 pages of 8 for windows of 20".
  std::string describePages() const;

private:
  /// Whether somebody beside one sequence holds a slot.
  bool isShared(size_t pool, int32_t slot) const;
  Error checkShare(size_t pool, const Holder &holder) const;

  std::vector<PoolRule> ruleOf;  ///< by pool
  std::vector<PagePool> numbers; ///< pages or slots, by pool
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_STATEPOOLS_H
