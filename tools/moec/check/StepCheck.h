//===- StepCheck.h - The launches of one step -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the reference computed in a step, and the launches of that step on the same inputs.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_CHECK_STEPCHECK_H
#define MOEC_TOOLS_MOEC_CHECK_STEPCHECK_H

#include "LaunchMemory.h"
#include "ResultCheck.h"

#include "moec/runtime/BatchBuilder.h"

#include "llvm/ADT/DenseMap.h"

namespace moec {

/// Compares the launches of one step.
class StepCheck {
public:
  /// `chunks` is the step of the runtime, `values` what the reference computed in it; sequences
  /// have the same numbers on both sides.
  StepCheck(runtime::Executor &executor, const plan::Plan &plan, const PlanMap &map,
            const runtime::StepBatch &batch, const std::vector<runtime::ScheduledChunk> &chunks,
            const reference::ReferenceSession &session,
            const llvm::DenseMap<mlir::Value, reference::Tensor> &values,
            llvm::ArrayRef<uint32_t> poolSizes, ResultCheck &check)
      : executor(executor), plan(plan), map(map), batch(batch), chunks(chunks), session(session),
        values(values), poolSizes(poolSizes), rules(runtime::poolRules(plan)), memory(executor),
        check(check) {}

  /// Runs launch `number` on the reference's inputs and compares what it wrote.
  Error run(size_t number);

private:
  /// Rows that a cache shall hold: of earlier steps, or of this one too.
  enum class Rows { Before, After };

  Error prepare(moe::GroupOp group, int64_t blockRows);
  Error compareResult(moe::GroupOp group, mlir::OpResult result, int64_t blockRows);
  Error compareCache(moe::CacheAppendOp append, const std::string &label);
  Error compareState(moe::StateUserOp user, const std::string &label);
  /// The four lists of expert blocks which blocks have so many rows.
  std::vector<std::vector<int32_t>> makeExpertBlocks(mlir::Value expertBlocks,
                                                     int64_t blockRows) const;
  reference::Encoded cacheImage(mlir::Value kv, Rows rows) const;
  /// A state of all sequences before the step, in their slots.
  reference::Encoded stateImage(moe::StateUserOp user) const;
  /// Where a sequence has it.
  int32_t slotOf(const runtime::ScheduledChunk &chunk, const Place &place) const;
  /// The row of a position in the states of a pool; below 0 where its page was given back.
  int64_t rowOf(const runtime::ScheduledChunk &chunk, size_t pool, int64_t position) const;

  runtime::Executor &executor;
  const plan::Plan &plan;
  const PlanMap &map;
  const runtime::StepBatch &batch;
  const std::vector<runtime::ScheduledChunk> &chunks;
  const reference::ReferenceSession &session;
  const llvm::DenseMap<mlir::Value, reference::Tensor> &values;
  llvm::ArrayRef<uint32_t> poolSizes;
  std::vector<runtime::PoolRule> rules;
  LaunchMemory memory;
  ResultCheck &check;
  std::vector<bool> otherRows; ///< of the launch: rows that chose other ids of equal score
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_CHECK_STEPCHECK_H
