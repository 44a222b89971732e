//===- StagedLoop.cpp - Loops whose loads run ahead -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The loop of a product loads the tiles of a later step while it multiplies those of this one: into
// registers, or by copies that pass none, which stay in slots of shared memory. A round of it is
// one step a stage, written out, so that the registers that a load fills are those that the
// products before it have done with, and each step knows its slot. The loop ends before its last
// steps, so that nothing is loaded in vain.
//
//===----------------------------------------------------------------------===//
#include "../Layout/Divisibility.h"
#include "../Lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

FailureOr<SmallVector<Value>> KernelLowering::loadAhead(const StagedLoop &loop, Value number,
                                                        unsigned index, bool isLast) {
  scf::ForOp op = loop.op;
  scalars.map(op.getInductionVar(), number);
  stagedStep = {op, isLast};
  if (copies)
    emitCopies(number, index % loop.stages, isLast);
  // Loads of the same memory may become one.
  llvm::SmallPtrSet<Value, 4> seen;
  unsigned wide = 0;
  SmallVector<Value> chunks;
  for (Operation *part : loop.ahead.ops) {
    unsigned before = copies ? copies->wideLoads : 0;
    if (failed(lowerOp(part)))
      return failure();
    if (copies && loop.ahead.loads.contains(part) && seen.insert(part->getOperand(0)).second)
      wide += copies->wideLoads - before;
  }
  if (copies)
    copies->loads = wide;
  for (Value tile : loop.ahead.tiles)
    appendCarried(tile, chunks);
  return chunks;
}

LogicalResult KernelLowering::lowerStagedStep(const StagedLoop &loop, Value number, unsigned index,
                                              int64_t left, SmallVectorImpl<Values> &loaded) {
  scf::ForOp op = loop.op;
  const int64_t ahead = loop.stages - 1;
  if (copies) {
    copies->current = index % loop.stages;
    copies->number = number;
  }
  if (copies && copies->accesses > 0) {
    // Everybody's copies for this step are done behind the barrier, and everybody's reads of the
    // slot that is filled next.
    // Loads of later steps may stay under way, to registers as well.
    unsigned later = std::min(ahead - 1, left);
    machine.emitCopyWait(builder, later, later * (copies->accesses + copies->loads));
    emitBarrier();
  }
  // The loads come first in program order. Nothing reads their registers before a later step, so
  // the wait that LLVM puts before that is behind this step's products.
  if (left >= ahead) {
    FailureOr<Values> next =
        loadAhead(loop, getStep(loop, number, ahead), index + ahead, left == ahead);
    if (failed(next))
      return failure();
    loaded.push_back(std::move(*next));
  }
  stagedStep = {op, left == 0};
  Values mine = std::move(loaded.front());
  loaded.erase(loaded.begin());
  ValueRange rest = mine;
  for (Value tile : loop.ahead.tiles)
    tiles[tile] = takeCarried(tile, rest);
  Values yielded;
  if (failed(lowerStep(op, number, yielded, loop.ahead.loads)))
    return failure();
  ValueRange carried = yielded;
  setCarried(op, op.getRegionIterArgs(), carried);
  return success();
}

Value KernelLowering::getStep(const StagedLoop &loop, Value from, int64_t index) {
  scf::ForOp op = loop.op;
  Value distance = scalars.lookup(op.getStep());
  if (index == 0)
    return from;
  if (index > 1)
    distance =
        arith::MulIOp::create(builder, distance, arith::ConstantIndexOp::create(builder, index));
  return arith::AddIOp::create(builder, from, distance);
}

