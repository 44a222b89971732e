//===- KernelLayouts.cpp - The layouts of a kernel's tiles ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Most ops take their operands as their result lies, moved along with the elements. Those that work
// across elements and have one good way of doing so name it.
//
//===----------------------------------------------------------------------===//
#include "KernelLayouts.h"

#include "../Refusal.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

using MaybeLayout = std::optional<TileLayout>;

static RankedTensorType getTileType(Value value) { return cast<RankedTensorType>(value.getType()); }
static bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

MaybeLayout KernelLayouts::getTaken(OpOperand &operand) const {
  Operation *op = operand.getOwner();
  const unsigned number = operand.getOperandNumber();
  if (!isa<RankedTensorType>(operand.get().getType()))
    return std::nullopt;
  // What a loop or a conditional hands on lies alike on all paths.
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return get(loop.getTiedLoopResult(&operand));
  if (isa<scf::YieldOp>(op))
    return get(op->getParentOp()->getResult(number));
  // Element by element all operands must lie alike.
  if (OpTrait::hasElementwiseMappableTraits(op))
    return TileLayout{get(op->getResult(0)).data, {}};
  auto plain = [](LinearLayout layout) -> MaybeLayout {
    return TileLayout{std::move(layout), std::nullopt};
  };
  auto rowsOf = [&](Value tile) {
    return plain(getRowLayout(getTileType(tile).getShape(), machine, subgroups));
  };
  return llvm::TypeSwitch<Operation *, MaybeLayout>(op)
      .Case<tile::MmaOp, tile::MmaScaledOp>([&](Operation *op) -> MaybeLayout {
        const MmaPlan &plan = getPlan(op);
        if (number == 2)
          return TileLayout{plan.acc, std::nullopt};
        // Codes that would be parted there become bytes as they were loaded, and then lie so.
        const TileLayout &wanted = number == 0 ? plan.a : plan.b;
        RankedTensorType type = getTileType(operand.get());
        auto block = dyn_cast<mx::BlockType>(type.getElementType());
        if (block && partsRegisters(wanted.data, block))
          return TileLayout{getBlockedLayout(type, machine, subgroups).data, wanted.scales};
        return wanted;
      })
      .Case<tile::QuantizeOp>([&](auto op) { return plain(get(op.getResult()).data); })
      .Case<tile::DequantizeOp>([&](tile::DequantizeOp op) {
        // As their numbers lie; where they could not be converted there, as they do, with scales in
        // the lanes that need them.
        auto block = cast<mx::BlockType>(getTileType(op.getInput()).getElementType());
        const LinearLayout &numbers = get(op.getResult()).data;
        const TileLayout &codes = get(op.getInput());
        return getCodesLayout(canConvert(numbers, block) ? numbers : codes.data, codes, block);
      })
      .Case<tile::BroadcastOp>([&](tile::BroadcastOp op) {
        return plain(getBroadcastSource(op, get(op.getResult()).data).dropReplicatedRegisters());
      })
      .Case<tile::ReshapeOp>([&](tile::ReshapeOp op) -> MaybeLayout {
        // Padding that the two shapes have in different places shifts elements: any layout will do.
        if (!keepsNumbering(op))
          return std::nullopt;
        return plain(get(op.getResult())
                         .data.reshape(tile::getPaddedShape(op.getInput().getType().getShape())));
      })
      .Case<tile::TransposeOp>([&](tile::TransposeOp op) {
        return plain(getTransposeSource(op, get(op.getResult()).data));
      })
      .Case<tile::ReduceOp>(
          [&](tile::ReduceOp op) { return plain(getReduceSource(op, get(op.getInput()).data)); })
      .Case<tile::ScanOp>([&](auto op) { return plain(getScanLayout(op, machine, subgroups)); })
      .Case<tile::HistogramOp, tile::RankOp>([&](auto op) -> MaybeLayout {
        if (number != 0)
          return std::nullopt;
        return plain(getSpreadLayout(op.getKeys().getType().getDimSize(0), machine, subgroups));
      })
      .Case<tile::TopKMergeOp>([&](auto) { return rowsOf(operand.get()); })
      .Default([](Operation *) { return std::nullopt; });
}

