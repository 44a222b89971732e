//===- RowOps.cpp - Rules and folds of the row-wise ops -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Verifiers for what ODS can't say, and the folds that earn their place.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

#include <cmath>

using namespace mlir;
using namespace moec::moe;

/// Numbers in one token's row.
static int64_t rowSize(RankedTensorType type) {
  return ShapedType::getNumElements(type.getShape().drop_front());
}

static LogicalResult verifyEpsilon(Operation *op, const APFloat &epsilon) {
  if (epsilon.isFinite() && !epsilon.isNegative())
    return success();
  return op->emitOpError() << "epsilon " << epsilon.convertToDouble()
                           << " is negative or not finite";
}

LogicalResult RMSNormOp::verify() { return verifyEpsilon(*this, getEpsilon()); }

LogicalResult RMSNormOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyWeight(*this, tables, getWeightAttr(), "weight", getType().getShape().take_back());
}

LogicalResult LayerNormOp::verify() { return verifyEpsilon(*this, getEpsilon()); }

LogicalResult LayerNormOp::verifySymbolUses(SymbolTableCollection &tables) {
  ArrayRef<int64_t> shape = getType().getShape().take_back();
  if (failed(verifyWeight(*this, tables, getWeightAttr(), "weight", shape)))
    return failure();
  return verifyWeight(*this, tables, getBiasAttr(), "bias", shape);
}

LogicalResult RopeOp::verify() {
  int64_t offset = getOffset(), size = getSize(), width = getType().getShape().back();
  if (size < 2 || size % 2 != 0)
    return emitOpError() << "size " << size << " is no positive number of pairs";
  if (offset < 0 || offset + size > width)
    return emitOpError() << "rotates elements " << offset << " to " << offset + size << " of "
                         << width;
  if (getTheta().convertToDouble() <= 1)
    return emitOpError() << "theta " << getTheta().convertToDouble() << " is not above 1";
  return success();
}

SmallVector<double> RopeOp::getFrequencies() {
  double theta = getTheta().convertToDouble();
  SmallVector<double> frequencies(getSize() / 2);
  for (auto [pair, frequency] : llvm::enumerate(frequencies))
    frequency = std::pow(theta, -2.0 * double(pair) / double(getSize()));
  if (getScaling())
    getScaling()->scale(frequencies, theta);
  return frequencies;
}

double RopeOp::getRotationMagnitude() {
  return getScaling() ? getScaling()->getRotationMagnitude() : 1.0;
}

LogicalResult ViewOp::verify() {
  return verifyEqual(*this, "input row size", rowSize(getInput().getType()), "result row size",
                     rowSize(getType()));
}

OpFoldResult ViewOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

/// Checks that two shapes agree in all dimensions but the last.
static LogicalResult verifyLeading(Operation *op, RankedTensorType input, RankedTensorType result) {
  if (input.getShape().drop_back() == result.getShape().drop_back())
    return success();
  return op->emitOpError() << "input " << input << " and result " << result
                           << " differ before the last dimension";
}

LogicalResult SliceOp::verify() {
  auto input = getInput().getType();
  if (failed(verifyLeading(*this, input, getType())))
    return failure();
  int64_t offset = getOffset(), end = offset + getType().getShape().back();
  if (offset < 0 || end > input.getShape().back())
    return emitOpError() << "takes elements " << offset << " to " << end << " of "
                         << input.getShape().back();
  return success();
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "needs an input";
  int64_t width = 0;
  for (Type type : getInputs().getTypes()) {
    auto input = cast<RankedTensorType>(type);
    if (failed(verifyLeading(*this, input, getType())))
      return failure();
    width += input.getShape().back();
  }
  return verifyEqual(*this, "sum of input widths", width, "result width",
                     getType().getShape().back());
}

LogicalResult MulOp::verify() {
  auto lhs = getLhs().getType(), rhs = getRhs().getType();
  if (lhs.getShape() != getType().getShape())
    return emitOpError() << "lhs " << lhs << " and result " << getType() << " differ in shape";
  if (failed(verifyLeading(*this, rhs, getType())))
    return failure();
  int64_t width = rhs.getShape().back();
  return width == 1
             ? success()
             : verifyEqual(*this, "rhs width", width, "result width", getType().getShape().back());
}
