//===- PagePool.cpp - Pages of the KV cache ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counts and a stack of free pages.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/PagePool.h"

#include <cassert>

using namespace moec;
using namespace moec::runtime;

PagePool::PagePool(uint32_t pages) : counts(pages, 0), kept(pages, false) {
  free.reserve(pages);
  for (uint32_t page = pages; page-- > 0;)
    free.push_back(static_cast<int32_t>(page));
}

std::optional<int32_t> PagePool::take() {
  if (free.empty())
    return std::nullopt;
  int32_t page = free.back();
  free.pop_back();
  counts[page] = 1;
  return page;
}

void PagePool::retain(int32_t page) {
  assert(counts[page] > 0 && "a page without holders can only be taken");
  idle -= isIdle(page);
  ++counts[page];
}

void PagePool::release(int32_t page) {
  assert(counts[page] > 0 && "released more often than held");
  if (--counts[page] == 0)
    free.push_back(page);
  idle += isIdle(page);
}

void PagePool::keep(int32_t page) {
  assert(!kept[page] && "the cache holds a page once");
  retain(page);
  kept[page] = true;
}

void PagePool::drop(int32_t page) {
  assert(kept[page] && "the cache does not hold it");
  idle -= isIdle(page);
  kept[page] = false;
  release(page);
}

Error PagePool::checkIntegrity(std::span<const std::span<const int32_t>> holders,
                               std::span<const int32_t> cached) const {
  std::vector<uint32_t> expected(counts.size(), 0);
  for (std::span<const int32_t> holder : holders)
    for (int32_t page : holder) {
      if (page < 0 || page >= int64_t(counts.size()))
        return Error::make("a sequence holds page ", page, " of ", counts.size());
      ++expected[page];
    }
  std::vector<bool> inCache(counts.size(), false);
  for (int32_t page : cached) {
    if (inCache[page])
      return Error::make("page ", page, " is twice in the cache");
    inCache[page] = true;
    ++expected[page];
  }
  std::vector<bool> listed(counts.size(), false);
  for (int32_t page : free) {
    if (listed[page])
      return Error::make("page ", page, " is twice in the list of free pages");
    listed[page] = true;
  }
  uint32_t onlyCached = 0;
  for (size_t page = 0; page < counts.size(); ++page) {
    if (kept[page] != inCache[page])
      return Error::make("page ", page, " is ", inCache[page] ? "" : "not ",
                         "in the cache and counts as ",
                         kept[page] ? "if it were" : "if it were not");
    onlyCached += inCache[page] && expected[page] == 1;
    if (counts[page] != expected[page])
      return Error::make("page ", page, " counts ", counts[page], " holders but has ",
                         expected[page]);
    if (listed[page] != (counts[page] == 0))
      return Error::make("page ", page, " has ", counts[page], " holders and is ",
                         listed[page] ? "in" : "not in", " the list of free pages");
  }
  if (idle != onlyCached)
    return Error::make(onlyCached, " pages are only in the cache but ", idle, " are counted");
  return Error::success();
}
