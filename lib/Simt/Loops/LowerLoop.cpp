//===- LowerLoop.cpp - Loops ----------------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which loops run ahead, and loops that don't; StagedLoop.cpp has those that do.
//
//===----------------------------------------------------------------------===//
#include "../Lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/ScopeExit.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// The least number of steps of a loop that is worth loading ahead.
static constexpr int64_t kLeastSteps = 4;

/// Stages of a loop whose schedule does not say: this step's, and the next one's.
static constexpr unsigned kStages = 2;

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

unsigned KernelLowering::initCarried(scf::ForOp op, SmallVectorImpl<Value> &inits) {
  unsigned accumulators = 0;
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
        isa_and_nonnull<tile::MmaOp, tile::MmaScaledOp>(product)) {
      width = layouts.getPlan(product).atom->result.getNumRegisters();
      accumulators += tile.data.getNumRegisters();
    } else {
      width = std::min(width, tile.data.width);
    }
    tile.data = regroup(builder, builder.getLoc(), tile.data, width);
    tiles[argument] = tile;
    appendCarried(argument, inits);
  }
  metrics.accumulators = std::max(metrics.accumulators, accumulators);
  return accumulators;
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
  if (failed(lowerOps(*op.getBody(), done)))
    return failure();
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
  std::optional<tile::ScheduleAttr> schedule = kernel.getSchedule();
  int64_t asked = schedule ? schedule->getInt("stages", 0) : 0;
  if (product && steps && asked != 1 && *steps >= (asked ? 2 : kLeastSteps)) {
    unsigned stages = asked ? std::clamp<int64_t>(asked, 2, *steps) : kStages;
    return lowerStagedFor({op, *steps, stages, asked > 0, findAheadLoads(op, [&](Value ref) {
                             return ordered.contains(getArgument(ref));
                           })});
  }

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
