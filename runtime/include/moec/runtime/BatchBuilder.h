//===- BatchBuilder.h - From chunks to a batch ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Between the scheduler, which decides what a step computes, and the executor, which is told so by
// arrays.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_BATCHBUILDER_H
#define MOEC_RUNTIME_BATCHBUILDER_H

#include "moec/runtime/Scheduler.h"
#include "moec/runtime/StepBatch.h"

#include <span>
#include <vector>

namespace moec::runtime {

/// Fills `batch` from the chunks of a step, whose sequences have their pages and slots; `rules` are
/// those of the plan's pools. Rows of logits that a sequence has been given already are not asked
/// for again.
void makeBatch(std::span<const ScheduledChunk> chunks, std::span<const PoolRule> rules,
               StepBatch &batch);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_BATCHBUILDER_H
