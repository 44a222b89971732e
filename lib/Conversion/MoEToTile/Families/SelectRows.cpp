//===- SelectRows.cpp - The rows whose logits are asked for ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Rows/GatherRows.h"

using namespace mlir;
using namespace moec;

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::SelectRowsOp> op = getAnchor<moe::SelectRowsOp>(request.group);
  if (failed(op))
    return failure();
  RowBlocks blocks(request, op->getType().getDimSize(1));
  GroupKernel kernel(request, blocks.getGrid(request.builder.getContext()));
  return gatherRows(kernel, blocks, kernel.getInput(stripViews(op->getInput())),
                    kernel.getStep(StepInput::LogitsRows));
}

static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  RankedTensorType type = (*group.getBody().getOps<moe::SelectRowsOp>().begin()).getType();
  return countGatheredWork(request, type.getDimSize(1),
                           getStoredBytes(type.getElementType(), double(type.getDimSize(1))));
}

KernelFamilyRecord moec::describeSelectRows() {
  return {moe::KernelFamily::SelectRows, build, RowBlocks::keys, countWork};
}
