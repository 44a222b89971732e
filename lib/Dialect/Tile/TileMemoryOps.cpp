//===- TileMemoryOps.cpp - Tiles from and to memory -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Verifiers: a tile lies in the trailing dimensions of its ref and has a bound for each.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Tile.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::tile;

/// `tileShape` are the tile's extents in the ref's trailing dimensions. With `byRows`, the first
/// dimension is indexed by a list and `numIndices` does not count it.
static LogicalResult verifyAccess(Operation *op, RefType ref, RankedTensorType tile,
                                  ArrayRef<int64_t> tileShape, unsigned numIndices,
                                  unsigned numBounds, bool byRows) {
  unsigned expected = ref.getRank() - (byRows ? 1 : 0);
  if (numIndices != expected)
    return op->emitOpError() << "has " << numIndices << " indices for " << expected
                             << " dimensions of " << ref;
  if (tileShape.size() > expected)
    return op->emitOpError() << "tile " << tile << " has more dimensions than " << ref;
  if (numBounds != 0 && numBounds != static_cast<unsigned>(tile.getRank()))
    return op->emitOpError() << "has " << numBounds << " bounds for a tile of rank "
                             << tile.getRank();
  if (tile.getElementType() != ref.getElementType())
    return op->emitOpError() << "tile element " << tile.getElementType() << " is not the ref's, "
                             << ref.getElementType();
  if (mx::BlockType block = ref.getBlock()) {
    if (tileShape.empty() || tileShape.back() % block.getBlockSize() != 0)
      return op->emitOpError() << "last extent of " << tile << " is no multiple of the block, "
                               << block.getBlockSize();
  }
  return success();
}

static LogicalResult verifyUnits(Operation *op, RefType ref, RankedTensorType tile) {
  if (!ref.getPacked())
    return success();
  PackedLayout layout = ref.getPacked().getLayout();
  ArrayRef<int64_t> shape = tile.getShape();
  if (shape.size() < 2)
    return op->emitOpError() << "reads a packed ref by tiles of at least two dimensions";
  // Scales may have units of more rows, of which a tile of some rows has whole ones, too.
  int64_t rows = shape[shape.size() - 2], unitRows = layout.getUnitRows();
  if (ref.getDim(ref.getRank() - 2) > rows)
    unitRows = std::lcm(unitRows, ref.getPacked().getScaleLayout().getUnitRows());
  if (rows % unitRows != 0 || shape.back() % layout.getUnitColumns() != 0)
    return op->emitOpError() << "tile " << tile << " is not made of whole units of " << unitRows
                             << "x" << layout.getUnitColumns();
  return success();
}

static LogicalResult verifyUnpacked(Operation *op, RefType ref) {
  if (ref.getPacked())
    return op->emitOpError() << "takes a row-major ref, not " << ref;
  return success();
}

LogicalResult LoadOp::verify() {
  RankedTensorType tile = getResult().getType();
  if (failed(verifyAccess(*this, getRef().getType(), tile, tile.getShape(), getIndices().size(),
                          getBounds().size(), /*byRows=*/false)))
    return failure();
  return verifyUnits(*this, getRef().getType(), tile);
}

LogicalResult StoreOp::verify() {
  RankedTensorType tile = getValue().getType();
  if (failed(verifyAccess(*this, getRef().getType(), tile, tile.getShape(), getIndices().size(),
                          getBounds().size(), /*byRows=*/false)))
    return failure();
  return verifyUnpacked(*this, getRef().getType());
}

static LogicalResult verifyRows(Operation *op, RankedTensorType tile, RankedTensorType rows) {
  if (tile.getDimSize(0) != rows.getDimSize(0))
    return op->emitOpError() << "has " << rows.getDimSize(0) << " row indices for "
                             << tile.getDimSize(0) << " rows";
  return success();
}

LogicalResult GatherOp::verify() {
  RankedTensorType tile = getResult().getType();
  if (failed(verifyRows(*this, tile, getRows().getType())) ||
      failed(verifyAccess(*this, getRef().getType(), tile, tile.getShape().drop_front(),
                          getIndices().size(), getBounds().size(), /*byRows=*/true)))
    return failure();
  return verifyUnpacked(*this, getRef().getType());
}

LogicalResult ScatterOp::verify() {
  RankedTensorType tile = getValue().getType();
  if (failed(verifyRows(*this, tile, getRows().getType())) ||
      failed(verifyAccess(*this, getRef().getType(), tile, tile.getShape().drop_front(),
                          getIndices().size(), getBounds().size(), /*byRows=*/true)))
    return failure();
  return verifyUnpacked(*this, getRef().getType());
}

LogicalResult LoadScalarOp::verify() {
  RefType ref = getRef().getType();
  if (getIndices().size() != ref.getRank())
    return emitOpError() << "has " << getIndices().size() << " indices for " << ref.getRank()
                         << " dimensions of " << ref;
  if (getResult().getType() != ref.getElementType())
    return emitOpError() << "result " << getResult().getType() << " is not the ref's element, "
                         << ref.getElementType();
  return verifyUnpacked(*this, ref);
}

LogicalResult ViewOp::verify() {
  RefType from = getRef().getType(), to = getResult().getType();
  if (failed(verifyUnpacked(*this, from)) || failed(verifyUnpacked(*this, to)))
    return failure();
  if (from.getElementType() != to.getElementType())
    return emitOpError() << "changes the element type from " << from.getElementType() << " to "
                         << to.getElementType();
  bool dynamic = ShapedType::isDynamic(from.getDim(0));
  if (dynamic != ShapedType::isDynamic(to.getDim(0)))
    return emitOpError() << "sees " << from << " as " << to << ", of which one alone is dynamic";
  int64_t before = ShapedType::getNumElements(from.getShape().drop_front(dynamic));
  int64_t after = ShapedType::getNumElements(to.getShape().drop_front(dynamic));
  if (dynamic ? before % after != 0 && after % before != 0 : before != after)
    return emitOpError() << "has " << before << " elements" << (dynamic ? " a row" : "")
                         << ", the result " << after;
  return success();
}
