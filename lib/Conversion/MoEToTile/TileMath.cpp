//===- TileMath.cpp - Arithmetic on tiles, for builders -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "TileMath.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;

TileMath::Tile TileMath::constant(double value, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, b.getF32Type());
  auto values = DenseElementsAttr::get(type, static_cast<float>(value));
  return cast(arith::ConstantOp::create(b, type, values));
}

TileMath::Tile TileMath::widen(Value tile) {
  auto type = mlir::cast<RankedTensorType>(tile.getType());
  auto wide = type.clone(b.getF32Type());
  if (type == wide)
    return cast(tile);
  if (isa<mx::BlockType>(type.getElementType()))
    return cast(tile::DequantizeOp::create(b, wide, tile));
  return cast(arith::ExtFOp::create(b, wide, tile));
}

TileMath::Tile TileMath::round(Value tile, Type element) {
  auto type = mlir::cast<RankedTensorType>(tile.getType());
  if (type.getElementType() == element)
    return cast(tile);
  return cast(arith::TruncFOp::create(b, type.clone(element), tile));
}

TileMath::Tile TileMath::reshape(Value tile, ArrayRef<int64_t> shape) {
  auto type = mlir::cast<RankedTensorType>(tile.getType());
  if (type.getShape() == shape)
    return cast(tile);
  return cast(tile::ReshapeOp::create(b, type.clone(shape), tile));
}

TileMath::Tile TileMath::broadcast(Value tile, ArrayRef<int64_t> shape) {
  auto type = mlir::cast<RankedTensorType>(tile.getType());
  if (type.getShape() == shape)
    return cast(tile);
  return cast(tile::BroadcastOp::create(b, type.clone(shape), tile));
}

TileMath::Tile TileMath::sliceLast(Value tile, int64_t offset, int64_t size) {
  auto type = mlir::cast<RankedTensorType>(tile.getType());
  SmallVector<int64_t> shape(type.getShape()), offsets(type.getRank(), 0);
  if (offset == 0 && size == shape.back())
    return cast(tile);
  shape.back() = size;
  offsets.back() = offset;
  return cast(tile::SliceOp::create(b, type.clone(shape), tile, offsets));
}

TileMath::Tile TileMath::concatLast(ArrayRef<Value> tiles) {
  if (tiles.size() == 1)
    return cast(tiles.front());
  auto type = mlir::cast<RankedTensorType>(tiles.front().getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 0;
  for (Value tile : tiles)
    shape.back() += mlir::cast<RankedTensorType>(tile.getType()).getShape().back();
  return cast(tile::ConcatOp::create(b, type.clone(shape), tiles, type.getRank() - 1));
}

TileMath::Tile TileMath::atMost(Value tile, double limit) {
  Value bound = constant(limit, mlir::cast<RankedTensorType>(tile.getType()).getShape());
  Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, tile, bound);
  return cast(arith::SelectOp::create(b, above, bound, tile));
}

TileMath::Tile TileMath::atLeast(Value tile, double limit) {
  Value bound = constant(limit, mlir::cast<RankedTensorType>(tile.getType()).getShape());
  Value below = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, tile, bound);
  return cast(arith::SelectOp::create(b, below, bound, tile));
}

TileMath::Tile TileMath::sigmoid(Value tile) {
  Value one = constant(1.0, mlir::cast<RankedTensorType>(tile.getType()).getShape());
  Value decay = math::ExpOp::create(b, arith::NegFOp::create(b, tile));
  return div(one, add(one, decay));
}

TileMath::Tile TileMath::softplus(Value tile) {
  // As exp of what is not positive, it does not overflow.
  Value decay = math::ExpOp::create(b, arith::NegFOp::create(b, math::AbsFOp::create(b, tile)));
  return add(atLeast(tile, 0), math::Log1pOp::create(b, decay));
}

TileMath::Tile TileMath::activation(moe::ActivationAttr kind, Value gate, Value up) {
  ArrayRef<int64_t> shape = mlir::cast<RankedTensorType>(gate.getType()).getShape();
  double limit = kind.getLimit().convertToDouble(), alpha = kind.getAlpha().convertToDouble();
  double offset = kind.getUpOffset().convertToDouble();
  if (limit != 0) {
    gate = atMost(gate, limit);
    up = atLeast(atMost(up, limit), -limit);
  }
  Value open = sigmoid(alpha == 1 ? gate : mul(gate, constant(alpha, shape)));
  if (kind.getKind() == moe::ActivationKind::SwiGLU)
    open = mul(gate, open);
  return mul(open, offset == 0 ? up : add(up, constant(offset, shape)));
}

TileMath::Tile TileMath::elementwise(Operation *op, function_ref<Tile(Value)> getNumbers) {
  return TypeSwitch<Operation *, Tile>(op)
      .Case([&](moe::AddOp sum) { return add(getNumbers(sum.getLhs()), getNumbers(sum.getRhs())); })
      .Case([&](moe::MulOp product) {
        Tile lhs = getNumbers(product.getLhs()), rhs = getNumbers(product.getRhs());
        return mul(lhs, broadcast(rhs, lhs.getType().getShape()));
      })
      .Case([&](moe::ClampOp clamp) {
        double limit = clamp.getLimit().convertToDouble();
        return atLeast(atMost(getNumbers(clamp.getInput()), limit), -limit);
      })
      .Case([&](moe::SigmoidOp op) { return sigmoid(getNumbers(op.getInput())); })
      .Case<moe::CastOp, mx::QuantizeOp, mx::DequantizeOp>(
          [&](auto conversion) { return getNumbers(conversion.getInput()); })
      .Case([&](moe::ActivationOp gated) {
        Tile gate = getNumbers(gated.getGate());
        return activation(gated.getKind(), gate, getNumbers(gated.getUp()));
      })
      .Default([](Operation *) { return Tile(); });
}

TileMath::Tile TileMath::convert(Value tile, Type element, mx::RoundingAttr rounding) {
  if (!isa<mx::BlockType>(element))
    return round(tile, element);
  auto type = mlir::cast<RankedTensorType>(tile.getType()).clone(element);
  return cast(tile::QuantizeOp::create(b, type, tile, rounding));
}
