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

#include "moec/Dialect/Tile/Tile.h"
#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/codegen/lower/CodeBuilder.h"

#include "mlir/IR/BuiltinOps.h"

namespace moec::cpu {

/// How the numbers of a panel of `panelRows` rows (of N) lie.
enum class PanelFormat {
  F32,  ///< for each k, the panel's numbers
  BF16, ///< the same, 16 bits each
  FP4,  ///< for each 8 k, a word of 8 nibbles for each row; E8M0 scales for each 32 k
  Int8, ///< for each 4 k, a word of 4 bytes for each row; f32 scales for each 32 k
  Int4  ///< for each 8 k, a word of 8 nibbles for each row; bf16 scales for each 32 k
};
inline constexpr PanelFormat panelFormats[] = {
    PanelFormat::F32, PanelFormat::BF16, PanelFormat::FP4, PanelFormat::Int8, PanelFormat::Int4};

llvm::StringRef getName(PanelFormat format);
inline bool hasNibbles(PanelFormat format) {
  return format == PanelFormat::FP4 || format == PanelFormat::Int4;
}
inline bool isScaled(PanelFormat format) {
  return hasNibbles(format) || format == PanelFormat::Int8;
}

/// Bytes of one scale; and the f32 numbers of `lanes` scales at `pointer`.
int64_t getScaleBytes(PanelFormat format);
mlir::Value loadScales(CodeBuilder &b, PanelFormat format, mlir::Value pointer, unsigned lanes);

/// The packing map of a format, its element, and the format of a packed ref, if it is one.
tile::PackedAttr getPackedMap(mlir::MLIRContext *context, PanelFormat format);
mlir::Type getPanelElement(mlir::MLIRContext *context, PanelFormat format);
std::optional<PanelFormat> getPanelFormat(tile::RefType ref);

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

  /// void (a, b, scales, c, cStride, bStep, depth): c[r, :] += Σ_k a[r, k] · b[k, :] for `rows`
  /// rows of f32 that are `aStride` elements apart. cStride is in bytes; bStep, the bytes from one
  /// step of K to the next, matters to F32 only; depth counts k. Every element is one chain of
  /// fused multiply-adds in the order of k, whatever `rows` is.
  mlir::LLVM::LLVMFuncOp getProduct(PanelFormat format, unsigned rows, int64_t aStride);

  /// void (b, scales, out, depth): the panel as F32, `panelRows` numbers for each k.
  mlir::LLVM::LLVMFuncOp getDequantize(PanelFormat format);

  /// void (codes, scales, sums, b, bScales, c, cStride, depth): the same for a left operand of
  /// codes, staged as `getStaging` says with `aStride` codes a row; `scales` (f32) and `sums` (i32)
  /// hold one for each block of 32, `aStride / 32` a row. Sums within a block are exact.
  mlir::LLVM::LLVMFuncOp getScaledProduct(PanelFormat format, bool wideCodes, unsigned rows,
                                          int64_t aStride);

  /// `wideCodes`: whether the left operand's codes may exceed 12 in magnitude.
  CodeStaging getStaging(PanelFormat format, bool wideCodes) const;

private:
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, llvm::ArrayRef<mlir::Type> arguments);

  mlir::ModuleOp module;
  const Machine &machine;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_MICROKERNELS_H
