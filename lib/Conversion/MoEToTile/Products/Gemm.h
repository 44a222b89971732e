//===- Gemm.h - The products of one block -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The loop along K that every product with a weight shares: dense, by heads, or by experts; with
// one weight or several that read the same rows; of plain or block-scaled operands.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_PRODUCTS_GEMM_H
#define MOEC_LIB_CONVERSION_MOETOTILE_PRODUCTS_GEMM_H

#include "../TileMath.h"

namespace moec {

/// The BM rows of a block: consecutive ones, or those that a list names.
struct BlockRows {
  int64_t count;
  /// The first row, and how many exist from it on (null: at least `count`).
  mlir::Value first, left;
  /// An i32 tile [BM] of rows, −1 for none, instead of `first`.
  mlir::Value list;

  /// The tile [BM, width] of a two-dimensional ref from `column` on; `columnsLeft` of its columns
  /// exist (null: at least `width`).
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, mlir::Value ref, mlir::Value column,
                   int64_t width, mlir::Value columnsLeft) const;
  /// Writes such a tile.
  void store(mlir::ImplicitLocOpBuilder &b, mlir::Value tile, mlir::Value ref, mlir::Value column,
             mlir::Value columnsLeft) const;

private:
  /// Bounds of a tile, none if all of it exists.
  llvm::SmallVector<mlir::Value> getBounds(mlir::ImplicitLocOpBuilder &b, int64_t width,
                                           mlir::Value columnsLeft) const;
};

/// What one block multiplies.
struct GemmSpec {
  /// A two-dimensional ref, and where in its rows the K = `depth` numbers start.
  mlir::Value left;
  BlockRows rows;
  mlir::Value leftColumn;
  int64_t depth;
  /// Refs [..., N, K]; each gives an accumulator. `matrix` indexes their leading dimensions.
  llvm::SmallVector<mlir::Value> weights;
  llvm::SmallVector<mlir::Value> matrix;
  /// The block's columns of the product: `columns` from `column` on, of which `columnsLeft` exist
  /// (null: all).
  int64_t columns;
  mlir::Value column, columnsLeft;
  /// The extent of K that one step takes, and whether that is all of K, so that there is no loop.
  int64_t step;
  bool isOneStep = false;
  /// Slices of a step, which are summed by themselves from step to step, and added at the end: a
  /// divisor of `step`.
  int64_t split = 1;
};

/// Emits the loop; gives an f32 tile [BM, columns] for each weight. A block-scaled operand enters
/// with its exact values: as it is if both are of one kind, else converted inside the loop.
llvm::SmallVector<mlir::Value> emitProducts(mlir::ImplicitLocOpBuilder &b, const GemmSpec &spec);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_PRODUCTS_GEMM_H
