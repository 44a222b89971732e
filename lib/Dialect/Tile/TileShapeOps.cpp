//===- TileShapeOps.cpp - Tiles from tiles --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Tile.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace moec::tile;

static LogicalResult verifyDim(Operation *op, int64_t dim, RankedTensorType type) {
  if (dim >= 0 && dim < type.getRank())
    return success();
  return op->emitOpError() << "dim " << dim << " is out of bounds for rank " << type.getRank();
}

static LogicalResult verifyElement(Operation *op, Type input, Type result) {
  if (isa<moec::mx::BlockType>(input))
    return op->emitOpError() << "does not take block-scaled tiles";
  if (input == result)
    return success();
  return op->emitOpError() << "changes the element type from " << input << " to " << result;
}

LogicalResult SplatOp::verify() {
  return verifyElement(*this, getScalar().getType(), getResult().getType().getElementType());
}

LogicalResult IotaOp::verify() {
  if (!getResult().getType().getElementType().isInteger(32))
    return emitOpError() << "makes i32, not " << getResult().getType().getElementType();
  return verifyDim(*this, getDim(), getResult().getType());
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType input = getInput().getType(), result = getResult().getType();
  if (failed(verifyElement(*this, input.getElementType(), result.getElementType())))
    return failure();
  if (input.getRank() != result.getRank())
    return emitOpError() << "changes the rank from " << input.getRank() << " to "
                         << result.getRank();
  for (auto [dim, from, to] : llvm::enumerate(input.getShape(), result.getShape()))
    if (from != 1 && from != to)
      return emitOpError() << "cannot make extent " << to << " of " << from << " in dim " << dim;
  return success();
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType input = getInput().getType(), result = getResult().getType();
  if (input.getNumElements() != result.getNumElements())
    return emitOpError() << "makes " << result.getNumElements() << " elements of "
                         << input.getNumElements();
  return verifyElement(*this, input.getElementType(), result.getElementType());
}

LogicalResult TransposeOp::verify() {
  RankedTensorType input = getInput().getType(), result = getResult().getType();
  ArrayRef<int64_t> permutation = getPermutation();
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, input.getRank())))
    return emitOpError() << "[" << permutation << "] is no permutation of rank " << input.getRank();
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(input.getDimSize(dim));
  if (result.getShape() != ArrayRef<int64_t>(shape))
    return emitOpError() << "result is " << result << ", must be " << input.clone(shape);
  return verifyElement(*this, input.getElementType(), result.getElementType());
}

LogicalResult SliceOp::verify() {
  RankedTensorType input = getInput().getType(), result = getResult().getType();
  ArrayRef<int64_t> offsets = getOffsets();
  if (offsets.size() != static_cast<size_t>(input.getRank()) || input.getRank() != result.getRank())
    return emitOpError() << "has " << offsets.size() << " offsets from rank " << input.getRank()
                         << " to rank " << result.getRank();
  for (auto [dim, offset, extent] : llvm::enumerate(offsets, result.getShape()))
    if (offset < 0 || offset + extent > input.getDimSize(dim))
      return emitOpError() << "takes " << offset << " to " << offset + extent << " of extent "
                           << input.getDimSize(dim) << " in dim " << dim;
  return verifyElement(*this, input.getElementType(), result.getElementType());
}

LogicalResult ConcatOp::verify() {
  RankedTensorType result = getResult().getType();
  int64_t dim = getDim(), sum = 0;
  if (getInputs().empty())
    return emitOpError("needs at least one operand");
  if (failed(verifyDim(*this, dim, result)))
    return failure();
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (failed(verifyElement(*this, type.getElementType(), result.getElementType())))
      return failure();
    if (type.getRank() != result.getRank())
      return emitOpError() << "operand " << type << " is not of rank " << result.getRank();
    for (int64_t other = 0; other != result.getRank(); ++other)
      if (other != dim && type.getDimSize(other) != result.getDimSize(other))
        return emitOpError() << "operand " << type << " and result " << result << " differ in dim "
                             << other;
    sum += type.getDimSize(dim);
  }
  if (sum != result.getDimSize(dim))
    return emitOpError() << "operands have " << sum << " in dim " << dim << ", the result "
                         << result.getDimSize(dim);
  return success();
}

/// `whole` has twice the last extent of `half`.
static LogicalResult verifyHalves(Operation *op, RankedTensorType whole, RankedTensorType half) {
  SmallVector<int64_t> shape(half.getShape());
  shape.back() *= 2;
  if (whole.getShape() != ArrayRef<int64_t>(shape))
    return op->emitOpError() << "whole is " << whole << ", must be " << half.clone(shape);
  return verifyElement(op, whole.getElementType(), half.getElementType());
}

LogicalResult InterleaveOp::verify() {
  return verifyHalves(*this, getResult().getType(), getEven().getType());
}

LogicalResult DeinterleaveOp::verify() {
  return verifyHalves(*this, getInput().getType(), getEven().getType());
}
