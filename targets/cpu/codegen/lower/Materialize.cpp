//===- Materialize.cpp - Tiles in scratch ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Which tiles are worth storing, where they go, and the loop nest that fills one.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// A pulled value that costs at least this much and is used twice is stored.
static constexpr unsigned expensive = 8;

Buffer Puller::getBuffer(Value tile) {
  if (const Buffer *found = scratch.find(tile))
    return *found;
  // A reshape of something in scratch is the same memory.
  if (auto reshape = tile.getDefiningOp<tile::ReshapeOp>()) {
    Buffer source = getBuffer(reshape.getInput());
    source.type = reshape.getType();
    scratch.set(tile, source);
    return source;
  }
  Buffer buffer = scratch.chooseDestination(tile);
  materializeInto(tile, buffer);
  scratch.set(tile, buffer);
  return buffer;
}

/// A vector as it is stored: i1 lanes take a byte each.
static Value toStorage(CodeBuilder &b, Value vector) {
  auto type = cast<VectorType>(vector.getType());
  if (!type.getElementType().isInteger(1))
    return vector;
  return b.zext(vector, type.clone(b.getI8Type()));
}

void Puller::materializeInto(Value tile, const Buffer &buffer) {
  auto type = cast<RankedTensorType>(tile.getType());
  if (isa<mx::BlockType>(type.getElementType())) {
    if (auto quantize = tile.getDefiningOp<tile::QuantizeOp>())
      return materializeQuantized(quantize, buffer);
    if (Operation *op = tile.getDefiningOp())
      state.unsupported(op, "has a block-scaled result that is needed as a whole");
    state.failed = true;
    return;
  }
  SmallVector<Value> bounds(type.getRank());
  Type lane = getLaneType(type.getElementType());
  Type stored = lane.isInteger(1) ? b.getI8Type() : lane;
  loopNest(type.getShape(), bounds, {tile}, getWideWidth(tile),
           [&](ArrayRef<Value> at, unsigned width, Value count) {
             Value vector = toStorage(b, pull(tile, at, width));
             Value pointer = b.offset(buffer.data, stored, b.linearize(at, type.getShape()));
             if (count)
               storePartial(vector, pointer, count);
             else
               b.store(vector, pointer);
           });
}

/// Vector operations to pull a vector of the tile, down to what lies in memory or scratch. The
/// count is of the expression written out, without what the memo saves. Deep chains are cut off:
/// they are expensive whatever lies below.
unsigned Puller::getCost(Value tile, unsigned depth) {
  Operation *op = tile.getDefiningOp();
  if (scratch.contains(tile) || !op || depth > 16)
    return 1;
  if (isa<tile::LoadOp, tile::SplatOp, tile::IotaOp, arith::ConstantOp>(op))
    return 1;
  if (isa<tile::GatherOp, tile::QuantizeOp>(op))
    return 2;
  unsigned cost = 1;
  if (isa<math::MathDialect>(op->getDialect()))
    cost = isa<math::AbsFOp, math::FmaOp, math::FloorOp, math::CeilOp>(op) ? 1 : expensive;
  else if (isa<arith::DivFOp, arith::DivSIOp, arith::RemSIOp, arith::RemUIOp, arith::DivUIOp>(op))
    cost = 4;
  else if (isa<tile::DequantizeOp>(op))
    cost = 4;
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()))
      cost += getCost(operand, depth + 1);
  return std::min(cost, 10 * expensive);
}

/// Uses that need the whole tile before they start.
static bool needsWhole(Operation *user) {
  return isa<tile::MmaOp, tile::MmaScaledOp, tile::ScanOp, tile::HistogramOp, tile::RankOp,
             tile::TopKOp, tile::TopKMergeOp>(user);
}

/// Whether a use repeats the tile along a dimension that the innermost loop does not run over.
static bool isRepeated(Value tile) {
  return llvm::any_of(tile.getUsers(), [](Operation *user) {
    if (isa<tile::ReshapeOp>(user))
      return isRepeated(user->getResult(0));
    auto broadcast = dyn_cast<tile::BroadcastOp>(user);
    return broadcast && broadcast.getInput().getType().getShape().drop_back() !=
                            broadcast.getType().getShape().drop_back();
  });
}

