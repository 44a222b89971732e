//===- Select.cpp - The greatest elements ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// topk takes the maximum k times. topk_merge finds the k-th greatest of thousands of candidates by
// their bits, from the highest down, then keeps what is greater in one pass; both orders of places
// are the candidates' own, so ties fall to the lower one by themselves.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/KernelEmitter.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Integers that order as the numbers do, as signed; below all others for what is never chosen.
static Value getSortKey(CodeBuilder &b, Value value) {
  auto f32 = cast<VectorType>(value.getType());
  VectorType i32 = f32.clone(b.getI32Type());
  // Adding 0 turns −0 into 0, which it equals.
  // The bits of positive floats order as integers; those of negative ones in reverse, so all but
  // the sign is flipped.
  Value bits = b.bitcast(b.fadd(value, b.real(f32, 0.0)), i32);
  Value flipped = b.xori(bits, b.shr(b.sar(bits, 31), 1));
  Value chosen = b.cmpf(arith::CmpFPredicate::OGT, value, b.real(f32, -INFINITY));
  return b.select(chosen, flipped, b.integer(i32, INT32_MIN));
}

void KernelEmitter::emitTopK(tile::TopKOp op) {
  RankedTensorType type = op.getInput().getType(), chosen = op.getValues().getType();
  Buffer input = puller.getBuffer(op.getInput());
  Buffer values = scratch.getDestination(op.getValues()),
         places = scratch.getDestination(op.getIndices());
  int64_t extent = type.getShape().back(), k = chosen.getShape().back();
  int64_t rows = type.getNumElements() / extent;
  unsigned lanes = machine.getLanes();
  // k passes over the row: right for the few tens of experts of a router. Keys are made once, in
  // scratch (4 bytes an element, rounded up to whole vectors), so that a chosen one can be struck
  // out without touching the input.
  int64_t padded = (extent + lanes - 1) / lanes * lanes;
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  VectorType keysType = b.vec(i32, lanes);
  uint64_t top = scratch.getTop();
  Value keys = scratch.allocateBytes(4 * padded);
  b.loop(b.index(0), b.index(rows), 1, [&](Value row) {
    Value from = b.mul(row, extent), to = b.mul(row, k);
    b.loop(b.index(0), b.index(padded), lanes, [&](Value i) {
      Value vector = b.load(b.vec(f32, lanes), b.offset(input.data, f32, b.add(from, i)));
      Value key = getSortKey(b, vector);
      Value start = b.splat(b.castTo(i, i32), lanes);
      // The last vector reads into the next row or past the tile; those lanes are never chosen.
      Value inside = b.slt(b.add(start, b.steps(lanes)), b.integer(keysType, extent));
      b.store(b.select(inside, key, b.integer(keysType, INT32_MIN)), b.offset(keys, i32, i));
    });
    b.loop(b.index(0), b.index(k), 1, [&](Value slot) {
      // Each lane keeps the first of its greatest.
      auto best = b.loop(b.index(0), b.index(padded), lanes,
                         {b.integer(keysType, INT32_MIN), b.integer(keysType, INT32_MAX)},
                         [&](Value i, ValueRange carried) -> SmallVector<Value> {
                           Value key = b.load(keysType, b.offset(keys, i32, i));
                           Value place = b.add(b.splat(b.castTo(i, i32), lanes), b.steps(lanes));
                           Value greater = b.slt(carried[0], key);
                           return {b.select(greater, key, carried[0]),
                                   b.select(greater, place, carried[1])};
                         });
      Value most = foldLanes(b, best[0], [&](Value x, Value y) { return b.max(x, y); });
      // Of the lanes with the greatest key, that with the lowest place: ties fall to the lower
      // index.
      Value isMost = b.eq(best[0], b.splat(most, lanes));
      Value candidates = b.select(isMost, best[1], b.integer(keysType, INT32_MAX));
      Value place = foldLanes(b, candidates, [&](Value x, Value y) { return b.min(x, y); });
      // Fewer than k candidates that are numbers above -inf leave slots with -inf and place -1.
      Value found = b.cmp(arith::CmpIPredicate::ne, most, b.i32(INT32_MIN));
      Value out = b.add(to, slot);
      Value index = b.select(found, b.castTo(place, b.getIndexType()), b.index(0));
      Value value = b.load(f32, b.offset(input.data, f32, b.add(from, index)));
      b.store(b.select(found, value, b.f32(-INFINITY)), b.offset(values.data, f32, out));
      b.store(b.select(found, place, b.i32(-1)), b.offset(places.data, i32, out));
      b.ifThen(found, [&] { b.store(b.i32(INT32_MIN), b.offset(keys, i32, index)); });
    });
  });
  scratch.release(top);
}

