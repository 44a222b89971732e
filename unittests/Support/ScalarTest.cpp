//===- ScalarTest.cpp - Scalar conversions against APFloat ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every code of the small formats, and every float that matters for rounding.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Scalar.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APInt.h"
#include <gtest/gtest.h>
#include <random>

using namespace moec;
using llvm::APFloat;

/// The float that `bits` of a format mean, by LLVM.
static float widen(const llvm::fltSemantics &semantics, unsigned width, uint64_t bits) {
  APFloat value(semantics, llvm::APInt(width, bits));
  bool lost;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lost);
  return value.convertToFloat();
}

/// The bits of a float rounded to a format, by LLVM.
static uint64_t narrow(const llvm::fltSemantics &semantics, float value) {
  APFloat wide(value);
  bool lost;
  wide.convert(semantics, APFloat::rmNearestTiesToEven, &lost);
  return wide.bitcastToAPInt().getZExtValue();
}

static bool same(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

TEST(Scalar, WideningIsExactForEveryCode) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    EXPECT_TRUE(same(bf16ToF32(bits), widen(APFloat::BFloat(), 16, bits))) << bits;
    EXPECT_TRUE(same(f16ToF32(bits), widen(APFloat::IEEEhalf(), 16, bits))) << bits;
  }
  for (uint32_t bits = 0; bits < 256; ++bits) {
    // APFloat knows that 0xFF is NaN but does not convert it to one.
    APFloat scale(APFloat::Float8E8M0FNU(), llvm::APInt(8, bits));
    EXPECT_TRUE(scale.isNaN() ? std::isnan(e8m0ToF32(bits))
                              : same(e8m0ToF32(bits), widen(APFloat::Float8E8M0FNU(), 8, bits)))
        << bits;
  }
}

/// Calls f with each value that a format has, its neighbours' midpoint, and both floats beside
/// that.
template <typename F> static void aroundMidpoints(unsigned codes, float (*widen)(uint32_t), F f) {
  for (uint32_t code = 0; code + 1 < codes; ++code) {
    double low = widen(code), high = widen(code + 1);
    if (!std::isfinite(low) || !std::isfinite(high))
      continue;
    float middle = static_cast<float>((low + high) / 2);
    for (float value : {float(low), middle, std::nextafter(middle, float(low)),
                        std::nextafter(middle, float(high))}) {
      f(value);
      f(-value);
    }
  }
}

TEST(Scalar, NarrowingRoundsToNearestEven) {
  aroundMidpoints(
      0x8000, [](uint32_t b) { return bf16ToF32(b); },
      [](float value) { EXPECT_EQ(f32ToBf16(value), narrow(APFloat::BFloat(), value)) << value; });
  aroundMidpoints(
      0x8000, [](uint32_t b) { return f16ToF32(b); },
      [](float value) { EXPECT_EQ(f32ToF16(value), narrow(APFloat::IEEEhalf(), value)) << value; });
}

TEST(Scalar, NarrowingRandomFloats) {
  std::mt19937 random(3);
  for (int i = 0; i < 300000; ++i) {
    float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(bf16ToF32(f32ToBf16(value))));
      EXPECT_TRUE(std::isnan(f16ToF32(f32ToF16(value))));
      continue;
    }
    EXPECT_EQ(f32ToBf16(value), narrow(APFloat::BFloat(), value)) << value;
    EXPECT_EQ(f32ToF16(value), narrow(APFloat::IEEEhalf(), value)) << value;
  }
}

TEST(Scalar, SaturationAndInfinity) {
  EXPECT_EQ(f32ToF16(65519.9f), narrow(APFloat::IEEEhalf(), 65519.9f));
  EXPECT_EQ(f32ToF16(65520.0f), 0x7c00);
  EXPECT_EQ(f32ToBf16(INFINITY), 0x7f80);
}
