//===- TilesTest.cpp - Products of bf16 by tiles, executed ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Kernels for a machine with AMX, by the machine or by the emulation of its tiles: against sums in
// double precision, and bit for bit against the order of sums that tiles have, whatever atom and
// however many rows.
//
//===----------------------------------------------------------------------===//

#include "ChipTest.h"

#include "moec/Support/Scalar.h"
#include "moec/emulator/amx/Emulation.h"
#include "targets/cpu/codegen/Machine.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {
const std::string chip = "native,+amx-bf16";

class TilesTest : public ChipTest {
protected:
  TilesTest() : ChipTest(chip, cpu::Isa::AMX, "what machines with AMX have besides") {}

  void SetUp() override {
    ChipTest::SetUp();
    if (!IsSkipped())
      ASSERT_TRUE(amx::install());
  }

  static std::vector<float> run(Program &program, Weight &weight, std::vector<uint16_t> &x,
                                int64_t rows, unsigned ranges = 1) {
    std::vector<float> y = ChipTest::run(program, weight, x, rows, ranges);
    amx::finishKernel();
    return y;
  }
};

/// Formats whose numbers are exact in bf16.
constexpr Weight::Format exact[] = {Weight::BF16, "mxfp4", "mxfp6",
                                    "mxfp6_e3m2", "mxfp8", "mxfp8_e5m2"};

/// Whether kernels for `rows` rows a block are made of tiles.
bool takesTiles(const Weight &weight, const std::string &activation, int64_t rows) {
  std::string assembly = getAssembly(makeProduct(weight, activation, rows, 64, 128), chip);
  return assembly.find("tdpbf16ps") != std::string::npos;
}

/// What tiles make of a row and a row of the weight: for each 32 of K a chain of the even and one
/// of the odd k.
float multiply(const float *x, const float *w, int64_t depth) {
  float sum = 0;
  for (int64_t k = 0; k != depth; k += 32) {
    float chains[2] = {};
    for (int64_t i = k; i != k + 32; ++i)
      chains[i % 2] = std::fma(x[i], w[i], chains[i % 2]);
    sum += chains[0] + chains[1];
  }
  return sum;
}

TEST_F(TilesTest, AllFormatsRowsAndRanges) {
  const int64_t n = 150, k = 224;
  for (Weight::Format format : exact) {
    Weight weight = makeWeight(format, n, k);
    for (int64_t height : {4, 16, 64}) {
      SCOPED_TRACE(testing::Message() << format << ", blocks of " << height);
      EXPECT_EQ(takesTiles(weight, "bf16", height), height >= 16);
      Program program(makeProduct(weight, "bf16", height, 64, 96), chip);
      for (int64_t t : {1, 3, 17, 27, 70}) {
        std::vector<uint16_t> x = toBf16(makeRandom(t * k, 5));
        std::vector<float> y = run(program, weight, x, t);
        expectProduct(fromBf16(x), weight, y, t);
        ASSERT_EQ(y, run(program, weight, x, t, 3)) << t;
      }
    }
  }
}

// A row alone and among others, in blocks of any height and depth, by vectors and by tiles, has the
// very bytes that the order of sums gives.
TEST_F(TilesTest, RowsHaveTheSameBytesEverywhere) {
  const int64_t n = 64, k = 320, most = 64;
  std::vector<uint16_t> all = toBf16(makeRandom(most * k, 9));
  // Magnitudes far apart, so that another order would show.
  for (size_t i = 0; i != all.size(); ++i)
    all[i] = f32ToBf16(std::ldexp(bf16ToF32(all[i]), int(i * 7 % 23)));
  std::vector<float> x = fromBf16(all);
  for (Weight::Format format : exact) {
    Weight weight = makeWeight(format, n, k);
    std::vector<float> expected;
    for (int64_t i = 0; i != most; ++i)
      for (int64_t j = 0; j != n; ++j)
        expected.push_back(multiply(&x[i * k], &weight.values[j * k], k));
    for (auto [height, depth] :
         {std::pair{1, 320}, {2, 128}, {8, 320}, {16, 128}, {32, 320}, {64, 96}}) {
      Program program(makeProduct(weight, "bf16", height, 64, depth), chip);
      for (int64_t t : {1, 3, 4, 16, 33, 64}) {
        std::vector<float> y = run(program, weight, all, t);
        ASSERT_EQ(std::memcmp(y.data(), expected.data(), 4 * y.size()), 0)
            << format << ", " << t << " rows in blocks of " << height;
      }
    }
  }
}

