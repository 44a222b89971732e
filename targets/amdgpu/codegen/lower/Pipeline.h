//===- Pipeline.h - From tile kernels to the LLVM dialect --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The steps of this backend in order. Emit.h has the last one.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_PIPELINE_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_PIPELINE_H

#include "targets/amdgpu/codegen/lower/KernelLowering.h"

#include <string>

namespace moec::amdgpu {

/// What became of one kernel.
struct LoweredKernel {
  std::string name;
  KernelMetrics metrics;
};

/// Replaces every tile.kernel of `module` by an llvm.func, and leaves a module of the LLVM dialect
/// alone. Fails with diagnostics.
mlir::FailureOr<std::vector<LoweredKernel>> lowerKernels(mlir::ModuleOp module,
                                                         const Machine &machine);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_PIPELINE_H
