//===- Memory.cpp - Loads, stores, gathers, scatters ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Addresses and bounds. Rows that do not exist are read from a page of zeros, so that the common
// path has no branch; vectors that cross a bound are masked.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

Value moec::cpu::getRoot(Value ref) {
  while (auto view = ref.getDefiningOp<tile::ViewOp>())
    ref = view.getRef();
  return ref;
}

std::optional<Access> moec::cpu::getAccess(Operation *op) {
  if (auto load = dyn_cast<tile::LoadOp>(op))
    return Access{load.getRef().getType(), load.getRef(),   load.getType(), {},
                  load.getIndices(),       load.getBounds()};
  if (auto gather = dyn_cast<tile::GatherOp>(op))
    return Access{gather.getRef().getType(), gather.getRef(),     gather.getType(),
                  gather.getRows(),          gather.getIndices(), gather.getBounds()};
  if (auto store = dyn_cast<tile::StoreOp>(op))
    return Access{store.getRef().getType(), store.getRef(),   store.getValue().getType(), {},
                  store.getIndices(),       store.getBounds()};
  if (auto scatter = dyn_cast<tile::ScatterOp>(op))
    return Access{scatter.getRef().getType(), scatter.getRef(),     scatter.getValue().getType(),
                  scatter.getRows(),          scatter.getIndices(), scatter.getBounds()};
  return std::nullopt;
}

/// Bounds are counts, from the tile's start; one that is known to cover the
/// tile is none.
Value Puller::getBound(const Access &access, unsigned dim) {
  if (access.bounds.empty())
    return {};
  Value bound = state.scalar(access.bounds[dim]);
  std::optional<int64_t> constant = getConstant(bound);
  return constant && *constant >= access.tile.getDimSize(dim) ? Value() : bound;
}

/// The tile's dimensions are the last ones of the ref; the ones before have an index each. Of an
/// access by rows the first index is read from the list: -1 is a row that does not exist.
Point Puller::getIndices(const Access &access, ArrayRef<Value> at) {
  unsigned refRank = access.ref.getRank(), rank = access.tile.getRank();
  unsigned byRows = access.rows ? 1 : 0;
  Point indices(refRank);
  for (unsigned dim = byRows; dim != refRank; ++dim)
    indices[dim] = state.scalar(access.indices[dim - byRows]);
  for (unsigned dim = byRows; dim != rank; ++dim) {
    Value &index = indices[refRank - rank + dim];
    index = b.add(index, at[dim]);
  }
  if (byRows) {
    Value row = pullScalar(access.rows, {at[0]});
    indices[0] = b.castTo(row, b.getIndexType());
  }
  return indices;
}

Value Puller::getOffset(const Access &access, ArrayRef<Value> at) {
  Point indices = getIndices(access, at);
  Value offset = indices[0];
  for (unsigned dim = 1; dim != indices.size(); ++dim)
    offset = b.add(b.mul(offset, access.ref.getDim(dim)), indices[dim]);
  return offset;
}

/// The condition is of whole vectors: it selects between the address and the page of zeros, so that
/// there is no branch and no mask. The last dimension is in it only where a single element is read.
Value Puller::getInside(const Access &access, ArrayRef<Value> at, bool lastToo) {
  Value inside;
  auto require = [&](Value condition) {
    inside = inside ? arith::AndIOp::create(b, inside, condition).getResult() : condition;
  };
  unsigned rank = access.tile.getRank();
  for (unsigned dim = 0; dim + (lastToo ? 0 : 1) < rank; ++dim)
    if (Value bound = getBound(access, dim))
      require(b.slt(at[dim], bound));
  if (access.rows) {
    Value row = pullScalar(access.rows, {at[0]});
    require(b.sge(row, b.i32(0)));
  }
  return inside;
}

Value Puller::getBlockInside(const Access &access, ArrayRef<Value> at) {
  Value inside = getInside(access, at, /*lastToo=*/true);
  // Blocks that are shorter than a vector may end the tile within one.
  int64_t extent = access.tile.getShape().back();
  if (!nest || !nest->masked || extent % machine.getLanes() == 0)
    return inside;
  Value exists = b.slt(at.back(), b.index(extent));
  return inside ? arith::AndIOp::create(b, inside, exists).getResult() : exists;
}

