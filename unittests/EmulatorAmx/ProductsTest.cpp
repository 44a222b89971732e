//===- ProductsTest.cpp - What tiles compute ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Machine code against plain loops, and the interpreter against the machine where it has AMX.
//
//===----------------------------------------------------------------------===//

#include "Tiles.h"

#include "moec/emulator/amx/Emulation.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <thread>

using namespace moec::amx;
using namespace moec::amx::test;

namespace {
class AmxProducts : public testing::Test {
protected:
  void SetUp() override { ASSERT_TRUE(install()); }
};

void setFloat(Tile &tile, unsigned row, unsigned column, float value) {
  std::memcpy(&tile[row][4 * column], &value, 4);
}
float getFloat(const Tile &tile, unsigned row, unsigned column) {
  float value;
  std::memcpy(&value, &tile[row][4 * column], 4);
  return value;
}
/// A bf16 in half `place` of a row's dwords.
void setBf16(Tile &tile, unsigned row, unsigned place, float value) {
  uint16_t bits = uint16_t(std::bit_cast<uint32_t>(value) >> 16);
  std::memcpy(&tile[row][2 * place], &bits, 2);
}
float getBf16(const Tile &tile, unsigned row, unsigned place) {
  uint16_t bits;
  std::memcpy(&bits, &tile[row][2 * place], 2);
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

/// Rows of A, columns of B, k = 2 p + half.
void setRight(Product &product, unsigned k, unsigned n, float value) {
  setBf16(product.right, k / 2, 2 * n + k % 2, value);
}

float multiplyExpected(const Product &product, unsigned m, unsigned n) {
  float chains[2] = {};
  for (unsigned k = 0; k != 2 * product.k; ++k)
    chains[k % 2] = std::fma(getBf16(product.left, m, k),
                             getBf16(product.right, k / 2, 2 * n + k % 2), chains[k % 2]);
  return getFloat(product.sums, m, n) + (chains[0] + chains[1]);
}

Product makeRandom(unsigned seed, bool floats) {
  std::mt19937 random(seed);
  Product product;
  product.m = 1 + random() % 16;
  product.n = 1 + random() % 16;
  product.k = 1 + random() % 16;
  std::normal_distribution<float> normal;
  for (unsigned row = 0; row != mostRows; ++row)
    for (unsigned place = 0; place != mostBytes; ++place) {
      product.sums[row][place] = uint8_t(random());
      product.left[row][place] = uint8_t(random());
      product.right[row][place] = uint8_t(random());
    }
  if (!floats)
    return product;
  for (unsigned row = 0; row != mostRows; ++row)
    for (unsigned place = 0; place != 32; ++place) {
      if (place < 16)
        setFloat(product.sums, row, place, normal(random));
      // Exponents far apart, so that the order of sums shows.
      setBf16(product.left, row, place, std::ldexp(normal(random), int(random() % 24)));
      setBf16(product.right, row, place, normal(random));
    }
  return product;
}
} // namespace

TEST_F(AmxProducts, Bf16AddsAnEvenAndAnOddChain) {
  for (unsigned seed = 0; seed != 64; ++seed) {
    Product product = makeRandom(seed, true);
    Tile out = product.run(Operation::MultiplyBf16);
    for (unsigned m = 0; m != product.m; ++m)
      for (unsigned n = 0; n != product.n; ++n)
        ASSERT_EQ(getFloat(out, m, n), multiplyExpected(product, m, n)) << seed;
    // What is not configured is neither read nor written.
    for (unsigned m = 0; m != mostRows; ++m)
      for (unsigned n = 0; n != 16; ++n)
        if (m >= product.m || n >= product.n)
          ASSERT_EQ(getFloat(out, m, n), getFloat(product.sums, m, n)) << seed;
  }
}

// 2^60 and -2^60 are the even products, 1 and 1 the odd ones: one chain after the other gives 2,
// k after k 1, and sums that begin with the tile's 2^30 lose it.
TEST_F(AmxProducts, OrderOfSums) {
  Product product;
  product.m = product.n = 1;
  product.k = 2;
  float weights[4] = {0x1p60f, 1, -0x1p60f, 1};
  for (unsigned k = 0; k != 4; ++k) {
    setBf16(product.left, 0, k, 1);
    setRight(product, k, 0, weights[k]);
  }
  EXPECT_EQ(getFloat(product.run(Operation::MultiplyBf16), 0, 0), 2);
  setFloat(product.sums, 0, 0, 0x1p-20f);
  EXPECT_EQ(getFloat(product.run(Operation::MultiplyBf16), 0, 0), 2 + 0x1p-20f);
}

TEST_F(AmxProducts, DenormalsAreZeros) {
  auto one = [](float left, float right, float sum) {
    Product product;
    product.m = product.n = product.k = 1;
    setBf16(product.left, 0, 0, left);
    setRight(product, 0, 0, right);
    setFloat(product.sums, 0, 0, sum);
    return getFloat(product.run(Operation::MultiplyBf16), 0, 0);
  };
  EXPECT_EQ(one(0x1p-126f, 0x1p+60f, 0), 0x1p-66f);
  EXPECT_EQ(one(0x1p-127f, 0x1p+60f, 0), 0);      // on the left
  EXPECT_EQ(one(0x1p+60f, 0x1p-127f, 0), 0);      // on the right
  EXPECT_EQ(one(0x1p-100f, 0x1p-30f, 0), 0);      // a product
  EXPECT_EQ(one(0, 0, 0x1p-130f), 0);             // the tile's sum
  EXPECT_EQ(one(1, 0x1.02p-126f, -0x1p-126f), 0); // their sum
  EXPECT_EQ(one(1, 0x1p-126f, 0x1p-126f), 0x1p-125f);
  EXPECT_TRUE(std::isnan(one(INFINITY, 0, 1)));
  EXPECT_EQ(one(INFINITY, -1, 1), -INFINITY);
}

// The program's own mode of sums is neither looked at nor changed.
TEST_F(AmxProducts, ModeOfTheProgram) {
  Product product = makeRandom(3, true);
  Tile expected = product.run(Operation::MultiplyBf16);
  unsigned before = __builtin_ia32_stmxcsr();
  constexpr unsigned towardsZero = 0x6000;
  __builtin_ia32_ldmxcsr(before | towardsZero);
  Tile out = product.run(Operation::MultiplyBf16);
  unsigned behind = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before);
  EXPECT_EQ(behind, before | towardsZero);
  EXPECT_EQ(out, expected);
}

