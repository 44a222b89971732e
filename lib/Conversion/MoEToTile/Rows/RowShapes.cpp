//===- RowShapes.cpp - Row ops that move elements -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Views, slices, joins, and rotations of pairs.
//
//===----------------------------------------------------------------------===//

#include "RowKernel.h"

using namespace mlir;
using namespace moec;

RowKernel::Tile RowKernel::padLast(Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = pad(shape.back()) - shape.back();
  if (shape.back() == 0)
    return cast<Tile>(tile);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type.clone(shape)));
  return math.concatLast({tile, zero});
}

FailureOr<RowKernel::Tile> RowKernel::view(Operation *op, Value tile, RankedTensorType from,
                                           RankedTensorType to) {
  SmallVector<int64_t> before = getTileShape(from), after = getTileShape(to);
  // Padding that is all of outer rows stays where it is.
  auto isWhole = [](RankedTensorType type, ArrayRef<int64_t> shape) {
    return type.getRank() == 2 || type.getShape().back() == shape.back();
  };
  if (ShapedType::getNumElements(before) != ShapedType::getNumElements(after) ||
      !isWhole(from, before) || !isWhole(to, after))
    return op->emitOpError() << "reads rows of " << from << " as " << to
                             << ", which padding to powers of two does not allow";
  return math.reshape(tile, after);
}

LogicalResult RowKernel::emit(moe::ViewOp op) {
  FailureOr<Tile> result =
      view(op, getMovable(op.getInput(), op.getType()), op.getInput().getType(), op.getType());
  if (succeeded(result))
    set(op.getResult(), *result);
  return result;
}

void RowKernel::emit(moe::SliceOp op) {
  Tile input = getMovable(op.getInput(), op.getType());
  int64_t offset = op.getOffset(), width = op.getType().getShape().back();
  if (offset + pad(width) <= input.getType().getShape().back())
    set(op.getResult(), math.sliceLast(input, offset, pad(width)));
  else
    set(op.getResult(), padLast(math.sliceLast(input, offset, width)));
}

void RowKernel::emit(moe::ConcatOp op) {
  SmallVector<Value> parts;
  for (Value input : op.getInputs())
    parts.push_back(math.sliceLast(getMovable(input, op.getType()), 0,
                                   cast<RankedTensorType>(input.getType()).getShape().back()));
  int64_t width = op.getType().getShape().back();
  if (pad(width) != width) {
    SmallVector<int64_t> shape(cast<RankedTensorType>(parts.front().getType()).getShape());
    shape.back() = pad(width) - width;
    auto type = RankedTensorType::get(shape, op.getType().getElementType());
    parts.push_back(arith::ConstantOp::create(b, b.getZeroAttr(type)));
  }
  setParts(op.getResult(), parts);
}

const RowKernel::Rotation &RowKernel::getRotation(moe::RopeOp op) {
  for (const Rotation &known : rotations) {
    moe::RopeOp other = known.op;
    if (other.getThetaAttr() == op.getThetaAttr() && other.getSize() == op.getSize() &&
        other.getScalingAttr() == op.getScalingAttr())
      return known;
  }
  SmallVector<double> exact = op.getFrequencies();
  SmallVector<float> frequencies(exact.begin(), exact.end());
  int64_t pairs = frequencies.size();
  SmallVector<int64_t> shape{blockRows, pairs};
  auto rowType = RankedTensorType::get({1, pairs}, b.getF32Type());
  Value row = arith::ConstantOp::create(b, DenseElementsAttr::get(rowType, ArrayRef(frequencies)));
  Value positions = arith::SIToFPOp::create(b, RankedTensorType::get(blockRows, b.getF32Type()),
                                            loadStep(StepInput::Positions));
  Value angles = math.mul(math.broadcast(math.reshape(positions, {blockRows, 1}), shape),
                          math.broadcast(row, shape));
  Tile cosines = math.cos(angles), sines = math.sin(angles);
  double magnitude = op.getRotationMagnitude();
  if (magnitude != 1) {
    Tile factor = math.constant(magnitude, shape);
    cosines = math.mul(cosines, factor);
    sines = math.mul(sines, factor);
  }
  rotations.push_back({op, cosines, sines});
  return rotations.back();
}

void RowKernel::emit(moe::RopeOp op) {
  Tile x = getNumbers(op.getInput());
  int64_t offset = op.getOffset(), size = op.getSize(), end = offset + size;
  int64_t width = x.getType().getShape().back();

  Tile rotated = math.sliceLast(x, offset, size);
  Value first, second;
  if (op.getStyle() == moe::RopeStyle::Half) {
    first = math.sliceLast(rotated, 0, size / 2);
    second = math.sliceLast(rotated, size / 2, size / 2);
  } else {
    SmallVector<int64_t> half(rotated.getType().getShape());
    half.back() /= 2;
    Type type = rotated.getType().clone(half);
    auto pairs = tile::DeinterleaveOp::create(b, type, type, rotated);
    first = pairs.getEven();
    second = pairs.getOdd();
  }

  // One rotation serves all heads of a token.
  ArrayRef<int64_t> shape = cast<RankedTensorType>(first.getType()).getShape();
  SmallVector<int64_t> shared(shape);
  if (shared.size() == 3)
    shared[1] = 1;
  const Rotation &rotation = getRotation(op);
  Tile cosines = math.broadcast(math.reshape(rotation.cosines, shared), shape);
  Tile sines = math.broadcast(math.reshape(rotation.sines, shared), shape);
  Value newFirst = math.sub(math.mul(first, cosines), math.mul(second, sines));
  Value newSecond = math.add(math.mul(second, cosines), math.mul(first, sines));

  Tile passing = getMovable(op.getInput(), op.getType());
  SmallVector<Value> parts;
  if (offset > 0)
    parts.push_back(math.sliceLast(passing, 0, offset));
  if (op.getStyle() == moe::RopeStyle::Half)
    parts.append({newFirst, newSecond});
  else
    parts.push_back(
        tile::InterleaveOp::create(b, rotated.getType(), newFirst, newSecond).getResult());
  if (end < width)
    parts.push_back(math.sliceLast(passing, end, width - end));
  setParts(op.getResult(), parts);
}
