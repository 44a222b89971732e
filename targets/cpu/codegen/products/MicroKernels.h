//===- MicroKernels.h - Register blocks of matrix products ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The innermost part of a product, as internal functions that all kernels of a module share: a few
// rows of the left operand times one panel of the right, accumulators in registers.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_MICROKERNELS_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_MICROKERNELS_H

#include "targets/cpu/codegen/products/Panels.h"

#include "mlir/IR/BuiltinOps.h"

namespace moec::cpu {

/// How a block-scaled left operand is staged for products with a panel: which bytes, in which
/// order, and what the weights are biased by.
struct CodeStaging {
  /// Places within a group of codes, in the order they are stored.
  llvm::SmallVector<int64_t> order;
  /// Bits of a staged code: 8 or 16.
  unsigned bits = 8;
  /// What is added to every weight to make it unsigned; the sum of a block's codes times this is
  /// taken off again.
  int64_t bias = 0;
};

/// The functions of one module. They are made when first asked for.
class MicroKernels {
public:
  MicroKernels(mlir::ModuleOp module, const Machine &machine) : module(module), machine(machine) {}

  /// void (a, b …, c, cStride, bStep, depth): c[r, :] += Σ_k a[r, k] · b[k, :] for `rows` rows of
  /// f32 that are `aStride` elements apart. b are the arrays of the panel, as
  /// PanelFormat::getStreamBits counts them. cStride is in bytes; bStep, the bytes from one step of
  /// K to the next, matters to floats only; depth counts k. Every element is one chain of fused
  /// multiply-adds in the order of k, whatever `rows` is.
  mlir::LLVM::LLVMFuncOp getProduct(const PanelFormat &format, unsigned rows, int64_t aStride);

  /// void (b …, out, depth): the panel as f32, `panelRows` numbers for each k.
  mlir::LLVM::LLVMFuncOp getDequantize(const PanelFormat &format);

  /// void (codes, scales, sums, b …, c, cStride, depth): the same for a left operand of codes in
  /// blocks of 32, staged as `getStaging` says with `aStride` codes a row; `scales` (f32) hold one
  /// for each block, `sums` (i32) one for each block of b: of the codes, times minus the bias if b
  /// has no zero points. Sums within a block of b are exact.
  mlir::LLVM::LLVMFuncOp getScaledProduct(const PanelFormat &format, bool wideCodes, unsigned rows,
                                          int64_t aStride);

  /// `wideCodes`: whether the left operand's codes may exceed 12 in magnitude.
  CodeStaging getStaging(CodeType weight, bool wideCodes) const;

private:
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, llvm::ArrayRef<mlir::Type> arguments);

  mlir::ModuleOp module;
  const Machine &machine;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_MICROKERNELS_H
