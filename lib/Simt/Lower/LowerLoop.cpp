//===- LowerLoop.cpp - Loops, and loads ahead of them ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The loop of a product loads the tiles of the next step while it multiplies those of this one. It
// is written out twice, so that the registers that a load fills are those that the products before
// it have done with, and ends one or two steps early, so that nothing is loaded in vain.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// The least number of steps of a loop that is worth loading ahead.
static constexpr int64_t kLeastSteps = 4;

/// The ops of the body that depend on nothing but the step's number: loads of what the kernel does
/// not write, and the scalars that say where.
static AheadLoads findAheadLoads(scf::ForOp loop, llvm::function_ref<bool(Value)> isWritten) {
  AheadLoads ahead;
  llvm::SmallPtrSet<Operation *, 16> inSlice;
  for (Operation &op : loop.getBody()->without_terminator()) {
    bool load = isa<tile::LoadOp, tile::GatherOp>(op) && !isWritten(op.getOperand(0));
    bool scalar =
        isPure(&op) && op.getNumRegions() == 0 &&
        llvm::none_of(op.getResultTypes(), [](Type type) { return isa<RankedTensorType>(type); });
    // An address that depends on what a step computed cannot be known a step earlier.
    bool known = llvm::all_of(op.getOperands(), [&](Value operand) {
      if (operand == loop.getInductionVar() || loop.isDefinedOutsideOfLoop(operand))
        return true;
      Operation *source = operand.getDefiningOp();
      return source && inSlice.contains(source);
    });
    if (!known || !(load || scalar))
      continue;
    ahead.ops.push_back(&op);
    inSlice.insert(&op);
    // Scalars are cheap and are computed again by the step itself.
    if (load) {
      ahead.tiles.push_back(op.getResult(0));
      ahead.loads.insert(&op);
    }
  }
  return ahead;
}

/// How many steps a loop has, if that is a constant.
static std::optional<int64_t> getNumSteps(scf::ForOp loop) {
  APInt lower, upper, step;
  // Bounds of loops over K are constants of the kernel's shape.
  if (!matchPattern(loop.getLowerBound(), m_ConstantInt(&lower)) ||
      !matchPattern(loop.getUpperBound(), m_ConstantInt(&upper)) ||
      !matchPattern(loop.getStep(), m_ConstantInt(&step)))
    return std::nullopt;
  return llvm::divideCeil(upper.getSExtValue() - lower.getSExtValue(), step.getSExtValue());
}

/// The op that makes a tile, whatever layout it is in by now.
static Operation *getMaker(Value tile) {
  Operation *op = tile.getDefiningOp();
  while (auto convert = dyn_cast_or_null<tile::ConvertLayoutOp>(op))
    op = convert.getInput().getDefiningOp();
  return op;
}

void KernelLowering::initCarried(scf::ForOp op, SmallVectorImpl<Value> &inits) {
  for (auto [init, argument] : llvm::zip(op.getInitArgs(), op.getRegionIterArgs())) {
    if (!isa<RankedTensorType>(init.getType())) {
      scalars.map(argument, scalars.lookup(init));
      inits.push_back(scalars.lookup(init));
      continue;
    }
    // Chunks as wide as the layout's runs, which is what products make and take.
    TileValue tile = getTile(init);
    unsigned width = std::min(16u, tile.data.getNumRegisters());
    // An accumulator in chunks of an atom's result: the instruction then updates its registers in
    // place. Argument 0 is the induction variable.
    if (Operation *product = getMaker(op.getYieldedValues()[argument.getArgNumber() - 1]);
        isa_and_nonnull<tile::MmaOp, tile::MmaScaledOp>(product))
      width = layouts.getPlan(product).atom->result.getNumRegisters();
    else
      width = std::min(width, tile.data.width);
    tile.data = regroup(builder, builder.getLoc(), tile.data, width);
    tiles[argument] = tile;
    appendCarried(argument, inits);
  }
}

void KernelLowering::setCarried(scf::ForOp op, ValueRange targets, ValueRange &carried) {
  for (auto [target, argument] : llvm::zip(targets, op.getRegionIterArgs())) {
    if (isa<RankedTensorType>(target.getType())) {
      tiles[target] = takeCarried(argument, carried);
    } else {
      scalars.map(target, carried.front());
      carried = carried.drop_front();
    }
  }
}

LogicalResult KernelLowering::lowerStep(scf::ForOp op, Value number,
                                        SmallVectorImpl<Value> &carried,
                                        const llvm::DenseSet<Operation *> &done) {
  // What is converted inside is not there outside.
  llvm::scope_exit restore([&, size = convertedRows.size()] { convertedRows.resize(size); });
  scalars.map(op.getInductionVar(), number);
  // The same ops are lowered for several steps; `tiles` and `scalars` always have those of the
  // last.
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (done.contains(&inner))
      continue;
    builder.setLoc(inner.getLoc());
    if (failed(lowerOp(&inner)))
      return failure();
  }
  for (auto [value, argument] : llvm::zip(op.getYieldedValues(), op.getRegionIterArgs())) {
    if (!isa<RankedTensorType>(value.getType())) {
      carried.push_back(scalars.lookup(value));
      continue;
    }
    appendChunks(builder, getTile(value), getTile(argument), carried);
  }
  builder.setLoc(op.getLoc());
  return success();
}

