//===- Row.cpp - Chains of ops on each row --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "../Rows/RowKernel.h"

using namespace mlir;
using namespace moec;

static KernelWork countWork(const WorkRequest &request) {
  return countRowWork(request, request.choose(RowKernel::rowsKey));
}

KernelFamilyRecord moec::describeRow() {
  return {moe::KernelFamily::Row, buildRowKernel, RowKernel::keys, countWork};
}
