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

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_KERNELS_MICROKERNELS_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_KERNELS_MICROKERNELS_H

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

  /// The same, of depths that are whole steps of `pairStep`, in the order of such steps. Denormals
  /// are zeros where the caller says so in MXCSR.
  mlir::LLVM::LLVMFuncOp getPairProduct(const PanelFormat &format, RegisterBlock block,
                                        int64_t aStride);

  /// The same for rows and a panel of bf16 in pairs by Instruction::AddPairsOfBf16: every element
  /// is one chain of pairs in the order of k. Denormals are zeros whatever MXCSR says.
  mlir::LLVM::LLVMFuncOp getDotProduct(const PanelFormat &format, RegisterBlock block,
                                       int64_t aStride);

  /// void (a, b, c, aStride, cStride, depth): the same by tiles for rows of bf16 and a panel of
  /// bf16 in pairs, with strides in bytes. As many rows as the tiles are configured for, by
  /// getTileConfigs(): up to 16 with a block of 16, from 17 on with one of 32.
  mlir::LLVM::LLVMFuncOp getTileProduct(RegisterBlock block);
  /// Configurations for 0 … 32 rows, of so many bytes each.
  static constexpr int64_t tileConfigBytes = 64;
  mlir::LLVM::GlobalOp getTileConfigs();

  /// void (b …, out, depth): the panel as f32, `panelRows` numbers for each k; or, of numbers that
  /// are exact in it, as bf16 in pairs.
  mlir::LLVM::LLVMFuncOp getDequantize(const PanelFormat &format, bool toPairs = false);

  /// How rows of codes are staged: codes from a row to the next, codes with one scale.
  struct CodeRows {
    int64_t stride, block;
  };
  /// void (codes, scales, sums, b …, c, cStride, depth): the same by `atom` for rows of codes that
  /// are staged as the atom says; `scales` (f32) hold one for each of their blocks, `sums` (i32)
  /// one for each run of k within a block of both sides: of the codes, times minus the bias if b
  /// has no zero points. Sums within a run are exact.
  mlir::LLVM::LLVMFuncOp getScaledProduct(const ProductAtom &atom, Rows rows,
                                          const PanelFormat &format, RegisterBlock block,
                                          CodeRows staged);

  /// The same for a panel of E2M1 codes times powers of two of which several blocks have one scale
  /// of the rows, a folded product. Of the sums of these blocks, each times its power of two over
  /// the least one of the group, the sum is exact, is rounded to f32 and multiplied by both scales.
  /// Columns whose blocks span more than `widestSpan` have one multiply-add of f32 for each block.
  mlir::LLVM::LLVMFuncOp getFoldedProduct(const ProductAtom &atom, const PanelFormat &format,
                                          RegisterBlock block, CodeRows staged);
  static constexpr int64_t widestSpan = 12;

  /// void (codes, scales, out, outScales, folds, depth): such a panel as int8 codes in fours, each
  /// doubled and times its power of two over the least one of the column's group, in the order of
  /// k that codes of 4 bits are split in; a scale (f32) for each group and column; and for each
  /// group an i32, whether all columns fit, which have exponents of at most `widestFold` more than
  /// the least one.
  mlir::LLVM::LLVMFuncOp getFold(const PanelFormat &format, int64_t group);
  static constexpr int64_t widestFold = 3;

  /// void (codes, scales, b, bScales, c, sums, stride, scalesStride, cStride, live): by tiles, for
  /// one group of k of staged int8 rows and a panel of int8 in fours; strides are in bytes, `sums`
  /// is room for tileSumBytes. Adds to `live` rows, for which the tiles are configured, what
  /// getScaledProduct() does.
  mlir::LLVM::LLVMFuncOp getByteTileProduct(RegisterBlock block, int64_t group);
  static constexpr int64_t tileSumBytes = 4 * 32 * panelRows;

private:
  /// A function of getProduct's arguments; `body` adds to the columns from `column` on what a panel
  /// from there makes of them.
  struct Columns {
    mlir::Value a, c, cStride, bStep, depth;
    llvm::SmallVector<mlir::Value> streams;
    /// Of rows of codes.
    mlir::Value scales, starts;
  };
  mlir::LLVM::LLVMFuncOp
  makeProduct(const std::string &name, const PanelFormat &format, RegisterBlock block,
              llvm::function_ref<void(CodeBuilder &b, const Columns &columns)> body);
  /// The same of getScaledProduct's.
  mlir::LLVM::LLVMFuncOp
  makeCodeProduct(const std::string &name, const PanelFormat &format, RegisterBlock block,
                  llvm::function_ref<void(CodeBuilder &b, const Columns &columns)> body);
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, llvm::ArrayRef<mlir::Type> arguments);

  mlir::ModuleOp module;
  const Machine &machine;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_KERNELS_MICROKERNELS_H