LogicalResult KernelLowering::lowerFor(scf::ForOp op) {
  bool product = llvm::any_of(op.getBody()->getOperations(), [](Operation &inner) {
    return isa<tile::MmaOp, tile::MmaScaledOp>(inner);
  });
  // Without a product there is nothing to hide loads behind; with few steps the loop would be
  // mostly prologue and epilogue, and twice the code.
  std::optional<int64_t> steps = getNumSteps(op);
  if (product && steps && *steps >= kLeastSteps)
    return lowerPipelinedFor(op, *steps);

  // Not worth running ahead: a loop as it is written.
  SmallVector<Value> inits, yielded;
  initCarried(op, inits);
  auto loop =
      scf::ForOp::create(builder, scalars.lookup(op.getLowerBound()),
                         scalars.lookup(op.getUpperBound()), scalars.lookup(op.getStep()), inits);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  ValueRange carried = loop.getRegionIterArgs();
  setCarried(op, op.getRegionIterArgs(), carried);
  if (failed(lowerStep(op, loop.getInductionVar(), yielded, {})))
    return failure();
  if (!yielded.empty())
    scf::YieldOp::create(builder, yielded);
  carried = loop.getResults();
  setCarried(op, op.getResults(), carried);
  return success();
}

FailureOr<SmallVector<Value>> KernelLowering::loadAhead(scf::ForOp op, const AheadLoads &ahead,
                                                        Value number) {
  scalars.map(op.getInductionVar(), number);
  SmallVector<Value> chunks;
  for (Operation *part : ahead.ops)
    if (failed(lowerOp(part)))
      return failure();
  for (Value tile : ahead.tiles)
    appendCarried(tile, chunks);
  return chunks;
}

LogicalResult KernelLowering::lowerLoadedStep(scf::ForOp op, const AheadLoads &ahead, Value number,
                                              ValueRange loaded) {
  for (Value tile : ahead.tiles)
    tiles[tile] = takeCarried(tile, loaded);
  SmallVector<Value> yielded;
  if (failed(lowerStep(op, number, yielded, ahead.loads)))
    return failure();
  ValueRange carried = yielded;
  setCarried(op, op.getRegionIterArgs(), carried);
  return success();
}

LogicalResult KernelLowering::lowerOverlappedStep(scf::ForOp op, const AheadLoads &ahead,
                                                  Value number, SmallVector<Value> &loaded) {
  // The loads come first in program order. Nothing reads their registers before the next step, so
  // the wait that LLVM puts before that is behind this step's products.
  Value next = arith::AddIOp::create(builder, number, scalars.lookup(op.getStep()));
  FailureOr<SmallVector<Value>> following = loadAhead(op, ahead, next);
  if (failed(following) || failed(lowerLoadedStep(op, ahead, number, loaded)))
    return failure();
  loaded = std::move(*following);
  return success();
}

LogicalResult KernelLowering::lowerPipelinedFor(scf::ForOp op, int64_t steps) {
  AheadLoads ahead =
      findAheadLoads(op, [&](Value ref) { return ordered.contains(getArgument(ref)); });
  auto getCarried = [&] {
    SmallVector<Value> carried;
    for (Value argument : op.getRegionIterArgs())
      appendCarried(argument, carried);
    return carried;
  };
  SmallVector<Value> inits;
  initCarried(op, inits);
  size_t numCarried = inits.size();
  Value first = scalars.lookup(op.getLowerBound()), step = scalars.lookup(op.getStep());
  FailureOr<SmallVector<Value>> loaded = loadAhead(op, ahead, first);
  if (failed(loaded))
    return failure();
  llvm::append_range(inits, *loaded);

  // Rounds of two steps, each of which loads for the step after it: the last step is left over, and
  // the one before it where their number is even.
  int64_t rounds = (steps - 1) / 2;
  Value two = arith::AddIOp::create(builder, step, step);
  Value end = arith::AddIOp::create(
      builder, first,
      arith::MulIOp::create(builder, two, arith::ConstantIndexOp::create(builder, rounds)));
  auto loop = scf::ForOp::create(builder, first, end, two, inits);
  {
    OpBuilder::InsertionGuard guard(builder);
    llvm::scope_exit restore([&, size = convertedRows.size()] { convertedRows.resize(size); });
    builder.setInsertionPointToStart(loop.getBody());
    ValueRange carried = loop.getRegionIterArgs();
    setCarried(op, op.getRegionIterArgs(), carried);
    Value number = loop.getInductionVar(), second = arith::AddIOp::create(builder, number, step);
    SmallVector<Value> current(carried);
    for (Value place : {number, second})
      if (failed(lowerOverlappedStep(op, ahead, place, current)))
        return failure();
    // The loop carries its own values and the registers loaded for the step that comes next.
    SmallVector<Value> yielded = getCarried();
    llvm::append_range(yielded, current);
    scf::YieldOp::create(builder, yielded);
  }
  ValueRange carried = loop.getResults().take_front(numCarried);
  setCarried(op, op.getRegionIterArgs(), carried);
  SmallVector<Value> current(loop.getResults().drop_front(numCarried));
  Value number = end;
  // The epilogue: no step loads beyond the end, so a tile that is out of range is never touched.
  if (steps % 2 == 0) {
    if (failed(lowerOverlappedStep(op, ahead, number, current)))
      return failure();
    number = arith::AddIOp::create(builder, number, step);
  }
  if (failed(lowerLoadedStep(op, ahead, number, current)))
    return failure();
  SmallVector<Value> results = getCarried();
  carried = results;
  setCarried(op, op.getResults(), carried);
  return success();
}
