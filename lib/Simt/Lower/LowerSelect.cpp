//===- LowerSelect.cpp - The greatest elements ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// topk takes the maximum k times. topk_merge finds the k-th greatest of thousands of candidates by
// their bits, from the highest down, then numbers what is kept by a scan in order of place, so that
// ties fall to the lower place by themselves.
//
//===----------------------------------------------------------------------===//
#include "../Refusal.h"
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstdint>
#include <limits>

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

/// The key of what is never chosen: below those of all numbers.
static constexpr int64_t kNever = INT32_MIN;

static Value makeFloat(ImplicitLocOpBuilder &builder, double value) {
  return arith::ConstantOp::create(builder, builder.getF32FloatAttr(float(value)));
}

/// Integers whose signed order is that of the numbers.
static Value flipNegative(ImplicitLocOpBuilder &builder, Value bits) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
  };
  // Negative numbers have sign and magnitude: flipping all bits but the sign makes greater
  // magnitudes lower integers. The function is its own inverse.
  Value sign = arith::ShRSIOp::create(builder, bits, constant(31));
  return arith::XOrIOp::create(builder, bits, arith::ShRUIOp::create(builder, sign, constant(1)));
}

SmallVector<Value> KernelLowering::emitSortKeys(const Distributed &tile, ArrayRef<int64_t> shape) {
  SmallVector<Value> keys;
  for (unsigned reg = 0; reg < tile.getNumRegisters(); ++reg) {
    Value value = extractRegisters(builder, builder.getLoc(), tile, reg, 1);
    // Adding 0 turns −0 into 0, which it equals. Neither NaN nor −inf is greater than −inf.
    Value sum = arith::AddFOp::create(builder, value, makeFloat(builder, 0));
    Value key = flipNegative(builder, arith::BitcastOp::create(builder, builder.getI32Type(), sum));
    Value chosen = arith::CmpFOp::create(builder, arith::CmpFPredicate::OGT, value,
                                         makeFloat(builder, -INFINITY));
    if (Value exists = emitExists(tile.layout, shape, reg))
      chosen = arith::AndIOp::create(builder, exists, chosen);
    keys.push_back(arith::SelectOp::create(builder, chosen, key, i32(kNever)));
  }
  return keys;
}

LogicalResult KernelLowering::lowerTopK(tile::TopKOp op) {
  RankedTensorType type = op.getInput().getType(), chosen = op.getValues().getType();
  unsigned dim = type.getRank() - 1;
  // k reductions, each of which takes out the element that the one before found: for the small k of
  // routing that is less than to sort.
  int64_t k = chosen.getDimSize(dim);
  const LinearLayout &layout = layouts.get(op.getInput()).data;
  const Distributed &input = getTile(op.getInput()).data;
  Type wide = builder.getI64Type(), word = builder.getI32Type();
  // 64 bits make key and place one number, so one reduction finds both and no two candidates are
  // equal.
  // The key above the complement of the place: the greatest is the first of equal keys.
  SmallVector<Value> keys = emitSortKeys(input, type.getShape());
  Value coordinate = emitLaneCoordinate(layout, dim);
  for (auto [reg, key] : llvm::enumerate(keys)) {
    int64_t offset = layout.getCoordinate(layout.getElement(reg, 0, 0), dim);
    Value place = arith::AddIOp::create(builder, coordinate, i32(offset));
    place = arith::XOrIOp::create(builder, place, i32(-1));
    Value high =
        arith::ShLIOp::create(builder, arith::ExtSIOp::create(builder, wide, key), i64(32));
    key = arith::OrIOp::create(builder, high, arith::ExtUIOp::create(builder, wide, place));
  }
  const LinearLayout &made = layouts.get(op.getValues()).data;
  SmallVector<Value> values(made.getNumRegisters(), makeFloat(builder, -INFINITY));
  SmallVector<Value> places(made.getNumRegisters(), i32(-1));
  Value none = i64(std::numeric_limits<int64_t>::min());
  for (int64_t round = 0; round < k; ++round) {
    Distributed best = emitReduce(tile::ReduceKind::Max, makeFromRegisters(layout, wide, keys), dim,
                                  layout.getShape()[dim]);
    best = regroup(builder, builder.getLoc(), best, 1);
    for (auto [row, most] : llvm::enumerate(best.chunks)) {
      Value key =
          arith::TruncIOp::create(builder, word, arith::ShRSIOp::create(builder, most, i64(32)));
      Value place =
          arith::XOrIOp::create(builder, arith::TruncIOp::create(builder, word, most), i32(-1));
      Value found = arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, key, i32(kNever));
      Value value =
          arith::BitcastOp::create(builder, builder.getF32Type(), flipNegative(builder, key));
      unsigned reg = row * made.getShape()[dim] + round;
      values[reg] = arith::SelectOp::create(builder, found, value, values[reg]);
      places[reg] = arith::SelectOp::create(builder, found, place, places[reg]);
    }
    if (round + 1 == k)
      break;
    // Every lane knows the winner after the reduction; the one that has it drops it.
    for (auto [reg, key] : llvm::enumerate(keys)) {
      uint64_t row = layout.getElement(reg, 0, 0) >> llvm::Log2_64(layout.getShape()[dim]);
      Value taken = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, key,
                                          best.chunks[*findRegister(best.layout, row)]);
      key = arith::SelectOp::create(builder, taken, none, key);
    }
  }
  setTile(op.getValues(), makeFromRegisters(made, builder.getF32Type(), values));
  setTile(op.getIndices(), makeFromRegisters(made, word, places));
  return success();
}

