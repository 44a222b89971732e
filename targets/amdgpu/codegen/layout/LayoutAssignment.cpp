//===- LayoutAssignment.cpp - A layout for every tile of a kernel ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A work list of values whose layout has just become known. The first assignment stays, so the
// order of the phases is the order of priority.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/layout/LayoutAssignment.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

static bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

static mx::BlockType getBlock(Value value) {
  return dyn_cast<mx::BlockType>(cast<RankedTensorType>(value.getType()).getElementType());
}

/// The layout of a block-scaled tile whose numbers lie as `data`.
static TileLayout withScales(const LinearLayout &data, mx::BlockType block) {
  return {data, getScaleLayout(data, block.getBlockSize())};
}

/// Whether a layout for numbers of `block` holds whole bytes in each lane, and no block in two
/// waves.
static bool suitsBlock(const LinearLayout &data, mx::BlockType block) {
  if (block.getElementBits() < 8 && data.getContiguousBits() < 1)
    return false;
  for (uint64_t basis : data.getBases(LinearLayout::Space::Subgroup))
    if (basis & (block.getBlockSize() - 1))
      return false;
  return true;
}

void LayoutAssignment::assign(Value value, const TileLayout &layout) {
  if (isTile(value) && layouts.try_emplace(value, layout).second)
    worklist.push_back(value);
}

void LayoutAssignment::unify(ValueRange values) {
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
  if (OpTrait::hasElementwiseMappableTraits(op)) {
    SmallVector<Value> values(op->getResults());
    values.append(op->operand_begin(), op->operand_end());
    unify(values);
    return;
  }
  propagateThroughShapeOp(op);
}

bool amdgpu::keepsNumbering(tile::ReshapeOp op) {
  auto padded = [](Value value) {
    SmallVector<int64_t> extents;
    for (int64_t extent : cast<RankedTensorType>(value.getType()).getShape())
      if (extent != 1)
        extents.push_back(extent);
    return extents;
  };
  SmallVector<int64_t> from = padded(op.getInput()), to = padded(op.getResult());
  auto exact = [](int64_t extent) { return llvm::isPowerOf2_64(extent); };
  return from == to || (llvm::all_of(from, exact) && llvm::all_of(to, exact));
}

