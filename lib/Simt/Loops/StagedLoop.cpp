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
#include "../Lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

FailureOr<SmallVector<Value>> KernelLowering::loadAhead(const StagedLoop &loop, Value number,
                                                        unsigned index) {
  scf::ForOp op = loop.op;
  scalars.map(op.getInductionVar(), number);
  if (copies)
    emitCopies(number, index % loop.stages);
  unsigned before = copies ? copies->wideLoads : 0;
  SmallVector<Value> chunks;
  for (Operation *part : loop.ahead.ops)
    if (failed(lowerOp(part)))
      return failure();
  if (copies)
    copies->loads = copies->wideLoads - before;
  for (Value tile : loop.ahead.tiles)
    appendCarried(tile, chunks);
  return chunks;
}

LogicalResult KernelLowering::lowerStagedStep(const StagedLoop &loop, Value number, unsigned index,
                                              bool loads, unsigned later,
                                              SmallVectorImpl<Values> &loaded) {
  scf::ForOp op = loop.op;
  if (copies) {
    // Everybody's copies for this step are done behind the barrier, and everybody's reads of the
    // slot that is filled next.
    copies->current = index % loop.stages;
    copies->number = number;
    // Loads of later steps may stay under way, to registers as well.
    machine.emitCopyWait(builder, later, later * (copies->accesses + copies->loads));
    emitBarrier();
  }
  // The loads come first in program order. Nothing reads their registers before a later step, so
  // the wait that LLVM puts before that is behind this step's products.
  if (loads) {
    Value ahead = scalars.lookup(op.getStep());
    if (loop.stages > 2)
      ahead = arith::MulIOp::create(builder, ahead,
                                    arith::ConstantIndexOp::create(builder, loop.stages - 1));
    ahead = arith::AddIOp::create(builder, number, ahead);
    FailureOr<Values> next = loadAhead(loop, ahead, index + loop.stages - 1);
    if (failed(next))
      return failure();
    loaded.push_back(std::move(*next));
  }
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

LogicalResult KernelLowering::lowerStagedFor(const StagedLoop &asked) {
  StagedLoop loop = asked;
  scf::ForOp op = loop.op;
  const unsigned ahead = loop.stages - 1;
  auto getCarried = [&] {
    Values carried;
    for (Value argument : op.getRegionIterArgs())
      appendCarried(argument, carried);
    return carried;
  };
  Values inits;
  initCarried(op, inits);
  size_t numCarried = inits.size();
  Value first = scalars.lookup(op.getLowerBound()), step = scalars.lookup(op.getStep());
  if (failed(openCopies(loop, first)))
    return failure();
  llvm::scope_exit close([&] { copies.reset(); });

  // Steps by index from a place.
  auto getNumber = [&](Value from, int64_t index) -> Value {
    Value distance = step;
    if (index == 0)
      return from;
    if (index > 1)
      distance =
          arith::MulIOp::create(builder, step, arith::ConstantIndexOp::create(builder, index));
    return arith::AddIOp::create(builder, from, distance);
  };
  SmallVector<Values> loaded;
  for (unsigned index = 0; index < ahead; ++index) {
    FailureOr<Values> set = loadAhead(loop, getNumber(first, index), index);
    if (failed(set))
      return failure();
    loaded.push_back(std::move(*set));
    llvm::append_range(inits, loaded.back());
    // Waits count on what is loaded for a step being behind the copies for those before it.
    if (copies)
      machine.keepOrder(builder);
  }

  // Each step of a round loads for one that comes `ahead` steps later.
  int64_t rounds = (loop.steps - ahead) / loop.stages;
  Value round = getNumber(step, loop.stages - 1);
  Value end = arith::AddIOp::create(
      builder, first,
      arith::MulIOp::create(builder, round, arith::ConstantIndexOp::create(builder, rounds)));
  // Takes the loop's own values, and the registers loaded for the steps that come next.
  auto take = [&](ValueRange values) {
    ValueRange carried = values.take_front(numCarried), rest = values.drop_front(numCarried);
    setCarried(op, op.getRegionIterArgs(), carried);
    for (Values &set : loaded) {
      set.assign(rest.begin(), rest.begin() + set.size());
      rest = rest.drop_front(set.size());
    }
  };
  if (rounds > 0) {
    auto rounded = scf::ForOp::create(builder, first, end, round, inits);
    llvm::scope_exit restore([&, size = convertedRows.size()] { convertedRows.resize(size); });
    builder.setInsertionPointToStart(rounded.getBody());
    take(rounded.getRegionIterArgs());
    SmallVector<Value> numbers;
    for (unsigned index = 0; index < loop.stages; ++index)
      numbers.push_back(getNumber(rounded.getInductionVar(), index));
    for (auto [index, number] : llvm::enumerate(numbers))
      if (failed(lowerStagedStep(loop, number, index, true, ahead - 1, loaded)))
        return failure();
    Values yielded = getCarried();
    for (const Values &set : loaded)
      llvm::append_range(yielded, set);
    scf::YieldOp::create(builder, yielded);
    builder.setInsertionPointAfter(rounded);
    take(rounded.getResults());
  }
  // What is left: no step loads beyond the end, so a tile that is out of range is never touched.
  int64_t left = loop.steps - rounds * loop.stages;
  Value number = end;
  for (int64_t index = 0; index < left; ++index) {
    bool loads = index + ahead < left;
    unsigned later = std::min<int64_t>(ahead - 1, left - 1 - index);
    if (failed(lowerStagedStep(loop, number, index, loads, later, loaded)))
      return failure();
    if (index + 1 < left)
      number = arith::AddIOp::create(builder, number, step);
  }
  Values results = getCarried();
  ValueRange carried = results;
  setCarried(op, op.getResults(), carried);
  return success();
}