SmallVector<Value> KernelLowering::getExisting(const Distributed &tile, ArrayRef<int64_t> shape) {
  SmallVector<Value> values = regroup(builder, builder.getLoc(), tile, 1).chunks;
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(tile.element));
  for (auto [reg, value] : llvm::enumerate(values))
    if (Value exists = emitExists(tile.layout, shape, reg))
      value = arith::SelectOp::create(builder, exists, value, zero);
  return values;
}

Candidates KernelLowering::makeCandidates(Value tile) {
  const LinearLayout &layout = layouts.get(tile).data;
  auto type = cast<RankedTensorType>(tile.getType());
  unsigned dim = type.getRank() - 1;
  Candidates result;
  result.layout = layout;
  Distributed values = regroup(builder, builder.getLoc(), getTile(tile).data, 1);
  result.keys = emitSortKeys(values, type.getShape());
  result.values = getExisting(values, type.getShape());
  result.first = emitIsFirstHolder(layout);
  // Rows shorter than a subgroup are repeated over lanes (getRowLayout), and repeated candidates
  // must count once.
  if (layout.getShape()[dim] < machine.lanes)
    result.inRow = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, lane,
                                         i32(layout.getShape()[dim]));
  // Rows are numbered by the highest register bits.
  unsigned shift = llvm::Log2_64(layout.getShape()[dim]);
  LinearLayout rows = layout.collapse(dim).dropReplicatedRegisters();
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg)
    result.rows.push_back(*findRegister(rows, layout.getElement(reg, 0, 0) >> shift));
  return result;
}

SmallVector<Value> KernelLowering::countCandidates(ArrayRef<const Candidates *> parts,
                                                   ArrayRef<Value> limits) {
  // Each lane for itself; the caller reduces over lanes.
  SmallVector<Value> counts(limits.size(), i32(0));
  for (const Candidates *part : parts)
    for (auto [key, row] : llvm::zip(part->keys, part->rows)) {
      Value reaches = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, key, limits[row]);
      // Lanes may be more than columns.
      if (part->inRow)
        reaches = arith::AndIOp::create(builder, reaches, part->inRow);
      counts[row] = arith::AddIOp::create(
          builder, counts[row], arith::ExtUIOp::create(builder, builder.getI32Type(), reaches));
    }
  return counts;
}

SmallVector<Value> KernelLowering::findThresholds(ArrayRef<const Candidates *> parts,
                                                  const LinearLayout &lanesOfRows, int64_t k) {
  auto index = [&](int64_t value) { return arith::ConstantIndexOp::create(builder, value); };
  // A binary search over the 32 bits of a key: a bit is set if at least k candidates still reach
  // the number. 32 steps of counting, whatever the number of candidates, and no candidate moves.
  // Built from the sign down; the key is held with its sign bit flipped, as unsigned.
  unsigned rows = lanesOfRows.getNumRegisters();
  auto loop =
      scf::ForOp::create(builder, index(0), index(32), index(1), SmallVector<Value>(rows, i32(0)));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value step = arith::IndexCastOp::create(builder, builder.getI32Type(), loop.getInductionVar());
  Value bit = arith::ShLIOp::create(builder, i32(1), arith::SubIOp::create(builder, i32(31), step));
  SmallVector<Value> attempts, limits, next;
  for (Value carried : loop.getRegionIterArgs()) {
    attempts.push_back(arith::OrIOp::create(builder, carried, bit));
    limits.push_back(arith::XOrIOp::create(builder, attempts.back(), i32(kNever)));
  }
  Distributed counts =
      makeFromRegisters(lanesOfRows, builder.getI32Type(), countCandidates(parts, limits));
  unsigned dim = lanesOfRows.getRank() - 1;
  counts = regroup(builder, builder.getLoc(),
                   emitReduce(tile::ReduceKind::Add, counts, dim, lanesOfRows.getShape()[dim]), 1);
  for (auto [count, attempt, carried] :
       llvm::zip(counts.chunks, attempts, loop.getRegionIterArgs())) {
    Value enough = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, count, i32(k));
    next.push_back(arith::SelectOp::create(builder, enough, attempt, carried));
  }
  scf::YieldOp::create(builder, next);
  builder.setInsertionPointAfter(loop);
  SmallVector<Value> thresholds;
  for (Value result : loop.getResults())
    thresholds.push_back(arith::XOrIOp::create(builder, result, i32(kNever)));
  return thresholds;
}

