//===- LayoutAssignment.cpp - A layout for every tile of a kernel ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A work list of values whose layout has just become known. The first assignment stays, so the
// order of the phases is the order of priority.
//
//===----------------------------------------------------------------------===//
#include "LayoutAssignment.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

static bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

static mx::BlockType getBlock(Value value) {
  return dyn_cast<mx::BlockType>(cast<RankedTensorType>(value.getType()).getElementType());
}

void LayoutAssignment::assign(Value value, const TileLayout &layout) {
  // First come, first served: a layout never changes, so propagation ends, and each value is
  // visited once. A later wish of a user becomes a conversion there.
  if (isTile(value) && !layouts.has(value)) {
    layouts.set(value, layout);
    worklist.push_back(value);
  }
}

void LayoutAssignment::unify(ValueRange values) {
  // The order of `values` decides whose layout wins where several are known: the rest keep theirs
  // and are converted.
  for (Value known : values)
    if (isTile(known) && has(known)) {
      TileLayout layout = get(known);
      for (Value value : values)
        assign(value, layout);
      return;
    }
}

void LayoutAssignment::propagate() {
  while (!worklist.empty()) {
    // Both ways: to the op that makes the value and to those that use it. A yield passes its
    // operands on to the loop or conditional around it.
    Value value = worklist.pop_back_val();
    if (Operation *op = value.getDefiningOp())
      propagateThrough(op);
    else if (auto loop = dyn_cast<scf::ForOp>(value.getParentBlock()->getParentOp()))
      propagateThrough(loop);
    for (Operation *user : value.getUsers())
      propagateThrough(isa<scf::YieldOp>(user) ? user->getParentOp() : user);
  }
}

void LayoutAssignment::propagateThrough(Operation *op) {
  // What a loop carries keeps one layout in all iterations: registers then stay where they are from
  // one to the next.
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    for (unsigned i = 0; i < loop.getNumResults(); ++i)
      unify({loop.getResult(i), loop.getRegionIterArg(i), loop.getYieldedValues()[i],
             loop.getInitArgs()[i]});
    return;
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (unsigned i = 0; i < branch.getNumResults(); ++i)
      unify({branch.getResult(i), branch.thenYield().getOperand(i),
             branch.elseYield().getOperand(i)});
    return;
  }
  // Element by element all operands must lie alike; results come first, as their layout is the
  // better known.
  if (OpTrait::hasElementwiseMappableTraits(op)) {
    SmallVector<Value> values(op->getResults());
    values.append(op->operand_begin(), op->operand_end());
    unify(values);
    return;
  }
  propagateThroughShapeOp(op);
}

void LayoutAssignment::propagateThroughShapeOp(Operation *op) {
  auto shapeOf = [](Value value) {
    return getPaddedShape(cast<RankedTensorType>(value.getType()).getShape());
  };
  // Layouts go to the side that follows from the other without a choice. A result of a broadcast or
  // the input of a reduction could lie in many ways, so none is derived for these.
  llvm::TypeSwitch<Operation *>(op)
      .Case<tile::BroadcastOp>([&](auto broadcast) {
        if (has(broadcast.getResult()))
          assign(broadcast.getInput(),
                 getBroadcastSource(broadcast, get(broadcast.getResult()).data)
                     .dropReplicatedRegisters());
      })
      .Case<tile::ReduceOp>([&](auto reduce) {
        if (has(reduce.getInput()))
          assign(reduce.getResult(), getReduceSource(reduce, get(reduce.getInput()).data)
                                         .collapse(reduce.getDim())
                                         .dropReplicatedRegisters());
      })
      .Case<tile::GatherOp>([&](auto gather) {
        if (has(gather.getResult()))
          assign(gather.getRows(), getRowsLayout(get(gather.getResult()).data));
      })
      .Case<tile::ReshapeOp>([&](auto reshape) {
        // Where padding shifts elements, the lowering goes through shared memory and any layouts
        // will do.
        if (!keepsNumbering(reshape))
          return;
        if (has(reshape.getInput()))
          assign(reshape.getResult(),
                 get(reshape.getInput()).data.reshape(shapeOf(reshape.getResult())));
        else if (has(reshape.getResult()))
          assign(reshape.getInput(),
                 get(reshape.getResult()).data.reshape(shapeOf(reshape.getInput())));
      })
      .Case<tile::TransposeOp>([&](auto transpose) {
        if (has(transpose.getInput()))
          assign(transpose.getResult(),
                 getTransposeResult(transpose, get(transpose.getInput()).data));
        else if (has(transpose.getResult()))
          assign(transpose.getInput(),
                 getTransposeSource(transpose, get(transpose.getResult()).data));
      })
      .Default([&](Operation *op) { propagateThroughFormatOp(op); });
}

static bool isOnlyStored(Value tile) {
  return llvm::all_of(tile.getUsers(),
                      [](Operation *user) { return isa<tile::StoreOp, tile::ScatterOp>(user); });
}

