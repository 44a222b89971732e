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

#include "targets/cpu/codegen/products/Atoms.h"
#include "targets/cpu/codegen/products/Panels.h"

#include "mlir/IR/BuiltinOps.h"

namespace moec::cpu {

/// The functions of one module. They are made when first asked for.
class MicroKernels {
public:
  MicroKernels(mlir::ModuleOp module, const Machine &machine) : module(module), machine(machine) {}

  /// void (a, b …, c, cStride, bStep, depth): c[r, :] += Σ_k a[r, k] · b[k, :] for the block's
  /// rows of f32 that are `aStride` elements apart. b are the arrays of the panel, as
  /// PanelFormat::getStreamBits counts them. cStride is in bytes; bStep, the bytes from one step of
  /// K to the next, matters to floats only; depth counts k. Every element is one chain of fused
  /// multiply-adds in the order of k, whatever the block.
  mlir::LLVM::LLVMFuncOp getProduct(const PanelFormat &format, RegisterBlock block,
                                    int64_t aStride);

  /// void (b …, out, depth): the panel as f32, `panelRows` numbers for each k.
  mlir::LLVM::LLVMFuncOp getDequantize(const PanelFormat &format);

  /// void (codes, scales, sums, b …, c, cStride, depth): the same by `atom` for rows of codes in
  /// blocks of 32, staged as the atom says with `aStride` codes a row; `scales` (f32) hold one for
  /// each block, `sums` (i32) one for each block of b: of the codes, times minus the bias if b has
  /// no zero points. Sums within a block of b are exact.
  mlir::LLVM::LLVMFuncOp getScaledProduct(const ProductAtom &atom, Rows rows,
                                          const PanelFormat &format, RegisterBlock block,
                                          int64_t aStride);

private:
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, llvm::ArrayRef<mlir::Type> arguments);

  mlir::ModuleOp module;
  const Machine &machine;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_MICROKERNELS_H
