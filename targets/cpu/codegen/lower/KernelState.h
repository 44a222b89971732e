//===- KernelState.h - What the parts of a lowering share -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The kernel that is lowered, the function that it becomes, and what its arguments and scalars are
// there.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELSTATE_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELSTATE_H

#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/codegen/lower/Access.h"
#include "targets/cpu/codegen/lower/CodeBuilder.h"

namespace moec::cpu {

/// A position in a tile, a value for each dimension.
using Point = llvm::SmallVector<mlir::Value, 4>;

struct KernelState {
  KernelState(tile::KernelOp kernel, const Machine &machine)
      : kernel(kernel), machine(machine), b(kernel.getLoc(), kernel.getContext()) {}

  tile::KernelOp kernel;
  const Machine &machine;
  CodeBuilder b;
  mlir::LLVM::LLVMFuncOp function;
  /// A page of zeros, which is read in place of rows that do not exist, and the worker's place for
  /// a vector that is stored or loaded in part.
  mlir::Value zeros, bounce;
  /// Lowered scalars.
  mlir::IRMapping scalars;
  /// The arrays of each argument, and the arguments that are written.
  llvm::DenseMap<mlir::Value, Streams> refs;
  llvm::DenseSet<mlir::Value> writtenRefs;
  bool failed = false;

  /// The lowered value of a scalar.
  mlir::Value scalar(mlir::Value value) { return scalars.lookup(value); }
  Streams getStreams(mlir::Value ref) { return refs.lookup(getRoot(ref)); }
  /// Reports what has no lowering; emission goes on to find more.
  void unsupported(mlir::Operation *op, const llvm::Twine &what) {
    op->emitOpError() << what;
    failed = true;
  }
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELSTATE_H
