//===- MoEAttrs.cpp - Attributes of the model dialect ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rules and meaning of the structural attributes.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace moec::moe;

FailureOr<APFloat> moec::moe::detail::parseDouble(AsmParser &parser) {
  double value;
  if (parser.parseFloat(value))
    return failure();
  return APFloat(value);
}

#include "moec/Dialect/MoE/MoEEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/MoE/MoEAttrs.cpp.inc"

void MoEDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "moec/Dialect/MoE/MoEAttrs.cpp.inc"
      >();
}

using EmitError = function_ref<InFlightDiagnostic()>;

static LogicalResult verifyPositive(EmitError emitError, StringRef name, int64_t value) {
  if (value < 1)
    return emitError() << name << " " << value << " is not positive";
  return success();
}

static LogicalResult verifyPositive(EmitError emitError, StringRef name, const APFloat &value) {
  if (!value.isFinite() || value.convertToDouble() <= 0)
    return emitError() << name << " " << value.convertToDouble() << " is not positive";
  return success();
}

//===----------------------------------------------------------------------===//
// Activation
//===----------------------------------------------------------------------===//

LogicalResult ActivationAttr::verify(EmitError emitError, ActivationKind kind, APFloat limit,
                                     APFloat alpha, APFloat upOffset) {
  if (!limit.isFinite() || limit.convertToDouble() < 0)
    return emitError() << "limit " << limit.convertToDouble() << " is negative or not finite";
  return success();
}

//===----------------------------------------------------------------------===//
// Cache kinds
//===----------------------------------------------------------------------===//

LogicalResult KeyValueAttr::verify(EmitError emitError, int64_t heads, int64_t keyDim,
                                   int64_t valueDim) {
  return failure(failed(verifyPositive(emitError, "heads", heads)) ||
                 failed(verifyPositive(emitError, "key_dim", keyDim)) ||
                 failed(verifyPositive(emitError, "value_dim", valueDim)));
}
StringRef KeyValueAttr::getKindName() const { return getMnemonic(); }
SmallVector<SmallVector<int64_t>> KeyValueAttr::getParts() const {
  return {{getHeads(), getKeyDim()}, {getHeads(), getValueDim()}};
}

LogicalResult LatentAttr::verify(EmitError emitError, int64_t rank, int64_t ropeDim) {
  return failure(failed(verifyPositive(emitError, "rank", rank)) ||
                 failed(verifyPositive(emitError, "rope_dim", ropeDim)));
}
StringRef LatentAttr::getKindName() const { return getMnemonic(); }
SmallVector<SmallVector<int64_t>> LatentAttr::getParts() const {
  return {{getRank()}, {getRopeDim()}};
}

LogicalResult IndexKeyAttr::verify(EmitError emitError, int64_t dim) {
  return verifyPositive(emitError, "dim", dim);
}
StringRef IndexKeyAttr::getKindName() const { return getMnemonic(); }
SmallVector<SmallVector<int64_t>> IndexKeyAttr::getParts() const { return {{getDim()}}; }

//===----------------------------------------------------------------------===//
// Rope scalings
//===----------------------------------------------------------------------===//

LogicalResult LinearScalingAttr::verify(EmitError emitError, APFloat factor) {
  return verifyPositive(emitError, "factor", factor);
}
void LinearScalingAttr::scale(MutableArrayRef<double> frequencies, double theta) const {
  for (double &frequency : frequencies)
    frequency /= getFactor().convertToDouble();
}
double LinearScalingAttr::getRotationMagnitude() const { return 1.0; }

LogicalResult TurnsScalingAttr::verify(EmitError emitError, APFloat factor,
                                       int64_t originalPositions, APFloat lowTurns,
                                       APFloat highTurns) {
  if (failed(verifyPositive(emitError, "factor", factor)) ||
      failed(verifyPositive(emitError, "original_positions", originalPositions)) ||
      failed(verifyPositive(emitError, "low_turns", lowTurns)))
    return failure();
  double low = lowTurns.convertToDouble(), high = highTurns.convertToDouble();
  if (high > low && std::isfinite(high))
    return success();
  return emitError() << "high_turns " << high << " is not above low_turns " << low;
}

