//===- FormatTest.cpp - Block-scaled tiles, executed ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The scalar conversions of lib/Support are checked elsewhere against APFloat; here the vector code
// must give the same bits.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "moec/Formats/StoredMatrix.h"
#include "moec/Support/Scalar.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {

const std::string fp4 = "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
const std::string int8 = "!mx.block<element = i8, scale = f32, block = 32>";

class FormatTest : public ::testing::TestWithParam<std::string> {};

/// Rows of blocks of very different magnitude: zeros, subnormals, infinities, NaN, exact ties.
std::vector<float> makeBlocks(int rows, int columns) {
  std::vector<float> x = makeRandom(rows * columns, 11);
  for (int i = 0; i != rows * columns / 32; ++i) {
    float *block = &x[i * 32];
    switch (i % 12) {
    case 0:
      std::fill(block, block + 32, i % 24 ? 0.f : -0.f);
      break;
    case 1:
      block[5] = NAN;
      break;
    case 2:
      block[31] = -INFINITY;
      break;
    case 3:
      for (int j = 0; j != 32; ++j)
        block[j] *= 1e-41f;
      break;
    case 4:
      for (int j = 0; j != 32; ++j)
        block[j] *= 3e38f;
      break;
    case 5:
      for (int j = 0; j != 32; ++j)
        block[j] = 0.25f * static_cast<float>(j - 16);
      break;
    case 6:
      block[7] = 7.f;
      break;
    case 7:
      block[7] = 1.75f;
      break;
    case 8:
      block[7] = 1.5f;
      break;
    default:
      break;
    }
  }
  return x;
}

TEST_P(FormatTest, QuantizeFp4) {
  const int rows = 5, columns = 192;
  const BlockFormat &mxfp4 = findFormat("mxfp4")->format;
  for (auto [name, rounding] : {std::pair("floor", ScaleRounding::Floor),
                                {"ceil", ScaleRounding::Ceil},
                                {"even", ScaleRounding::Even}}) {
    Program program(
        "tile.kernel @quantize(%x: !tile.ref<5x192xf32>, %q: !tile.ref<5x192x" + fp4 +
            ">, %y: !tile.ref<5x192xf32>) " + oneBlock +
            " {\n"
            "  %c0 = arith.constant 0 : index\n"
            "  %v = tile.load %x[%c0, %c0] : !tile.ref<5x192xf32> -> tensor<5x192xf32>\n"
            "  %t = tile.quantize %v rounding " +
            name + " : tensor<5x192xf32> -> tensor<5x192x" + fp4 +
            ">\n"
            "  tile.store %t, %q[%c0, %c0] : tensor<5x192x" +
            fp4 + ">, !tile.ref<5x192x" + fp4 +
            ">\n"
            "  %d = tile.dequantize %t : tensor<5x192x" +
            fp4 +
            "> -> tensor<5x192xf32>\n"
            "  tile.store %d, %y[%c0, %c0] : tensor<5x192xf32>, !tile.ref<5x192xf32>\n"
            "  tile.return\n}",
        GetParam());
    std::vector<float> x = makeBlocks(rows, columns), y(x.size());
    std::vector<uint8_t> codes(x.size() / 2), scales(x.size() / 32);
    program.run("quantize", {x, codes, scales, y});
    for (size_t block = 0; block != scales.size(); ++block) {
      uint8_t expected[32];
      float numbers[32];
      uint32_t scale = quantizeBlock(mxfp4, rounding, {&x[block * 32], 32}, expected);
      dequantizeBlock(mxfp4, expected, scale, numbers);
      ASSERT_EQ(scales[block], scale) << name << " block " << block;
      for (int i = 0; i != 32; ++i) {
        ASSERT_EQ(codes[block * 16 + i / 2] >> (i % 2 * 4) & 15, expected[i]) << block << " " << i;
        float got = y[block * 32 + i];
        ASSERT_TRUE(got == numbers[i] || (std::isnan(got) && std::isnan(numbers[i])));
      }
    }
  }
}

TEST_P(FormatTest, QuantizeInt8) {
  Program program("tile.kernel @quantize(%x: !tile.ref<5x192xf32>, %q: !tile.ref<5x192x" + int8 +
                      ">) " + oneBlock +
                      " {\n  %c0 = arith.constant 0 : index\n"
                      "  %v = tile.load %x[%c0, %c0] : !tile.ref<5x192xf32> -> tensor<5x192xf32>\n"
                      "  %t = tile.quantize %v : tensor<5x192xf32> -> tensor<5x192x" +
                      int8 +
                      ">\n"
                      "  tile.store %t, %q[%c0, %c0] : tensor<5x192x" +
                      int8 + ">, !tile.ref<5x192x" + int8 + ">\n  tile.return\n}",
                  GetParam());
  std::vector<float> x = makeBlocks(5, 192), scales(x.size() / 32);
  std::vector<int8_t> codes(x.size());
  program.run("quantize", {x, codes, scales});
  for (size_t block = 0; block != scales.size(); ++block) {
    uint8_t expected[32];
    const BlockFormat &format = findFormat("int8")->format;
    float scale = decodeScale(
        format.scale, quantizeBlock(format, ScaleRounding::Even, {&x[block * 32], 32}, expected));
    ASSERT_TRUE(scales[block] == scale || (std::isnan(scale) && std::isnan(scales[block])));
    for (int i = 0; i != 32; ++i)
      ASSERT_EQ(codes[block * 32 + i], int8_t(expected[i])) << block << " " << i;
  }
}

// Every code with every scale, through a load with bounds; a row past the bound reads as zeros.
TEST_P(FormatTest, DequantizeFp4Exhaustively) {
  Program program(
      "tile.kernel @dequantize(%q: !tile.ref<?x64x" + fp4 +
          ">, %y: !tile.ref<?x64xf32>, "
          "%n: index) grid(%bx = affine_map<(n) -> (n ceildiv 8)>, "
          "%by = affine_map<(n) -> (1)>, %bz = affine_map<(n) -> (1)>) {\n"
          "  %c0 = arith.constant 0 : index\n  %c8 = arith.constant 8 : index\n"
          "  %c64 = arith.constant 64 : index\n"
          "  %row = arith.muli %bx, %c8 : index\n  %left = arith.subi %n, %row : index\n"
          "  %t = tile.load %q[%row, %c0] bounds(%left, %c64) : !tile.ref<?x64x" +
          fp4 + "> -> tensor<8x64x" + fp4 +
          ">\n"
          "  %d = tile.dequantize %t : tensor<8x64x" +
          fp4 +
          "> -> tensor<8x64xf32>\n"
          "  tile.store %d, %y[%row, %c0] : tensor<8x64xf32>, !tile.ref<?x64xf32>\n"
          "  tile.return\n}",
      GetParam());
  std::vector<uint8_t> codes(128 * 32), scales(256);
  for (size_t i = 0; i != codes.size(); ++i)
    codes[i] = static_cast<uint8_t>((2 * i) % 16 | ((2 * i + 1) % 16) << 4);
  for (int i = 0; i != 256; ++i)
    scales[i] = static_cast<uint8_t>(i);
  std::vector<float> y(128 * 64, -1);
  program.run("dequantize", {codes, scales, y, 127});
  for (int i = 0; i != 128 * 64; ++i) {
    float expected =
        i < 127 * 64 ? decodeCode(CodeType::E2M1, i % 16) * e8m0ToF32(scales[i / 32]) : 0;
    ASSERT_TRUE(y[i] == expected || (std::isnan(y[i]) && std::isnan(expected))) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, FormatTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
