//===- StoredMatrixTest.cpp - Quantising and dequantising -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What every format of the table has to do, and the values that differ by kind.
//
//===----------------------------------------------------------------------===//

#include "moec/Formats/StoredMatrix.h"
#include "moec/Support/Scalar.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace moec;

namespace {

class EveryFormat : public testing::TestWithParam<NamedFormat> {};

std::vector<float> randomNumbers(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

TEST_P(EveryFormat, CodesAreTheNearestNumbers) {
  // Neither extent is a multiple of the blocks: the last ones are short.
  const int64_t rows = 131, columns = 300;
  BlockFormat format = fitted(GetParam().format, rows, columns);
  std::vector<float> values = randomNumbers(rows * columns, 2), back(values.size());
  StoredMatrix matrix = quantize(format, ScaleRounding::Even, rows, columns, values);
  dequantize(matrix, back);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      int64_t block = matrix.blockOf(row, column);
      float scale = decodeScale(format.scale, matrix.scale(block)) * matrix.global;
      float zero = format.hasZero ? float(matrix.zeros[block]) : 0;
      float value = values[row * columns + column], best = 1e30f;
      for (unsigned code = 0; code < 1u << format.codeBits(); ++code)
        if (float number = (decodeCode(format.code, uint8_t(code)) - zero) * scale;
            std::isfinite(number))
          best = std::min(best, std::fabs(value - number));
      // A symmetric format does not use its least integer.
      float slack = format.isInteger() && !format.hasZero ? std::fabs(scale) : 0;
      EXPECT_LE(std::fabs(value - back[row * columns + column]), best * 1.00001f + slack);
    }
}

TEST_P(EveryFormat, WhatItHoldsStaysTheSame) {
  const int64_t rows = 8, columns = 256;
  BlockFormat format = fitted(GetParam().format, rows, columns);
  std::vector<float> values = randomNumbers(rows * columns, 5), once(values.size()),
                     twice(values.size());
  StoredMatrix matrix = quantize(format, ScaleRounding::Floor, rows, columns, values);
  dequantize(matrix, once);
  // Finer blocks hold the same numbers bit for bit.
  for (int64_t block : {32, 16, 4}) {
    StoredMatrix finer = refine(matrix, std::min(block, format.blockColumns));
    EXPECT_EQ(finer.codes, matrix.codes);
    dequantize(finer, twice);
    EXPECT_EQ(once, twice);
  }
}

TEST_P(EveryFormat, NotANumberPoisonsItsBlockAlone) {
  const int64_t rows = 4, columns = 256;
  BlockFormat format = fitted(GetParam().format, rows, columns);
  for (float bad : {NAN, -INFINITY}) {
    // So large that scales of E4M3 need their global one.
    std::vector<float> values(rows * columns, 6e4f), back(values.size());
    values[columns + 5] = bad;
    StoredMatrix matrix = quantize(format, ScaleRounding::Even, rows, columns, values);
    dequantize(matrix, back);
    for (int64_t i = 0; i < rows * columns; ++i) {
      bool poisoned = matrix.blockOf(i / columns, i % columns) == matrix.blockOf(1, 5);
      EXPECT_EQ(std::isnan(back[i]), poisoned) << i;
      if (!poisoned)
        EXPECT_NEAR(back[i], 6e4f, 6e4f / 4) << i;
    }
  }
}

TEST_P(EveryFormat, ZerosAreZeros) {
  BlockFormat format = fitted(GetParam().format, 2, 64);
  std::vector<float> values(128, 0.0f), back(128, 1.0f);
  dequantize(quantize(format, ScaleRounding::Ceil, 2, 64, values), back);
  EXPECT_EQ(back, values);
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryFormat,
                         testing::ValuesIn(namedFormats().begin(), namedFormats().end()),
                         [](auto &info) { return std::string(info.param.name); });

TEST(StoredMatrix, CodesOfSixBitsLieInWordsOfThreeBytes) {
  StoredMatrix matrix({CodeType::E2M3, ScaleType::E8M0}, 1, 8);
  for (int64_t column = 0; column < 8; ++column)
    matrix.setCode(0, column, uint8_t(column * 9));
  uint32_t word = matrix.codes[0] | matrix.codes[1] << 8 | uint32_t(matrix.codes[2]) << 16;
  EXPECT_EQ(word, 0u | 9u << 6 | 18u << 12 | 27u << 18);
  for (int64_t column = 0; column < 8; ++column)
    EXPECT_EQ(matrix.code(0, column), column * 9);
  matrix.setCode(0, 2, 63);
  EXPECT_EQ(matrix.code(0, 1), 9);
  EXPECT_EQ(matrix.code(0, 3), 27);
}

TEST(StoredMatrix, IntegersOfGroups) {
  BlockFormat int4{CodeType::Int4, ScaleType::BF16}, int8{CodeType::Int8, ScaleType::F32};
  std::vector<float> small = {0, 7, -7, 3.5f, 2.5f, -0.5f, 1.5f, -6.6f};
  std::vector<uint8_t> codes(small.size());
  EXPECT_EQ(decodeScale(int4.scale, quantizeBlock(int4, ScaleRounding::Even, small, codes)), 1);
  EXPECT_EQ(codes, (std::vector<uint8_t>{0, 7, 9, 4, 2, 0, 2, 9}));
  std::vector<float> large = {0, 127, -127, 63.5f, 62.5f, -0.5f, 1.5f, -1.5f};
  EXPECT_EQ(decodeScale(int8.scale, quantizeBlock(int8, ScaleRounding::Even, large, codes)), 1);
  EXPECT_EQ(codes, (std::vector<uint8_t>{0, 127, 129, 64, 62, 0, 2, 254}));
  // The scale is a bf16, so the largest number may be past the last code; it takes that.
  for (float amax : {1.0f, 100.0f, 3e38f, 1e-38f}) {
    std::vector<float> pair = {amax, -amax};
    std::vector<uint8_t> last(2);
    EXPECT_EQ(quantizeBlock(int4, ScaleRounding::Even, pair, last), f32ToBf16(amax / 7));
    EXPECT_EQ(last, (std::vector<uint8_t>{7, 9})) << amax;
  }
}

TEST(StoredMatrix, ScalesOfF16HaveAnEnd) {
  const BlockFormat &format = findFormat("int8_f16")->format;
  auto storeLargest = [&](float largest) {
    std::vector<float> values(32, largest / 2), stored(32);
    values[3] = largest;
    std::vector<uint8_t> codes(32);
    uint32_t scale = quantizeBlock(format, ScaleRounding::Even, values, codes);
    dequantizeBlock(format, codes, scale, stored);
    return stored[3];
  };
  float ends[] = {0x1p-14f * 127, 65504.0f * 127};
  for (float largest : ends)
    EXPECT_EQ(storeLargest(largest), largest);
  EXPECT_EQ(storeLargest(0x1p-26f * 127), 0);
  EXPECT_TRUE(std::isnan(storeLargest(65536.0f * 127)));
}

TEST(StoredMatrix, ZeroPointsSpanTheNumbers) {
  BlockFormat format = findFormat("int4_zero")->format;
  std::vector<float> values(32), back(32);
  for (int i = 0; i < 32; ++i)
    values[i] = 2.0f + float(i % 16); // 2 … 17, and the codes reach from 0 to 17
  StoredMatrix matrix = quantize(format, ScaleRounding::Even, 1, 32, values);
  EXPECT_EQ(matrix.zeros[0], -8);
  EXPECT_EQ(matrix.code(0, 15), 7);
  dequantize(matrix, back);
  float step = decodeScale(format.scale, matrix.scale(0));
  for (int i = 0; i < 32; ++i)
    EXPECT_LE(std::fabs(values[i] - back[i]), step / 2 + 0.1f) << i;
}

} // namespace
