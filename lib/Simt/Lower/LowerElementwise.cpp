//===- LowerElementwise.cpp - Ops on tiles, number by number --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An op on vectors becomes packed instructions where the machine has them. Ops in a row are written
// out together, vector by vector: what is made of one is done before the next is begun, so that few
// are in registers at a time.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

static bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

/// Whether each element of the op's only result comes from those at its place in the operands.
static bool isElementwise(Operation *op) {
  return op->getNumResults() == 1 && isTile(op->getResult(0)) && op->getNumOperands() > 0 &&
         OpTrait::hasElementwiseMappableTraits(op);
}

/// Whether the tile is one number everywhere, which goes with vectors of any width.
static bool isUniform(const Distributed &tile) {
  return tile.width == 1 && llvm::all_equal(tile.chunks);
}

/// The tile in chunks of that width; a constant stays one.
static Distributed regroupOperand(ImplicitLocOpBuilder &builder, const Distributed &tile,
                                  unsigned width) {
  TypedAttr constant;
  if (width == 1 || !isUniform(tile) || !matchPattern(tile.chunks.front(), m_Constant(&constant)))
    return regroup(builder, builder.getLoc(), tile, width);
  auto type = VectorType::get({width}, tile.element);
  Value chunk = arith::ConstantOp::create(builder, DenseElementsAttr::get(type, constant));
  return {tile.layout, tile.element, SmallVector<Value>(tile.getNumRegisters() / width, chunk),
          width};
}

unsigned KernelLowering::getWidth(Operation *op, ArrayRef<Operation *> before, unsigned width) {
  // All operands get chunks of the narrowest: to split one is free, to join others is copies.
  unsigned narrowest = layouts.get(op->getResult(0)).data.getNumRegisters();
  bool varies = false;
  for (Value operand : llvm::make_filter_range(op->getOperands(), isTile)) {
    if (llvm::is_contained(before, operand.getDefiningOp())) {
      narrowest = std::min(narrowest, width);
      varies = true;
    } else if (const Distributed &tile = getTile(operand).data; !isUniform(tile)) {
      narrowest = std::min(narrowest, tile.width);
      varies = true;
    }
  }
  return varies ? narrowest : 1;
}

SmallVector<Operation *> KernelLowering::findElementwise(Operation *first) {
  SmallVector<Operation *> found = {first};
  unsigned width = getWidth(first, {}, 0);
  const LinearLayout &layout = layouts.get(first->getResult(0)).data;
  for (Operation *op = first->getNextNode(); op && isElementwise(op); op = op->getNextNode()) {
    if (layouts.get(op->getResult(0)).data != layout || getWidth(op, found, width) != width)
      break;
    found.push_back(op);
  }
  return found;
}

Value KernelLowering::emitElementwise(Operation *op, ArrayRef<Value> operands, Type type) {
  // A machine's own sine is too rough for large angles (LowerMath.cpp).
  if (isa<math::SinOp, math::CosOp>(op) && getElementTypeOrSelf(type).isF32()) {
    SmallVector<Value> sines;
    for (Value angle : splitChunk(builder, op->getLoc(), operands.front()))
      sines.push_back(emitSine(angle, isa<math::CosOp>(op)));
    return joinChunk(builder, op->getLoc(), sines);
  }
  NamedAttrList attributes(op->getAttrs());
  attributes.erase(tile::kLayoutsAttr);
  return builder.create(op->getLoc(), op->getName().getIdentifier(), operands, type, attributes)
      ->getResult(0);
}

LogicalResult KernelLowering::lowerElementwise(ArrayRef<Operation *> ops) {
  unsigned width = getWidth(ops.front(), {}, 0);
  const LinearLayout &layout = layouts.get(ops.front()->getResult(0)).data;
  llvm::DenseMap<Value, Distributed> made, taken;
  for (Operation *op : ops) {
    for (Value operand : llvm::make_filter_range(op->getOperands(), isTile))
      if (!made.contains(operand) && !taken.contains(operand))
        taken[operand] = regroupOperand(builder, getTile(operand).data, width);
    Value result = op->getResult(0);
    made[result] = {layout, getElementTypeOrSelf(result.getType()), {}, width};
  }
  for (unsigned chunk = 0; chunk < layout.getNumRegisters() / width; ++chunk)
    for (Operation *op : ops) {
      builder.setLoc(op->getLoc());
      SmallVector<Value> operands;
      for (Value operand : op->getOperands()) {
        if (!isTile(operand))
          operands.push_back(scalars.lookup(operand));
        else if (auto mine = made.find(operand); mine != made.end())
          operands.push_back(mine->second.chunks[chunk]);
        else
          operands.push_back(taken.find(operand)->second.chunks[chunk]);
      }
      Distributed &result = made.find(op->getResult(0))->second;
      result.chunks.push_back(emitElementwise(op, operands, getChunkType(result.element, width)));
    }
  for (Operation *op : ops)
    setTile(op->getResult(0), std::move(made.find(op->getResult(0))->second));
  return success();
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::lowerOps(Block &block, const llvm::DenseSet<Operation *> &done) {
  llvm::DenseSet<Operation *> lowered = done;
  for (Operation &op : block.without_terminator()) {
    if (lowered.contains(&op))
      continue;
    builder.setLoc(op.getLoc());
    bool isProduct = isa<tile::MmaOp, tile::MmaScaledOp>(op);
    SmallVector<Operation *> together = {&op};
    LogicalResult result = success();
    if (isProduct)
      result = lowerMmas(together = findBeside(&op, lowered));
    else if (isElementwise(&op))
      result = lowerElementwise(together = findElementwise(&op));
    else
      result = lowerOp(&op);
    if (failed(result))
      return failure();
    lowered.insert(together.begin(), together.end());
  }
  return success();
}
