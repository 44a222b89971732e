//===- VerifyUtils.cpp - Checks that several ops share --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small checks whose messages carry both numbers.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

using namespace mlir;
using namespace moec::moe;

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, "x");
  return text;
}

LogicalResult moec::moe::verifyWeight(Operation *op, SymbolTableCollection &tables,
                                      FlatSymbolRefAttr ref, StringRef role,
                                      ArrayRef<int64_t> shape) {
  if (!ref)
    return success();
  auto weight = lookupSymbol<WeightOp>(tables, op, ref);
  if (!weight)
    return op->emitOpError() << role << " " << ref << " is no moe.weight of this module";
  return verifyShape(op, role, ref, weight, weight.getTensorType().getShape(), shape);
}

LogicalResult moec::moe::verifyShape(Operation *op, StringRef role, FlatSymbolRefAttr ref,
                                     Operation *declaration, ArrayRef<int64_t> actual,
                                     ArrayRef<int64_t> needed) {
  if (actual == needed)
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << role << " " << ref << " has shape " << shapeText(actual)
                            << ", but the op needs " << shapeText(needed);
  diag.attachNote(declaration->getLoc()) << "declared here";
  return diag;
}

LogicalResult moec::moe::verifyEqual(Operation *op, StringRef whatLeft, int64_t left,
                                     StringRef whatRight, int64_t right) {
  if (left == right)
    return success();
  return op->emitOpError() << whatLeft << " " << left << " does not match " << whatRight << " "
                           << right;
}
