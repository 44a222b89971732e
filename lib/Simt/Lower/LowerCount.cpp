//===- LowerCount.cpp - Scans, histograms, ranks --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A scan doubles the blocks whose totals are known, bit by bit of the index: registers, then lanes.
// Counters and rows of bits are in shared memory; they are integers, so the order of their updates
// does not matter.
//
//===----------------------------------------------------------------------===//
#include "../Refusal.h"
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

Value simt::getSharedWord(ImplicitLocOpBuilder &builder, Value base, Value word) {
  // Four bytes a word.
  Value four = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(4));
  Value offset = arith::MulIOp::create(builder, word, four);
  return LLVM::GEPOp::create(builder, base.getType(), builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset});
}

namespace {
/// Words of shared memory, by their numbers, which are i32.
class SharedWords {
public:
  SharedWords(ImplicitLocOpBuilder &builder, Value base, StringRef scope)
      : builder(builder), base(base), scope(scope) {}

  Value load(Value word) { return LLVM::LoadOp::create(builder, builder.getI32Type(), at(word)); }
  /// Adds 1 to a word, or sets bits of it, where `condition` holds. It may be another lane's as
  /// well: what comes out does not depend on their order.
  void increment(Value word, Value condition) {
    update(LLVM::AtomicBinOp::add, word, i32(1), condition);
  }
  void setBits(Value word, Value bits, Value condition) {
    update(LLVM::AtomicBinOp::_or, word, bits, condition);
  }

protected:
  Value i32(int64_t value) {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
  }
  Value at(Value word) { return getSharedWord(builder, base, word); }

  ImplicitLocOpBuilder &builder;

private:
  void update(LLVM::AtomicBinOp kind, Value word, Value value, Value condition) {
    auto guarded = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(guarded.thenYield());
    LLVM::AtomicRMWOp::create(builder, kind, at(word), value, LLVM::AtomicOrdering::monotonic,
                              scope);
  }

  Value base;
  StringRef scope;
};

/// Rows of bits from the first word of shared memory on, each as long as a register has elements
/// over all lanes.
class BitRows : public SharedWords {
public:
  /// `place` is the number of this lane's bit in a row of `words` words.
  BitRows(const SharedWords &memory, unsigned words, Value place)
      : SharedWords(memory), words(words), width(std::min(words, 4u)) {
    number = arith::ShRUIOp::create(builder, place, i32(5));
    Value rest = arith::AndIOp::create(builder, place, i32(31));
    bit = arith::ShLIOp::create(builder, i32(1), rest);
    Value partial = arith::SubIOp::create(builder, bit, i32(1));
    for (unsigned word = 0; word < words; ++word) {
      Value own = compare(arith::CmpIPredicate::eq, number, i32(word));
      Value lower = compare(arith::CmpIPredicate::ugt, number, i32(word));
      Value mask = arith::SelectOp::create(builder, own, partial, i32(0));
      below.push_back(arith::SelectOp::create(builder, lower, i32(-1), mask));
    }
  }

  /// Clears as many rows; each word is written by one of the block's lanes, this is number
  /// `thread` of them.
  void clear(int64_t rows, Value thread, int64_t threads) {
    auto type = VectorType::get(width, builder.getI32Type());
    Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
    int64_t pieces = rows * words / width;
    for (int64_t piece = 0; piece < pieces; piece += threads) {
      OpBuilder::InsertionGuard guard(builder);
      if (piece + threads > pieces) {
        Value inside = compare(arith::CmpIPredicate::slt, thread, i32(pieces - piece));
        auto guarded = scf::IfOp::create(builder, inside, /*withElseRegion=*/false);
        builder.setInsertionPoint(guarded.thenYield());
      }
      Value mine = arith::AddIOp::create(builder, thread, i32(piece));
      Value word = arith::MulIOp::create(builder, mine, i32(width));
      LLVM::StoreOp::create(builder, zeros, at(word), /*alignment=*/4 * width);
    }
  }

  /// Sets this lane's bit of a row where `condition` holds.
  void set(Value row, Value condition) {
    setBits(arith::AddIOp::create(builder, getFirstWord(row), number), bit, condition);
  }

