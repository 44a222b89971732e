//===- States.cpp - Blocks that carry a sequence's state ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A slot of −1 is a part of no rows: what is read beyond a bound is zero, and nothing is written
// there.
//
//===----------------------------------------------------------------------===//

#include "States.h"

using namespace mlir;
using namespace moec;

namespace {
/// Where a part lies in a slot.
struct StateAccess {
  StateAccess(Emitter &e, const StatePart &part, Value slot)
      : indices{e.add(e.mul(e.max(slot, e.index(0)), e.index(part.rowsOfSlot)), part.firstRow),
                part.firstColumn},
        bounds{e.select(e.less(slot, e.index(0)), e.index(0), e.index(part.rows)),
               part.columns ? part.columns : e.index(part.width)} {}

  SmallVector<Value> indices, bounds;
};
} // namespace

Value moec::loadState(Emitter &e, const StatePart &part, Value slot) {
  StateAccess access(e, part, slot);
  return e.load(part.ref, access.indices, {part.tileRows, part.width}, access.bounds);
}

void moec::storeState(Emitter &e, Value tile, const StatePart &part, Value slot) {
  StateAccess access(e, part, slot);
  e.store(tile, part.ref, access.indices, access.bounds);
}

Value moec::loadStartSlot(Emitter &e, const GroupKernel &kernel, Value sequence) {
  return e.loadIndex(kernel.getStep(StepInput::StateRead), sequence);
}

namespace {
/// The tokens of a sequence in this step, `from` … below `to`.
struct StateWalk {
  StateWalk(Emitter &e, const GroupKernel &kernel, Value sequence, KeepState keep)
      : e(e), kernel(kernel), keep(keep) {
    Value starts = kernel.getStep(StepInput::SequenceStart);
    from = e.loadIndex(starts, sequence);
    to = e.loadIndex(starts, e.add(sequence, e.index(1)));
  }

  /// Stores the state behind a token where the batch wants it.
  void keepBehind(Value token, ValueRange state) {
    Value slot = loadSlot(token);
    e.branch(e.lessEqual(e.index(0), slot), [&] { keep(state, slot); });
  }

  SmallVector<Value> step(Value first, Value last, ValueRange state, TokenBody body) {
    return e.loop(first, last, 1, state, [&](Value token, ValueRange before) {
      SmallVector<Value> after = body(token, before);
      keepBehind(token, after);
      return after;
    });
  }

  /// Whether a state is kept behind any of the tokens, as 1 or 0.
  Value isKeptWithin(Value first, Value last) {
    Value zero = e.index(0), one = e.index(1);
    return e
        .loop(first, last, 1, zero,
              [&](Value token, ValueRange kept) {
                Value wanted = e.lessEqual(zero, loadSlot(token));
                return SmallVector<Value>{e.select(wanted, one, kept[0])};
              })
        .front();
  }

  Value loadSlot(Value token) { return e.loadIndex(kernel.getStep(StepInput::StateWrite), token); }

  Emitter &e;
  const GroupKernel &kernel;
  KeepState keep;
  Value from, to;
};
} // namespace

void moec::forEachToken(Emitter &e, const GroupKernel &kernel, Value sequence,
                        ArrayRef<Value> state, TokenBody body, KeepState keep) {
  StateWalk walk(e, kernel, sequence, keep);
  walk.step(walk.from, walk.to, state, body);
}

void moec::forEachChunk(Emitter &e, const GroupKernel &kernel, Value sequence, int64_t chunk,
                        ArrayRef<Value> state, TokenBody whole, TokenBody body, KeepState keep) {
  StateWalk walk(e, kernel, sequence, keep);
  Value zero = e.index(0), one = e.index(1), size = e.index(chunk);
  // A sequence without tokens has no position to ask for.
  e.branch(e.less(walk.from, walk.to), [&] {
    Value position = e.loadIndex(kernel.getStep(StepInput::Positions), walk.from);
    Value end = e.add(position, e.sub(walk.to, walk.from));
    Value base = e.sub(position, walk.from);
    e.loop(e.div(position, size), e.ceilDiv(end, chunk), 1, state,
           [&](Value number, ValueRange before) {
             Value start = e.mul(number, size);
             Value first = e.sub(e.max(start, position), base);
             Value last = e.sub(e.min(e.add(start, size), end), base);
             Value isWhole = e.equal(e.sub(last, first), size);
             // Both are loops, one of no trips, and not branches: they carry the state.
             Value inner = e.select(isWhole, e.sub(last, one), first);
             Value kept = walk.isKeptWithin(first, inner);
             Value trips = e.select(isWhole, e.sub(one, kept), zero);
             SmallVector<Value> after =
                 e.loop(zero, trips, 1, before, [&](Value, ValueRange carried) {
                   SmallVector<Value> behind = whole(first, carried);
                   walk.keepBehind(e.sub(last, one), behind);
                   return behind;
                 });
             Value rest = e.select(e.equal(trips, one), last, first);
             return walk.step(rest, last, after, body);
           });
  });
}

KernelWork moec::countStateWork(const WorkRequest &request, int64_t numbers) {
  KernelWork work = countRowWork(request);
  work.block = {};
  double bytes = double(request.step.sequences) * double(numbers) * sizeof(float);
  work.cacheBytes += bytes;
  work.bytesWritten += bytes;
  return work;
}