void TurnsScalingAttr::scale(MutableArrayRef<double> frequencies, double theta) const {
  double low = getLowTurns().convertToDouble(), high = getHighTurns().convertToDouble();
  for (double &frequency : frequencies) {
    double turns = double(getOriginalPositions()) * frequency / (2 * std::numbers::pi);
    double kept = std::clamp((turns - low) / (high - low), 0.0, 1.0);
    frequency = frequency / getFactor().convertToDouble() * (1 - kept) + frequency * kept;
  }
}
double TurnsScalingAttr::getRotationMagnitude() const { return 1.0; }

LogicalResult YarnAttr::verify(EmitError emitError, APFloat factor, int64_t originalPositions,
                               APFloat betaFast, APFloat betaSlow, APFloat magnitude,
                               bool truncate) {
  return failure(failed(verifyPositive(emitError, "factor", factor)) ||
                 failed(verifyPositive(emitError, "original_positions", originalPositions)) ||
                 failed(verifyPositive(emitError, "beta_fast", betaFast)) ||
                 failed(verifyPositive(emitError, "beta_slow", betaSlow)) ||
                 failed(verifyPositive(emitError, "magnitude", magnitude)));
}

void YarnAttr::scale(MutableArrayRef<double> frequencies, double theta) const {
  double size = 2.0 * frequencies.size();
  // The pair that turns `turns` times over the original positions.
  auto pairOfTurns = [&](double turns) {
    return size * std::log(getOriginalPositions() / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(theta));
  };
  double low = pairOfTurns(getBetaFast().convertToDouble());
  double high = pairOfTurns(getBetaSlow().convertToDouble());
  if (getTruncate()) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, size - 1);
  if (low == high)
    high += 0.001; // A ramp of no width would divide by zero.
  for (auto [pair, frequency] : llvm::enumerate(frequencies)) {
    double ramp = std::clamp((double(pair) - low) / (high - low), 0.0, 1.0);
    frequency = frequency / getFactor().convertToDouble() * ramp + frequency * (1 - ramp);
  }
}
double YarnAttr::getRotationMagnitude() const { return getMagnitude().convertToDouble(); }

//===----------------------------------------------------------------------===//
// Weight views
//===----------------------------------------------------------------------===//

LogicalResult WeightViewAttr::verify(EmitError emitError, ArrayRef<int64_t> shape,
                                     ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                                     ArrayRef<int64_t> strides, ArrayRef<int64_t> order) {
  size_t rank = shape.size();
  if (offsets.size() != rank || sizes.size() != rank)
    return emitError() << "view has " << offsets.size() << " offsets and " << sizes.size()
                       << " sizes for " << rank << " dimensions";
  if (!strides.empty() && strides.size() != rank)
    return emitError() << "view has " << strides.size() << " strides for " << rank << " dimensions";
  for (size_t i = 0; i < rank; ++i) {
    int64_t stride = strides.empty() ? 1 : strides[i];
    if (sizes[i] < 1 || stride < 1 || offsets[i] < 0)
      return emitError() << "view dimension " << i << " has offset " << offsets[i] << ", size "
                         << sizes[i] << ", stride " << stride;
    int64_t last = offsets[i] + (sizes[i] - 1) * stride;
    if (last >= shape[i])
      return emitError() << "view dimension " << i << " reaches element " << last << " of "
                         << shape[i];
  }
  if (order.empty())
    return success();
  if (order.size() != rank)
    return emitError() << "view orders " << order.size() << " of " << rank << " dimensions";
  llvm::SmallBitVector seen(rank);
  for (int64_t dim : order) {
    if (dim < 0 || dim >= int64_t(rank) || seen.test(dim))
      return emitError() << "view order is no permutation of " << rank << " dimensions: " << dim
                         << " is out of range or twice in it";
    seen.set(dim);
  }
  return success();
}

SmallVector<int64_t> WeightViewAttr::getResultShape() {
  if (getOrder().empty())
    return SmallVector<int64_t>(getSizes());
  return llvm::map_to_vector(getOrder(), [&](int64_t dim) { return getSizes()[dim]; });
}

int64_t WeightViewAttr::getSourceIndex(ArrayRef<int64_t> index) {
  SmallVector<int64_t> source(getOffsets());
  for (auto [i, value] : llvm::enumerate(index)) {
    int64_t dim = getOrder().empty() ? int64_t(i) : getOrder()[i];
    source[dim] += value * (getStrides().empty() ? 1 : getStrides()[dim]);
  }
  int64_t linear = 0;
  for (auto [extent, value] : llvm::zip(getShape(), source))
    linear = linear * extent + value;
  return linear;
}
