//===- StepBatch.h - The ragged batch of one step ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the runtime tells the kernels about a step: the arrays of plan::StepArray and the values
// of plan::Dim, made from the scheduler's decision.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_STEPBATCH_H
#define MOEC_RUNTIME_STEPBATCH_H

#include "moec/runtime/Formula.h"
#include "moec/runtime/Scheduler.h"

#include <cstdint>
#include <vector>

namespace moec::runtime {

/// Host copies of the step arrays; see plan::StepArray for their shapes.
struct StepBatch {
  std::vector<int32_t> ids, positions, tokenSequence, sequenceStart, contextLength, blockTable,
      slots, logitsRows;
  StepDims dims;
  /// Whose each row of the logits is: (chunk of the step, position in the sequence).
  struct Row {
    uint32_t chunk;
    uint32_t position;
  };
  std::vector<Row> rows;

  /// Fills everything from `step`. Rows of logits that a sequence has been given already are not
  /// asked for again.
  void assign(const std::vector<ScheduledChunk> &step, uint32_t pageSize);
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_STEPBATCH_H
