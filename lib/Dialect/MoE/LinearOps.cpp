//===- LinearOps.cpp - Rules of the matrix products -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Weight shapes of linear and head_linear.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

using namespace mlir;
using namespace moec::moe;

LogicalResult LinearOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t rows = getType().getDimSize(1), width = getInput().getType().getDimSize(1);
  if (failed(verifyWeight(*this, tables, getWeightAttr(), "weight", {rows, width})))
    return failure();
  return verifyWeight(*this, tables, getBiasAttr(), "bias", {rows});
}

LogicalResult HeadLinearOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto input = getInput().getType();
  return verifyWeight(*this, tables, getWeightAttr(), "weight",
                      {input.getDimSize(1), getType().getDimSize(2), input.getDimSize(2)});
}
