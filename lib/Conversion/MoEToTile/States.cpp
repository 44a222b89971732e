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
  return e.load(part.ref, access.indices, {part.rows, part.width}, access.bounds);
}

void moec::storeState(Emitter &e, Value tile, const StatePart &part, Value slot) {
  StateAccess access(e, part, slot);
  e.store(tile, part.ref, access.indices, access.bounds);
}

Value moec::loadStartSlot(Emitter &e, const GroupKernel &kernel, Value sequence) {
  return e.loadIndex(kernel.getStep(StepInput::StateRead), sequence);
}

void moec::forEachToken(Emitter &e, const GroupKernel &kernel, Value sequence,
                        ArrayRef<Value> state, TokenBody body, KeepState keep) {
  Value starts = kernel.getStep(StepInput::SequenceStart);
  Value from = e.loadIndex(starts, sequence);
  Value to = e.loadIndex(starts, e.add(sequence, e.index(1)));
  e.loop(from, to, 1, state, [&](Value token, ValueRange before) {
    SmallVector<Value> after = body(token, before);
    Value slot = e.loadIndex(kernel.getStep(StepInput::StateWrite), token);
    e.branch(e.lessEqual(e.index(0), slot), [&] { keep(after, slot); });
    return after;
  });
}

KernelWork moec::countStateWork(moe::GroupOp group, const StepSize &step, int64_t rows,
                                int64_t numbers) {
  KernelWork work = countRowWork(group, step, rows);
  double bytes = double(step.sequences) * double(numbers) * sizeof(float);
  work.cacheBytes += bytes;
  work.bytesWritten += bytes;
  return work;
}
