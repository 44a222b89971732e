//===- Gemm.cpp - Products in which all rows take the same matrices -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "../Products/GroupGemm.h"

using namespace mlir;
using namespace moec;

KernelFamilyRecord moec::describeGemm() {
  return {moe::KernelFamily::Gemm, buildGemmKernel, GemmKernel::keys, countProductWork};
}
