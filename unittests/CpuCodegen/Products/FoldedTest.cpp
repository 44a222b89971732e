//===- FoldedTest.cpp - Products of groups of int8, executed --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Rows with one scale for 256 int8 codes, by MXFP4 weights whose exponents are folded and by int8
// ones: bit for bit what exact sums of groups say, whichever way and however many rows.
//
// What "bit for bit" means: the sum of a group's products is an integer, in units of the column's
// least power of two among the group's blocks; it is rounded to f32 once, and one multiply-add adds
// it times the product of both scales. Groups follow each other. Where a column's exponents span
// more than 12, each block of 32 has a multiply-add of its own, as if nothing were folded. A block
// with the scale 2^-127, which blocks of zeros have, counts as zero beside others.
//
//===----------------------------------------------------------------------===//

#include "../Harness.h"
#include "../Weights.h"

#include "moec/emulator/amx/Emulation.h"
#include "targets/cpu/codegen/Machine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {
constexpr int64_t groupColumns = 256, blockColumns = 32, parts = groupColumns / blockColumns;
const std::string rowType = "!mx.block<element = i8, scale = f32, block = 256>";
const std::string tileChip = "native,+amx-bf16,+amx-int8";

/// Rows of int8 with scales that are no powers of two.
struct Rows {
  Rows(int64_t rows, int64_t columns) : columns(columns) {
    std::mt19937 random(11);
    for (int64_t i = 0; i != rows * columns; ++i)
      codes.push_back(int8_t(int(random() % 255) - 127));
    for (int64_t i = 0; i != rows * columns / groupColumns; ++i)
      scales.push_back(std::ldexp(1.f + float(random() % 1000) / 1000, int(random() % 6) - 9));
  }
  const int8_t *group(int64_t row, int64_t number) const {
    return &codes[row * columns + number * groupColumns];
  }
  float scale(int64_t row, int64_t number) const {
    return scales[row * (columns / groupColumns) + number];
  }

  int64_t columns;
  std::vector<int8_t> codes;
  std::vector<float> scales;
};

/// MXFP4 with planted exponents: in column n and group g they span (n + 5 g) mod 14 exactly, where
/// 13 stands for more; every fifth column has a block of zeros, with the scale that tools give it
/// or with any; and some groups are nothing but zeros.
struct Planted {
  Planted(int64_t n, int64_t k) : n(n), k(k) {
    std::mt19937 random(5);
    codes.resize(n * k / 2);
    for (uint8_t &pair : codes)
      pair = uint8_t(random());
    for (int64_t row = 0; row != n; ++row)
      for (int64_t group = 0; group != k / groupColumns; ++group)
        plant(row, group, random);
  }

  void plant(int64_t row, int64_t group, std::mt19937 &random) {
    int span = int((row + 5 * group) % 14), base = 90 + int(random() % 40);
    if (span == 13)
      span = 13 + int(random() % 40);
    std::vector<uint8_t> own;
    for (int64_t part = 0; part != parts; ++part)
      own.push_back(uint8_t(base + int(random() % (span + 1))));
    own[random() % 4] = uint8_t(base);
    own[4 + random() % 3] = uint8_t(base + span);
    auto clear = [&](int64_t part) {
      int64_t first = (row * k + group * groupColumns + part * blockColumns) / 2;
      std::fill_n(&codes[first], blockColumns / 2, uint8_t(0));
      own[part] = row % 2 ? 0 : own[part];
    };
    if (row % 5 == 1)
      clear(7);
    if (row % 31 == 3)
      for (int64_t part = 0; part != parts; ++part)
        clear(part);
    scales.insert(scales.end(), own.begin(), own.end());
  }

  /// Twice the number of a code, an integer.
  int64_t doubled(int64_t row, int64_t column) const {
    int64_t place = row * k + column;
    return int64_t(2 * decodeCode(CodeType::E2M1, codes[place / 2] >> (place % 2 * 4) & 15));
  }
  int exponent(int64_t row, int64_t block) const { return scales[row * k / blockColumns + block]; }

  int64_t n, k;
  std::vector<uint8_t> codes, scales;
};

/// 2^(byte - 127).
float power(int byte) { return std::ldexp(1.f, byte - 127); }

