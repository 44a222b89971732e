//===- PrefixCache.h - Computed prefixes that outlive sequences -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A tree of blocks of tokens. A block is the least number of tokens that are whole pages of every
// pool; its node holds these pages, so that a sequence that begins with the same tokens needs not
// compute them. Sequences hold the pages of their nodes, too, and only read them, so a page that
// only the cache holds can be given up whenever it is wanted: of pools of pages the least recently
// used leaf goes with all it holds; a window's pages go on their own, the least recently used ones
// first, and their node stays.
//
// Where sequences have states in slots, a node may hold a slot of each such pool, with the state
// behind its block: a snapshot, which is the slot that a sequence wrote, as it goes on in another
// one. Only a node with slots is a hit, and few have them, since a slot takes as much memory as
// hundreds of tokens: those where another text is likely to branch off. Slots go like the pages of
// windows. Blocks are then multiples of the grid, at which kernels give the same state however a
// prompt is cut into steps.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_CACHE_PREFIXCACHE_H
#define MOEC_RUNTIME_CACHE_PREFIXCACHE_H

#include "moec/Support/Error.h"
#include "moec/runtime/Sequence.h"
#include "moec/runtime/StatePools.h"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace moec::runtime {

/// What a prefix cache may take.
struct PrefixCacheLimits {
  /// Bytes of pages that only the cache holds at most; 0 means that there is no cache, and
  /// UINT64_MAX that it takes whatever pages are free.
  uint64_t bytes = 0;
  /// Bytes of a page, or slot, of each pool; only a limit that is a number needs them.
  std::vector<uint64_t> pageBytes = {};
  /// Tokens between the positions at which states in slots can be kept.
  uint32_t snapshotGrid = 64;
  /// Tokens between snapshots that are kept of any text, rounded up to whole blocks; 0 keeps only
  /// those at the end of prompts, of users' messages and of texts, and where texts branched off.
  uint32_t snapshotInterval = 0;
};

/// The prefixes that sequences have computed. Which pages it gives up depends only on the calls
/// before.
class PrefixCache {
public:
  /// Shares the pages of `pools`, which must outlive it. A plan without pools has no cache.
  PrefixCache(StatePools &pools, PrefixCacheLimits limits);
  PrefixCache(const PrefixCache &) = delete;

  bool isOn() const { return limits.bytes != 0; }
  /// Tokens of a node.
  uint32_t blockTokens() const { return block; }
  /// Whether there are states in slots to keep, and the tokens between those that are kept of every
  /// text; 0 where there is no such interval.
  bool hasSnapshots() const { return needsSlots; }
  uint32_t snapshotInterval() const { return limits.snapshotInterval; }

  /// Gives a sequence that holds nothing the longest prefix of its tokens that is there and that it
  /// may skip, and notes its junction.
  void adopt(Sequence &sequence);
  /// The positions within its next `count` tokens, the end not included, at which a snapshot of a
  /// sequence is wanted and not there.
  std::vector<uint32_t> wantedWithin(const Sequence &sequence, uint32_t count) const;
  /// Leaves a sequence the slots that only it and the cache hold, of pools that have not as many
  /// free as `counts` says.
  void yieldSlots(Sequence &sequence, const PoolCounts &counts);
  /// Keeps the blocks that a sequence has completed since the last time, before its windows are
  /// trimmed. Where another one has computed the same, the sequence gets that one's pages, and its
  /// own are free.
  void remember(Sequence &sequence);
  /// Says that a sequence gives back what it holds.
  void leave(Sequence &sequence);

  /// Gives up pages until as many of each pool are free, held by nobody at all; StatePools::hasFree
  /// says that there are so many.
  void makeRoom(const PoolCounts &counts);
  /// Gives up what the limit of bytes does not allow.
  void enforceLimit();

  /// Pages that were given up, and slots.
  uint64_t evictedPages() const { return evicted; }
  uint64_t evictedSlots() const { return droppedSlots; }
  /// Bytes of the pages and slots that only the cache holds; 0 where pageBytes is not given.
  uint64_t idleBytes() const;
  /// The pages and slots that it holds, by pool.
  std::vector<std::vector<int32_t>> pages() const;
  /// Fails unless tree, order of use and the places of `sequences`, all that there are, agree.
  Error checkIntegrity(std::span<const Sequence *const> sequences) const;

private:
  /// The time of the last use, in uses; with the node that was used.
  using Use = std::pair<uint64_t, uint32_t>;

