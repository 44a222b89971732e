//===- GroupGemm.h - A product group being built ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads a group around products with weights. Its *products* all read one input; its results fall
// into *parts*, those that need the same products, and a block of the grid computes one tile of one
// part: the accumulators, then the ops behind them, element by element.
//
// Rows are flat: [tokens, heads * width], or [tokens * top_k, width] of expert blocks. So views
// and heads are nothing but columns.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_PRODUCTS_GROUPGEMM_H
#define MOEC_LIB_CONVERSION_MOETOTILE_PRODUCTS_GROUPGEMM_H

#include "Gemm.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

namespace moec {

/// A product op of a group: linear, head_linear, expert_up or expert_down.
struct Product {
  mlir::Operation *op;
  mlir::Value input, expertBlocks;
  mlir::TypedValue<mlir::RankedTensorType> result;
  /// The weights, and a bias or null for each.
  llvm::SmallVector<mlir::FlatSymbolRefAttr, 2> weights, biases;
  /// What combines an expert's two products; null elsewhere.
  moe::ActivationAttr activation;

  /// Columns of the product, and matrices beside each other in a row: heads, else 1.
  int64_t getWidth() const { return result.getType().getShape().back(); }
  int64_t getHeads() const;
};

/// Results of the group that the same products feed.
struct GemmPart {
  llvm::SmallVector<Product> products;
  llvm::SmallVector<unsigned> results;
};

/// What a group asks of the family.
struct GemmGroup {
  /// Fails with a diagnostic that names the op in the way.
  static mlir::FailureOr<GemmGroup> read(moe::GroupOp group);

  moe::GroupOp group;
  llvm::SmallVector<GemmPart> parts;

  const Product &getProduct() const { return parts.front().products.front(); }
};

/// Emits the kernel.
class GemmKernel {
public:
  static constexpr ScheduleKey rowsKey{"BM", ScheduleValue::Extent, 8, "rows of a block"};
  static constexpr ScheduleKey columnsKey{"BN", ScheduleValue::Extent, 64, "columns of a block"};
  static constexpr ScheduleKey depthKey{"BK", ScheduleValue::Extent, 64,
                                        "numbers of K that one step of the loop takes"};
  static constexpr ScheduleKey shortKey{
      "short", ScheduleValue::Extent, 0,
      "rows of the least block that is computed as such where an expert has no more (0: of BM)"};
  static constexpr ScheduleKey walkKey{
      "walk", ScheduleValue::Extent, 1,
      "blocks of columns that a workgroup computes one after the other, of rows read once: a "
      "divisor of theirs, where BK is all of K"};
  static constexpr ScheduleKey splitKey{
      "split", ScheduleValue::Extent, 1,
      "slices of a step's K that are summed by themselves and added behind the loop in a "
      "fixed order: a divisor of BK"};
  static constexpr ScheduleKey keys[] = {rowsKey,  columnsKey, depthKey,
                                         shortKey, walkKey,    splitKey};

  GemmKernel(const KernelRequest &request, const GemmGroup &group);

  mlir::FailureOr<BuiltKernel> build();

private:
  /// The grid: tiles of all parts' columns, blocks of rows, heads.
  static std::array<mlir::AffineMap, 3> getGrid(const KernelRequest &request,
                                                const GemmGroup &group);
  int64_t getTiles(const GemmPart &part) const;

  /// Fails where the schedule's walk or split does not go with the group.
  mlir::LogicalResult checkWalk() const;
  mlir::LogicalResult checkSplit() const;
  void emitWalk();
  void emitParts(size_t part, mlir::Value tile);
  void emitPart(const GemmPart &part, mlir::Value tile);
  /// The block's rows: of the results, and of the products' input.
  void findRows();
  void findListedRows(mlir::Value count);
  /// A block of expert blocks of which `count` rows are live, as one of `height` rows or less.
  void emitListedBlock(int64_t height, mlir::Value count);
  /// The ref of an input or a result with flat rows.
  mlir::Value flatten(mlir::Value ref, bool byPairs);
  /// The product after its bias and activation, in f32.
  TileMath::Tile finish(const Product &product, llvm::ArrayRef<mlir::Value> sums);
  TileMath::Tile loadBias(mlir::FlatSymbolRefAttr symbol);

  /// The block's tile of a value of the body, in its own type or in f32.
  TileMath::Tile getTile(mlir::Value value);
  TileMath::Tile getNumbers(mlir::Value value) { return math.widen(getTile(value)); }

  const GemmGroup &group;
  /// Rows of a block of the lists, of the least that is computed, and of the block being emitted.
  int64_t listedRows, shortRows, blockRows;
  int64_t blockColumns, step, walk, split;
  GroupKernel kernel;
  mlir::ImplicitLocOpBuilder &b;
  TileMath math;

  BlockRows rows, inputRows;
  /// The block's matrix among those of a weight, and its head, if there are several; else null.
  mlir::Value matrix, head;
  /// Of the tile being emitted: its first column in a product and in a row of the results, and how
  /// many columns of the product exist from it on (null: a whole tile).
  mlir::Value column, rowColumn, columnsLeft;
  llvm::DenseMap<mlir::Value, TileMath::Tile> tiles;
};

/// The builder of both families of products.
mlir::FailureOr<BuiltKernel> buildGemmKernel(const KernelRequest &request);

/// What a launch of products has to do: of a stack of matrices those are read that rows may be
/// expected to choose.
KernelWork countProductWork(const WorkRequest &request);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_PRODUCTS_GROUPGEMM_H
