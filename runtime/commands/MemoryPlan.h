//===- MemoryPlan.h - What a model takes of the memory ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Said when a server starts, before anybody asks why a text had to wait.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_MEMORYPLAN_H
#define MOEC_RUNTIME_COMMANDS_MEMORYPLAN_H

#include "moec/runtime/Engine.h"

#include <string>

namespace moec::runtime {

/// A line each for the weights, every pool of state, the workspace of a step, the prefix cache of
/// an engine that was opened with `prefixCacheBytes`, and who drafts; for a draft model the first
/// three again.
std::string describeMemory(const Engine &engine, uint64_t prefixCacheBytes);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_MEMORYPLAN_H