static Value laneMask(CodeBuilder &b, Value count, unsigned width) {
  Value limit = b.splat(b.castTo(count, b.getI32Type()), width);
  return b.slt(b.steps(width), limit);
}

/// Whether masked accesses of this element are instructions.
static bool hasMasks(const Machine &machine, Type element) {
  return 8 * getElementBytes(element) >= machine.maskedBits;
}

Value Puller::loadPartial(Value pointer, Type element, unsigned width, Value count) {
  VectorType type = b.vec(element, width);
  if (hasMasks(machine, element)) {
    return LLVM::MaskedLoadOp::create(b, type, pointer, laneMask(b, count, width), b.zero(type),
                                      getElementBytes(element));
  }
  // Narrower lanes go through `bounce`, a vector's place in scratch, with as many bytes copied as
  // there are.
  b.store(b.zero(type), state.bounce);
  // The count is what is left of the row, which may be several vectors.
  Value lanes = b.min(b.max(count, b.index(0)), b.index(width));
  b.copy(state.bounce, pointer, b.mul(lanes, getElementBytes(element)));
  return b.load(type, state.bounce);
}

void Puller::storePartial(Value vector, Value pointer, Value count) {
  auto type = cast<VectorType>(vector.getType());
  Type element = type.getElementType();
  if (hasMasks(machine, element)) {
    LLVM::MaskedStoreOp::create(b, vector, pointer, laneMask(b, count, type.getNumElements()),
                                getElementBytes(element));
    return;
  }
  b.store(vector, state.bounce);
  b.copy(pointer, state.bounce, b.mul(count, getElementBytes(element)));
}

Value Puller::pullAccess(Operation *op, ArrayRef<Value> at, unsigned width) {
  Access access = *getAccess(op);
  Type lane = getLaneType(access.ref.getElementType());
  bool isBool = lane.isInteger(1);
  Type stored = isBool ? b.getI8Type() : lane;
  auto finish = [&](Value vector) { return isBool ? b.trunc(vector, b.vec(lane, width)) : vector; };
  Value data = state.getStreams(access.refValue).data;
  unsigned rank = access.tile.getRank(), last = rank - 1;

  // Rows listed along the vector itself: each lane has its own address.
  if (access.rows && rank == 1 && width != 1) {
    Value vector = b.zero(b.vec(stored, width));
    for (unsigned i = 0; i != width; ++i) {
      Value element = pull(op->getResult(0), {b.add(at[0], i)}, 1);
      vector =
          b.insert(b.extract(isBool ? b.zext(element, b.vec(stored, 1)) : element, 0), vector, i);
    }
    return finish(vector);
  }
  // A list shorter than the vector's reach must not be read past its end.
  Value bound = getBound(access, last);
  bool masked =
      width != 1 && ((nest && nest->masked) || (bound && nest && nest->alwaysMasked.contains(op)));
  Value inside = getInside(access, at, /*lastToo=*/width == 1);
  // A scalar at the coordinate of a masked step: the last vector's lanes past the end have none.
  if (width == 1 && nest && nest->masked && !getConstant(at[last])) {
    Value exists = b.slt(at[last], b.index(access.tile.getShape().back()));
    inside = inside ? arith::AndIOp::create(b, inside, exists).getResult() : exists;
  }
  if (access.ref.getPacked())
    return pullPacked(access, at, width, inside);
  Value pointer = b.offset(data, stored, getOffset(access, at));
  if (!masked) {
    if (inside)
      pointer = b.select(inside, pointer, state.zeros);
    return finish(b.load(b.vec(stored, width), pointer));
  }
  Value end = b.index(access.tile.getShape().back());
  if (bound)
    end = b.min(end, bound);
  Value count = b.sub(end, at[last]);
  if (inside)
    count = b.select(inside, count, b.index(0));
  return finish(loadPartial(pointer, stored, width, count));
}

Value Puller::getMatrixNumber(const Access &access, ArrayRef<Value> indices) {
  Value matrix = b.index(0);
  for (unsigned dim = 0; dim + 2 < access.ref.getRank(); ++dim)
    matrix = b.add(dim == 0 ? matrix : b.mul(matrix, access.ref.getDim(dim)), indices[dim]);
  return matrix;
}