void LayoutAssignment::propagateThroughFormatOp(Operation *op) {
  // Codes lie as their numbers do, unless that would tear bytes or blocks apart.
  llvm::TypeSwitch<Operation *>(op)
      .Case<tile::QuantizeOp>([&](auto quantize) {
        mx::BlockType block = getBlock(quantize.getResult());
        if (has(quantize.getInput()) && suitsBlock(get(quantize.getInput()).data, block)) {
          TileLayout made = withScales(get(quantize.getInput()).data, block);
          if (block.hasPowerOfTwoScale() && isOnlyStored(quantize.getResult()))
            made.scales = shareAmongLanes(*made.scales, layouts.machine);
          assign(quantize.getResult(), made);
        } else if (has(quantize.getResult())) {
          assign(quantize.getInput(), get(quantize.getResult()).data);
        }
      })
      .Case<tile::DequantizeOp>([&](auto dequantize) {
        mx::BlockType block = getBlock(dequantize.getInput());
        if (has(dequantize.getInput()))
          assign(dequantize.getResult(), get(dequantize.getInput()).data);
        else if (has(dequantize.getResult()) && suitsBlock(get(dequantize.getResult()).data, block))
          assign(dequantize.getInput(), withScales(get(dequantize.getResult()).data, block));
      });
}

void LayoutAssignment::assignOperand(Value operand, const TileLayout &wanted) {
  if (has(operand))
    return;
  // A packed weight goes straight to the registers that need it; what all subgroups read goes by
  // shared memory, and so is read from memory once, in the order of memory. Changes of format keep
  // the layout, so what decides is the load behind them.
  Value source = operand;
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<tile::DequantizeOp, arith::ExtFOp, arith::TruncFOp, tile::ConvertLayoutOp>(op))
      break;
    source = op->getOperand(0);
  }
  bool plainLoad = source.getDefiningOp<tile::GatherOp>() || source.getDefiningOp<tile::LoadOp>();
  if (plainLoad && !findPackedSource(operand)) {
    TileLayout blocked = getBlockedLayout(cast<RankedTensorType>(operand.getType()),
                                          layouts.machine, layouts.subgroups);
    // Scales are few; each lane reads its own.
    blocked.scales = wanted.scales;
    assign(operand, blocked);
  } else {
    assign(operand, wanted);
  }
  propagate();
}

LogicalResult LayoutAssignment::planProducts(tile::KernelOp kernel,
                                             SmallVectorImpl<Operation *> &products) {
  WalkResult walk = kernel.walk([&](Operation *op) {
    if (!isa<tile::MmaOp, tile::MmaScaledOp>(op))
      return WalkResult::advance();
    FailureOr<MmaPlan> plan = planMma(op, layouts.machine, layouts.subgroups);
    if (failed(plan))
      return WalkResult::interrupt();
    layouts.setPlan(op, *plan);
    products.push_back(op);
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

void LayoutAssignment::assignRest(tile::KernelOp kernel) {
  auto assignBlocked = [&](Value value) {
    if (isTile(value) && !has(value)) {
      assign(value, getBlockedLayout(cast<RankedTensorType>(value.getType()), layouts.machine,
                                     layouts.subgroups));
      propagate();
    }
  };
  // Memory first, so that what is computed from a loaded tile lies as it was loaded. Tiles of fewer
  // elements than lanes are cheap to load in any layout, and had better not decide.
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<tile::LoadOp, tile::GatherOp>(op) &&
        cast<RankedTensorType>(op->getResult(0).getType()).getNumElements() >=
            layouts.machine.lanes)
      assignBlocked(op->getResult(0));
  });
  // Then anything, in program order.
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Value argument : region.getArguments())
        assignBlocked(argument);
    for (Value value : op->getResults())
      assignBlocked(value);
  });
}

LogicalResult LayoutAssignment::takeGiven(tile::KernelOp kernel) {
  WalkResult walk = kernel.walk([&](Operation *op) -> WalkResult {
    for (Value value : llvm::make_filter_range(op->getResults(), isTile)) {
      tile::LayoutAttr layout = tile::getLayout(value);
      if (!layout)
        continue;
      // Arguments of a loop follow from its results.
      assign(value, TileLayout::of(layout));
      given.insert(value);
      if (failed(layouts.checkSize(value)))
        return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

LogicalResult LayoutAssignment::run(tile::KernelOp kernel) {
  // What somebody wrote stays, and its consequences come before ours.
  if (failed(takeGiven(kernel)))
    return failure();
  propagate();
  SmallVector<Operation *> products;
  if (failed(planProducts(kernel, products)))
    return failure();
  // Results come first: an accumulator that changed its layout would do so in every step of the
  // loop over K. They spread to the loop's other values, and to what is done with the sums.
  for (Operation *op : products)
    assign(op->getResult(0), layouts.getPlan(op).acc);
  propagate();
  // Then operands. Those that have a layout by now, as the result of another product has, keep it
  // and are converted where this product takes them.
  for (Operation *op : products) {
    const MmaPlan &plan = layouts.getPlan(op);
    TileLayout weight = *layouts.getTaken(op->getOpOperand(1));
    if (plan.stored)
      weight.data = *plan.stored;
    assignOperand(op->getOperand(1), weight);
    assignOperand(op->getOperand(0), *layouts.getTaken(op->getOpOperand(0)));
  }
  // A running selection stays as its merges make it.
  kernel.walk([&](tile::TopKMergeOp merge) {
    LinearLayout rows =
        getRowLayout(merge.getValues().getType().getShape(), layouts.machine, layouts.subgroups);
    for (Value value :
         {merge.getValues(), merge.getIndices(), merge.getNewValues(), merge.getNewIndices()})
      assign(value, rows);
    propagate();
  });
  assignRest(kernel);
  return success();
}

LogicalResult simt::assignLayouts(tile::KernelOp kernel, const Geometry &machine) {
  KernelLayouts layouts(kernel, machine);
  LayoutAssignment assignment(layouts);
  if (failed(assignment.run(kernel)))
    return failure();
  return writeLayouts(kernel, layouts, assignment.getGiven());
}
