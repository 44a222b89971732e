//===- Row.cpp - Chains of ops on each row --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "../Rows/RowKernel.h"

using namespace mlir;
using namespace moec;

static KernelWork countWork(const WorkRequest &request) {
  KernelWork work = countRowWork(request, request.choose(RowKernel::rowsKey));
  // Blocks of some columns have as much less each.
  moe::GroupOp group = request.group;
  int64_t columns = RowKernel::getBlockColumns(group, request.choose(RowKernel::columnsKey));
  if (columns == 0)
    return work;
  auto type = cast<RankedTensorType>(group.getResult(0).getType());
  double blocks = double(type.getDimSize(1)) / double(columns);
  work.block.blocks *= blocks;
  for (double *part : {&work.block.bytesRead, &work.block.numbers, &work.block.held})
    *part /= blocks;
  return work;
}

KernelFamilyRecord moec::describeRow() {
  return {moe::KernelFamily::Row, buildRowKernel, RowKernel::keys, countWork};
}