LogicalResult KernelLowering::lowerTopKMerge(tile::TopKMergeOp op) {
  RankedTensorType listType = op.getValues().getType(), blockType = op.getScores().getType();
  unsigned dim = listType.getRank() - 1;
  int64_t k = listType.getDimSize(dim), extent = blockType.getDimSize(dim);
  // Two counts share a word, 16 bits each.
  if (k + extent > INT16_MAX)
    return refuse(op) << "chooses from " << k + extent
                      << " candidates; this machine's lowering takes " << INT16_MAX;
  // One count for each lane and row: what a lane counts over its registers is then reduced over
  // lanes.
  std::vector<int64_t> laneShape = layouts.get(op.getValues()).data.getShape();
  laneShape.back() = machine.lanes;
  LinearLayout lanesOfRows = getRowLayout(laneShape, machine, layouts.subgroups);
  Candidates list = makeCandidates(op.getValues());
  Candidates block = makeCandidates(op.getScores());
  list.places = getExisting(getTile(op.getIndices()).data, listType.getShape());
  const LinearLayout &blockLayout = block.layout;
  Value first = arith::AddIOp::create(builder, scalars.lookup(op.getFirst()),
                                      emitLaneCoordinate(blockLayout, dim));
  for (unsigned reg = 0; reg < blockLayout.getNumRegisters(); ++reg)
    block.places.push_back(arith::AddIOp::create(
        builder, first, i32(blockLayout.getCoordinate(blockLayout.getElement(reg, 0, 0), dim))));
  SmallVector<Value> thresholds = findThresholds({&list, &block}, lanesOfRows, k);

  SmallVector<Value> total = countBefore({&list, &block}, thresholds);
  return storeSelection(op, list, block, total);
}

SmallVector<Value> KernelLowering::countBefore(ArrayRef<Candidates *> parts,
                                               ArrayRef<Value> thresholds) {
  // How many are above the threshold and how many at it, before each candidate and in all: two
  // numbers in one word, so that one scan counts both. The list comes before the block, as its
  // entries have lower places.
  SmallVector<Value> total(thresholds.size());
  for (Candidates *part : parts) {
    const LinearLayout &layout = part->layout;
    unsigned dim = layout.getRank() - 1;
    SmallVector<Value> marks;
    for (auto [key, row] : llvm::zip(part->keys, part->rows)) {
      Value above = arith::CmpIOp::create(builder, arith::CmpIPredicate::sgt, key, thresholds[row]);
      Value equal = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, key, thresholds[row]);
      Value some = arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, key, i32(kNever));
      part->above.push_back(above);
      part->tied.push_back(arith::AndIOp::create(builder, equal, some));
      Value mark = arith::ExtUIOp::create(builder, builder.getI32Type(), part->tied.back());
      marks.push_back(arith::SelectOp::create(builder, above, i32(1 << 16), mark));
    }
    Scan scan =
        emitScan(tile::ReduceKind::Add, makeFromRegisters(layout, builder.getI32Type(), marks), dim,
                 layout.getShape()[dim]);
    part->before = std::move(scan.before);
    SmallVector<Value> sums = total;
    for (auto [reg, row] : llvm::enumerate(part->rows)) {
      if (total[row])
        part->before[reg] = arith::AddIOp::create(builder, part->before[reg], total[row]);
      sums[row] = total[row] ? Value(arith::AddIOp::create(builder, total[row], scan.totals[reg]))
                             : scan.totals[reg];
    }
    total = std::move(sums);
  }
  return total;
}

