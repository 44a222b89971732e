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

PagePool::PagePool(uint32_t pages) : counts(pages, 0) {
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
  ++counts[page];
}

void PagePool::release(int32_t page) {
  assert(counts[page] > 0 && "released more often than held");
  if (--counts[page] == 0)
    free.push_back(page);
}

Error PagePool::checkIntegrity(std::span<const std::span<const int32_t>> holders) const {
  std::vector<uint32_t> expected(counts.size(), 0);
  for (std::span<const int32_t> holder : holders)
    for (int32_t page : holder) {
      if (page < 0 || page >= int64_t(counts.size()))
        return Error::make("a sequence holds page ", page, " of ", counts.size());
      ++expected[page];
    }
  std::vector<bool> listed(counts.size(), false);
  for (int32_t page : free) {
    if (listed[page])
      return Error::make("page ", page, " is twice in the list of free pages");
    listed[page] = true;
  }
  for (size_t page = 0; page < counts.size(); ++page) {
    if (counts[page] != expected[page])
      return Error::make("page ", page, " counts ", counts[page], " holders but has ",
                         expected[page]);
    if (listed[page] != (counts[page] == 0))
      return Error::make("page ", page, " has ", counts[page], " holders and is ",
                         listed[page] ? "in" : "not in", " the list of free pages");
  }
  return Error::success();
}
