//===- RowKernel.h - A row kernel being built -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The state of the one builder of the row family. A block of the grid takes BM rows at full width,
// or BN columns of them; each value of the group's body becomes one tile of its own type, [BM,
// width] or [BM, heads, width].
//
// With `pow2 = 1` in the schedule, a tile's extents are rounded up to powers of two. What lies
// beyond the value's own extents is unspecified: accesses are bounded and sums are masked.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_ROWS_ROWKERNEL_H
#define MOEC_LIB_CONVERSION_MOETOTILE_ROWS_ROWKERNEL_H

#include "../TileMath.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

namespace moec {

class RowKernel {
public:
  static constexpr ScheduleKey rowsKey{"BM", ScheduleValue::Extent, 1, "rows of a block"};
  static constexpr ScheduleKey padKey{"pow2", ScheduleValue::Switch, 0,
                                      "1 pads every extent to a power of two"};
  static constexpr ScheduleKey columnsKey{
      "BN", ScheduleValue::Extent, 0,
      "columns of a block, where no op looks further than its own column; all if it is not said"};
  static constexpr ScheduleKey keys[] = {rowsKey, padKey, columnsKey};
  /// The columns that a block takes of the group's rows if a schedule says `columns`; 0 for all of
  /// them, where that divides no row, or ops look at others.
  static int64_t getBlockColumns(moe::GroupOp group, int64_t columns);

  using Tile = TileMath::Tile;

  explicit RowKernel(const KernelRequest &request);

  mlir::FailureOr<BuiltKernel> build();

private:
  /// The operand of the group's body, in its own type or widened to f32. An input is loaded where
  /// it is first used.
  Tile getTile(mlir::Value value);
  Tile getNumbers(mlir::Value value);
  /// The value as an op that only moves elements takes it: its own type if the result has that
  /// element type too, else f32.
  Tile getMovable(mlir::Value value, mlir::RankedTensorType result);
  /// Makes the tile, of the result's element type or f32, what stands for `result`.
  void set(mlir::TypedValue<mlir::RankedTensorType> result, mlir::Value tile);
  /// The same for tiles side by side. They are rounded before they are joined, so that what only
  /// goes to memory need not be joined at all.
  void setParts(mlir::TypedValue<mlir::RankedTensorType> result, llvm::ArrayRef<mlir::Value> parts);
  /// Calls `body` for each of the tiles that `tile` joins along its last dimension, with the offset
  /// and the size of the part that has numbers, of which there are `width`. A join of parts that
  /// are no whole blocks is one part.
  static void forEachPart(mlir::Value tile, int64_t width, int64_t block,
                          llvm::function_ref<void(Tile part, int64_t offset, int64_t size)> body);

  /// The extents of the tile that stands for a value of `type`.
  llvm::SmallVector<int64_t> getTileShape(mlir::RankedTensorType type) const;
  int64_t pad(int64_t extent) const;
  /// The bounds within which a tile of `shape` holds rows of the given extents; none if that is all
  /// of it.
  llvm::SmallVector<mlir::Value> getBounds(llvm::ArrayRef<int64_t> extents,
                                           llvm::ArrayRef<int64_t> shape);
  /// Whether a block has only some columns of such rows.
  bool isCut(mlir::RankedTensorType type) const;
  /// The rows of this block, from its first column on, of an array of `type`.
  Tile loadRows(mlir::Value ref, mlir::RankedTensorType type);
  /// A per-token array of the batch: [BM].
  Tile loadStep(StepInput array);
  /// A weight [width] as [1, …, 1, width] of the given rank, in f32.
  Tile loadWeight(mlir::FlatSymbolRefAttr symbol, unsigned rank);
  /// Sums along the last dimension, of which the first `width` elements count.
  Tile sumLast(mlir::Value tile, int64_t width);
  /// Zeros behind the last dimension, up to the padded extent.
  Tile padLast(mlir::Value tile);
  /// The elements of a tile of rows `from`, seen as rows `to`; fails where padding is in the way.
  mlir::FailureOr<Tile> view(mlir::Operation *op, mlir::Value tile, mlir::RankedTensorType from,
                             mlir::RankedTensorType to);

  mlir::LogicalResult emit(mlir::Operation *op);
  void emit(moe::RMSNormOp op);
  void emit(moe::LayerNormOp op);
  void emit(moe::L2NormOp op);
  void emit(moe::DecayOp op);
  void emit(moe::RopeOp op);
  mlir::LogicalResult emit(moe::ViewOp op);
  void emit(moe::SliceOp op);
  void emit(moe::ConcatOp op);
  void emit(moe::WeightedSumOp op);
  /// What a sum over choices takes of one of them, both of the result's shape.
  struct Choice {
    Tile weight, row;
  };
  /// Of arrays in memory, where a block has one row.
  Choice loadChoice(moe::WeightedSumOp op, int64_t choice);
  /// Of tiles; with `isLoaded` the row is loaded by itself.
  Choice sliceChoice(moe::WeightedSumOp op, int64_t choice, bool isLoaded);
  mlir::LogicalResult emit(moe::CacheAppendOp op);
  void emitStore(mlir::Value tile, mlir::Value ref, mlir::RankedTensorType type);
  void emitStores();

  /// Cosines and sines of a rotation, [BM, pairs].
  struct Rotation {
    moe::RopeOp op;
    Tile cosines, sines;
  };
  const Rotation &getRotation(moe::RopeOp op);

  moe::GroupOp group;
  int64_t blockRows;
  bool powersOfTwo;
  /// Columns of a block, and of a row; 0 if a block has all.
  int64_t blockColumns, width;
  GroupKernel kernel;
  mlir::ImplicitLocOpBuilder &b;
  TileMath math;
  mlir::Value firstRow, firstColumn;
  /// Rows from the block's first one on; null where all of a block's rows are live.
  mlir::Value left;

  llvm::DenseMap<mlir::Value, Tile> tiles, numbers;
  llvm::DenseMap<mlir::Attribute, Tile> weights;
  llvm::SmallVector<Rotation> rotations;
  std::array<Tile, numStepInputs> steps;
};

/// The builder of the family.
mlir::FailureOr<BuiltKernel> buildRowKernel(const KernelRequest &request);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_ROWS_ROWKERNEL_H