/// A column's sum with the products of a row and one group of it.
float addGroup(float sum, const Rows &x, int64_t row, const Planted &w, int64_t column,
               int64_t group) {
  int least = 255, most = 0;
  std::vector<int64_t> sums(parts);
  for (int64_t part = 0; part != parts; ++part) {
    int exponent = w.exponent(column, group * parts + part);
    most = std::max(most, exponent);
    if (exponent != 0)
      least = std::min(least, exponent);
    for (int64_t i = part * blockColumns; i != (part + 1) * blockColumns; ++i)
      sums[part] += x.group(row, group)[i] * w.doubled(column, group * groupColumns + i);
  }
  float scale = x.scale(row, group) * 0.5f;
  if (most == 0)
    least = 0;
  int64_t exact = 0;
  for (int64_t part = 0; part != parts; ++part) {
    int exponent = w.exponent(column, group * parts + part);
    if (most - least > 12)
      sum = std::fma(float(sums[part]), scale * power(exponent), sum);
    else if (exponent >= least)
      exact += sums[part] << (exponent - least);
  }
  return most - least > 12 ? sum : std::fma(float(exact), scale * power(least), sum);
}

std::vector<float> multiply(const Rows &x, int64_t rows, const Planted &w) {
  std::vector<float> y;
  for (int64_t row = 0; row != rows; ++row)
    for (int64_t column = 0; column != w.n; ++column) {
      float sum = 0;
      for (int64_t group = 0; group != w.k / groupColumns; ++group)
        sum = addGroup(sum, x, row, w, column, group);
      y.push_back(sum);
    }
  return y;
}

/// All chips, and one with tiles where it can be emulated.
std::vector<std::string> getAllChips() {
  std::vector<std::string> chips = getProductChips();
  Expected<cpu::Machine> machine = cpu::Machine::get(tileChip);
  if (machine && machine->has(cpu::Isa::AMXInt8) && amx::install())
    chips.push_back(tileChip);
  return chips;
}

class FoldedTest : public ::testing::TestWithParam<std::string> {
protected:
  static std::vector<float> run(Program &program, Weight &weight, Rows &x, int64_t rows,
                                unsigned ranges) {
    std::vector<float> y(rows * weight.rows);
    std::vector<Word> words = {x.codes, x.scales};
    for (Word word : weight.own())
      words.push_back(word);
    words.push_back(y);
    words.push_back(rows);
    program.run("product", words, ranges);
    amx::finishKernel();
    return y;
  }

  /// Blocks of rows of any height, and any number of rows in them, have the bytes of `expected`.
  static void checkAll(Weight &weight, Rows &x, const std::vector<float> &expected) {
    for (auto [height, depth] : {std::pair{1, 768}, {4, 256}, {16, 512}, {32, 768}, {64, 256}}) {
      Program program(makeProduct(weight, rowType, height, 64, depth, /*ofCodes=*/true),
                      GetParam());
      for (int64_t rows : {1, 3, 4, 16, 33, 64})
        for (unsigned ranges : {1, 2}) {
          std::vector<float> y = run(program, weight, x, rows, ranges);
          ASSERT_EQ(std::memcmp(y.data(), expected.data(), 4 * y.size()), 0)
              << rows << " rows in blocks of " << height << ", " << ranges << " ranges";
        }
    }
  }
};

TEST_P(FoldedTest, PlantedExponentsAreBitExact) {
  Planted planted(150, 768);
  Weight weight("mxfp4", planted.n, planted.k, /*packed=*/true, 3, 1, GetParam());
  weight.replace(planted.codes, planted.scales);
  Rows x(64, planted.k);
  checkAll(weight, x, multiply(x, 64, planted));
}

// Spans up to three, which int8 codes hold: all groups are whole, the way of most weights.
TEST_P(FoldedTest, EvenExponentsAreBitExact) {
  Planted planted(96, 768);
  for (uint8_t &scale : planted.scales)
    scale = uint8_t(120 + scale % 4);
  Weight weight("mxfp4", planted.n, planted.k, /*packed=*/true, 3, 1, GetParam());
  weight.replace(planted.codes, planted.scales);
  Rows x(64, planted.k);
  std::vector<float> expected = multiply(x, 64, planted);
  checkAll(weight, x, expected);
  // One exponent more is seen.
  planted.scales[5] += 1;
  EXPECT_NE(expected, multiply(x, 64, planted));
}