MaybeLayout KernelLayouts::getMade(OpResult result) const {
  auto plain = [](LinearLayout layout) -> MaybeLayout {
    return TileLayout{std::move(layout), std::nullopt};
  };
  return llvm::TypeSwitch<Operation *, MaybeLayout>(result.getOwner())
      .Case<tile::MmaOp, tile::MmaScaledOp>([&](Operation *op) { return plain(getPlan(op).acc); })
      .Case<tile::ReduceOp>([&](tile::ReduceOp op) {
        return plain(get(op.getInput()).data.collapse(op.getDim()).dropReplicatedRegisters());
      })
      .Case<tile::DequantizeOp>([&](tile::DequantizeOp op) -> MaybeLayout {
        // As the codes lie, where those in the layout of the numbers could not be converted.
        auto block = cast<mx::BlockType>(getTileType(op.getInput()).getElementType());
        if (canConvert(get(result).data, block))
          return std::nullopt;
        return plain(get(op.getInput()).data);
      })
      .Case<tile::ScanOp>([&](auto op) { return plain(getScanLayout(op, machine, subgroups)); })
      .Case<tile::RankOp>([&](tile::RankOp op) {
        return plain(getSpreadLayout(op.getKeys().getType().getDimSize(0), machine, subgroups));
      })
      .Case<tile::TopKOp>([&](tile::TopKOp op) {
        return plain(getChosenLayout(get(op.getInput()).data,
                                     getTileType(op.getValues()).getShape().back()));
      })
      .Case<tile::TopKMergeOp>([&](auto) {
        return plain(getRowLayout(getTileType(result).getShape(), machine, subgroups));
      })
      .Default([](Operation *) { return std::nullopt; });
}

LogicalResult KernelLayouts::checkSize(Value tile) const {
  const TileLayout &layout = get(tile);
  auto count = [](const LinearLayout &layout, LinearLayout::Space space) {
    return 1u << layout.getNumBits(space);
  };
  unsigned inLanes = count(layout.data, LinearLayout::Space::Lane);
  unsigned inSubgroups = count(layout.data, LinearLayout::Space::Subgroup);
  auto fail = [&] { return refuse(tile.getDefiningOp()) << "has a layout "; };
  if (inLanes != machine.lanes || inSubgroups != subgroups)
    return fail() << "over " << inLanes << " lanes of " << inSubgroups
                  << " subgroups, the kernel has " << machine.lanes << " of " << subgroups;
  if (!isPermutation(layout.data) || (layout.scales && !isPermutation(*layout.scales)))
    return fail() << "whose bases are not single bits of an element's number, each once";
  auto block = dyn_cast<mx::BlockType>(getTileType(tile).getElementType());
  if (!block)
    return success();
  if (!canConvert(layout.data, block))
    return fail() << "that parts what shares a register, or a pair of codes from its scale";
  if (tile.getDefiningOp<tile::QuantizeOp>() && !suitsBlock(layout.data, block))
    return fail() << "that parts a block among subgroups";
  return success();
}

LogicalResult KernelLayouts::check(Operation *op) const {
  MLIRContext *context = op->getContext();
  for (OpOperand &operand : op->getOpOperands()) {
    MaybeLayout taken = getTaken(operand);
    if (taken && *taken != get(operand.get()))
      return refuse(op) << "takes operand " << operand.getOperandNumber() << " as "
                        << taken->getAttr(context) << ", but it lies as "
                        << get(operand.get()).getAttr(context);
  }
  for (OpResult result : op->getResults()) {
    MaybeLayout made = isTile(result) ? getMade(result) : std::nullopt;
    if (made && *made != get(result))
      return refuse(op) << "makes result " << result.getResultNumber() << " as "
                        << made->getAttr(context) << ", not as " << get(result).getAttr(context);
  }
  return success();
}

FailureOr<KernelLayouts> KernelLayouts::read(tile::KernelOp kernel, const Geometry &machine) {
  KernelLayouts result(kernel, machine);
  WalkResult walk = kernel.walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
    for (Value tile : llvm::make_filter_range(op->getResults(), isTile)) {
      tile::LayoutAttr layout = tile::getLayout(tile);
      if (!layout)
        return WalkResult(refuse(op) << "has no layout; --simt-assign-layouts gives it one");
      result.set(tile, TileLayout::of(layout));
      // The tiles that a loop carries lie as its results do.
      if (auto loop = dyn_cast<scf::ForOp>(op))
        result.set(loop.getTiedLoopRegionIterArg(cast<OpResult>(tile)), TileLayout::of(layout));
      if (failed(result.checkSize(tile)))
        return WalkResult::interrupt();
    }
    if (!isa<tile::MmaOp, tile::MmaScaledOp>(op))
      return WalkResult::advance();
    if (!tile::getProduct(op))
      return WalkResult(refuse(op) << "has no plan; --simt-assign-layouts gives it one");
    FailureOr<MmaPlan> plan = planMma(op, machine, result.subgroups);
    if (succeeded(plan))
      result.plans[op] = *plan;
    return WalkResult(failure(failed(plan)));
  });
  if (!walk.wasInterrupted())
    walk = kernel.walk([&](Operation *op) { return WalkResult(result.check(op)); });
  if (walk.wasInterrupted())
    return failure();
  return result;
}
