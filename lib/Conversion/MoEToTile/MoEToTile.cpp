//===- MoEToTile.cpp - From groups to tile programs -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The pass that shows what builders make of single groups.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToTile/MoEToTile.h"
#include "moec/Conversion/MoEToTile/Builders.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace moec {
#define GEN_PASS_DEF_MOETOTILE
#include "moec/Conversion/MoEToTile/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

namespace {
struct MoEToTile : moec::impl::MoEToTileBase<MoEToTile> {
  using MoEToTileBase::MoEToTileBase;

  void runOnOperation() override;
};
} // namespace

/// The type the weight has in memory.
static tile::RefType getWeightType(Operation *reader, FlatSymbolRefAttr symbol) {
  moe::WeightOp weight = moe::lookupWeight(reader, symbol);
  RankedTensorType type = weight.getTensorType();
  if (mx::BlockType block = mx::getBlockElement(type))
    type = type.clone(block.getRowForm(type.getShape().back()));
  tile::PackedAttr packed;
  if (isMatrixOperand(reader, symbol))
    packed = weight->getAttrOfType<tile::PackedAttr>("tile.packed");
  return tile::RefType::get(type.getShape(), type.getElementType(), packed);
}

std::string moec::getKernelName(moe::GroupOp group) {
  std::string name = group.getName().value_or("kernel").str();
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  return name;
}

void MoEToTile::runOnOperation() {
  ModuleOp module = getOperation();
  auto choices = dyn_cast_or_null<tile::ScheduleAttr>(
      parseAttribute("#tile.schedule<" + schedule + ">", &getContext()));
  if (!choices) {
    module.emitError() << "'" << schedule << "' is no schedule";
    return signalPassFailure();
  }
  SmallVector<moe::GroupOp> groups;
  module.walk([&](moe::GroupOp group) { groups.push_back(group); });
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  for (moe::GroupOp group : groups) {
    KernelSignature signature(group, getWeightType);
    std::string name = getKernelName(group);
    if (failed(buildKernel({builder, name, group, signature, choices, pageSize})))
      return signalPassFailure();
  }
}
