//===- MXOps.cpp - Rules of the conversions ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Verifiers, for what ODS can't say.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MX/MX.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace moec::mx;

#define GET_OP_CLASSES
#include "moec/Dialect/MX/MXOps.cpp.inc"

LogicalResult moec::mx::verifyRounding(function_ref<InFlightDiagnostic()> emitError, Type result,
                                       RoundingAttr rounding) {
  BlockType block = getBlockElement(result);
  if (block && block.hasPowerOfTwoScale() && !rounding)
    return emitError() << "needs a rounding rule (floor, ceil, even) to choose the scales of "
                       << result;
  if (rounding && (!block || !block.hasPowerOfTwoScale()))
    return emitError() << "has rounding " << stringifyRounding(rounding.getValue()) << ", but "
                       << result << " has no power-of-two scale to choose";
  return success();
}

LogicalResult QuantizeOp::verify() {
  return verifyRounding([&] { return emitOpError(); }, getType(), getRoundingAttr());
}