void LayoutAssignment::propagateThroughShapeOp(Operation *op) {
  auto shapeOf = [](Value value) {
    return getPaddedShape(cast<RankedTensorType>(value.getType()).getShape());
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case<tile::BroadcastOp>([&](auto broadcast) {
        if (!has(broadcast.getResult()))
          return;
        LinearLayout layout = get(broadcast.getResult()).data;
        auto from = broadcast.getInput().getType().getShape();
        auto to = broadcast.getResult().getType().getShape();
        for (unsigned dim = 0; dim < from.size(); ++dim)
          if (from[dim] != to[dim])
            layout = layout.collapse(dim);
        assign(broadcast.getInput(), layout.dropReplicatedRegisters());
      })
      .Case<tile::ReduceOp>([&](auto reduce) {
        if (has(reduce.getInput()))
          assign(reduce.getResult(),
                 get(reduce.getInput()).data.collapse(reduce.getDim()).dropReplicatedRegisters());
      })
      .Case<tile::ReshapeOp>([&](auto reshape) {
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
        std::vector<unsigned> order, inverse(transpose.getPermutation().size());
        for (auto [i, dim] : llvm::enumerate(transpose.getPermutation())) {
          order.push_back(dim);
          inverse[dim] = i;
        }
        if (has(transpose.getInput()))
          assign(transpose.getResult(), get(transpose.getInput()).data.transpose(order));
        else if (has(transpose.getResult()))
          assign(transpose.getInput(), get(transpose.getResult()).data.transpose(inverse));
      })
      .Case<tile::QuantizeOp>([&](auto quantize) {
        mx::BlockType block = getBlock(quantize.getResult());
        if (has(quantize.getInput()) && suitsBlock(get(quantize.getInput()).data, block))
          assign(quantize.getResult(), withScales(get(quantize.getInput()).data, block));
        else if (has(quantize.getResult()))
          assign(quantize.getInput(), get(quantize.getResult()).data);
      })
      .Case<tile::DequantizeOp>([&](auto dequantize) {
        mx::BlockType block = getBlock(dequantize.getInput());
        if (has(dequantize.getInput()))
          assign(dequantize.getResult(), get(dequantize.getInput()).data);
        else if (has(dequantize.getResult()) && suitsBlock(get(dequantize.getResult()).data, block))
          assign(dequantize.getInput(), withScales(get(dequantize.getResult()).data, block));
      })
      .Case<tile::GatherOp>([&](auto gather) {
        if (!has(gather.getResult()))
          return;
        LinearLayout rows = get(gather.getResult()).data;
        [[maybe_unused]] int64_t extent = rows.getShape()[0];
        while (rows.getShape().size() > 1) {
          rows = rows.collapse(rows.getShape().size() - 1);
          std::vector<int64_t> shape = rows.getShape();
          shape.pop_back();
          rows = rows.reshape(shape);
        }
        assert(rows.getShape().front() == extent && "only trailing dimensions are dropped");
        assign(gather.getRows(), rows.dropReplicatedRegisters());
      });
}

void LayoutAssignment::assignOperand(Value operand, const TileLayout &wanted) {
  if (has(operand))
    return;
  // A packed weight goes straight to the registers that need it; what all waves read goes by LDS,
  // and so is read from memory once, in the order of memory.
  Value source = operand;
  while (Operation *op = source.getDefiningOp()) {
    if (!isa<tile::DequantizeOp, arith::ExtFOp, arith::TruncFOp>(op))
      break;
    source = op->getOperand(0);
  }
  bool plainLoad = source.getDefiningOp<tile::GatherOp>() || source.getDefiningOp<tile::LoadOp>();
  if (plainLoad && !findPackedSource(operand)) {
    TileLayout blocked =
        getBlockedLayout(cast<RankedTensorType>(operand.getType()), machine, subgroups);
    // Scales are few; each lane reads its own.
    blocked.scales = wanted.scales;
    assign(operand, blocked);
  } else {
    assign(operand, wanted);
  }
  propagate();
}

FailureOr<LayoutAssignment> LayoutAssignment::compute(tile::KernelOp kernel, const Machine &machine,
                                                      unsigned subgroups) {
  LayoutAssignment result(machine, subgroups);
  SmallVector<Operation *> products;
  WalkResult walk = kernel.walk([&](Operation *op) {
    if (!isa<tile::MmaOp, tile::MmaScaledOp>(op))
      return WalkResult::advance();
    FailureOr<MmaPlan> plan = planMma(op, machine, subgroups);
    if (failed(plan))
      return WalkResult::interrupt();
    result.plans[op] = *plan;
    products.push_back(op);
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  for (Operation *op : products)
    result.assign(op->getResult(0), result.getPlan(op).acc);
  result.propagate();
  for (Operation *op : products) {
    const MmaPlan &plan = result.getPlan(op);
    result.assignOperand(op->getOperand(1), plan.b);
    result.assignOperand(op->getOperand(0), plan.a);
  }
  // A running selection stays as its merges make it.
  kernel.walk([&](tile::TopKMergeOp merge) {
    LinearLayout rows = getRowLayout(merge.getValues().getType().getShape(), machine, subgroups);
    for (Value value :
         {merge.getValues(), merge.getPlaces(), merge.getNewValues(), merge.getNewPlaces()})
      result.assign(value, rows);
    result.propagate();
  });
  // Whatever is left: memory first, then anything, in program order.
  auto assignRest = [&](Value value) {
    if (isTile(value) && !result.has(value)) {
      result.assign(value,
                    getBlockedLayout(cast<RankedTensorType>(value.getType()), machine, subgroups));
      result.propagate();
    }
  };
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<tile::LoadOp, tile::GatherOp>(op) &&
        cast<RankedTensorType>(op->getResult(0).getType()).getNumElements() >= machine.lanes)
      assignRest(op->getResult(0));
  });
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Value argument : region.getArguments())
        assignRest(argument);
    for (Value value : op->getResults())
      assignRest(value);
  });
  return result;
}
