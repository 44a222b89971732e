//===- LowerCount.cpp - Scans, histograms, ranks --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A scan doubles the blocks whose totals are known, bit by bit of the index: registers, then lanes.
// Counters are in shared memory; they are integers, so the order of their updates does not matter.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

Scan KernelLowering::emitScan(tile::ReduceKind kind, const Distributed &tile, unsigned dim,
                              int64_t extent) {
  const LinearLayout &layout = tile.layout;
  // Blocks of 2^i neighbours along the dimension, for i = 0, 1, …: `totals` is the sum of the block
  // that an element is in, `before` that of what stands before the element in it. To double a
  // block, its upper half adds the total of the lower half to `before`, and both take the sum of
  // the totals. Bit i of the coordinate is a bit of the register's number, and the partner is
  // another register, or one of the lane's, and it is in another lane.
  const uint64_t mask = layout.getDimMask(dim);
  Value neutral = arith::ConstantOp::create(builder, getNeutral(builder, kind, tile.element));
  unsigned count = layout.getNumRegisters();
  SmallVector<Value> before(count, neutral), totals;
  std::vector<int64_t> shape = layout.getShape();
  shape[dim] = extent;
  for (unsigned reg = 0; reg < count; ++reg) {
    Value value = extractRegisters(builder, builder.getLoc(), tile, reg, 1);
    if (Value exists = emitExists(layout, shape, reg))
      value = arith::SelectOp::create(builder, exists, value, neutral);
    totals.push_back(value);
  }
  auto findBit = [&](Space space, uint64_t basis) {
    const std::vector<uint64_t> &bases = layout.getBases(space);
    auto found = llvm::find(bases, basis);
    return found == bases.end() ? -1 : int(found - bases.begin());
  };
  for (uint64_t basis = mask & -mask; basis & mask; basis <<= 1) {
    if (int bit = findBit(Space::Register, basis); bit >= 0) {
      for (unsigned low = 0; low < count; ++low) {
        unsigned high = low | 1u << bit;
        if (low == high)
          continue;
        before[high] = emitCombine(kind, before[high], totals[low]);
        totals[low] = totals[high] = emitCombine(kind, totals[low], totals[high]);
      }
      continue;
    }
    int bit = findBit(Space::Lane, basis);
    assert(bit >= 0 && "a scanned dimension stays in one subgroup");
    Value isHigh =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::ne,
                              arith::AndIOp::create(builder, lane, i32(int64_t(1) << bit)), i32(0));
    // A lane below adds nothing to `before`: it has the neutral element of its partner.
    // Registers of one block share their total.
    DenseMap<Value, std::pair<Value, Value>> exchanged;
    for (unsigned reg = 0; reg < count; ++reg) {
      std::pair<Value, Value> &pair = exchanged[totals[reg]];
      if (!pair.first) {
        Value other = emitLaneExchange(totals[reg], bit);
        pair = {arith::SelectOp::create(builder, isHigh, other, neutral),
                emitCombine(kind, totals[reg], other)};
      }
      before[reg] = emitCombine(kind, before[reg], pair.first);
      totals[reg] = pair.second;
    }
  }
  return {std::move(before), std::move(totals)};
}

LogicalResult KernelLowering::lowerScan(tile::ScanOp op) {
  RankedTensorType type = op.getInput().getType();
  if (op.getKind() == tile::ReduceKind::Add && !type.getElementType().isInteger(32))
    return op->emitOpError("adds f32, which has no lowering for this machine");
  const Distributed &input = getTile(op.getInput()).data;
  Scan scan = emitScan(op.getKind(), input, op.getDim(), type.getDimSize(op.getDim()));
  if (!op.getExclusive())
    for (auto [reg, value] : llvm::enumerate(scan.before))
      value = emitCombine(op.getKind(), value,
                          extractRegisters(builder, builder.getLoc(), input, reg, 1));
  setTile(op.getResult(), makeFromRegisters(input.layout, type.getElementType(), scan.before));
  return success();
}

Value KernelLowering::getSharedWord(Value index, unsigned bytes) {
  Value offset = arith::MulIOp::create(builder, index, i32(4));
  // Four bytes a word.
  Value base = getShared(bytes);
  return LLVM::GEPOp::create(builder, base.getType(), builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset});
}

SmallVector<Value> KernelLowering::getKeys(Value tile, int64_t limit) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(tile.getType()).getShape();
  Distributed keys = regroup(builder, builder.getLoc(), getTile(tile).data, 1);
  // As unsigned numbers, so that negative keys are beyond the limit, too.
  SmallVector<Value> result;
  for (auto [reg, key] : llvm::enumerate(keys.chunks)) {
    Value inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, key, i32(limit));
    if (Value exists = emitExists(keys.layout, shape, reg))
      inside = arith::AndIOp::create(builder, exists, inside);
    result.push_back(arith::SelectOp::create(builder, inside, key, i32(-1)));
  }
  return result;
}