/// How many of the `count` keys `matches` holds for.
static Value countKeys(CodeBuilder &b, Value keys, int64_t count, unsigned lanes,
                       function_ref<Value(Value key)> matches) {
  VectorType vector = b.vec(b.getI32Type(), lanes);
  Value sums = b.loop(b.index(0), b.index(count), lanes, {b.zero(vector)},
                      [&](Value i, ValueRange sum) -> SmallVector<Value> {
                        Value key = b.load(vector, b.offset(keys, b.getI32Type(), i));
                        return {b.add(sum[0], b.zext(matches(key), vector))};
                      })[0];
  return foldLanes(b, sums, [&](Value x, Value y) { return b.add(x, y); });
}

/// The greatest key that at least `k` of the `count` keys reach, or the lowest integer.
static Value findThreshold(CodeBuilder &b, Value keys, int64_t count, unsigned lanes, int64_t k) {
  // Built from the sign down; the key is held with its sign bit flipped, as unsigned.
  // 32 passes of comparing and counting, whatever k is: with k in the hundreds and rows of
  // thousands of keys that is cheaper than any sort, and no branch depends on the data.
  auto result = b.loop(b.index(0), b.index(32), 1, {b.i32(0)},
                       [&](Value step, ValueRange carried) -> SmallVector<Value> {
                         Value shift = b.castTo(b.sub(b.index(31), step), b.getI32Type());
                         // A bit stays set if k keys still reach the number with it.
                         Value bit = arith::ShLIOp::create(b, b.i32(1), shift);
                         Value attempt = b.ori(carried[0], bit);
                         Value limit = b.splat(b.xori(attempt, b.i32(INT32_MIN)), lanes);
                         Value total = countKeys(b, keys, count, lanes,
                                                 [&](Value key) { return b.sge(key, limit); });
                         return {b.select(b.sge(total, b.i32(k)), attempt, carried[0])};
                       });
  return b.xori(result[0], b.i32(INT32_MIN));
}

namespace {
/// What a merge chooses from, for one row, in order of place: the list so far, then the block.
struct Candidates {
  Value keys, values, places;
  int64_t count;
};
} // namespace

/// Copies the `k` greatest candidates to the row that starts at element `list` of the results, in
/// their order; what is left of the row is marked as absent.
static void writeGreatest(CodeBuilder &b, const Candidates &from, Value threshold, Value ties,
                          int64_t k, Value values, Value places, Value list) {
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  // Element by element, since the place in the result depends on all candidates before. It carries
  // the next free slot and how many ties may still be taken.
  auto ends =
      b.loop(b.index(0), b.index(from.count), 1, {b.index(0), ties},
             [&](Value i, ValueRange carried) -> SmallVector<Value> {
               Value key = b.load(i32, b.offset(from.keys, i32, i));
               Value greater = b.slt(threshold, key);
               Value tied =
                   arith::AndIOp::create(b, b.eq(key, threshold), b.slt(b.i32(0), carried[1]));
               Value keep = b.ori(greater, tied);
               Value slot = b.add(list, carried[0]);
               b.ifThen(keep, [&] {
                 b.store(b.load(f32, b.offset(from.values, f32, i)), b.offset(values, f32, slot));
                 b.store(b.load(i32, b.offset(from.places, i32, i)), b.offset(places, i32, slot));
               });
               Value one = b.select(keep, b.index(1), b.index(0));
               Value used = b.select(tied, b.i32(1), b.i32(0));
               return {b.add(carried[0], one), b.sub(carried[1], used)};
             });
  b.loop(ends[0], b.index(k), 1, [&](Value slot) {
    Value out = b.add(list, slot);
    b.store(b.f32(-INFINITY), b.offset(values, f32, out));
    b.store(b.i32(-1), b.offset(places, i32, out));
  });
}

