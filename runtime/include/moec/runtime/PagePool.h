//===- PagePool.h - Numbers with holders ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The pages, or slots, of one pool of states; every state of the pool has memory for each of them.
// A page may have several holders, which is what sharing prefixes needs. One of them may be a
// cache, which gives up a page that nobody else holds when it is wanted.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_PAGEPOOL_H
#define MOEC_RUNTIME_PAGEPOOL_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace moec::runtime {

/// A fixed number of pages with reference counts. Which page is given out depends only on the
/// calls before.
class PagePool {
public:
  explicit PagePool(uint32_t pages);

  uint32_t pages() const { return static_cast<uint32_t>(counts.size()); }
  uint32_t freePages() const { return static_cast<uint32_t>(free.size()); }
  /// Pages whose only holder is the cache.
  uint32_t idlePages() const { return idle; }
  bool isIdle(int32_t page) const { return kept[page] && counts[page] == 1; }
  bool isKept(int32_t page) const { return kept[page]; }
  /// Holders of a page that are sequences.
  uint32_t users(int32_t page) const { return counts[page] - (kept[page] ? 1 : 0); }

  /// Takes a free page, with one holder; nothing when there is none.
  std::optional<int32_t> take();
  /// Adds a holder to a page that has one.
  void retain(int32_t page);
  /// Removes a holder; the last one frees the page.
  void release(int32_t page);

  /// Makes the cache a holder of a page that has one and is not in the cache.
  void keep(int32_t page);
  /// Ends that; a page without other holders is free again.
  void drop(int32_t page);

  /// Fails, naming the page, unless every page is either free or has exactly the holders that
  /// `holders` (the page lists of all sequences) and `cached` (the pages of the cache) name.
  Error checkIntegrity(std::span<const std::span<const int32_t>> holders,
                       std::span<const int32_t> cached = {}) const;

private:
  std::vector<uint32_t> counts;
  std::vector<bool> kept; ///< by page: whether the cache is one of its holders
  uint32_t idle = 0;
  std::vector<int32_t> free; ///< a stack; the lowest page is on top at first
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_PAGEPOOL_H
