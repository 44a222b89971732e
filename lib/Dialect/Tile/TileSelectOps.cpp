//===- TileSelectOps.cpp - Scans, counting, selection ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Tile.h"

using namespace mlir;
using namespace moec::tile;

LogicalResult ScanOp::verify() {
  RankedTensorType type = getInput().getType();
  if (static_cast<int64_t>(getDim()) < 0 || static_cast<int64_t>(getDim()) >= type.getRank())
    return emitOpError() << "dim " << getDim() << " is out of bounds for rank " << type.getRank();
  if (!type.getElementType().isF32() && !type.getElementType().isInteger(32))
    return emitOpError() << "scans f32 or i32, not " << type.getElementType();
  return success();
}

LogicalResult TopKOp::verify() {
  RankedTensorType input = getInput().getType(), values = getValues().getType();
  if (!input.getElementType().isF32() || !values.getElementType().isF32())
    return emitOpError() << "selects among f32, not " << input.getElementType();
  if (!getIndices().getType().getElementType().isInteger(32))
    return emitOpError() << "indices are i32, not " << getIndices().getType().getElementType();
  if (getIndices().getType().getShape() != values.getShape())
    return emitOpError() << "values " << values << " and indices " << getIndices().getType()
                         << " differ in shape";
  if (values.getRank() != input.getRank() ||
      values.getShape().drop_back() != input.getShape().drop_back())
    return emitOpError() << "rows of " << values << " are not those of " << input;
  if (values.getShape().back() > input.getShape().back())
    return emitOpError() << "takes " << values.getShape().back() << " of "
                         << input.getShape().back() << " elements";
  return success();
}

LogicalResult TopKMergeOp::verify() {
  RankedTensorType values = getValues().getType(), scores = getScores().getType();
  if (!values.getElementType().isF32() || !scores.getElementType().isF32())
    return emitOpError() << "selects among f32, not " << values.getElementType() << " and "
                         << scores.getElementType();
  if (!getIndices().getType().getElementType().isInteger(32))
    return emitOpError() << "indices are i32, not " << getIndices().getType().getElementType();
  if (getIndices().getType().getShape() != values.getShape())
    return emitOpError() << "values " << values << " and indices " << getIndices().getType()
                         << " differ in shape";
  if (scores.getRank() != values.getRank() ||
      scores.getShape().drop_back() != values.getShape().drop_back())
    return emitOpError() << "rows of " << scores << " are not those of " << values;
  return success();
}
