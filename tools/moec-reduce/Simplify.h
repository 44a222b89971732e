//===- Simplify.h - Simpler models ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECREDUCE_SIMPLIFY_H
#define MOEC_TOOLS_MOECREDUCE_SIMPLIFY_H

#include "mlir/IR/BuiltinOps.h"

namespace moec {

/// Makes one op of a model simpler. Returns whether it did; the op may be gone then.
using Simplification = bool (*)(mlir::Operation *op);

/// An op gives way to its first operand of the result's type: a residual addition drops its branch,
/// a norm or a rotation goes.
bool forwardOperand(mlir::Operation *op);

/// Removes one attribute that the op can do without: a bias, a window, sinks.
bool dropOptional(mlir::Operation *op);

/// Attends to all keys instead of selected ones.
bool dropSelection(mlir::Operation *op);

/// Removes what nothing reads: ops, and the weights and caches that then nothing names.
void removeUnused(mlir::ModuleOp module);

} // namespace moec

#endif // MOEC_TOOLS_MOECREDUCE_SIMPLIFY_H