void KernelEmitter::emitTopKMerge(tile::TopKMergeOp op) {
  RankedTensorType listType = op.getValues().getType(), blockType = op.getScores().getType();
  int64_t k = listType.getShape().back(), extent = blockType.getShape().back();
  int64_t rows = listType.getNumElements() / k;
  unsigned lanes = machine.getLanes();
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  Buffer oldValues = puller.getBuffer(op.getValues()),
         oldPlaces = puller.getBuffer(op.getIndices());
  Buffer scores = puller.getBuffer(op.getScores());
  Buffer values = scratch.getDestination(op.getNewValues()),
         places = scratch.getDestination(op.getNewIndices());
  Value first = state.scalar(op.getFirst());
  // Whole vectors are read and written, so each array has one vector of slack.
  int64_t padded = (k + extent + lanes - 1) / lanes * lanes;
  uint64_t top = scratch.getTop();
  Candidates candidates;
  candidates.keys = scratch.allocateBytes(4 * (padded + lanes));
  candidates.values = scratch.allocateBytes(4 * (padded + lanes));
  candidates.places = scratch.allocateBytes(4 * (padded + lanes));
  candidates.count = k + extent;
  b.loop(b.index(0), b.index(rows), 1, [&](Value row) {
    Value list = b.mul(row, k), block = b.mul(row, extent);
    auto fill = [&](Value data, Value from, int64_t count, int64_t to,
                    function_ref<Value(Value i, Value lane)> place) {
      b.loop(b.index(0), b.index(count), lanes, [&](Value i) {
        Value vector = b.load(b.vec(f32, lanes), b.offset(data, f32, b.add(from, i)));
        Value out = b.add(i, to);
        b.store(vector, b.offset(candidates.values, f32, out));
        b.store(getSortKey(b, vector), b.offset(candidates.keys, i32, out));
        b.store(place(i, b.splat(b.castTo(i, i32), lanes)), b.offset(candidates.places, i32, out));
      });
    };
    // The second fill starts exactly after the k entries of the list, over what the first wrote
    // past its end; the last vectors reach into the slack behind.
    fill(oldValues.data, list, k, 0, [&](Value i, Value) {
      return b.load(b.vec(i32, lanes), b.offset(oldPlaces.data, i32, b.add(list, i)));
    });
    fill(scores.data, block, extent, k, [&](Value, Value start) {
      return b.add(b.add(start, b.steps(lanes)), b.splat(first, lanes));
    });
    // What the last vector of the block wrote past the candidates must not count.
    Value end = b.offset(candidates.keys, 4 * candidates.count);
    b.store(b.integer(b.vec(i32, lanes), INT32_MIN), end);
    Value threshold = findThreshold(b, candidates.keys, padded, lanes, k);
    // Of the candidates at the threshold, as many as fit, from the lowest place.
    Value above = countKeys(b, candidates.keys, padded, lanes,
                            [&](Value key) { return b.slt(b.splat(threshold, lanes), key); });
    // With fewer than k candidates the threshold is the key of those that are never chosen: none of
    // them may fill up.
    Value never = b.eq(threshold, b.i32(INT32_MIN));
    Value ties = b.select(never, b.i32(0), b.sub(b.i32(k), above));
    writeGreatest(b, candidates, threshold, ties, k, values.data, places.data, list);
  });
  scratch.release(top);
}