TEST_F(AmxProducts, Bytes) {
  using Row = std::tuple<Operation, bool, bool>;
  for (auto [operation, leftSigned, rightSigned] :
       {Row{Operation::MultiplySignedSigned, true, true},
        Row{Operation::MultiplySignedUnsigned, true, false},
        Row{Operation::MultiplyUnsignedSigned, false, true},
        Row{Operation::MultiplyUnsignedUnsigned, false, false}})
    for (unsigned seed = 0; seed != 16; ++seed) {
      Product product = makeRandom(seed, false);
      Tile out = product.run(operation);
      for (unsigned m = 0; m != product.m; ++m)
        for (unsigned n = 0; n != product.n; ++n) {
          uint32_t sum, found;
          std::memcpy(&sum, &product.sums[m][4 * n], 4);
          std::memcpy(&found, &out[m][4 * n], 4);
          for (unsigned k = 0; k != 4 * product.k; ++k) {
            uint8_t x = product.left[m][k], y = product.right[k / 4][4 * n + k % 4];
            sum += uint32_t((leftSigned ? int8_t(x) : int(x)) * (rightSigned ? int8_t(y) : int(y)));
          }
          ASSERT_EQ(found, sum) << getName(operation) << " " << seed;
        }
    }
}

TEST_F(AmxProducts, TilesOfThreadsAreApart) {
  std::vector<std::thread> threads;
  for (unsigned number = 0; number != 8; ++number)
    threads.emplace_back([number] {
      Product product = makeRandom(number, true);
      Tile expected = product.interpret(Operation::MultiplyBf16);
      for (unsigned round = 0; round != 50; ++round)
        EXPECT_EQ(product.run(Operation::MultiplyBf16), expected);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(AmxProducts, ConfigurationsComeBack) {
  Config config = makeRandom(5, true).getConfig(), stored, none;
  asm volatile("ldtilecfg (%0)\n\ttilezero %%tmm1\n\tsttilecfg (%1)\n\ttilerelease\n\t"
               "sttilecfg (%2)"
               :
               : "r"(config.bytes.data()), "r"(stored.bytes.data()), "r"(none.bytes.data())
               : "memory");
  EXPECT_EQ(stored.bytes, config.bytes);
  EXPECT_EQ(none.bytes, (std::array<uint8_t, 64>()));
}

TEST_F(AmxProducts, InterpreterIsTheMachine) {
  if (!isNative())
    GTEST_SKIP() << "this processor has no AMX to compare with";
  for (unsigned seed = 0; seed != 1000; ++seed) {
    Product floats = makeRandom(seed, true), bytes = makeRandom(seed, false);
    ASSERT_EQ(floats.run(Operation::MultiplyBf16), floats.interpret(Operation::MultiplyBf16));
    for (Operation operation :
         {Operation::MultiplySignedSigned, Operation::MultiplySignedUnsigned,
          Operation::MultiplyUnsignedSigned, Operation::MultiplyUnsignedUnsigned})
      ASSERT_EQ(bytes.run(operation), bytes.interpret(operation)) << getName(operation);
  }
}
