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

KernelFamilyRecord moec::describeSelectRows() {
  return {moe::KernelFamily::SelectRows, build, RowBlocks::keys, countRowWork};
}
