//===- Reduce.cpp - Reductions, scans, counts, concatenation --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A sum along rows has one accumulator vector for each of a few columns of vectors, folded at the
// end by a fixed tree: its order depends on the shape alone.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/KernelEmitter.h"

#include <limits>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

using tile::ReduceKind;

/// The value that changes nothing, as a scalar or vector.
static Value getNeutral(CodeBuilder &b, ReduceKind kind, Type type) {
  Type element = getElementTypeOrSelf(type);
  if (isa<FloatType>(element)) {
    double infinity = std::numeric_limits<double>::infinity();
    return b.real(type, kind == ReduceKind::Add   ? 0
                        : kind == ReduceKind::Max ? -infinity
                                                  : infinity);
  }
  APInt least = APInt::getSignedMinValue(element.getIntOrFloatBitWidth());
  return b.integer(type, kind == ReduceKind::Add   ? 0
                         : kind == ReduceKind::Max ? least.getSExtValue()
                                                   : (~least).getSExtValue());
}

/// Maxima and minima take the number where the other is NaN.
static Value combine(CodeBuilder &b, ReduceKind kind, Value x, Value y) {
  bool real = isa<FloatType>(getElementTypeOrSelf(x.getType()));
  switch (kind) {
  case ReduceKind::Add:
    return real ? b.fadd(x, y) : arith::AddIOp::create(b, x, y).getResult();
  case ReduceKind::Max:
    return real ? arith::MaxNumFOp::create(b, x, y).getResult()
                : arith::MaxSIOp::create(b, x, y).getResult();
  case ReduceKind::Min:
    return real ? arith::MinNumFOp::create(b, x, y).getResult()
                : arith::MinSIOp::create(b, x, y).getResult();
  }
  llvm_unreachable("unknown kind of reduction");
}

void Puller::emitReduce(tile::ReduceOp op) {
  RankedTensorType type = op.getInput().getType();
  Type element = type.getElementType();
  Buffer result = scratch.getDestination(op.getResult());
  int64_t rank = type.getRank();
  if (static_cast<int64_t>(op.getDim()) != rank - 1)
    return reduceColumns(op, result);
  ReduceKind kind = op.getKind();
  Value input = op.getInput();
  ArrayRef<int64_t> shape = op.getType().getShape();
  unsigned width = getWidth(type);
  int64_t extent = type.getShape().back();
  // An addition takes about four cycles and two start in each, so one chain of vectors would idle.
  // Four chains are worth their folding from eight vectors on. How many there are depends on shape
  // and chip alone, as the order of the sum must.
  unsigned ways = extent >= 8 * width ? 4 : 1;
  prepare(input, width);
  Point at;
  std::function<void(int64_t)> emitRow = [&](int64_t d) {
    if (d != rank - 1) {
      b.loop(b.index(0), b.index(shape[d]), 1, [&](Value i) {
        at.push_back(i);
        emitRow(d + 1);
        at.pop_back();
      });
      return;
    }
    Type vector = b.vec(element, width);
    Value total = reduceRow(kind, input, at, extent, width, ways, getNeutral(b, kind, vector));
    Point place(at);
    place.push_back(b.index(0));
    b.store(total, b.offset(result.data, element, b.linearize(place, shape)));
  };
  emitRow(0);
}

