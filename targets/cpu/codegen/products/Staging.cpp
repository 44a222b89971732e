//===- Staging.cpp - The right operand as panels --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// What is no packed weight, as keys and values of a cache, is made into panels in scratch: of f32
// by k, or of bf16 in pairs of k.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/ProductEmitter.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

static RankedTensorType getTile(Value tile) { return cast<RankedTensorType>(tile.getType()); }

/// Transposes as many vectors as each has lanes, in log2 rounds of shuffles.
static void transposeVectors(CodeBuilder &b, SmallVectorImpl<Value> &rows) {
  // In the round of distance d, lanes of vectors that are d apart are exchanged where the numbers
  // of vector and lane differ in bit d; after all rounds these numbers have changed places.
  int64_t lanes = rows.size();
  for (int64_t distance = 1; distance != lanes; distance *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i != lanes; ++i) {
      bool second = i & distance;
      low.push_back(second ? lanes + i - distance : i);
      high.push_back(second ? lanes + i : i + distance);
    }
    for (int64_t i = 0; i != lanes; ++i) {
      if (i & distance)
        continue;
      Value first = rows[i], second = rows[i + distance];
      rows[i] = b.shuffle(first, second, low);
      rows[i + distance] = b.shuffle(first, second, high);
    }
  }
}

/// Attention gathers the rows of keys by page, so the processor cannot foresee them. Asking for all
/// of them first lets their cache misses overlap; the staging after it finds them in the
/// second-level cache.
void ProductEmitter::prefetchRows(Value tile) {
  while (isa_and_nonnull<arith::ExtFOp, arith::TruncFOp, tile::DequantizeOp>(tile.getDefiningOp()))
    tile = tile.getDefiningOp()->getOperand(0);
  auto gather = tile.getDefiningOp<tile::GatherOp>();
  if (!gather || gather.getType().getRank() != 2 || gather.getRef().getType().getPacked())
    return;
  Access access = *getAccess(gather);
  Type element = getLaneType(access.ref.getElementType());
  if (!element.isIntOrFloat())
    return;
  Value data = state.getStreams(access.refValue).data;
  int64_t rows = gather.getType().getDimSize(0), columns = gather.getType().getDimSize(1);
  b.loop(b.index(0), b.index(rows), 1, [&](Value row) {
    Value first = b.offset(data, element, puller.getOffset(access, {row, b.index(0)}));
    b.prefetch(first, columns * getElementBytes(element));
  });
}

/// Values with K first: a vector of columns of one k, or of a pair of them, which are two rows.
void ProductEmitter::stageByRows(Value right, bool paired, StoreWords store) {
  RankedTensorType type = getTile(right);
  unsigned width = puller.getWidth(type);
  int64_t depth = type.getDimSize(0), n = type.getDimSize(1);
  VectorType i32 = b.vec(b.getI32Type(), width);
  puller.loopNest({paired ? depth / 2 : depth, n}, {Value(), Value()}, {right}, width,
                  [&](ArrayRef<Value> at, unsigned width, Value) {
                    if (!paired)
                      return store(puller.pullF32(right, at, width), at[0], at[1]);
                    Value k = b.mul(at[0], 2);
                    Value even = b.zext(puller.pull(right, {k, at[1]}, width), i32);
                    Value odd = b.zext(puller.pull(right, {b.add(k, 1), at[1]}, width), i32);
                    store(b.ori(even, b.shl(odd, 16)), at[0], at[1]);
                  });
}

/// Keys with K last: `width` rows by `width` k are pulled and transposed in registers, so that both
/// sides are read and written by vectors.
void ProductEmitter::stageTransposed(Value right, StoreWords store) {
  RankedTensorType type = getTile(right);
  unsigned width = puller.getWidth(type);
  int64_t n = type.getDimSize(0), depth = type.getDimSize(1);
  puller.loopNest({(n + width - 1) / width, depth}, {Value(), Value()}, {right}, width,
                  [&](ArrayRef<Value> at, unsigned width, Value) {
                    SmallVector<Value> rows;
                    Value first = b.mul(at[0], width);
                    for (unsigned i = 0; i != width; ++i) {
                      // Columns of the product past the last are computed from anything and
                      // dropped.
                      Value row = b.min(b.add(first, i), b.index(n - 1));
                      rows.push_back(puller.pullF32(right, {row, at[1]}, width));
                    }
                    transposeVectors(b, rows);
                    for (unsigned i = 0; i != width; ++i)
                      store(rows[i], b.add(at[1], i), first);
                  });
}

/// The same of bf16, two of which are a word: half as many lanes change places.
void ProductEmitter::stagePairsTransposed(Value right, StoreWords store) {
  RankedTensorType type = getTile(right);
  int64_t n = type.getDimSize(0), depth = type.getDimSize(1), lanes = machine.getLanes();
  SmallVector<int64_t> both = llvm::to_vector(llvm::seq<int64_t>(2 * lanes));
  puller.loopNest({(n + lanes - 1) / lanes, depth}, {Value(), Value()}, {right}, 2 * lanes,
                  [&](ArrayRef<Value> at, unsigned, Value) {
                    SmallVector<Value> rows;
                    Value first = b.mul(at[0], lanes);
                    for (int64_t i = 0; i != lanes; ++i) {
                      Value row = b.min(b.add(first, i), b.index(n - 1));
                      Value low = puller.pull(right, {row, at[1]}, lanes);
                      Value high = puller.pull(right, {row, b.add(at[1], lanes)}, lanes);
                      rows.push_back(
                          b.bitcast(b.shuffle(low, high, both), b.vec(b.getI32Type(), lanes)));
                    }
                    transposeVectors(b, rows);
                    Value pair = b.div(at[1], 2);
                    for (int64_t i = 0; i != lanes; ++i)
                      store(rows[i], b.add(pair, i), first);
                  });
}

ProductEmitter::Panels ProductEmitter::stageRight(Value right, bool kn, const PanelFormat &format) {
  prefetchRows(right);
  RankedTensorType type = getTile(right);
  int64_t n = type.getDimSize(kn ? 1 : 0), depth = type.getDimSize(kn ? 0 : 1);
  // Panels lie one behind the other, so that a register block reads neighbouring lines. Blocks of
  // the transposition write whole vectors of k, up to a vector less one past K.
  int64_t count = (n + panelRows - 1) / panelRows, group = format.getGroup();
  int64_t rows = llvm::alignTo(depth, puller.getWidth(type)) / group;
  Panels panels;
  panels.format = format;
  panels.stepBytes = 4 * panelRows / group;
  Value data = scratch.allocateBytes(4 * panelRows * rows * count);
  panels.streams = {{data, 4 * panelRows * rows}};
  auto store = [&](Value words, Value k, Value column) {
    Value row = b.add(b.mul(b.div(column, panelRows), rows), k);
    Value number = b.add(b.mul(row, panelRows), b.rem(column, panelRows));
    b.store(words, b.offset(data, b.getI32Type(), number));
  };
  if (kn)
    stageByRows(right, group == 2, store);
  else if (group == 2)
    stagePairsTransposed(right, store);
  else
    stageTransposed(right, store);
  return panels;
}
