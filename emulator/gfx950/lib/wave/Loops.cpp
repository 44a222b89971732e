//===- Loops.cpp - Loops of decoded code ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Loops come out of the branches in ascending order, so a stack of open ones gives the nesting.
//
//===----------------------------------------------------------------------===//

#include "Loops.h"

#include <algorithm>
#include <map>

namespace moec::gfx950 {

LoopForest::LoopForest(std::span<const Instruction> code) : of(code.size(), -1) {
  std::map<int32_t, int32_t> lastOf; // By target.
  for (size_t i = 0; i < code.size(); ++i)
    if (int32_t target = code[i].target; target >= 0 && size_t(target) <= i) {
      int32_t &last = lastOf.emplace(target, 0).first->second;
      last = std::max(last, int32_t(i));
    }
  for (auto [first, last] : lastOf)
    list.push_back({first, last, -1});
  std::vector<int32_t> open;
  for (int32_t i = 0; i < int32_t(list.size()); ++i) {
    while (!open.empty() && list[size_t(open.back())].last < list[size_t(i)].first)
      open.pop_back();
    list[size_t(i)].parent = open.empty() ? -1 : open.back();
    for (int32_t around : open)
      list[size_t(around)].last = std::max(list[size_t(around)].last, list[size_t(i)].last);
    open.push_back(i);
  }
  // Inner loops come behind those around them.
  for (int32_t i = 0; i < int32_t(list.size()); ++i)
    std::fill(of.begin() + list[size_t(i)].first, of.begin() + list[size_t(i)].last + 1, i);
}

} // namespace moec::gfx950
