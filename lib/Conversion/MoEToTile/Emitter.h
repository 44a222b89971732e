//===- Emitter.h - Short names for what kernels are made of -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A builder reads like the formula it emits when constants, shapes and the choice between integer
// and float ops are left to this class.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_EMITTER_H
#define MOEC_LIB_CONVERSION_MOETOTILE_EMITTER_H

#include "moec/Dialect/Tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace moec {

/// Emits tile, arith, math and scf ops at a builder's insertion point. Elementwise ops take two
/// values of one type, or of shapes that broadcasting extents of 1 makes equal.
class Emitter {
public:
  using Value = mlir::Value;
  using Shape = llvm::ArrayRef<int64_t>;

  explicit Emitter(mlir::ImplicitLocOpBuilder &builder) : b(builder) {}

  mlir::ImplicitLocOpBuilder &getBuilder() { return b; }
  mlir::Type getF32() { return b.getF32Type(); }
  mlir::Type getI32() { return b.getI32Type(); }

  // Scalars and tiles that are known now.
  Value index(int64_t value);
  Value i32(int64_t value);
  Value f32(double value);
  /// A tile of one i32 or one f32.
  Value fill(int64_t value, Shape shape);
  Value fill(double value, Shape shape);
  Value lowest(Shape shape) { return fill(-std::numeric_limits<double>::infinity(), shape); }

  /// Each element's place along `dim`, i32.
  Value iota(Shape shape, int64_t dim);
  /// A tile of one i32 or float scalar; an index scalar gives i32.
  Value splat(Value scalar, Shape shape);
  Value toIndex(Value i32);
  Value toI32(Value index);

  // Elementwise, on index, i32 and f32 alike. Integers are signed; quotients of integers take
  // operands that are not negative.
  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  Value div(Value lhs, Value rhs);
  Value rem(Value lhs, Value rhs);
  /// On floats these ignore NaN.
  Value min(Value lhs, Value rhs);
  Value max(Value lhs, Value rhs);
  Value ceilDiv(Value lhs, int64_t rhs);
  Value exp(Value value);
  Value logicalAnd(Value lhs, Value rhs);
  /// Comparisons of integers; `equal` and `less` also of floats (ordered).
  Value equal(Value lhs, Value rhs);
  Value less(Value lhs, Value rhs);
  Value lessEqual(Value lhs, Value rhs);
  Value select(Value condition, Value ifTrue, Value ifFalse);
  /// To another float type: exactly, or rounded to nearest even.
  Value cast(Value value, mlir::Type element);

  // Shapes.
  Value broadcast(Value tile, Shape shape);
  Value reshape(Value tile, Shape shape);
  Value reduce(tile::ReduceKind kind, Value tile, int64_t dim);
  /// Of a matrix.
  Value transpose(Value tile);
  Value slice(Value tile, Shape offsets, Shape shape);
  /// A NaN where some number along `dim` is one, else 0.
  Value findNaN(Value tile, int64_t dim);
  /// `tile` where findNaN gave 0, `broken` elsewhere.
  Value unlessNaN(Value found, Value tile, Value broken);

  // Memory; tiles have the ref's element type.
  /// The ref under another shape; the first extent may be dynamic.
  Value view(Value ref, Shape shape);
  Value load(Value ref, mlir::ValueRange indices, Shape shape, mlir::ValueRange bounds = {});
  Value loadScalar(Value ref, mlir::ValueRange indices);
  /// An element of an i32 array, as an index.
  Value loadIndex(Value ref, Value index) { return toIndex(loadScalar(ref, index)); }
  void store(Value tile, Value ref, mlir::ValueRange indices, mlir::ValueRange bounds = {});
  /// `shape` counts the rows first; `run` 1 promises nothing.
  Value gather(Value ref, Value rows, mlir::ValueRange indices, Shape shape,
               mlir::ValueRange bounds = {}, int64_t run = 1);
  void scatter(Value tile, Value ref, Value rows, mlir::ValueRange indices = {},
               mlir::ValueRange bounds = {});

  /// a · bᵀ + acc, and a · b + acc.
  Value mmaNK(Value a, Value bTile, Value acc);
  Value mmaKN(Value a, Value bTile, Value acc);

  /// A loop over `from`, `from + step` … below `to`; `body` gives the carried values' next ones.
  using LoopBody = llvm::function_ref<llvm::SmallVector<Value>(Value index, mlir::ValueRange)>;
  llvm::SmallVector<Value> loop(Value from, Value to, int64_t step, mlir::ValueRange carried,
                                LoopBody body);
  /// One of two bodies without results.
  void branch(Value condition, llvm::function_ref<void()> ifTrue,
              llvm::function_ref<void()> ifFalse = {});

private:
  mlir::RankedTensorType tileType(Shape shape, mlir::Type element);
  /// Makes the shapes of two operands equal.
  void unify(Value &lhs, Value &rhs);
  template <typename FloatOp, typename IntOp> Value binary(Value lhs, Value rhs);
  Value compare(mlir::arith::CmpFPredicate onFloats, mlir::arith::CmpIPredicate onInts, Value lhs,
                Value rhs);

  mlir::ImplicitLocOpBuilder &b;
};

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_EMITTER_H
