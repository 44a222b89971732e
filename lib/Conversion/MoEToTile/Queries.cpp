//===- Queries.cpp - Queries and the cache rows they see ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// No list has to be made before a step: a block finds the sequences of its tokens itself.
//
//===----------------------------------------------------------------------===//

#include "Queries.h"

using namespace mlir;
using namespace moec;

SmallVector<Piece> moec::cutWidth(int64_t width, int64_t offset) {
  SmallVector<Piece> pieces;
  while (width != 0) {
    int64_t part = llvm::bit_floor(static_cast<uint64_t>(width));
    pieces.push_back({offset, part});
    offset += part;
    width -= part;
  }
  return pieces;
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

static QueryRun makeRun(Emitter &e, const GroupKernel &kernel, int64_t queries, Value sequence,
                        Value firstToken, Value count) {
  Value position = e.loadIndex(kernel.getStep(StepInput::Positions), firstToken);
  Value last = queries == 1 ? position : e.add(position, e.sub(count, e.index(1)));
  Value tableRow = e.mul(sequence, kernel.getDim(KernelDim::TablePages));
  return {queries, firstToken, count, position, last, tableRow};
}

void moec::forEachQueryRun(Emitter &e, const GroupKernel &kernel, int64_t queries, Value block,
                           llvm::function_ref<void(const QueryRun &)> body) {
  Value sequences = kernel.getStep(StepInput::TokenSequence), one = e.index(1);
  if (queries == 1) {
    body(makeRun(e, kernel, 1, e.loadIndex(sequences, block), block, one));
    return;
  }
  Value starts = kernel.getStep(StepInput::SequenceStart);
  Value begin = e.mul(block, e.index(queries));
  Value end = e.min(e.add(begin, e.index(queries)), kernel.getDim(KernelDim::Tokens));
  Value first = e.loadIndex(sequences, begin), last = e.loadIndex(sequences, e.sub(end, one));
  e.loop(first, e.add(last, one), 1, {}, [&](Value sequence, ValueRange) -> SmallVector<Value> {
    Value from = e.max(begin, e.loadIndex(starts, sequence));
    Value to = e.min(end, e.loadIndex(starts, e.add(sequence, one)));
    Value count = e.sub(to, from);
    // A sequence without tokens in this step lies between two that have some.
    e.branch(e.less(from, to), [&] {
      e.branch(
          e.equal(count, one), [&] { body(makeRun(e, kernel, 1, sequence, from, one)); },
          [&] { body(makeRun(e, kernel, queries, sequence, from, count)); });
    });
    return {};
  });
}

Value moec::emitQueryPositions(Emitter &e, const QueryRun &run) {
  Value first = e.splat(run.firstPosition, {run.queries, 1});
  return run.queries == 1 ? first : e.add(first, e.iota({run.queries, 1}, 0));
}

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

namespace {

/// The access of a piece of some heads: a tile's shape in memory, where it lies, how much of it
/// there is.
struct HeadAccess {
  HeadAccess(Emitter &e, const QueryRun &run, const HeadRange &range, Piece piece)
      : shape{range.block, piece.width},
        indices{run.firstToken, range.first, e.index(piece.offset)} {
    if (run.queries > 1)
      shape.insert(shape.begin(), run.queries);
    if (run.queries == 1 && !range.left)
      return;
    bounds = {range.left ? range.left : e.index(range.block), e.index(piece.width)};
    if (run.queries > 1)
      bounds.insert(bounds.begin(), run.count);
  }

  SmallVector<int64_t> shape;
  SmallVector<Value> indices, bounds;
};

} // namespace

static Value viewHeads(Emitter &e, Value ref, const HeadRange &range) {
  return e.view(ref, {ShapedType::kDynamic, range.heads, range.width});
}

SmallVector<Value> moec::loadHeads(Emitter &e, Value ref, const QueryRun &run,
                                   const HeadRange &range, ArrayRef<Piece> pieces) {
  SmallVector<Value> tiles;
  Value heads = viewHeads(e, ref, range);
  for (Piece piece : pieces) {
    HeadAccess access(e, run, range, piece);
    Value tile = e.load(heads, access.indices, access.shape, access.bounds);
    tiles.push_back(e.reshape(tile, {run.queries * range.block, piece.width}));
  }
  return tiles;
}

void moec::storeHeads(Emitter &e, ArrayRef<Value> tiles, Value ref, const QueryRun &run,
                      const HeadRange &range, ArrayRef<Piece> pieces) {
  Value heads = viewHeads(e, ref, range);
  for (auto [tile, piece] : llvm::zip_equal(tiles, pieces)) {
    HeadAccess access(e, run, range, piece);
    e.store(e.reshape(tile, access.shape), heads, access.indices, access.bounds);
  }
}

Value moec::toOperand(Emitter &e, Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  auto block = dyn_cast<mx::BlockType>(type.getElementType());
  if (!block)
    return type.getElementType().isF16() ? e.cast(tile, e.getF32()) : tile;
  // A code has at most eight significant bits, so times a power of two it is a bf16.
  Type number = block.hasPowerOfTwoScale() ? Type(e.getBuilder().getBF16Type()) : e.getF32();
  return tile::DequantizeOp::create(e.getBuilder(), type.clone(number), tile);
}

//===----------------------------------------------------------------------===//
// Pages
//===----------------------------------------------------------------------===//

Value moec::emitCacheRows(Emitter &e, Value table, const QueryRun &run, Value positions,
                          Value visible, int64_t pageSize) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(positions.getType()).getShape());
  Value none = e.fill(int64_t(-1), shape), size = e.fill(pageSize, shape);
  Value entry = e.add(e.splat(run.tableRow, shape), e.div(positions, size));
  Value page = e.gather(table, e.select(visible, entry, none), {}, shape);
  Value row = e.add(e.mul(page, size), e.rem(positions, size));
  return e.select(visible, row, none);
}
