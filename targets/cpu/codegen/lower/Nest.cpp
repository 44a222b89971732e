//===- Nest.cpp - Loop nests over a tile ----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A nest has an innermost loop of whole vectors without masks, up to the least bound of everything
// that is pulled, and one of masked vectors for the rest.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

unsigned Puller::getWidth(RankedTensorType type) {
  int64_t extent = type.getShape().back();
  Type element = type.getElementType();
  if (auto block = dyn_cast<mx::BlockType>(element))
    extent = std::min(extent, block.getBlockSize());
  // Narrow types go in as many lanes as 32-bit ones: they are mostly converted.
  unsigned lanes = machine.getLanes();
  if (element.isIndex() || (element.isIntOrFloat() && element.getIntOrFloatBitWidth() == 64))
    lanes /= 2;
  while (lanes > extent)
    lanes /= 2;
  return lanes;
}

bool moec::cpu::isElementwise(Operation *op) {
  return op && op->getNumResults() == 1 && op->getNumOperands() != 0 &&
         isa<RankedTensorType>(op->getResult(0).getType()) &&
         isa<arith::ArithDialect, math::MathDialect>(op->getDialect());
}

/// Vectors of several registers are for cheap expressions: of a long one the values on the way
/// would not fit in the registers.
bool Puller::isWide(Value tile, unsigned width) {
  constexpr unsigned depth = 12;
  std::function<bool(Value, unsigned)> visit = [&](Value tile, unsigned left) {
    auto type = cast<RankedTensorType>(tile.getType());
    if (left == 0 || !type.getElementType().isIntOrFloat() ||
        type.getElementType().getIntOrFloatBitWidth() != 32)
      return false;
    if (scratch.contains(tile))
      return true;
    Operation *op = tile.getDefiningOp();
    if (auto load = dyn_cast_or_null<tile::LoadOp>(op))
      return !load.getRef().getType().getPacked();
    if (auto broadcast = dyn_cast_or_null<tile::BroadcastOp>(op))
      return broadcast.getInput().getType().getShape().back() == 1 ||
             visit(broadcast.getInput(), left - 1);
    if (auto reshape = dyn_cast_or_null<tile::ReshapeOp>(op))
      return !crossesRows(reshape, width) && visit(reshape.getInput(), left - 1);
    if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op))
      return cast<DenseElementsAttr>(constant.getValue()).isSplat();
    // Functions of `math` are long sequences.
    return isElementwise(op) && isa<arith::ArithDialect>(op->getDialect()) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             return isa<RankedTensorType>(operand.getType()) && visit(operand, left - 1);
           });
  };
  return visit(tile, depth);
}

unsigned Puller::getWideWidth(Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  unsigned width = getWidth(type), wide = 4 * width;
  while (type.getShape().back() % wide != 0)
    wide /= 2;
  if (width != machine.getLanes() || wide <= width || !isWide(tile, wide))
    return width;
  // A vector that crosses a bound is masked, and an instruction masks one register.
  Nest none;
  SmallVector<Value> bounds;
  DenseSet<std::pair<Value, unsigned>> seen;
  collectBounds(tile, /*sameColumns=*/true, none, bounds, seen);
  return bounds.empty() && none.alwaysMasked.empty() ? wide : width;
}

/// The value, recomputed at the insertion point if it is defined in `inner`; null if that is
/// impossible.
static Value moveOut(CodeBuilder &b, Value value, Block *inner) {
  if (value.getParentBlock() != inner)
    return value;
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() != 0 || op->getDialect()->getNamespace() != "arith")
    return {};
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(moveOut(b, operand, inner));
    if (!operands.back())
      return {};
  }
  Operation *clone = b.clone(*op);
  clone->setOperands(operands);
  return clone->getResult(cast<OpResult>(value).getResultNumber());
}

Value Puller::hoisted(ArrayRef<Value> at, function_ref<Value(ArrayRef<Value>)> body) {
  if (!nest || !nest->hoistBefore || nest->hoistBefore->getBlock() == b.getInsertionBlock())
    return body(at);
  // The value depends on coordinates that were computed inside of the loop, mostly sums of the
  // loop's constants and of indices around it: those are computed again before the loop. If one
  // needs the loop's own index, so does the value.
  Block *inner = b.getInsertionBlock();
  OpBuilder::InsertionGuard guard(b);
  OpBuilder::InsertPoint inPlace = b.saveInsertionPoint();
  b.setInsertionPoint(nest->hoistBefore);
  Point moved;
  for (Value coordinate : at) {
    moved.push_back(moveOut(b, coordinate, inner));
    if (!moved.back()) {
      b.restoreInsertionPoint(inPlace);
      return body(at);
    }
  }
  // Vectors that were pulled inside of the loop do not exist before it, so those from before it are
  // remembered apart.
  std::swap(nest->memo, nest->hoistedMemo);
  Value value = body(moved);
  std::swap(nest->memo, nest->hoistedMemo);
  return value;
}

