//===- MoEDialect.cpp - The model dialect ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registration, the rules of the module's attributes, and look-ups that every pass needs.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace moec::moe;

#include "moec/Dialect/MoE/MoEDialect.cpp.inc"

#include "moec/Dialect/MoE/MoEAttrInterfaces.cpp.inc"
#include "moec/Dialect/MoE/MoEOpInterfaces.cpp.inc"

namespace {
/// The conversions of `mx` act on rows too; `mx` doesn't know this dialect, so it is said here.
struct QuantizeRows : RowWiseOp::ExternalModel<QuantizeRows, moec::mx::QuantizeOp> {};
struct DequantizeRows : RowWiseOp::ExternalModel<DequantizeRows, moec::mx::DequantizeOp> {};
} // namespace

void MoEDialect::initialize() {
  registerTypes();
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "moec/Dialect/MoE/MoEOps.cpp.inc"
      >();
  moec::mx::QuantizeOp::attachInterface<QuantizeRows>(*getContext());
  moec::mx::DequantizeOp::attachInterface<DequantizeRows>(*getContext());
}

LogicalResult MoEDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (!isa<ModuleOp>(op))
    return op->emitOpError() << "attribute " << name << " belongs on a module";
  if (name == getCheckpointAttrName()) {
    if (!isa<StringAttr>(attribute.getValue()))
      return op->emitOpError() << name << " is a string, the folder of the weights";
    if (op->hasAttr(getRandomWeightsAttrName()))
      return op->emitOpError() << name << " and " << getRandomWeightsAttrName()
                               << " exclude each other";
    return success();
  }
  if (name == getRandomWeightsAttrName()) {
    auto seed = dyn_cast<IntegerAttr>(attribute.getValue());
    if (!seed || !seed.getType().isInteger(64))
      return op->emitOpError() << name << " is an i64, the seed";
    return success();
  }
  if (name == getConfigAttrName()) {
    if (!isa<DictionaryAttr>(attribute.getValue()))
      return op->emitOpError() << name << " is a dictionary";
    return success();
  }
  return op->emitOpError() << "unknown attribute " << name;
}

static LogicalResult verifyName(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name != MoEDialect::getNameAttrName())
    return op->emitOpError() << "unknown attribute " << name << " of an argument or a result";
  if (!isa<StringAttr>(attribute.getValue()))
    return op->emitOpError() << name << " is a string, the name of an array";
  return success();
}

LogicalResult MoEDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned,
                                                   NamedAttribute attribute) {
  return verifyName(op, attribute);
}

LogicalResult MoEDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                                      NamedAttribute attribute) {
  return verifyName(op, attribute);
}

WeightOp moec::moe::lookupWeight(Operation *user, FlatSymbolRefAttr ref) {
  return lookupSymbol<WeightOp>(user, ref);
}

SmallVector<FlatSymbolRefAttr> moec::moe::getWeightRefs(Operation *op) {
  SmallVector<FlatSymbolRefAttr> refs;
  if (isa<CacheAppendOp>(op))
    return refs;
  if (auto experts = dyn_cast<ExpertsOp>(op)) {
    for (FlatSymbolRefAttr ref :
         {experts.getGateAttr(), experts.getUpAttr(), experts.getDownAttr(),
          experts.getGateBiasAttr(), experts.getUpBiasAttr(), experts.getDownBiasAttr()})
      if (ref)
        refs.push_back(ref);
    return refs;
  }
  auto user = dyn_cast<StateUserOp>(op);
  for (NamedAttribute attribute : op->getAttrs())
    if (auto ref = dyn_cast<FlatSymbolRefAttr>(attribute.getValue()))
      if (!user || ref != user.getStateAttr())
        refs.push_back(ref);
  return refs;
}

FlatSymbolRefAttr moec::moe::getCacheSymbol(Value kv) {
  while (kv) {
    if (auto append = kv.getDefiningOp<CacheAppendOp>())
      return append.getCacheAttr();
    if (auto group = kv.getDefiningOp<GroupOp>()) {
      kv = group.getYields()[cast<OpResult>(kv).getResultNumber()];
      continue;
    }
    auto argument = dyn_cast<BlockArgument>(kv);
    auto group = argument ? dyn_cast<GroupOp>(argument.getOwner()->getParentOp()) : GroupOp();
    if (!group)
      return {};
    kv = group.getInputs()[argument.getArgNumber()];
  }
  return {};
}