LogicalResult KernelLowering::lowerRounds(const StagedLoop &loop, Value first, Value end,
                                          unsigned index, SmallVectorImpl<Values> &loaded) {
  scf::ForOp op = loop.op;
  // Carried are the loop's own values, and the registers loaded for the steps that come next.
  auto get = [&] {
    Values values;
    for (Value argument : op.getRegionIterArgs())
      appendCarried(argument, values);
    for (const Values &set : loaded)
      llvm::append_range(values, set);
    return values;
  };
  auto take = [&](ValueRange values) {
    setCarried(op, op.getRegionIterArgs(), values);
    for (Values &set : loaded) {
      set.assign(values.begin(), values.begin() + set.size());
      values = values.drop_front(set.size());
    }
  };
  Value round = getStep(loop, scalars.lookup(op.getStep()), loop.stages - 1);
  auto rounds = scf::ForOp::create(builder, first, end, round, get());
  // What is converted inside is not there outside.
  llvm::scope_exit restore([&, size = convertedRows.size()] { convertedRows.resize(size); });
  builder.setInsertionPointToStart(rounds.getBody());
  take(rounds.getRegionIterArgs());
  if (copies)
    copies->inRounds = true;
  for (unsigned i = 0; i < loop.stages; ++i)
    if (failed(lowerStagedStep(loop, getStep(loop, rounds.getInductionVar(), i), index + i,
                               /*left=*/loop.stages, loaded)))
      return failure();
  if (copies)
    copies->inRounds = false;
  scf::YieldOp::create(builder, get());
  builder.setInsertionPointAfter(rounds);
  take(rounds.getResults());
  return success();
}

/// Whether a tile that is loaded ahead has fewer columns or rows in the last step than in others.
static bool hasPartialStep(const StagedLoop &loop) {
  return llvm::any_of(loop.ahead.loads, [&](Operation *op) {
    auto isPartial = [&](auto load) {
      ArrayRef<int64_t> shape = load.getResult().getType().getShape();
      return llvm::any_of(llvm::zip(load.getBounds(), shape), [&](auto bounded) {
        auto [bound, extent] = bounded;
        return getLastBound(bound, loop.op) && !isAtLeast(bound, extent);
      });
    };
    if (auto gather = dyn_cast<tile::GatherOp>(op))
      return isPartial(gather);
    return isPartial(cast<tile::LoadOp>(op));
  });
}

LogicalResult KernelLowering::lowerStagedFor(const StagedLoop &asked) {
  StagedLoop loop = asked;
  scf::ForOp op = loop.op;
  const int64_t ahead = loop.stages - 1;
  const bool isPartial = hasPartialStep(loop);
  llvm::scope_exit leave([&, before = stagedStep] { stagedStep = before; });
  Values inits;
  unsigned accumulators = initCarried(op, inits);
  Value first = scalars.lookup(op.getLowerBound());
  if (failed(openCopies(loop, first)))
    return failure();
  llvm::scope_exit close([&] { copies.reset(); });
  SmallVector<Values> loaded;
  for (unsigned index = 0; index < ahead; ++index) {
    FailureOr<Values> set = loadAhead(loop, getStep(loop, first, index), index, /*isLast=*/false);
    if (failed(set))
      return failure();
    loaded.push_back(std::move(*set));
    // Waits count on what is loaded for a step being behind the copies for those before it.
    if (copies)
      machine.keepOrder(builder);
  }
  // What is copied for all steps is there before the first.
  if (copies && copies->accesses == 0) {
    machine.emitCopyWait(builder, ahead - 1, (ahead - 1) * copies->loads);
    emitBarrier();
    readFixedScales();
  }
  // Each step of a round loads for one that comes `ahead` steps later. Where sums take many
  // registers, a step before the rounds adds to constants, which is cheaper than to fill these.
  int64_t done = copies && accumulators >= kManySums && loop.steps > ahead ? 1 : 0;
  // A last step of fewer columns is loaded by instructions of its own.
  int64_t rounds = (loop.steps - done - ahead - isPartial) / loop.stages;
  if (done && failed(lowerStagedStep(loop, first, 0, loop.steps - 1, loaded)))
    return failure();
  Value end = getStep(loop, first, done + rounds * loop.stages);
  if (rounds > 0 && failed(lowerRounds(loop, getStep(loop, first, done), end, done, loaded)))
    return failure();
  // What is left: no step loads beyond the end, so a tile that is out of range is never touched.
  for (int64_t index = done + rounds * loop.stages; index < loop.steps; ++index) {
    int64_t left = loop.steps - 1 - index;
    if (failed(lowerStagedStep(loop, getStep(loop, first, index), index, left, loaded)))
      return failure();
  }
  Values results;
  for (Value argument : op.getRegionIterArgs())
    appendCarried(argument, results);
  ValueRange carried = results;
  setCarried(op, op.getResults(), carried);
  return success();
}
