//===- PairsTest.cpp - Products of bf16 by vectors of pairs, executed -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Kernels for a machine with AVX-512 BF16 and without tiles, bit for bit against the order of sums
// that its instruction has (Intel's manual, volume 2, VDPBF16PS): one chain along K, of each pair
// the odd k before the even one, every multiply-add rounded to nearest even, denormals zeros on the
// way in and out.
//
//===----------------------------------------------------------------------===//

#include "ChipTest.h"

#include "moec/Support/Scalar.h"
#include "targets/cpu/codegen/Machine.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {
const std::string chip = "native,-amx-bf16";

class PairsTest : public ChipTest {
protected:
  PairsTest() : ChipTest(chip, cpu::Isa::BF16, "avx512bf16") {}

  static bool takesPairs(const Weight &weight, const std::string &activation, int64_t rows) {
    std::string assembly = getAssembly(makeProduct(weight, activation, rows, 64, 128), chip);
    return assembly.find("vdpbf16ps") != std::string::npos;
  }
};

float flush(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.f, x) : x; }

/// What the instruction makes of a row and a row of the weight.
float multiply(const float *x, const float *w, int64_t depth) {
  float sum = 0;
  for (int64_t k = 0; k != depth; k += 2)
    for (int64_t i : {k + 1, k})
      sum = flush(std::fma(flush(x[i]), flush(w[i]), sum));
  return sum;
}

bool isSame(float a, float b) {
  return std::memcmp(&a, &b, 4) == 0 || (std::isnan(a) && std::isnan(b));
}

// A row alone and among others, in blocks of any height and depth, in one range and in three.
TEST_F(PairsTest, RowsHaveTheSameBytesEverywhere) {
  const int64_t n = 150, k = 320, most = 64;
  std::vector<uint16_t> all = toBf16(makeRandom(most * k, 9));
  // Magnitudes far apart, so that another order would show.
  for (size_t i = 0; i != all.size(); ++i)
    all[i] = f32ToBf16(std::ldexp(bf16ToF32(all[i]), int(i * 7 % 23)));
  std::vector<float> x = fromBf16(all), expected;
  Weight weight = makeWeight(Weight::BF16, n, k);
  for (int64_t i = 0; i != most; ++i)
    for (int64_t j = 0; j != n; ++j)
      expected.push_back(multiply(&x[i * k], &weight.values[j * k], k));
  for (auto [height, depth] :
       {std::pair{1, 320}, {2, 128}, {8, 320}, {16, 128}, {32, 320}, {64, 96}}) {
    EXPECT_TRUE(takesPairs(weight, "bf16", height));
    Program program(makeProduct(weight, "bf16", height, 64, depth), chip);
    for (int64_t t : {1, 3, 4, 16, 33, 64})
      for (unsigned ranges : {1, 3}) {
        std::vector<float> y = run(program, weight, all, t, ranges);
        ASSERT_EQ(std::memcmp(y.data(), expected.data(), 4 * y.size()), 0)
            << t << " rows in blocks of " << height << ", " << ranges << " ranges";
      }
  }
}

// Of any bits: denormals, infinities and NaN on both sides, and sums that become such.
TEST_F(PairsTest, AnyBits) {
  const int64_t n = 32, k = 64, rows = 12;
  Weight weight = makeWeight(Weight::BF16, n, k);
  Program program(makeProduct(weight, "bf16", 16, 32, k), chip);
  std::mt19937 random(1);
  // Exponents of all sizes, of products around the least and the largest numbers, and with zeros.
  // Few of the first, since one NaN makes a sum one.
  auto draw = [&](int kind) {
    unsigned exponent = kind == 0   ? random() % 256
                        : kind == 1 ? 40 + random() % 50
                        : kind == 2 ? 185 + random() % 12
                                    : (random() % 4 ? 55 + random() % 12 : 0);
    return uint16_t((random() & 0x807f) | exponent << 7);
  };
  int numbers = 0, zeros = 0;
  for (int round = 0; round != 200; ++round) {
    std::vector<uint16_t> x(rows * k), w(n * k);
    for (std::vector<uint16_t> *array : {&x, &w})
      for (uint16_t &bits : *array)
        bits = round % 4 == 0 && random() % 32 ? 0x3f80 : draw(round % 4);
    // One panel, pairs of k side by side.
    for (int64_t column = 0; column != n; ++column)
      for (int64_t at = 0; at != k; ++at)
        std::memcpy(&weight.codes[2 * (at / 2 * 64 + column * 2 + at % 2)], &w[column * k + at], 2);
    std::vector<float> y = run(program, weight, x, rows), wide = fromBf16(x), values = fromBf16(w);
    for (int64_t row = 0; row != rows; ++row)
      for (int64_t column = 0; column != n; ++column) {
        float expected = multiply(&wide[row * k], &values[column * k], k),
              got = y[row * n + column];
        ASSERT_TRUE(isSame(expected, got)) << round << ": " << expected << ", not " << got;
        numbers += std::isfinite(got);
        zeros += got == 0;
      }
  }
  EXPECT_GT(numbers, rows * n * 100);
  EXPECT_LT(zeros, rows * n * 20);
}

// Rows of f32 go by k over the same bytes, and so does K that is no whole steps; codes are
// multiplied as f32.
TEST_F(PairsTest, OthersAreMultiplyAdds) {
  Weight weight = makeWeight(Weight::BF16, 96, 224), odd = makeWeight(Weight::BF16, 96, 240);
  EXPECT_FALSE(takesPairs(weight, "f32", 64));
  EXPECT_FALSE(takesPairs(odd, "bf16", 64));
  for (int64_t t : {1, 5, 70}) {
    std::vector<float> x = makeRandom(t * 224, 4), y(t * 96);
    Program program(makeProduct(weight, "f32", 64, 64, 96), chip);
    program.run("product", weight.words(x, y, t));
    expectProduct(x, weight, y, t);
    std::vector<uint16_t> narrow = toBf16(makeRandom(t * 240, 4));
    Program byK(makeProduct(odd, "bf16", 64, 64, 96), chip);
    expectProduct(fromBf16(narrow), odd, run(byK, odd, narrow, t), t);
  }
  for (Weight::Format format : {"mxfp4", "nvfp4", "int4", "fp8", "int8"})
    EXPECT_FALSE(takesPairs(makeWeight(format, 96, 256), "bf16", 64)) << format;
}

} // namespace
