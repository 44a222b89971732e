//===- Quantize.cpp - Block quantisation ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scales by their definition, codes by division in wide enough arithmetic.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Quantize.h"
#include "moec/Support/Scalar.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace moec;

/// The E8M0 scale for codes whose largest is `largest` · 2^`power`, `largest` in [1, 2).
static uint8_t scaleFor(float amax, ScaleRounding rounding, int power, float largest) {
  if (!std::isfinite(amax))
    return 0xff;
  if (amax == 0)
    return 0;
  int exponent; // amax = mantissa · 2^exponent, mantissa in [1, 2)
  float mantissa = 2 * std::frexp(amax, &exponent);
  exponent -= 1;
  switch (rounding) {
  case ScaleRounding::Floor:
    break;
  case ScaleRounding::Ceil:
    exponent += mantissa > largest;
    break;
  case ScaleRounding::Even:
    exponent += mantissa >= 1.75f;
    break;
  }
  return static_cast<uint8_t>(std::clamp(exponent - power + 127, 0, 254));
}

uint8_t moec::mxScale(float amax, ScaleRounding rounding) {
  return scaleFor(amax, rounding, /*power=*/2, /*largest=*/1.5f); // 6
}

uint8_t moec::mxfp8Scale(float amax, ScaleRounding rounding) {
  return scaleFor(amax, rounding, /*power=*/8, /*largest=*/1.75f); // 448
}

float moec::blockMaximum(std::span<const float> values) {
  float amax = 0;
  for (float value : values) {
    if (std::isnan(value))
      return std::numeric_limits<float>::quiet_NaN();
    amax = std::max(amax, std::fabs(value));
  }
  return amax;
}

uint8_t moec::quantizeMxfp4Block(std::span<const float> values, ScaleRounding rounding,
                                 std::span<uint8_t> codes) {
  assert(values.size() == codes.size());
  uint8_t scale = mxScale(blockMaximum(values), rounding);
  // A power of two in range, so that the product is what ldexp gives.
  float factor = std::ldexp(1.0f, 127 - int(scale));
  for (size_t i = 0; i < values.size(); ++i)
    codes[i] = scale == 0xff ? 0 : f32ToE2m1(values[i] * factor);
  return scale;
}

void moec::dequantizeMxfp4Block(std::span<const uint8_t> codes, uint8_t scale,
                                std::span<float> values) {
  assert(values.size() == codes.size());
  float factor = e8m0ToF32(scale);
  for (size_t i = 0; i < codes.size(); ++i)
    values[i] = e2m1ToF32(codes[i]) * factor;
}

/// Codes of at most `largest`, of values / scale.
static void quantizeIntegers(std::span<const float> values, float scale, float largest,
                             std::span<int8_t> codes) {
  assert(values.size() == codes.size());
  bool none = scale == 0 || std::isnan(scale);
  for (size_t i = 0; i < values.size(); ++i) {
    float quotient = none ? 0 : std::nearbyint(values[i] / scale);
    codes[i] = static_cast<int8_t>(std::clamp(quotient, -largest, largest));
  }
}

/// amax / largest; NaN for a group with a NaN or an infinity.
static float integerScale(std::span<const float> values, float largest) {
  float amax = blockMaximum(values);
  return std::isfinite(amax) ? amax / largest : std::numeric_limits<float>::quiet_NaN();
}

float moec::quantizeInt8Group(std::span<const float> values, std::span<int8_t> codes) {
  float scale = integerScale(values, 127);
  quantizeIntegers(values, scale, 127, codes);
  return scale;
}

float moec::quantizeInt4Group(std::span<const float> values, std::span<int8_t> codes) {
  float scale = bf16ToF32(f32ToBf16(integerScale(values, 7)));
  quantizeIntegers(values, scale, 7, codes);
  return scale;
}