void Puller::pullUnchanged(Value tile, int64_t dim, ArrayRef<Value> at, unsigned width) {
  Operation *op = tile.getDefiningOp();
  if (scratch.contains(tile))
    return;
  if (auto broadcast = dyn_cast_or_null<tile::BroadcastOp>(op)) {
    ArrayRef<int64_t> from = broadcast.getInput().getType().getShape();
    if (from[dim] != 1)
      return;
    Point source(at);
    for (auto [number, extent] : llvm::enumerate(from))
      if (extent == 1)
        source[number] = b.index(0);
    pull(broadcast.getInput(), source, from.back() == 1 ? 1 : width);
    return;
  }
  if (isElementwise(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        pullUnchanged(operand, dim, at, width);
}

void Puller::reduceColumns(tile::ReduceOp op, const Buffer &result) {
  RankedTensorType type = op.getInput().getType();
  Type element = type.getElementType();
  ArrayRef<int64_t> shape = op.getType().getShape();
  int64_t dim = op.getDim();
  ReduceKind kind = op.getKind();
  // A tile that nothing has made yet, as it is only made of the same points.
  Value along = storedAlong.lookup(op);
  Buffer kept = along ? scratch.chooseDestination(along) : Buffer();
  auto storeTo = [&](const Buffer &buffer, Value vector, ArrayRef<Value> at, Value count) {
    Value pointer = b.offset(buffer.data, getElementTypeOrSelf(vector.getType()),
                             b.linearize(at, buffer.type.getShape()));
    if (count)
      storePartial(vector, pointer, count);
    else
      b.store(vector, pointer);
  };
  // Vectors run along the last dimension; each lane is its own sum.
  SmallVector<Value> bounds(type.getRank());
  loopNest(shape, bounds, {op.getInput()}, getWideWidth(op.getInput()),
           [&](ArrayRef<Value> at, unsigned width, Value count) {
             Type vector = b.vec(element, width);
             pullUnchanged(op.getInput(), dim, at, width);
             Value total =
                 b.loop(b.index(0), b.index(type.getDimSize(dim)), 1, {getNeutral(b, kind, vector)},
                        [&](Value i, ValueRange carried) -> SmallVector<Value> {
                          // The loop is a new innermost one: what was pulled so far stays valid in
                          // it, but nothing can be placed before the nest's own loop from here,
                          // since that would be outside of this one's index.
                          Nest inner = *nest;
                          inner.hoistBefore = nullptr;
                          Nest *outer = std::exchange(nest, &inner);
                          Point source(at);
                          source[dim] = i;
                          Value next =
                              combine(b, kind, carried[0], pull(op.getInput(), source, width));
                          if (along)
                            storeTo(kept, pull(along, source, width), source, count);
                          nest = outer;
                          return {next};
                        })[0];
             storeTo(result, total, at, count);
           });
  if (along)
    scratch.set(along, kept);
}

/// The reduction of all lanes of all ways. Ways are combined as pairs, (0 + 1) + (2 + 3), then
/// lanes by halves: those of numbers i and i + width / 2, and so on.
static Value foldWays(CodeBuilder &b, ReduceKind kind, SmallVector<Value> ways) {
  auto pair = [&](Value x, Value y) { return combine(b, kind, x, y); };
  while (ways.size() > 1) {
    for (size_t i = 0; i != ways.size() / 2; ++i)
      ways[i] = pair(ways[2 * i], ways[2 * i + 1]);
    ways.resize(ways.size() / 2);
  }
  return foldLanes(b, ways[0], pair);
}

Value Puller::reduceRow(ReduceKind kind, Value input, ArrayRef<Value> leading, int64_t extent,
                        unsigned width, unsigned ways, Value neutral) {
  Nest inner;
  Nest *outer = std::exchange(nest, &inner);
  SmallVector<Value> bounds;
  DenseSet<std::pair<Value, unsigned>> seen;
  collectBounds(input, /*sameColumns=*/true, inner, bounds, seen);
  // Where a bound is not the extent, every vector is masked: which lanes take part must not change
  // the order of the sum.
  inner.masked = !bounds.empty();
  Point at(leading);
  at.push_back({});
  auto addVector = [&](Value sum, Value column) {
    at.back() = column;
    return combine(b, kind, sum, pull(input, at, width));
  };
  // Element e goes to lane e % width of way e / width % ways, in the order of e. What is left over
  // after the last whole step goes to way 0, a vector at a time.
  int64_t step = width * ways, whole = extent / step * step;
  SmallVector<Value> sums(ways, neutral);
  auto loopOver = [&](int64_t from, int64_t to, int64_t step, unsigned count) {
    if (from == to)
      return;
    auto loop = scf::ForOp::create(b, b.index(from), b.index(to), b.index(step),
                                   ArrayRef(sums).take_front(count));
    inner.hoistBefore = loop;
    inner.memo.clear();
    inner.hoistedMemo.clear();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> next;
    for (unsigned way = 0; way != count; ++way)
      next.push_back(addVector(loop.getRegionIterArg(way),
                               b.add(loop.getInductionVar(), static_cast<int64_t>(way * width))));
    scf::YieldOp::create(b, next);
    for (unsigned way = 0; way != count; ++way)
      sums[way] = loop.getResult(way);
  };
  loopOver(0, whole, step, ways);
  int64_t vectors = extent / width * width;
  loopOver(whole, vectors, width, 1);
  // Lanes past the end are no elements; they give way to the neutral value, so that the tree below
  // is the same for every extent.
  if (vectors != extent) {
    inner.hoistBefore = nullptr;
    inner.memo.clear();
    inner.hoistedMemo.clear();
    inner.masked = true;
    at.back() = b.index(vectors);
    Value last = pull(input, at, width);
    Value mask = b.slt(b.steps(width), b.splat(b.i32(extent - vectors), width));
    sums[0] = combine(b, kind, sums[0], b.select(mask, last, neutral));
  }
  nest = outer;
  return foldWays(b, kind, std::move(sums));
}

void KernelEmitter::emitScan(tile::ScanOp op) {
  RankedTensorType type = op.getInput().getType();
  Type element = type.getElementType();
  Buffer source = puller.getBuffer(op.getInput());
  Buffer result = scratch.getDestination(op.getResult());
  int64_t dim = op.getDim(), extent = type.getDimSize(dim), inner = 1;
  for (int64_t extentBelow : type.getShape().drop_front(dim + 1))
    inner *= extentBelow;
  // The tile as outer x extent x inner elements; the scan runs along the middle.
  int64_t outer = type.getNumElements() / (extent * inner);
  ReduceKind kind = op.getKind();
  // Along the last dimension lanes depend on each other, so the scan is scalar; else lanes are
  // columns.
  unsigned width = 1;
  while (2 * width <= machine.getLanes() && inner % (2 * width) == 0)
    width *= 2;
  Type vector = b.vec(element, width);
  b.loop(b.index(0), b.index(outer), 1, [&](Value o) {
    b.loop(b.index(0), b.index(inner), width, [&](Value column) {
      Value base = b.add(b.mul(o, extent * inner), column);
      b.loop(b.index(0), b.index(extent), 1, {getNeutral(b, kind, vector)},
             [&](Value i, ValueRange carried) -> SmallVector<Value> {
               Value offset = b.add(base, b.mul(i, inner));
               Value next = combine(b, kind, carried[0],
                                    b.load(vector, b.offset(source.data, element, offset)));
               b.store(op.getExclusive() ? carried[0] : next,
                       b.offset(result.data, element, offset));
               return {next};
             });
    });
  });
}

/// Counts are added one key at a time: a vector may hold a key twice, and conflict detection exists
/// on some chips only. There is one key for each choice of an expert.
void KernelEmitter::emitHistogram(tile::HistogramOp op) {
  Buffer keys = puller.getBuffer(op.getKeys());
  Buffer result = scratch.getDestination(op.getResult());
  puller.materializeInto(op.getBase(), result);
  int64_t bins = op.getType().getDimSize(0);
  Type i32 = b.getI32Type();
  b.loop(b.index(0), b.index(keys.type.getDimSize(0)), 1, [&](Value i) {
    Value key = b.load(i32, b.offset(keys.data, i32, i));
    // Unsigned, so that negative keys, which mean "none", are out of range too.
    Value known = b.cmp(arith::CmpIPredicate::ult, key, b.i32(bins));
    b.ifThen(known, [&] {
      Value place = b.offset(result.data, i32, b.castTo(key, b.getIndexType()));
      b.store(b.add(b.load(i32, place), b.i32(1)), place);
    });
  });
}

/// `next` holds, by bin, the rank that the next key of it gets; equal keys so keep their order,
/// which makes the sort by expert stable.
void KernelEmitter::emitRank(tile::RankOp op) {
  Buffer keys = puller.getBuffer(op.getKeys());
  Buffer result = scratch.getDestination(op.getResult());
  Buffer next = scratch.allocate(op.getBase().getType());
  puller.materializeInto(op.getBase(), next);
  int64_t bins = next.type.getDimSize(0);
  Type i32 = b.getI32Type();
  b.loop(b.index(0), b.index(keys.type.getDimSize(0)), 1, [&](Value i) {
    Value key = b.load(i32, b.offset(keys.data, i32, i));
    Value known = b.cmp(arith::CmpIPredicate::ult, key, b.i32(bins));
    Value out = b.offset(result.data, i32, i);
    b.ifElse(
        known,
        [&] {
          Value place = b.offset(next.data, i32, b.castTo(key, b.getIndexType()));
          Value rank = b.load(i32, place);
          b.store(rank, out);
          b.store(b.add(rank, b.i32(1)), place);
        },
        [&] { b.store(b.i32(-1), out); });
  });
}

void KernelEmitter::emitConcat(tile::ConcatOp op) {
  Buffer result = scratch.getDestination(op.getResult());
  RankedTensorType type = op.getType();
  Type lane = getLaneType(type.getElementType());
  Type stored = lane.isInteger(1) ? b.getI8Type() : lane;
  // Each input is a nest of its own, since their extents and so their masks differ; `start` moves
  // along the dimension in elements.
  int64_t start = 0;
  for (Value input : op.getInputs()) {
    auto part = cast<RankedTensorType>(input.getType());
    SmallVector<Value> bounds(part.getRank());
    puller.loopNest(part.getShape(), bounds, {input}, puller.getWidth(part),
                    [&](ArrayRef<Value> at, unsigned width, Value count) {
                      Value vector = puller.pull(input, at, width);
                      if (lane.isInteger(1))
                        vector = b.zext(vector, b.vec(stored, width));
                      Value offset;
                      for (int64_t d = 0; d != type.getRank(); ++d) {
                        Value index =
                            d == static_cast<int64_t>(op.getDim()) ? b.add(at[d], start) : at[d];
                        offset = d == 0 ? index : b.add(b.mul(offset, type.getDimSize(d)), index);
                      }
                      Value pointer = b.offset(result.data, stored, offset);
                      if (count)
                        puller.storePartial(vector, pointer, count);
                      else
                        b.store(vector, pointer);
                    });
    start += part.getDimSize(op.getDim());
  }
}