// Tiles know no denormals, so nor do vectors: on either side, and as sums.
TEST_F(TilesTest, DenormalsAreZerosEverywhere) {
  const int64_t n = 32, k = 32;
  Weight weight = makeWeight(Weight::BF16, n, k);
  // Column 0 has a denormal alone, column 1 a product that is one; in the order of pairs.
  auto set = [&](int64_t column, int64_t at, float value) {
    uint16_t bits = f32ToBf16(value);
    std::memcpy(&weight.codes[2 * (at / 2 * 64 + column * 2 + at % 2)], &bits, 2);
  };
  for (int64_t column = 0; column != n; ++column)
    for (int64_t at = 0; at != k; ++at)
      set(column, at, 0);
  set(0, 5, 0x1p-127f);
  set(1, 6, 0x1p-100f);
  set(2, 7, 0x1p-100f);
  for (int64_t height : {1, 16}) {
    Program program(makeProduct(weight, "bf16", height, 32, 32), chip);
    std::vector<uint16_t> x(k);
    x[5] = f32ToBf16(0x1p60f);
    x[6] = f32ToBf16(0x1p-30f);
    x[7] = f32ToBf16(0x1p-20f);
    std::vector<float> y = run(program, weight, x, 1);
    EXPECT_EQ(y[0], 0) << height;
    EXPECT_EQ(y[1], 0) << height;
    EXPECT_EQ(y[2], 0x1p-120f) << height;
    // The program's own sums are as before.
    volatile float small = 0x1p-126f;
    EXPECT_NE(small / 2, 0);
  }
}

// Rows of f32 go by k over the same bytes, and so does K that is no whole steps.
TEST_F(TilesTest, OthersGoByVectors) {
  Weight weight = makeWeight(Weight::BF16, 96, 224), odd = makeWeight(Weight::BF16, 96, 240);
  EXPECT_FALSE(takesTiles(weight, "f32", 64));
  EXPECT_FALSE(takesTiles(odd, "bf16", 64));
  for (int64_t t : {1, 5, 70}) {
    std::vector<float> x = makeRandom(t * 224, 4), y(t * 96);
    Program program(makeProduct(weight, "f32", 64, 64, 96), chip);
    program.run("product", weight.words(x, y, t));
    expectProduct(x, weight, y, t);
    std::vector<uint16_t> narrow = toBf16(makeRandom(t * 240, 4));
    Program byK(makeProduct(odd, "bf16", 64, 64, 96), chip);
    expectProduct(fromBf16(narrow), odd, run(byK, odd, narrow, t), t);
  }
  for (Weight::Format format : {"nvfp4", "int4", "fp8", "int8"})
    EXPECT_FALSE(takesTiles(makeWeight(format, 96, 256), "bf16", 64)) << format;
}

// What a kernel's mistakes would look like is found: pairs the other way round, and tiles that stay
// configured.
TEST_F(TilesTest, PlantedMistakesAreFound) {
  const int64_t n = 32, k = 64, rows = 20;
  Weight weight = makeWeight(Weight::BF16, n, k);
  std::string text = makeProduct(weight, "bf16", 32, 32, 64);
  std::vector<uint16_t> x = toBf16(makeRandom(rows * k, 5));
  Program program(text, chip);
  std::vector<float> right = run(program, weight, x, rows);
  for (size_t i = 0; i != weight.codes.size(); i += 4)
    std::swap_ranges(&weight.codes[i], &weight.codes[i + 2], &weight.codes[i + 2]);
  std::vector<float> wrong = run(program, weight, x, rows);
  int different = 0;
  for (size_t i = 0; i != wrong.size(); ++i)
    different += std::fabs(wrong[i] - right[i]) > 1e-3f;
  EXPECT_GT(different, int(wrong.size()) / 2);

  if (amx::isNative())
    GTEST_SKIP() << "of tiles of the processor's own nobody sees whether they are released";
  auto leaveConfigured = [](std::string &code) {
    const std::string release = "\xc4\xe2\x78\x49\xc0", nothing = {0x0f, 0x1f, 0x44, 0, 0};
    size_t place = code.find(release);
    ASSERT_NE(place, code.npos);
    code.replace(place, release.size(), nothing);
    ASSERT_EQ(code.find(release), code.npos);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Program careless(text, chip, leaveConfigured);
  EXPECT_EXIT(run(careless, weight, x, rows), testing::ExitedWithCode(1), "lacks a tilerelease");
}

} // namespace
