//===- RowNorms.cpp - Norms of rows ---------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Norms over the last dimension: of a row, or of each head; and the decay of states.
//
//===----------------------------------------------------------------------===//

#include "RowKernel.h"

using namespace mlir;
using namespace moec;

RowKernel::Tile RowKernel::sumLast(Value tile, int64_t width) {
  auto type = cast<RankedTensorType>(tile.getType());
  int64_t last = type.getRank() - 1;
  if (type.getDimSize(last) != width) {
    auto places = type.clone(b.getI32Type());
    Value bound = arith::ConstantOp::create(
        b, places, DenseElementsAttr::get(places, b.getI32IntegerAttr(width).getValue()));
    Value place = tile::IotaOp::create(b, places, last);
    Value counts = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, place, bound);
    tile = arith::SelectOp::create(b, counts, tile, math.constant(0, type.getShape()));
  }
  SmallVector<int64_t> shape(type.getShape());
  shape[last] = 1;
  return cast<Tile>(
      tile::ReduceOp::create(b, type.clone(shape), tile::ReduceKind::Add, tile, last).getResult());
}

/// The extents of `type` with the last one 1.
static SmallVector<int64_t> withoutLast(RankedTensorType type) {
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  return shape;
}

void RowKernel::emit(moe::RMSNormOp op) {
  Tile x = getNumbers(op.getInput());
  RankedTensorType type = x.getType();
  int64_t width = op.getType().getShape().back();
  SmallVector<int64_t> one = withoutLast(type);

  Tile mean = math.div(sumLast(math.mul(x, x), width), math.constant(width, one));
  Tile root = math.sqrt(math.add(mean, math.constant(op.getEpsilon().convertToDouble(), one)));
  Tile factor = math.div(math.constant(1, one), root);
  Tile weight = loadWeight(op.getWeightAttr(), type.getRank());
  if (double offset = op.getOffset().convertToDouble())
    weight = math.add(weight, math.constant(offset, weight.getType().getShape()));

  Tile normal = math.mul(x, math.broadcast(factor, type.getShape()));
  set(op.getResult(), math.mul(normal, math.broadcast(weight, type.getShape())));
}

void RowKernel::emit(moe::LayerNormOp op) {
  Tile x = getNumbers(op.getInput());
  RankedTensorType type = x.getType();
  int64_t width = op.getType().getShape().back();
  SmallVector<int64_t> one = withoutLast(type);

  Tile mean = math.div(sumLast(x, width), math.constant(width, one));
  Tile centred = math.sub(x, math.broadcast(mean, type.getShape()));
  Tile variance = math.div(sumLast(math.mul(centred, centred), width), math.constant(width, one));
  Tile root = math.sqrt(math.add(variance, math.constant(op.getEpsilon().convertToDouble(), one)));
  Tile factor = math.div(math.constant(1, one), root);
  Tile weight = loadWeight(op.getWeightAttr(), type.getRank());

  Tile normal = math.mul(centred, math.broadcast(factor, type.getShape()));
  Tile result = math.mul(normal, math.broadcast(weight, type.getShape()));
  if (FlatSymbolRefAttr bias = op.getBiasAttr())
    result = math.add(result, math.broadcast(loadWeight(bias, type.getRank()), type.getShape()));
  set(op.getResult(), result);
}

void RowKernel::emit(moe::L2NormOp op) {
  Tile x = getNumbers(op.getInput());
  RankedTensorType type = x.getType();
  SmallVector<int64_t> one = withoutLast(type);
  Tile sum = sumLast(math.mul(x, x), op.getType().getShape().back());
  Tile root = math.sqrt(math.add(sum, math.constant(op.getEpsilon().convertToDouble(), one)));
  Tile factor = math.div(math.constant(1, one), root);
  set(op.getResult(), math.mul(x, math.broadcast(factor, type.getShape())));
}

void RowKernel::emit(moe::DecayOp op) {
  Tile x = getNumbers(op.getInput());
  ArrayRef<int64_t> shape = x.getType().getShape();
  unsigned rank = x.getType().getRank();
  Tile rate = math.exp(loadWeight(op.getRateAttr(), rank));
  Tile shifted = math.add(x, math.broadcast(loadWeight(op.getBiasAttr(), rank), shape));
  Tile product = math.mul(math.broadcast(rate, shape), math.softplus(shifted));
  set(op.getResult(), math.sub(math.constant(0, shape), product));
}
