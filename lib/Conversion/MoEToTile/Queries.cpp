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
  Value position = e.loadIndex(kernel.getStep(StepArray::Positions), firstToken);
  Value last = queries == 1 ? position : e.add(position, e.sub(count, e.index(1)));
  Value tableRow = e.mul(sequence, kernel.getDim(StepDim::TablePages));
  return {queries, firstToken, count, position, last, tableRow};
}

void moec::forEachQueryRun(Emitter &e, const GroupKernel &kernel, int64_t queries, Value block,
                           llvm::function_ref<void(const QueryRun &)> body) {
  Value sequences = kernel.getStep(StepArray::TokenSequence), one = e.index(1);
  if (queries == 1) {
    body(makeRun(e, kernel, 1, e.loadIndex(sequences, block), block, one));
    return;
  }
  Value starts = kernel.getStep(StepArray::SequenceStart);
  Value begin = e.mul(block, e.index(queries));
  Value end = e.min(e.add(begin, e.index(queries)), kernel.getDim(StepDim::Tokens));
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

/// The access of a piece of some heads: a tile's shape in memory, where it lies, what is live.
struct HeadAccess {
  SmallVector<int64_t> shape;
  SmallVector<Value> indices, live;
};

} // namespace

/// With `flat`, of the heads' whole width.
static HeadAccess getAccess(Emitter &e, const QueryRun &run, const HeadRange &range, bool flat,
                            Piece piece) {
  HeadAccess access;
  bool masked = run.queries > 1 || range.left;
  Value left = range.left ? range.left : e.index(range.block);
  if (run.queries > 1 || flat) {
    access.shape.push_back(run.queries);
    access.live.push_back(run.count);
  }
  access.indices.push_back(run.firstToken);
  if (flat) {
    access.shape.push_back(range.block * range.width);
    access.live.push_back(e.mul(left, e.index(range.width)));
    access.indices.push_back(e.mul(range.first, e.index(range.width)));
  } else {
    access.shape.append({range.block, piece.width});
    access.live.append({left, e.index(piece.width)});
    access.indices.append({range.first, e.index(piece.offset)});
  }
  if (!masked)
    access.live.clear();
  return access;
}

static bool isFlat(Value ref) { return cast<tile::RefType>(ref.getType()).getRank() == 2; }

SmallVector<Value> moec::loadHeads(Emitter &e, Value ref, const QueryRun &run,
                                   const HeadRange &range) {
  bool flat = isFlat(ref);
  int64_t rows = run.queries * range.block;
  auto load = [&](Piece piece) {
    HeadAccess access = getAccess(e, run, range, flat, piece);
    return e.load(ref, access.indices, access.shape, access.live);
  };
  SmallVector<Value> tiles;
  if (flat) {
    Value all = e.reshape(load({0, range.width}), {rows, range.width});
    for (Piece piece : cutWidth(range.width))
      tiles.push_back(e.slice(all, {0, piece.offset}, {rows, piece.width}));
  } else {
    for (Piece piece : cutWidth(range.width))
      tiles.push_back(e.reshape(load(piece), {rows, piece.width}));
  }
  return tiles;
}

void moec::storeHeads(Emitter &e, ArrayRef<Value> pieces, Value ref, const QueryRun &run,
                      const HeadRange &range) {
  bool flat = isFlat(ref);
  auto store = [&](Value tile, Piece piece) {
    HeadAccess access = getAccess(e, run, range, flat, piece);
    e.store(e.reshape(tile, access.shape), ref, access.indices, access.live);
  };
  if (flat)
    return store(e.concat(pieces, 1), {0, range.width});
  for (auto [tile, piece] : llvm::zip_equal(pieces, cutWidth(range.width)))
    store(tile, piece);
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