Value Puller::getPackedOffset(const Access &access, ArrayRef<Value> indices,
                              const tile::PackedLayout &layout, int64_t matrixSize,
                              int64_t columns) {
  unsigned rank = access.ref.getRank();
  Value matrix = getMatrixNumber(access, indices);
  Value row = indices[rank - 2], column = indices[rank - 1];
  // Units of unitRows x unitColumns elements are contiguous, those of one row of units follow each
  // other. Within a unit the digits say, from the fastest on, which part of the row or column
  // counts.
  int64_t unitRows = layout.getUnitRows(), unitColumns = layout.getUnitColumns();
  Value offset = b.mul(matrix, matrixSize);
  offset = b.add(offset, b.mul(b.div(row, unitRows), layout.getUnitRowStride(columns)));
  offset = b.add(offset, b.mul(b.div(column, unitColumns), unitRows * unitColumns));
  int64_t stride = 1;
  for (const tile::PackedDigit &digit : layout.getDigits()) {
    Value inUnit = digit.dim == 0 ? b.rem(row, unitRows) : b.rem(column, unitColumns);
    offset = b.add(offset, b.mul(b.rem(b.div(inUnit, digit.step), digit.extent), stride));
    stride *= digit.extent;
  }
  return offset;
}

Value Puller::pullPacked(const Access &access, ArrayRef<Value> at, unsigned width, Value inside) {
  // Only products read packed refs fast; whatever else does goes lane by lane.
  Type lane = getLaneType(access.ref.getElementType());
  Point indices = getIndices(access, at);
  unsigned last = access.tile.getRank() - 1;
  Value end = b.index(access.tile.getShape().back());
  if (Value bound = getBound(access, last))
    end = b.min(end, bound);
  Value vector = b.zero(b.vec(lane, width));
  Value column = indices.back();
  for (unsigned i = 0; i != width; ++i) {
    indices.back() = b.add(column, i);
    Value offset = getPackedOffset(access, indices, access.ref.getPacked().getLayout(),
                                   access.ref.getMatrixElements(), access.ref.getShape().back());
    Value valid = b.slt(b.add(at[last], i), end);
    if (inside)
      valid = arith::AndIOp::create(b, valid, inside);
    Value pointer = b.offset(state.getStreams(access.refValue).data, lane, offset);
    vector = b.insert(b.load(lane, b.select(valid, pointer, state.zeros)), vector, i);
  }
  return vector;
}

void Puller::emitStore(Operation *op) {
  Access access = *getAccess(op);
  Value value = op->getOperand(0);
  if (isa<mx::BlockType>(access.tile.getElementType()))
    return emitBlockStore(access, value);
  // What is stored to a ref that it was loaded from was materialised at the load.
  Type lane = getLaneType(access.ref.getElementType());
  bool isBool = lane.isInteger(1);
  Type stored = isBool ? b.getI8Type() : lane;
  Value data = state.getStreams(access.refValue).data;
  unsigned rank = access.tile.getRank();
  SmallVector<Value> bounds;
  for (unsigned dim = 0; dim != rank; ++dim)
    bounds.push_back(getBound(access, dim));

  // A row that does not exist is not written: one test for each row, before its vectors.
  auto guard = [&](ArrayRef<Value> leading) -> Value {
    if (!access.rows || rank == 1)
      return {};
    Value row = b.extract(pull(access.rows, {leading[0]}, 1), 0);
    return b.sge(row, b.i32(0));
  };
  if (access.rows)
    getBuffer(access.rows);
  unsigned width = access.rows && rank == 1 ? 1 : getWidth(access.tile);
  if (!access.rows && !access.ref.getPacked() && !bounds.back())
    width = getWideWidth(value);
  loopNest(
      access.tile.getShape(), bounds, {value}, width,
      [&](ArrayRef<Value> at, unsigned width, Value count) {
        Value vector = pull(value, at, width);
        if (isBool)
          vector = b.zext(vector, b.vec(stored, width));
        Value pointer = b.offset(data, stored, getOffset(access, at));
        if (access.rows && rank == 1) {
          Value row = b.extract(pull(access.rows, {at[0]}, 1), 0);
          return b.ifThen(b.sge(row, b.i32(0)), [&] { b.store(vector, pointer); });
        }
        if (count)
          storePartial(vector, pointer, count);
        else
          b.store(vector, pointer);
      },
      guard);
}
