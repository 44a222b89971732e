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
  /// Bytes of a page of each pool; only a limit that is a number needs them.
  std::vector<uint64_t> pageBytes = {};
};

/// The prefixes that sequences have computed. Which pages it gives up depends only on the calls
/// before.
class PrefixCache {
public:
  /// Shares the pages of `pools`, which must outlive it. A plan without pools, or with a pool of
  /// slots, whose contents belong to one length only, has no cache.
  PrefixCache(StatePools &pools, PrefixCacheLimits limits);
  PrefixCache(const PrefixCache &) = delete;

  bool isOn() const { return limits.bytes != 0; }
  /// Tokens of a node.
  uint32_t blockTokens() const { return block; }

  /// Gives a sequence that holds nothing the longest prefix of its tokens that is there and that it
  /// may skip.
  void adopt(Sequence &sequence);
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

  /// Pages that were given up.
  uint64_t evictedPages() const { return evicted; }
  /// Bytes of the pages that only the cache holds; 0 where pageBytes is not given.
  uint64_t idleBytes() const;
  /// The pages that it holds, by pool.
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
    std::vector<int32_t> pages;        ///< pool after pool; noUnit where a window's page is gone
    std::vector<uint64_t> windowsUsed; ///< by pool; 0 where it has no page
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
  /// The pages of a node in a pool.
  std::span<int32_t> pagesOf(uint32_t node, size_t pool);
  std::span<const int32_t> pagesOf(const Node &node, size_t pool) const;
  bool hasPages(const Node &node) const;
  /// Whether the nodes of a path have what the windows behind them read.
  bool hasWindows(std::span<const uint32_t> path) const;
  void exchangePages(uint32_t node, Sequence &sequence);
  void touchWindow(uint32_t node, size_t pool);
  void forgetWindow(uint32_t node, size_t pool);
  /// Moves the mark of a sequence's deepest node.
  void move(Sequence &sequence, uint32_t to);
  /// Queues a node for eviction when nobody needs it, or removes it when it holds nothing, and so
  /// its parents.
  void settle(uint32_t node);
  /// Takes out a leaf with all it holds; returns its parent.
  uint32_t remove(uint32_t node);
  void evictLeaf();
  /// Gives up the pages of the least recently used block of a window that has any to give up.
  void evictWindow(size_t pool);
  Error checkNode(uint32_t number, uint32_t users) const;
  Error checkSequence(const Sequence &sequence) const;

  StatePools &pools;
  PrefixCacheLimits limits;
  uint32_t block = 0;
  std::vector<size_t> firstPage; ///< by pool: where its pages begin in a node's; then their end
  std::vector<Node> nodes;
  std::vector<uint32_t> unusedNodes;
  std::map<std::string, uint32_t> roots; ///< by salt
  uint64_t clock = 0;
  std::set<Use> leaves;               ///< those that can be evicted
  std::vector<std::set<Use>> windows; ///< by pool: nodes with pages of its window
  uint64_t evicted = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_CACHE_PREFIXCACHE_H
