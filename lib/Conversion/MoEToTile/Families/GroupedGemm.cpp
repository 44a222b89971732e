//===- GroupedGemm.cpp - Products by the matrices of each row's experts ---===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "../Products/GroupGemm.h"

using namespace mlir;
using namespace moec;

KernelFamilyRecord moec::describeGroupedGemm() {
  return {moe::KernelFamily::GroupedGemm, buildGemmKernel, GemmKernel::keys, countProductWork};
}
