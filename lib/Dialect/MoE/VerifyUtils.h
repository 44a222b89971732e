//===- VerifyUtils.h - Checks that several ops share ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small checks whose messages carry both numbers.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DIALECT_MOE_VERIFYUTILS_H
#define MOEC_LIB_DIALECT_MOE_VERIFYUTILS_H

#include "moec/Dialect/MoE/MoE.h"

namespace moec::moe {

/// Checks that `ref` names a weight of shape `shape`; `role` says what the op takes it for. Success
/// where `ref` is absent.
mlir::LogicalResult verifyWeight(mlir::Operation *op, mlir::SymbolTableCollection &tables,
                                 mlir::FlatSymbolRefAttr ref, llvm::StringRef role,
                                 llvm::ArrayRef<int64_t> shape);

/// Checks the shape of what `ref` names, which `declaration` declares.
mlir::LogicalResult verifyShape(mlir::Operation *op, llvm::StringRef role,
                                mlir::FlatSymbolRefAttr ref, mlir::Operation *declaration,
                                llvm::ArrayRef<int64_t> actual, llvm::ArrayRef<int64_t> needed);

/// Checks that two numbers of an op agree.
mlir::LogicalResult verifyEqual(mlir::Operation *op, llvm::StringRef whatLeft, int64_t left,
                                llvm::StringRef whatRight, int64_t right);

} // namespace moec::moe

#endif // MOEC_LIB_DIALECT_MOE_VERIFYUTILS_H
