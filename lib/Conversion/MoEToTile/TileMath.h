//===- TileMath.h - Arithmetic on tiles, for builders -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The few shorthands that the row kernels and the epilogues of matrix products share, so that an
// activation or a rounding is spelt once.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_TILEMATH_H
#define MOEC_LIB_CONVERSION_MOETOTILE_TILEMATH_H

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/Tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moec {

/// Emits at a builder's insertion point. Tiles of numbers are f32 unless said otherwise.
class TileMath {
public:
  using Tile = mlir::TypedValue<mlir::RankedTensorType>;

  explicit TileMath(mlir::ImplicitLocOpBuilder &builder) : b(builder) {}

  mlir::Value index(int64_t value) { return mlir::arith::ConstantIndexOp::create(b, value); }

  /// A tile of one number.
  Tile constant(double value, llvm::ArrayRef<int64_t> shape);

  /// Widens a tile of floats to f32, exactly; dequantises a block-scaled one.
  Tile widen(mlir::Value tile);
  /// Rounds an f32 tile to a float type, to nearest even.
  Tile round(mlir::Value tile, mlir::Type element);

  /// Shape changes that are left out where they change nothing.
  Tile reshape(mlir::Value tile, llvm::ArrayRef<int64_t> shape);
  Tile broadcast(mlir::Value tile, llvm::ArrayRef<int64_t> shape);
  /// Elements `offset` … `offset + size` of the last dimension.
  Tile sliceLast(mlir::Value tile, int64_t offset, int64_t size);
  /// Joins along the last dimension; one tile stays as it is.
  Tile concatLast(llvm::ArrayRef<mlir::Value> tiles);

  Tile add(mlir::Value lhs, mlir::Value rhs) {
    return cast(mlir::arith::AddFOp::create(b, lhs, rhs));
  }
  Tile sub(mlir::Value lhs, mlir::Value rhs) {
    return cast(mlir::arith::SubFOp::create(b, lhs, rhs));
  }
  Tile mul(mlir::Value lhs, mlir::Value rhs) {
    return cast(mlir::arith::MulFOp::create(b, lhs, rhs));
  }
  Tile div(mlir::Value lhs, mlir::Value rhs) {
    return cast(mlir::arith::DivFOp::create(b, lhs, rhs));
  }
  /// lhs · rhs + sum, rounded once.
  Tile fma(mlir::Value lhs, mlir::Value rhs, mlir::Value sum) {
    return cast(mlir::math::FmaOp::create(b, lhs, rhs, sum));
  }

  Tile exp(mlir::Value tile) { return cast(mlir::math::ExpOp::create(b, tile)); }
  Tile sqrt(mlir::Value tile) { return cast(mlir::math::SqrtOp::create(b, tile)); }
  Tile cos(mlir::Value tile) { return cast(mlir::math::CosOp::create(b, tile)); }
  Tile sin(mlir::Value tile) { return cast(mlir::math::SinOp::create(b, tile)); }

  /// Each number, but at most (at least) `limit`; a NaN stays.
  Tile atMost(mlir::Value tile, double limit);
  Tile atLeast(mlir::Value tile, double limit);

  /// 1 / (1 + e^−x).
  Tile sigmoid(mlir::Value tile);
  /// log(1 + e^x).
  Tile softplus(mlir::Value tile);
  /// The gated activation that `kind` describes.
  Tile activation(moe::ActivationAttr kind, mlir::Value gate, mlir::Value up);

  /// The result, not rounded yet, of an op whose every element depends on that element of its
  /// operands alone; null for other ops. `getNumbers` gives an operand in f32.
  Tile elementwise(mlir::Operation *op, llvm::function_ref<Tile(mlir::Value)> getNumbers);
  /// An f32 tile as the elements of an op's result: rounded, or quantised by the op's rule.
  Tile convert(mlir::Value tile, mlir::Type element, mx::RoundingAttr rounding = {});

private:
  static Tile cast(mlir::Value value) { return mlir::cast<Tile>(value); }

  mlir::ImplicitLocOpBuilder &b;
};

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_TILEMATH_H
