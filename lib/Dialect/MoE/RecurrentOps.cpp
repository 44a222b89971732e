//===- RecurrentOps.cpp - Rules of ops that carry a state -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How states and weights go with what is mixed.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

using namespace mlir;
using namespace moec::moe;

/// Checks that `ref` names a state of shape `shape`.
static LogicalResult verifyState(Operation *op, SymbolTableCollection &tables,
                                 FlatSymbolRefAttr ref, ArrayRef<int64_t> shape) {
  auto state = lookupSymbol<StateOp>(tables, op, ref);
  if (!state)
    return op->emitOpError() << "state " << ref << " is no moe.state of this module";
  return verifyShape(op, "state", ref, state, state.getTensorType().getShape(), shape);
}

LogicalResult CausalConvOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t channels = getType().getDimSize(1);
  auto filter = lookupSymbol<WeightOp>(tables, *this, getWeightAttr());
  int64_t taps = filter ? filter.getTensorType().getShape().back() : 0;
  if (failed(verifyWeight(*this, tables, getWeightAttr(), "weight", {channels, taps})))
    return failure();
  if (taps < 2)
    return emitOpError() << "weight " << getWeightAttr() << " has " << taps
                         << " numbers a channel, but the op needs at least 2";
  return verifyState(*this, tables, getStateAttr(), {taps - 1, channels});
}

LogicalResult GatedDeltaOp::verify() {
  if (getKeyHeads() < 1 || getHeads() % getKeyHeads() != 0)
    return emitOpError() << getHeads() << " value heads do not divide by " << getKeyHeads()
                         << " key heads";
  return verifyEqual(*this, "width of decay and beta", getDecay().getType().getDimSize(1),
                     "value heads", getHeads());
}

LogicalResult GatedDeltaOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyState(*this, tables, getStateAttr(), {getHeads(), getKeyWidth(), getValueWidth()});
}

LogicalResult DecayOp::verifySymbolUses(SymbolTableCollection &tables) {
  ArrayRef<int64_t> shape = getType().getShape().take_back();
  if (failed(verifyWeight(*this, tables, getRateAttr(), "rate", shape)))
    return failure();
  return verifyWeight(*this, tables, getBiasAttr(), "bias", shape);
}