/// The halves of a word of countBefore().
static Value getAbove(ImplicitLocOpBuilder &builder, Value word) {
  Value bits = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(16));
  return arith::ShRUIOp::create(builder, word, bits);
}
static Value getTied(ImplicitLocOpBuilder &builder, Value word) {
  Value mask = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(0xffff));
  return arith::AndIOp::create(builder, word, mask);
}

void KernelLowering::writeSelected(const Candidates &part, const SelectionImage &image) {
  Value memory = getShared(image.bytes);
  const LinearLayout &layout = part.layout;
  Value lanePart = emitLaneElement(layout);
  unsigned shift = llvm::Log2_64(layout.getShape()[layout.getRank() - 1]);
  Value rowPart = arith::ShRUIOp::create(builder, lanePart, i32(shift));
  for (auto [reg, row] : llvm::enumerate(part.rows)) {
    Value before = part.before[reg], ties = image.ties[row];
    Value room =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, getTied(builder, before), ties);
    Value keep = arith::OrIOp::create(builder, part.above[reg],
                                      arith::AndIOp::create(builder, part.tied[reg], room));
    if (part.first)
      keep = arith::AndIOp::create(builder, keep, part.first);
    // A slot is the number of those that are kept before: all above, and ties while there is room.
    Value slot =
        arith::AddIOp::create(builder, getAbove(builder, before),
                              arith::MinSIOp::create(builder, getTied(builder, before), ties));
    int64_t rowNumber = layout.getElement(reg, 0, 0) >> shift;
    Value start = arith::MulIOp::create(
        builder, arith::AddIOp::create(builder, rowPart, i32(rowNumber)), i32(image.stride));
    slot = arith::AddIOp::create(builder, slot, start);
    Value place = arith::AddIOp::create(builder, slot, i32(image.entries));
    slot = arith::SelectOp::create(builder, keep, slot, image.nowhere);
    place = arith::SelectOp::create(builder, keep, place, image.nowhere);
    LLVM::StoreOp::create(builder, part.values[reg], getSharedWord(builder, memory, slot));
    LLVM::StoreOp::create(builder, part.places[reg], getSharedWord(builder, memory, place));
  }
}

LogicalResult KernelLowering::storeSelection(tile::TopKMergeOp op, const Candidates &list,
                                             const Candidates &block, ArrayRef<Value> total) {
  const LinearLayout &layout = list.layout;
  unsigned dim = layout.getRank() - 1, subgroups = layouts.subgroups;
  int64_t k = op.getValues().getType().getDimSize(dim);
  SelectionImage image;
  image.entries = int64_t(1) << layout.getNumElementBits();
  image.stride = layout.getShape()[dim];
  image.bytes = 4 * (2 * image.entries + subgroups);
  SmallVector<Value> kept;
  for (Value sum : total) {
    Value above = getAbove(builder, sum);
    image.ties.push_back(arith::SubIOp::create(builder, i32(k), above));
    Value all = arith::AddIOp::create(builder, above, getTied(builder, sum));
    kept.push_back(arith::MinSIOp::create(builder, all, i32(k)));
  }
  image.nowhere = arith::AddIOp::create(builder, subgroup, i32(2 * image.entries));
  emitBarrier();
  // Slots are numbered without gaps, so what is kept is in order of place, and the rest of the row
  // is left as it was: `kept` says where it begins.
  writeSelected(list, image);
  writeSelected(block, image);
  emitBarrier();
  Value memory = getShared(image.bytes);
  Value element = emitLaneElement(layout), coordinate = emitLaneCoordinate(layout, dim);
  SmallVector<Value> values, places;
  for (auto [reg, row] : llvm::enumerate(list.rows)) {
    uint64_t number = layout.getElement(reg, 0, 0);
    Value at = arith::AddIOp::create(builder, element, i32(number));
    Value value =
        LLVM::LoadOp::create(builder, builder.getF32Type(), getSharedWord(builder, memory, at));
    at = arith::AddIOp::create(builder, at, i32(image.entries));
    Value place =
        LLVM::LoadOp::create(builder, builder.getI32Type(), getSharedWord(builder, memory, at));
    Value slot = arith::AddIOp::create(builder, coordinate, i32(layout.getCoordinate(number, dim)));
    Value used = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, slot, kept[row]);
    values.push_back(arith::SelectOp::create(builder, used, value, makeFloat(builder, -INFINITY)));
    places.push_back(arith::SelectOp::create(builder, used, place, i32(-1)));
  }
  setTile(op.getNewValues(), makeFromRegisters(layout, builder.getF32Type(), values));
  setTile(op.getNewIndices(), makeFromRegisters(layout, builder.getI32Type(), places));
  return success();
}
