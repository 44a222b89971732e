//===- MemoryPlan.cpp - What a model takes of the memory --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums over the plan, with the sizes of pools that the engine has chosen.
//
//===----------------------------------------------------------------------===//

#include "MemoryPlan.h"

#include "moec/runtime/StateMemory.h"
#include "moec/runtime/commands/Table.h"

using namespace moec;
using namespace moec::runtime;

/// "8.0 MiB: 512 pages of 16 tokens".
static std::string describePool(const Engine &engine, size_t pool) {
  const PoolRule &rule = engine.pools().rules()[pool];
  uint32_t units = engine.pools().units(pool);
  std::string text =
      strCat(formatBytes(units * unitBytes(engine.artifact().plan(), pool)), ": ", units);
  if (!rule.hasPages())
    return text + " slots";
  text += strCat(" pages of ", rule.pageSize, " tokens");
  return rule.window ? strCat(text, " for windows of ", rule.window) : text;
}

/// What the prefix cache takes of the caches.
static std::string describeCache(const Engine &engine, uint64_t bytes) {
  if (bytes == 0)
    return "off";
  if (!engine.prefixCache().isOn())
    return "none, as only a plan whose states are all in pages can share them";
  return bytes == UINT64_MAX
             ? "the pages that no text needs"
             : strCat("at most ", formatBytes(bytes), " of pages that no text needs");
}

std::string runtime::describeMemory(const Engine &engine, uint64_t prefixCacheBytes) {
  const plan::Plan &plan = engine.artifact().plan();
  uint64_t weights = 0;
  for (const plan::Weight *weight : *plan.weights())
    weights += weight->bytes();
  std::string text = strCat("weights       ", formatBytes(weights), "\n");
  for (size_t pool = 0; pool < engine.pools().rules().size(); ++pool)
    text += strCat(engine.pools().rules()[pool].hasPages() ? "cache         " : "states        ",
                   describePool(engine, pool), "\n");
  return text + strCat("workspace     ", formatBytes(Executor::workspaceBytes(plan)),
                       "\nprefix cache  ", describeCache(engine, prefixCacheBytes), "\n");
}
