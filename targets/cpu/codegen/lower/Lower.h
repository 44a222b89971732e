//===- Lower.h - Kernels to the LLVM dialect --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The two steps above LLVM: tile.kernels to loops over vectors, and those to the LLVM dialect.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_LOWER_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_LOWER_H

#include "moec/Dialect/Tile/Tile.h"
#include "targets/cpu/codegen/Machine.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>

namespace moec::cpu {

/// What is known of a kernel once it is lowered.
struct LoweredKernel {
  /// Scratch that a worker needs, in bytes.
  uint64_t scratchBytes = 0;
  /// How many of its products are made of each instruction, as atoms name it.
  std::map<llvm::StringRef, unsigned> instructions = {};
};

/// A new module with one function of the kernel ABI for each kernel, in scf, arith, vector and LLVM
/// ops. `lowered` gets one record for each kernel. Null, with diagnostics, if some op has no
/// lowering.
mlir::OwningOpRef<mlir::ModuleOp> lowerKernels(llvm::ArrayRef<tile::KernelOp> kernels,
                                               const Machine &machine,
                                               llvm::SmallVectorImpl<LoweredKernel> &lowered);

/// Converts such a module to the LLVM dialect alone, in place.
mlir::LogicalResult convertToLLVM(mlir::ModuleOp module);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_LOWER_H
