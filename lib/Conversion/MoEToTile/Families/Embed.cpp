//===- Embed.cpp - Rows of a table ----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Rows/GatherRows.h"

using namespace mlir;
using namespace moec;

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::EmbedOp> op = getAnchor<moe::EmbedOp>(request.group);
  if (failed(op))
    return failure();
  RowBlocks blocks(request, op->getType().getDimSize(1));
  GroupKernel kernel(request, blocks.getGrid(request.builder.getContext()));
  return gatherRows(kernel, blocks, kernel.getWeight(op->getWeightAttr()),
                    kernel.getInput(stripViews(op->getIds())));
}

/// Of the table, the rows of the tokens are read and no other.
static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  auto embed = *group.getBody().getOps<moe::EmbedOp>().begin();
  RankedTensorType table = moe::lookupWeight(embed, embed.getWeightAttr()).getTensorType();
  double rowBytes = getStoredBytes(table.getElementType(), double(table.getDimSize(1)));
  KernelWork work = countGatheredWork(request, table.getDimSize(1), rowBytes);
  work.weightBytes = double(request.rows) * rowBytes;
  return work;
}

KernelFamilyRecord moec::describeEmbed() {
  return {moe::KernelFamily::Embed, build, RowBlocks::keys, countWork};
}