  /// `count` and the number of bits that are set in a row before this lane's.
  Value countBefore(Value row, Value count) {
    auto type = VectorType::get(width, builder.getI32Type());
    for (unsigned word = 0; word < words; word += width) {
      Value place = arith::AddIOp::create(builder, getFirstWord(row), i32(word));
      Value chunk = LLVM::LoadOp::create(builder, type, at(place), /*alignment=*/4 * width);
      for (auto [i, bits] : llvm::enumerate(splitChunk(builder, builder.getLoc(), chunk))) {
        Value mine = arith::AndIOp::create(builder, bits, below[word + i]);
        count = arith::AddIOp::create(builder, count, LLVM::CtPopOp::create(builder, mine));
      }
    }
    return count;
  }

private:
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return arith::CmpIOp::create(builder, predicate, a, b);
  }
  Value getFirstWord(Value row) { return arith::MulIOp::create(builder, row, i32(words)); }

  /// Of a row, and of one access.
  unsigned words, width;
  /// This lane's bit, the number of its word, and for each word the bits before it.
  Value bit, number;
  SmallVector<Value> below;
};
} // namespace

Scan LaneEmitter::emitScan(tile::ReduceKind kind, const Distributed &tile, unsigned dim,
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
    return refuse(op) << "adds f32, which has no lowering for this machine";
  const Distributed &input = getTile(op.getInput()).data;
  Scan scan = emitScan(op.getKind(), input, op.getDim(), type.getDimSize(op.getDim()));
  if (!op.getExclusive())
    for (auto [reg, value] : llvm::enumerate(scan.before))
      value = emitCombine(op.getKind(), value,
                          extractRegisters(builder, builder.getLoc(), input, reg, 1));
  setTile(op.getResult(), makeFromRegisters(input.layout, type.getElementType(), scan.before));
  return success();
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

/// Whether this lane is to count the key: it is one, and other lanes that hold it are not to.
static Value emitCounts(ImplicitLocOpBuilder &builder, Value key, Value first) {
  Value zero = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(0));
  Value counts = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, key, zero);
  return first ? Value(arith::AndIOp::create(builder, counts, first)) : counts;
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
  SharedWords counters(builder, getShared(placement.elements * 4), machine.getSharedScope());
  for (Value key : mine)
    counters.increment(key, emitCounts(builder, key, first));
  emitBarrier();
  Value result = op.getResult();
  setTile(result, readPlaced(placement, layouts.get(result).data, builder.getI32Type()));
  return success();
}

LogicalResult KernelLowering::lowerRank(tile::RankOp op) {
  int64_t bins = op.getBase().getType().getDimSize(0), threads = metrics.threads;
  const LinearLayout &layout = layouts.get(op.getKeys()).data;
  SmallVector<Value> mine = getKeys(op.getKeys(), bins), places;
  // The number of equal keys before a key depends on order, so counting alone would not do. The
  // keys of one register, over all lanes, lie next to each other. In shared memory each bin has a
  // row of as many bits: a key sets its own in the row of its bin, and those before it are the bits
  // below. Behind the rows are the counters, to which come the keys of registers before.
  unsigned words = llvm::divideCeil(layout.getShape()[0] / layout.getNumRegisters(), 32);
  Placement counters = makePlacement(op.getBase().getType());
  counters.extents = {bins};
  counters.offsets[0] = bins * words;
  counters.elements += bins * words;
  SharedWords memory(builder, getShared(counters.elements * 4), machine.getSharedScope());
  BitRows rows(memory, words, emitLaneCoordinate(layout, 0));
  Value first = emitIsFirstHolder(layout);
  Value thread = arith::AddIOp::create(
      builder, arith::MulIOp::create(builder, subgroup, i32(machine.lanes)), lane);
  auto getCounter = [&](Value bin) -> Value {
    return arith::AddIOp::create(builder, bin, i32(counters.offsets[0]));
  };
  Value last;
  for (Value key : mine) {
    emitBarrier();
    rows.clear(bins, thread, threads);
    if (last)
      memory.increment(getCounter(last), emitCounts(builder, last, first));
    else
      writePlaced(counters, getTile(op.getBase()).data);
    emitBarrier();
    Value bin = arith::MaxSIOp::create(builder, key, i32(0));
    rows.set(bin, emitCounts(builder, key, first));
    emitBarrier();
    Value place = rows.countBefore(bin, memory.load(getCounter(bin)));
    Value valid = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, key, i32(0));
    places.push_back(arith::SelectOp::create(builder, valid, place, i32(-1)));
    last = key;
  }
  setTile(op.getResult(), makeFromRegisters(layout, builder.getI32Type(), places));
  return success();
}
