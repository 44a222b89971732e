//===- WriteLayouts.cpp - Layouts and changes of layout in the IR ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks a kernel in program order and puts a change of layout before each op that takes a tile
// otherwise than it lies, and behind each that makes one otherwise than it is wanted.
//
//===----------------------------------------------------------------------===//
#include "../Refusal.h"
#include "LayoutAssignment.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

namespace {
class LayoutWriter {
public:
  LayoutWriter(KernelLayouts &layouts, const DenseSet<Value> &given)
      : layouts(layouts), given(given) {}

  LogicalResult writeBlock(Block &block);
  /// Removes what was only wanted in other layouts.
  void removeUnused();

private:
  /// A tile in another layout, made before in this block or one around it.
  struct Known {
    Value tile;
    TileLayout layout;
    Value converted;
  };

  LogicalResult writeOp(Operation *op);
  Value getIn(OpBuilder &builder, Value tile, const TileLayout &layout);
  /// Where an op makes a tile in one layout only, users take it from a change of layout behind.
  LogicalResult settleResult(OpBuilder &builder, OpResult result);

  KernelLayouts &layouts;
  const DenseSet<Value> &given;
  /// Short: entries go with the block in which they were made.
  SmallVector<Known> known;
  llvm::SetVector<Operation *> madeAnew;
};
} // namespace

static bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

Value LayoutWriter::getIn(OpBuilder &builder, Value tile, const TileLayout &layout) {
  for (const Known &entry : known)
    if (entry.tile == tile && entry.layout == layout)
      return entry.converted;
  Value converted;
  if (isMadeAnywhere(tile)) {
    // Made anew it costs a few moves, converted it would cost shared memory and two barriers.
    Operation *source = tile.getDefiningOp();
    converted = builder.clone(*source)->getResult(0);
    tile::setLayouts(converted.getDefiningOp(), layout.getAttr(builder.getContext()));
    madeAnew.insert(source);
  } else {
    converted = tile::ConvertLayoutOp::create(builder, tile.getLoc(), tile.getType(), tile,
                                              layout.getAttr(builder.getContext()));
  }
  layouts.set(converted, layout);
  // A second user in this block takes the same.
  known.push_back({tile, layout, converted});
  return converted;
}

LogicalResult LayoutWriter::settleResult(OpBuilder &builder, OpResult result) {
  std::optional<TileLayout> made = layouts.getMade(result);
  const TileLayout wanted = layouts.get(result);
  if (!made || *made == wanted)
    return success();
  if (given.contains(result))
    return refuse(result.getOwner())
           << "makes its result as " << made->getAttr(builder.getContext()) << ", not as "
           << wanted.getAttr(builder.getContext())
           << "; write the layout on a tile.convert_layout behind it";
  layouts.set(result, *made);
  auto convert = tile::ConvertLayoutOp::create(builder, result.getLoc(), result.getType(), result,
                                               wanted.getAttr(builder.getContext()));
  layouts.set(convert.getResult(), wanted);
  result.replaceAllUsesExcept(convert.getResult(), convert);
  return success();
}

LogicalResult LayoutWriter::writeOp(Operation *op) {
  OpBuilder builder(op);
  for (OpOperand &operand : op->getOpOperands()) {
    std::optional<TileLayout> taken = layouts.getTaken(operand);
    if (taken && *taken != layouts.get(operand.get()))
      operand.set(getIn(builder, operand.get(), *taken));
  }
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (failed(writeBlock(block)))
        return failure();
  if (isa<tile::ConvertLayoutOp>(op))
    return success();
  builder.setInsertionPointAfter(op);
  SmallVector<tile::LayoutAttr> written;
  for (OpResult result : op->getResults())
    if (isTile(result)) {
      if (failed(settleResult(builder, result)))
        return failure();
      written.push_back(layouts.get(result).getAttr(op->getContext()));
    }
  if (!written.empty())
    tile::setLayouts(op, written);
  if (isa<tile::MmaOp, tile::MmaScaledOp>(op))
    op->setAttr(tile::kProductAttr, layouts.getPlan(op).getAttr(op->getContext()));
  return success();
}

LogicalResult LayoutWriter::writeBlock(Block &block) {
  size_t outside = known.size();
  // What is put before or behind an op is none of the block's own.
  for (Operation &op : llvm::make_early_inc_range(block))
    if (failed(writeOp(&op)))
      return failure();
  known.truncate(outside);
  return success();
}

void LayoutWriter::removeUnused() {
  for (Operation *op : madeAnew)
    if (op->use_empty())
      op->erase();
}

LogicalResult simt::writeLayouts(tile::KernelOp kernel, KernelLayouts &layouts,
                                 const DenseSet<Value> &given) {
  LayoutWriter writer(layouts, given);
  if (failed(writer.writeBlock(kernel.getBody().front())))
    return failure();
  writer.removeUnused();
  return success();
}