/// An access whose columns are the nest's limits where whole vectors end; one that is reached
/// through an op that moves columns has its bound elsewhere, and is masked at every step.
void Puller::collectBounds(Value tile, bool sameColumns, Nest &nest, SmallVectorImpl<Value> &bounds,
                           DenseSet<std::pair<Value, unsigned>> &seen) {
  Operation *op = tile.getDefiningOp();
  if (!op || scratch.contains(tile) || !seen.insert({tile, sameColumns}).second)
    return;
  if (std::optional<Access> access = getAccess(op)) {
    unsigned last = access->tile.getRank() - 1;
    Value bound = getBound(*access, last);
    if (!bound || access->tile.getShape().back() == 1)
      return;
    if (sameColumns)
      bounds.push_back(bound);
    else
      nest.alwaysMasked.insert(op);
    return;
  }
  if (isa<tile::SliceOp, tile::InterleaveOp, tile::DeinterleaveOp, tile::ReshapeOp>(op))
    sameColumns = false;
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()))
      collectBounds(operand, sameColumns, nest, bounds, seen);
}

void Puller::innerLoop(Point at, int64_t extent, Value bound, ArrayRef<Value> sources,
                       unsigned width, function_ref<void(ArrayRef<Value>, unsigned, Value)> body) {
  Nest inner;
  Nest *outer = std::exchange(nest, &inner);
  SmallVector<Value> bounds;
  DenseSet<std::pair<Value, unsigned>> seen;
  for (Value source : sources)
    collectBounds(source, /*sameColumns=*/true, inner, bounds, seen);
  Value end = b.index(extent);
  if (bound)
    end = b.max(b.min(bound, end), b.index(0));
  at.push_back({});
  auto run = [&](Value column, Value count) {
    inner.memo.clear();
    inner.hoistedMemo.clear();
    at.back() = column;
    body(at, width, count);
  };
  // [0, whole) in whole vectors, [whole, end) masked. The first ends at the least bound of all
  // sources: past it some of them are zeros, which a masked load gives and a plain one does not.
  Value whole = end;
  for (Value other : bounds)
    whole = b.min(whole, other);
  whole = b.max(whole, b.index(0));
  whole = b.mul(b.div(whole, width), width);
  std::optional<int64_t> wholeEnd = getConstant(whole);
  // One vector needs no loop; then nothing is hoisted either.
  if (wholeEnd && *wholeEnd == static_cast<int64_t>(width)) {
    run(b.index(0), {});
  } else if (!wholeEnd || *wholeEnd != 0) {
    auto loop = scf::ForOp::create(b, b.index(0), whole, b.index(width));
    inner.hoistBefore = loop;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    run(loop.getInductionVar(), {});
  }
  if (!wholeEnd || wholeEnd != getConstant(end)) {
    // Usually one step, but as many as lie between the least bound and the end.
    inner.masked = true;
    auto loop = scf::ForOp::create(b, whole, end, b.index(width));
    if (!inner.hoistBefore)
      inner.hoistBefore = loop;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value column = loop.getInductionVar();
    run(column, b.min(b.sub(end, column), b.index(width)));
  }
  nest = outer;
}

void Puller::loopNest(ArrayRef<int64_t> shape, ArrayRef<Value> bounds, ArrayRef<Value> sources,
                      unsigned width, function_ref<void(ArrayRef<Value>, unsigned, Value)> body,
                      function_ref<Value(ArrayRef<Value>)> guard) {
  // What must lie in scratch before it can be pulled is put there now: inside of the loops it would
  // be made again in each step.
  for (Value source : sources)
    prepare(source, width);
  b.nest(shape.drop_back(), bounds, [&](ArrayRef<Value> leading) {
    auto emitInner = [&] {
      innerLoop(Point(leading), shape.back(), bounds[shape.size() - 1], sources, width, body);
    };
    Value condition = guard ? guard(leading) : Value();
    return condition ? b.ifThen(condition, emitInner) : emitInner();
  });
}