/// Pulling a tile twice computes it twice; a tile in scratch is a pass of its own and takes room in
/// the cache. So a tile is kept where it is expensive and used more than once, and where a use lies
/// in an inner loop that would repeat even a cheap chain. Everything else stays an expression.
bool Puller::worthKeeping(Operation *op) {
  bool access = isa<tile::LoadOp, tile::GatherOp>(op);
  // What is repeated is kept, not its repetitions.
  if (op->use_empty() || isa<tile::SplatOp, tile::IotaOp, tile::BroadcastOp, arith::ConstantOp>(op))
    return false;
  auto blockScaled = [](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && isa<mx::BlockType>(type.getElementType());
  };
  // Memory that the kernel also writes is read when the program says so.
  if (access && state.writtenRefs.contains(getRoot(op->getOperand(0)))) {
    if (blockScaled(op->getResult(0)))
      state.unsupported(op, "reads a block-scaled ref that the kernel writes");
    return !state.failed;
  }
  if (access || blockScaled(op->getResult(0)))
    return false;
  for (Value result : op->getResults()) {
    unsigned uses = 0;
    bool deeper = false;
    for (Operation *user : result.getUsers()) {
      ++uses;
      if (user->getBlock() == op->getBlock())
        continue;
      deeper = true;
      if (needsWhole(user))
        return true;
    }
    unsigned cost = getCost(result);
    // 3: more than a load and one operation, which an inner loop may as well repeat.
    if (deeper && cost >= 3)
      return true;
    if ((uses > 1 || isRepeated(result)) && cost >= expensive)
      return true;
  }
  return false;
}

/// A pass over a tile that only fills scratch is saved where a reduction of columns pulls every
/// element anyway, at the tile's own points alone, before anything else is emitted.
bool Puller::leaveToReduction(Operation *op) {
  if (!isElementwise(op))
    return false;
  Value tile = op->getResult(0);
  Type element = cast<RankedTensorType>(tile.getType()).getElementType();
  if (!element.isF32() && !element.isInteger(32))
    return false;
  DenseSet<Value> follows = {tile};
  for (Operation *next = op->getNextNode(); next; next = next->getNextNode()) {
    if (auto reduce = dyn_cast<tile::ReduceOp>(next)) {
      RankedTensorType type = reduce.getInput().getType();
      bool byColumns = static_cast<int64_t>(reduce.getDim()) + 1 != type.getRank();
      if (!byColumns || !follows.contains(reduce.getInput()))
        return false;
      storedAlong[next] = tile;
      return true;
    }
    bool byPoint = isElementwise(next);
    if (!(byPoint || isa<tile::BroadcastOp>(next)) || worthKeeping(next))
      return false;
    if (llvm::none_of(next->getOperands(), [&](Value used) { return follows.contains(used); }))
      continue;
    if (!byPoint)
      return false;
    follows.insert(next->getResult(0));
  }
  return false;
}

/// Inside of a nest nothing can be materialised: the nest would run in another's innermost loop. So
/// this visits all that pulling `tile` by vectors of `width` will reach, and stops where a tile is
/// in scratch or put there.
void Puller::prepare(Value tile, unsigned width) {
  DenseSet<Value> seen;
  prepare(tile, width, seen);
}

void Puller::prepare(Value tile, unsigned width, DenseSet<Value> &seen) {
  Operation *op = tile.getDefiningOp();
  if (!op || scratch.contains(tile) || !seen.insert(tile).second)
    return;
  if (auto reshape = dyn_cast<tile::ReshapeOp>(op); reshape && crossesRows(reshape, width)) {
    getBuffer(tile);
    return;
  }
  if (auto transpose = dyn_cast<tile::TransposeOp>(op)) {
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    // The vector would run across the operand's rows, which only memory allows.
    if (width != 1 && permutation.back() + 1 != static_cast<int64_t>(permutation.size())) {
      getBuffer(transpose.getInput());
      return;
    }
  }
  // Codes are made a block at a time, not a vector.
  if (auto dequantize = dyn_cast<tile::DequantizeOp>(op);
      dequantize && dequantize.getInput().getDefiningOp<tile::QuantizeOp>()) {
    getBuffer(dequantize.getInput());
    return;
  }
  if (auto broadcast = dyn_cast<tile::BroadcastOp>(op);
      broadcast && broadcast.getInput().getType().getShape().back() == 1)
    width = 1;
  if (isa<tile::GatherOp>(op))
    width = 1;
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()))
      prepare(operand, width, seen);
}