// A scale or a row's scale that is no number makes one of what it is in, and of nothing else.
TEST_P(FoldedTest, NumbersThatAreNone) {
  Planted planted(64, 512);
  planted.scales[2 * 512 / blockColumns + 3] = 255;
  Weight weight("mxfp4", planted.n, planted.k, /*packed=*/true, 3, 1, GetParam());
  weight.replace(planted.codes, planted.scales);
  Rows x(32, planted.k);
  x.scales[7 * 2 + 1] = NAN;
  for (int64_t height : {4, 32}) {
    Program program(makeProduct(weight, rowType, height, 64, 512, /*ofCodes=*/true), GetParam());
    std::vector<float> y = run(program, weight, x, 32, 1);
    for (int64_t row = 0; row != 32; ++row)
      for (int64_t column = 0; column != 64; ++column)
        ASSERT_EQ(std::isnan(y[row * 64 + column]), row == 7 || column == 2)
            << row << ", " << column;
  }
}

// int8 weights in groups as long: sums of whole groups.
TEST_P(FoldedTest, Int8IsBitExact) {
  const int64_t n = 96, k = 768;
  Weight plain("int8_256", n, k, /*packed=*/false, 3, 1, GetParam());
  ASSERT_EQ(plain.block->blockColumns, groupColumns);
  std::vector<float> scales(plain.scaleBytes.size() / 4), expected;
  std::memcpy(scales.data(), plain.scaleBytes.data(), plain.scaleBytes.size());
  Rows x(64, k);
  for (int64_t row = 0; row != 64; ++row)
    for (int64_t column = 0; column != n; ++column) {
      float sum = 0;
      for (int64_t group = 0; group != k / groupColumns; ++group) {
        int64_t exact = 0;
        for (int64_t i = 0; i != groupColumns; ++i)
          exact +=
              x.group(row, group)[i] * int8_t(plain.codes[column * k + group * groupColumns + i]);
        float scale = scales[column * (k / groupColumns) + group] * x.scale(row, group);
        sum = std::fma(float(exact), scale, sum);
      }
      expected.push_back(sum);
    }
  Weight weight("int8_256", n, k, /*packed=*/true, 3, 1, GetParam());
  checkAll(weight, x, expected);
}

// Weights with other blocks and scales have a multiply-add for each of their blocks.
TEST_P(FoldedTest, OtherWeights) {
  const int64_t n = 96, k = 512, rows = 30;
  Rows x(rows, k);
  std::vector<float> numbers;
  for (int64_t i = 0; i != rows * k; ++i)
    numbers.push_back(float(x.codes[i]) * x.scale(i / k, i % k / groupColumns));
  for (Weight::Format format : {"int8", "int8_128", "int8_channel", "int4", "nvfp4", "int4_zero"})
    for (int64_t height : {8, 64}) {
      Weight weight(format, n, k, /*packed=*/true, 3, 1, GetParam());
      Program program(makeProduct(weight, rowType, height, 64, 256, /*ofCodes=*/true), GetParam());
      expectProduct(numbers, weight, run(program, weight, x, rows, 1), rows);
    }
}

TEST_P(FoldedTest, InstructionsAreTheAtoms) {
  bool hasTiles = GetParam() == tileChip;
  for (Weight::Format format : {"mxfp4", "int8_256"})
    for (int64_t height : {8, 32}) {
      Weight weight(format, 64, 512, /*packed=*/true, 3, 1, GetParam());
      std::string code =
          getAssembly(makeProduct(weight, rowType, height, 64, 256, /*ofCodes=*/true), GetParam());
      EXPECT_EQ(code.find("tdpbssd") != code.npos, hasTiles && height == 32) << format;
      EXPECT_EQ(code.find("moec_folded_") != code.npos, format == "mxfp4");
    }
}

INSTANTIATE_TEST_SUITE_P(Chips, FoldedTest, ::testing::ValuesIn(getAllChips()),
                         [](const auto &info) { return "Chip" + std::to_string(info.index); });
} // namespace
