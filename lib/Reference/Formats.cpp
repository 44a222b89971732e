//===- Formats.cpp - Rounding to number formats -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every rounding of the reference happens here.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MX/MX.h"
#include "moec/Formats/StoredMatrix.h"
#include "moec/Reference/Reference.h"
#include "moec/Support/Scalar.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

int64_t Tensor::size() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

int64_t Tensor::rowSize() const {
  return std::accumulate(shape.begin() + 1, shape.end(), int64_t(1), std::multiplies<>());
}

static ScaleRounding ruleOf(StringRef name) {
  if (name == "floor")
    return ScaleRounding::Floor;
  return name == "ceil" ? ScaleRounding::Ceil : ScaleRounding::Even;
}

/// Rounds one block in place; its scale.
static float roundBlock(MutableArrayRef<float> values, MutableArrayRef<uint8_t> codes,
                        const BlockFormat &format, ScaleRounding rule) {
  uint32_t scale = quantizeBlock(format, rule, values, codes);
  dequantizeBlock(format, codes, scale, values);
  return decodeScale(format.scale, scale);
}

void reference::roundTo(Tensor &tensor, Type element, StringRef rounding) {
  if (element.isF32())
    return;
  if (element.isBF16() || element.isF16()) {
    for (float &value : tensor.values)
      value = element.isBF16() ? bf16ToF32(f32ToBf16(value)) : f16ToF32(f32ToF16(value));
    return;
  }
  auto type = cast<mx::BlockType>(element);
  int64_t width = tensor.shape.back(), block = type.getBlockSize();
  tensor.codes.resize(tensor.values.size());
  tensor.scales.clear();
  ScaleRounding rule = ruleOf(rounding);
  BlockFormat format = type.getFormat();
  for (int64_t row = 0; row < int64_t(tensor.values.size()); row += width)
    for (int64_t begin = 0; begin < width; begin += block) {
      int64_t count = std::min(block, width - begin);
      tensor.scales.push_back(roundBlock(MutableArrayRef(tensor.values).slice(row + begin, count),
                                         MutableArrayRef(tensor.codes).slice(row + begin, count),
                                         format, rule));
    }
}