LogicalResult KernelLowering::lowerHistogram(tile::HistogramOp op) {
  int64_t bins = op.getBase().getType().getDimSize(0);
  SmallVector<Value> mine = getKeys(op.getKeys(), bins);
  // Counters start at the base and lie in shared memory one a bin. Additions of integers may happen
  // in any order, so the result does not depend on which lane comes first.
  Placement placement = makePlacement(op.getBase().getType());
  placement.extents = {bins};
  Value first = emitIsFirstHolder(layouts.get(op.getKeys()).data);
  emitBarrier();
  writePlaced(placement, getTile(op.getBase()).data);
  emitBarrier();
  for (Value key : mine) {
    Value counts = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, key, i32(0));
    if (first)
      counts = arith::AndIOp::create(builder, counts, first);
    auto guarded = scf::IfOp::create(builder, counts, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(guarded.thenYield());
    LLVM::AtomicRMWOp::create(builder, LLVM::AtomicBinOp::add,
                              getSharedWord(key, placement.elements * 4), i32(1),
                              LLVM::AtomicOrdering::monotonic, machine.getSharedScope());
  }
  emitBarrier();
  Value result = op.getResult();
  setTile(result, readPlaced(placement, layouts.get(result).data, builder.getI32Type()));
  return success();
}

LogicalResult KernelLowering::lowerRank(tile::RankOp op) {
  int64_t keys = op.getKeys().getType().getDimSize(0), bins = op.getBase().getType().getDimSize(0);
  const LinearLayout &layout = layouts.get(op.getKeys()).data;
  SmallVector<Value> mine = getKeys(op.getKeys(), bins);
  // The number of equal keys before a key depends on order, so atomics would not do. Every lane
  // walks over the list of all keys once and counts for its own. In shared memory: the list of all
  // keys, then the counters.
  Placement list = makePlacement(op.getKeys().getType());
  Placement counters = makePlacement(op.getBase().getType());
  list.extents = {keys};
  counters.extents = {bins};
  counters.offsets[0] = list.elements;
  list.elements = counters.elements += list.elements;
  emitBarrier();
  writePlaced(list, makeFromRegisters(layout, builder.getI32Type(), mine));
  writePlaced(counters, getTile(op.getBase()).data);
  emitBarrier();
  Value coordinate = emitLaneCoordinate(layout, 0);
  // Up to four keys at a time, 16 bytes; a step divides the number of keys, so that none is behind
  // the end.
  unsigned bytes = list.elements * 4, step = std::gcd<int64_t>(keys, 4);
  auto index = [&](int64_t value) { return arith::ConstantIndexOp::create(builder, value); };
  // All lanes read the same keys at a time, in order.
  auto loop = scf::ForOp::create(builder, index(0), index(keys), index(step),
                                 SmallVector<Value>(mine.size(), i32(0)));
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value number =
        arith::IndexCastOp::create(builder, builder.getI32Type(), loop.getInductionVar());
    Value others = LLVM::LoadOp::create(builder, getChunkType(builder.getI32Type(), step),
                                        getSharedWord(number, bytes), /*alignment=*/4 * step);
    SmallVector<Value> counts(loop.getRegionIterArgs());
    for (auto [i, other] : llvm::enumerate(splitChunk(builder, builder.getLoc(), others)))
      for (auto [reg, count] : llvm::enumerate(counts)) {
        int64_t place = layout.getElement(reg, 0, 0);
        Value own = arith::AddIOp::create(builder, coordinate, i32(place - int64_t(i)));
        Value before = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, number, own);
        Value equal = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, other, mine[reg]);
        Value hit = arith::AndIOp::create(builder, before, equal);
        count = arith::AddIOp::create(builder, count,
                                      arith::ExtUIOp::create(builder, builder.getI32Type(), hit));
      }
    scf::YieldOp::create(builder, counts);
  }
  SmallVector<Value> places;
  for (auto [key, count] : llvm::zip(mine, loop.getResults())) {
    Value valid = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, key, i32(0));
    Value bin = arith::AddIOp::create(builder, arith::MaxSIOp::create(builder, key, i32(0)),
                                      i32(counters.offsets[0]));
    Value start = LLVM::LoadOp::create(builder, builder.getI32Type(), getSharedWord(bin, bytes));
    Value place = arith::AddIOp::create(builder, start, count);
    places.push_back(arith::SelectOp::create(builder, valid, place, i32(-1)));
  }
  setTile(op.getResult(), makeFromRegisters(layout, builder.getI32Type(), places));
  return success();
}
