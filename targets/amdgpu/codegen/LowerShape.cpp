//===- LowerShape.cpp - Ops that move elements ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Most of them only rename registers, once the operand lies as the result does.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/KernelLowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

LogicalResult KernelLowering::lowerShapeOp(Operation *op) {
  Location loc = builder.getLoc();
  Value result = op->getResult(0);
  const LinearLayout &layout = layouts.get(result).data;
  Type element = cast<RankedTensorType>(result.getType()).getElementType();
  auto unsupported = [&]() { return op->emitError("has no lowering for this machine"); };
  if (isa<mx::BlockType>(element))
    return unsupported();
  if (std::optional<Distributed> made = rematerialize(result, layout)) {
    setTile(result, std::move(*made));
    return success();
  }
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tile::BroadcastOp>([&](auto broadcast) {
        LinearLayout collapsed = layout;
        auto from = broadcast.getInput().getType().getShape();
        auto to = broadcast.getResult().getType().getShape();
        for (unsigned dim = 0; dim < from.size(); ++dim)
          if (from[dim] != to[dim])
            collapsed = collapsed.collapse(dim);
        Distributed input = getAs(broadcast.getInput(), collapsed.dropReplicatedRegisters());
        SmallVector<Value> values;
        for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg)
          values.push_back(
              extractRegisters(builder, loc, input,
                               *findRegister(input.layout, collapsed.getElement(reg, 0, 0)), 1));
        setTile(result, makeFromRegisters(layout, element, values));
        return success();
      })
      .Case<tile::ReshapeOp>([&](auto reshape) {
        const LinearLayout &from = layouts.get(reshape.getInput()).data;
        std::vector<int64_t> shape = getPaddedShape(reshape.getInput().getType().getShape());
        if (from.getNumElementBits() != layout.getNumElementBits())
          return LogicalResult(unsupported());
        Distributed input = getAs(reshape.getInput(), layout.reshape(shape));
        input.layout = layout;
        setTile(result, std::move(input));
        return success();
      })
      .Case<tile::TransposeOp>([&](auto transpose) {
        std::vector<unsigned> inverse(transpose.getPermutation().size());
        for (auto [i, dim] : llvm::enumerate(transpose.getPermutation()))
          inverse[dim] = i;
        Distributed input = getAs(transpose.getInput(), layout.transpose(inverse));
        input.layout = layout;
        setTile(result, std::move(input));
        return success();
      })
      .Default([&](Operation *) { return unsupported(); });
}
