//===- MemoryPlan.cpp - What a model takes of the memory --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums over the plan, with the sizes of pools that the engine has chosen.
//
//===----------------------------------------------------------------------===//

#include "MemoryPlan.h"

#include "moec/runtime/PlanSteps.h"
#include "moec/runtime/StateMemory.h"
#include "moec/runtime/commands/Table.h"

using namespace moec;
using namespace moec::runtime;

/// "8.0 MiB: 512 pages of 16 tokens".
static std::string describePages(const plan::Plan &plan, const StatePools &pools, size_t pool) {
  const PoolRule &rule = pools.rules()[pool];
  uint32_t units = pools.units(pool);
  std::string text = strCat(formatBytes(units * unitBytes(plan, pool)), ": ", units, " pages of ",
                            rule.pageSize, " tokens");
  return rule.window ? strCat(text, " for windows of ", rule.window) : text;
}

/// "8.0 MiB: 8 slots, one for each sequence".
static std::string describeSlots(const Engine &engine, size_t pool) {
  uint64_t bytes = unitBytes(engine.artifact().plan(), pool);
  uint32_t drafts = engine.speculation() ? engine.speculation()->limit() : 0;
  uint32_t used = engine.maxSequences() * (1 + drafts), others = engine.pools().units(pool) - used;
  std::string text =
      strCat("states        ", formatBytes(used * bytes), ": ", used, " slots, one for each ",
             drafts ? strCat("of ", engine.maxSequences(), " sequences and each of its ", drafts,
                             " drafts")
                    : "sequence",
             "; those that none has are for snapshots\n");
  if (others != 0)
    text += strCat("snapshots     ", formatBytes(others * bytes), ": ", others, " slots more\n");
  return text;
}

/// What the prefix cache takes of the caches.
static std::string describeCache(const Engine &engine, uint64_t bytes) {
  const PrefixCache &cache = engine.prefixCache();
  if (bytes == 0)
    return "off";
  if (!cache.isOn())
    return "none, as there are no states to share";
  std::string what = cache.hasSnapshots() ? "pages and slots" : "pages";
  std::string text = bytes == UINT64_MAX ? strCat("the ", what, " that no text needs")
                                         : strCat("at most ", formatBytes(bytes), " of ", what,
                                                  " that no text needs");
  return cache.hasSnapshots() ? strCat(text, "; snapshots every ", cache.snapshotInterval(),
                                       " tokens and where texts are likely to branch off")
                              : text;
}

static uint64_t weightBytes(const plan::Plan &plan) {
  uint64_t bytes = 0;
  for (const plan::Weight *weight : *plan.weights())
    bytes += weight->bytes();
  return bytes;
}

/// Who drafts, and what it takes where it is a model of its own; nothing where nobody drafts.
static std::string describeDrafts(const Engine &engine) {
  const Speculation *drafts = engine.speculation();
  if (!drafts)
    return "";
  std::string text = strCat("drafts        ", drafts->limit(), " tokens at most by ",
                            drafts->drafter().name(), "\n");
  const ArtifactDrafter *other = drafts->drafter().otherModel();
  if (!other)
    return text;
  const plan::Plan &plan = other->artifact().plan();
  text += strCat("  weights     ", formatBytes(weightBytes(plan)), "\n");
  for (size_t pool = 0; pool < other->pools().rules().size(); ++pool)
    text += strCat("  cache       ", describePages(plan, other->pools(), pool), "\n");
  return text + strCat("  workspace   ", formatBytes(Executor::workspaceBytes(plan)), "\n");
}

std::string runtime::describeMemory(const Engine &engine, uint64_t prefixCacheBytes) {
  const plan::Plan &plan = engine.artifact().plan();
  std::string text = strCat("weights       ", formatBytes(weightBytes(plan)), "\n");
  for (size_t pool = 0; pool < engine.pools().rules().size(); ++pool)
    text += engine.pools().rules()[pool].hasPages()
                ? strCat("cache         ", describePages(plan, engine.pools(), pool), "\n")
                : describeSlots(engine, pool);
  uint64_t drafts = engine.speculation() ? engine.speculation()->limit() : 0;
  uint64_t workspace = Executor::workspaceBytes(plan, sequenceLimit(plan) * (1 + drafts));
  return text + strCat("workspace     ", formatBytes(workspace), "\nprefix cache  ",
                       describeCache(engine, prefixCacheBytes), "\n", describeDrafts(engine));
}
