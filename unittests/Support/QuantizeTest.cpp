//===- QuantizeTest.cpp - Block quantisation --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scales against their definitions, codes against a search for the nearest value.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Quantize.h"
#include "moec/Support/Scalar.h"

#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

using namespace moec;

TEST(MxScale, FollowsTheDefinitions) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponent(-100, 100);
  for (int i = 0; i < 20000; ++i) {
    float amax = static_cast<float>(std::exp2(exponent(random)));
    double floorScale = std::exp2(std::floor(std::log2(double(amax)))) / 4;
    EXPECT_EQ(e8m0ToF32(mxScale(amax, ScaleRounding::Floor)), floorScale);
    double ceil = e8m0ToF32(mxScale(amax, ScaleRounding::Ceil));
    EXPECT_GE(ceil * 6, amax);
    EXPECT_LT(ceil / 2 * 6, amax);
    double even = amax / (floorScale * 4) >= 1.75 ? 2 * floorScale : floorScale;
    EXPECT_EQ(e8m0ToF32(mxScale(amax, ScaleRounding::Even)), even);
  }
}

TEST(MxScale, SpecialValues) {
  for (ScaleRounding rounding : {ScaleRounding::Floor, ScaleRounding::Ceil, ScaleRounding::Even}) {
    EXPECT_EQ(mxScale(0, rounding), 0);
    EXPECT_EQ(mxScale(std::numeric_limits<float>::denorm_min(), rounding), 0);
    EXPECT_EQ(mxScale(std::numeric_limits<float>::infinity(), rounding), 0xff);
    EXPECT_EQ(mxScale(std::numeric_limits<float>::quiet_NaN(), rounding), 0xff);
  }
  EXPECT_EQ(mxScale(std::numeric_limits<float>::max(), ScaleRounding::Floor), 252);
  EXPECT_EQ(mxScale(6.0f, ScaleRounding::Ceil), 127);
  EXPECT_EQ(mxScale(std::nextafter(6.0f, 7.0f), ScaleRounding::Ceil), 128);
}

TEST(Mxfp4, CodesAreTheNearestValues) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal(0, 3);
  for (int block = 0; block < 500; ++block) {
    std::vector<float> values(32);
    for (float &value : values)
      value = normal(random);
    std::vector<uint8_t> codes(32);
    std::vector<float> back(32);
    uint8_t scale = quantizeMxfp4Block(values, ScaleRounding::Even, codes);
    dequantizeMxfp4Block(codes, scale, back);
    for (int i = 0; i < 32; ++i) {
      double best = 1e30;
      for (uint8_t code = 0; code < 16; ++code)
        best = std::min(best,
                        std::fabs(double(values[i]) - double(e2m1ToF32(code)) * e8m0ToF32(scale)));
      EXPECT_EQ(std::fabs(double(values[i]) - back[i]), best);
    }
  }
}

TEST(Mxfp4, NotANumberPoisonsItsBlock) {
  std::vector<float> values(32, 1.0f), back(32);
  values[5] = std::numeric_limits<float>::infinity();
  std::vector<uint8_t> codes(32);
  EXPECT_EQ(quantizeMxfp4Block(values, ScaleRounding::Even, codes), 0xff);
  dequantizeMxfp4Block(codes, 0xff, back);
  EXPECT_TRUE(std::isnan(back[0]));
}

TEST(Int4, CodesAndScale) {
  std::vector<float> values = {0, 7, -7, 3.5f, 2.5f, -0.5f, 1.5f, -6.6f};
  std::vector<int8_t> codes(values.size());
  EXPECT_EQ(quantizeInt4Group(values, codes), 1.0f);
  EXPECT_EQ(codes, (std::vector<int8_t>{0, 7, -7, 4, 2, 0, 2, -7}));
  for (int8_t code = -7; code <= 7; ++code)
    EXPECT_EQ(int4ToInt8(uint8_t(code)), code);
  // The scale is a bf16, so the largest number may be past the last code; it takes that.
  for (float amax : {1.0f, 100.0f, 3e38f, 1e-38f}) {
    std::vector<float> pair = {amax, -amax};
    std::vector<int8_t> last(2);
    float scale = quantizeInt4Group(pair, last);
    EXPECT_EQ(scale, bf16ToF32(f32ToBf16(amax / 7)));
    EXPECT_EQ(last, (std::vector<int8_t>{7, -7})) << amax;
  }
  std::vector<float> bad = {1, -std::numeric_limits<float>::infinity()};
  std::vector<int8_t> none = {1, 1};
  EXPECT_TRUE(std::isnan(quantizeInt4Group(bad, none)));
  EXPECT_EQ(none, std::vector<int8_t>(2, 0));
}

TEST(Int8, CodesAndScale) {
  std::vector<float> values = {0, 127, -127, 63.5f, 62.5f, -0.5f, 1.5f, -1.5f};
  std::vector<int8_t> codes(values.size());
  EXPECT_EQ(quantizeInt8Group(values, codes), 1.0f);
  EXPECT_EQ(codes, (std::vector<int8_t>{0, 127, -127, 64, 62, 0, 2, -2}));
  std::vector<float> zeros(8, 0.0f);
  EXPECT_EQ(quantizeInt8Group(zeros, codes), 0.0f);
  EXPECT_EQ(codes, std::vector<int8_t>(8, 0));
  zeros[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(quantizeInt8Group(zeros, codes)));
}