  struct Node {
    uint32_t parent = noNode;
    uint32_t end = 0;               ///< position behind the block
    std::vector<int32_t> tokens;    ///< of the block; none at a root
    std::string salt;               ///< of a root
    std::vector<uint32_t> children; ///< in the order of their tokens
    uint32_t users = 0;             ///< sequences whose deepest node this is
    uint64_t used = 0;
    /// Pool after pool; noUnit where a window's page is gone, and where there is no slot.
    std::vector<int32_t> pages;
    std::vector<uint64_t> looseUsed; ///< by pool; 0 where it has none of its units
    bool isTurnEnd = false;          ///< a conversation will branch off here
  };
  /// Where the tokens are, or would be, among the children of a node.
  std::vector<uint32_t>::const_iterator findPlace(uint32_t parent,
                                                  std::span<const int32_t> tokens) const;
  uint32_t findChild(uint32_t parent, std::span<const int32_t> tokens) const;
  uint32_t addNode(uint32_t parent);
  uint32_t rootOf(const std::string &salt);
  bool isRoot(const Node &node) const { return node.parent == noNode; }
  bool isEvictable(const Node &node) const {
    return !isRoot(node) && node.children.empty() && node.users == 0;
  }
  /// Whether a pool's units go on their own, not with a leaf: pages of windows, and slots.
  bool isLoose(size_t pool) const {
    return pools.rules()[pool].allocation != plan::Allocation::Paged;
  }
  /// The pages of a node in a pool, or its slot.
  std::span<int32_t> pagesOf(uint32_t node, size_t pool);
  std::span<const int32_t> pagesOf(const Node &node, size_t pool) const;
  bool hasPages(const Node &node) const;
  /// Whether a node has a slot of every pool of slots.
  bool hasSlots(const Node &node) const;
  /// Whether the nodes of a path have what the windows behind them read, and the last one slots.
  bool canContinue(std::span<const uint32_t> path) const;
  /// Gives a sequence what the nodes of a path have of a pool.
  void share(std::span<const uint32_t> path, size_t pool, Sequence &sequence);
  void exchangePages(uint32_t node, Sequence &sequence);
  /// The last position up to `position` at which there can be a snapshot.
  uint32_t floorBlock(uint32_t position) const { return position / block * block; }
  bool isWanted(const Sequence &sequence, uint32_t position) const;
  /// Whether the state there serves nobody once a text went on for a block.
  bool isPassing(const Sequence &sequence, uint32_t position) const;
  /// Keeps the slots that a sequence has written for a node.
  void keepSlots(uint32_t node, Sequence &sequence);
  /// Puts the snapshot before a node's behind all others, unless texts branch off there.
  void demoteBefore(uint32_t node);
  /// Once a turn has branched off at a node: puts the state there behind all others, and what the
  /// turn before had there.
  void demoteTurn(uint32_t node, uint32_t turn);
  void demoteSlots(uint32_t node);
  void touchLoose(uint32_t node, size_t pool);
  void forgetLoose(uint32_t node, size_t pool);
  /// Gives up a page or slot of a node.
  void drop(size_t pool, int32_t &unit);
  /// What a leaf is queued by: one that can be no hit goes first.
  Use useOf(uint32_t node) const;
  /// Moves the mark of a sequence's deepest node.
  void move(Sequence &sequence, uint32_t to);
  /// Queues a node for eviction when nobody needs it, or removes it when it holds nothing, and so
  /// its parents.
  void settle(uint32_t node);
  /// Takes out a leaf with all it holds; returns its parent.
  uint32_t remove(uint32_t node);
  void evictLeaf();
  /// Gives up the pages, or the slot, of the least recently used node that has any to give up.
  void evictLoose(size_t pool);
  Error checkNode(uint32_t number, uint32_t users) const;
  Error checkSequence(const Sequence &sequence) const;

  StatePools &pools;
  PrefixCacheLimits limits;
  uint32_t block = 0;
  std::vector<size_t> firstPage; ///< by pool: where its pages begin in a node's; then their end
  std::vector<Node> nodes;
  std::vector<uint32_t> unusedNodes;
  std::map<std::string, uint32_t> roots; ///< by salt
  /// Set in all times but those of what was overtaken, which so is older.
  static constexpr uint64_t inUse = uint64_t(1) << 62;
  uint64_t clock = inUse;
  std::set<Use> leaves;             ///< those that can be evicted
  std::vector<std::set<Use>> loose; ///< by pool: nodes with pages of its window, or with a slot
  uint64_t evicted = 0, droppedSlots = 0;
  bool needsSlots = false; ///< there is a pool of slots
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_CACHE_PREFIXCACHE_H
