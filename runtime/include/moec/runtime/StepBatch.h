//===- StepBatch.h - The ragged batch of one step ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the runtime tells a function about a step: the integer arrays of moec/StepArrays.h and the
// values of plan::Dim. Plain data; makeBatch makes it from the scheduler's decision.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_STEPBATCH_H
#define MOEC_RUNTIME_STEPBATCH_H

#include "moec/StepArrays.h"
#include "moec/runtime/Formula.h"

#include <array>
#include <cstdint>
#include <vector>

namespace moec::runtime {

/// Host copies of the arrays that a function may take.
struct StepBatch {
  /// Arrays by StepInput; empty where there is none.
  using Arrays = std::array<std::vector<int32_t>, numStepInputs>;
  /// Whose each row of the logits is: (chunk of the step, position in the sequence).
  struct Row {
    uint32_t chunk;
    uint32_t position;
  };

  /// The arrays that describe no pool, and for each pool those that describe it.
  Arrays common;
  std::vector<Arrays> pools;
  StepDims dims;
  std::vector<Row> rows;
  /// Every sequence has one token and its drafts: such a step is likely to come again.
  bool isDecode = false;

  /// An array; `pool` is the pool that it describes, or -1.
  const std::vector<int32_t> &values(StepInput input, int32_t pool = -1) const {
    return (pool < 0 ? common : pools[size_t(pool)])[size_t(input)];
  }
  std::vector<int32_t> &values(StepInput input, int32_t pool = -1) {
    return (pool < 0 ? common : pools[size_t(pool)])[size_t(input)];
  }

  const std::vector<int32_t> &tokenIds() const { return values(StepInput::TokenIds); }
  const std::vector<int32_t> &positions() const { return values(StepInput::Positions); }
  const std::vector<int32_t> &tokenSequence() const { return values(StepInput::TokenSequence); }
  const std::vector<int32_t> &sequenceStart() const { return values(StepInput::SequenceStart); }
  const std::vector<int32_t> &contextLength() const { return values(StepInput::ContextLength); }
  const std::vector<int32_t> &logitsRows() const { return values(StepInput::LogitsRows); }
  const std::vector<int32_t> &blockTable(int32_t pool) const {
    return values(StepInput::BlockTable, pool);
  }
  const std::vector<int32_t> &cacheRows(int32_t pool) const {
    return values(StepInput::CacheRows, pool);
  }
  const std::vector<int32_t> &stateRead(int32_t pool) const {
    return values(StepInput::StateRead, pool);
  }
  const std::vector<int32_t> &stateWrite(int32_t pool) const {
    return values(StepInput::StateWrite, pool);
  }

  size_t tokens() const { return size_t(dims[plan::Dim::Tokens]); }
  size_t sequences() const { return size_t(dims[plan::Dim::Sequences]); }
  /// The longest context_length.
  uint32_t longestContext() const;
  /// Makes everything empty, for `numPools` pools.
  void clear(size_t numPools);
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_STEPBATCH_H
