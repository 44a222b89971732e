//===- SimplifyKernel.h - Simpler kernels -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECREDUCE_SIMPLIFYKERNEL_H
#define MOEC_TOOLS_MOECREDUCE_SIMPLIFYKERNEL_H

#include "mlir/IR/BuiltinOps.h"

namespace moec {

/// Removes what nobody asks for a result: a kernel beside others, a store, a scatter.
bool eraseInKernel(mlir::Operation *op);

/// A loop gives way to its first iteration, a condition to its first branch.
bool flattenControl(mlir::Operation *op);

/// An op of a kernel gives way to its first, or its last, operand of the result's type.
bool forwardFirst(mlir::Operation *op);
bool forwardLast(mlir::Operation *op);

/// Replaces a result of a kernel's op, a number or a plain tile, by ones.
bool replaceByConstant(mlir::Operation *op);

/// Removes ops of kernels that nothing reads, and refs that then nothing names.
void removeUnusedInKernels(mlir::ModuleOp module);

} // namespace moec

#endif // MOEC_TOOLS_MOECREDUCE_SIMPLIFYKERNEL_H
