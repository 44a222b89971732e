//===- ProductTest.cpp - Matrix products, executed ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Every format of weights against sums in double precision, and the promises about order: any
// number of rows and any split of the grid give the same bytes.
//
//===----------------------------------------------------------------------===//

#include "../Harness.h"
#include "../Weights.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {

class ProductTest : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> getWidths() {
  std::vector<std::string> chips = getChips();
  chips.resize(std::min<size_t>(chips.size(), 2));
  return chips;
}

/// The product for several numbers of rows, twice each: the grid in one range, and in three.
void checkProduct(Weight &weight, bool bf16, std::array<int64_t, 3> blocks,
                  std::initializer_list<int64_t> rows, const std::string &chip) {
  SCOPED_TRACE(std::string(weight.format) + (weight.packed ? " packed" : " row-major") +
               (bf16 ? " by bf16" : " by f32"));
  int64_t n = weight.rows, k = weight.columns;
  auto [bm, bn, bk] = blocks;
  Program program(makeProduct(weight, bf16 ? "bf16" : "f32", bm, bn, bk), chip);
  for (int64_t t : rows) {
    std::vector<float> x = makeRandom(t * k, 5), y(t * n), again(t * n);
    std::vector<uint16_t> narrow = toBf16(x);
    if (bf16)
      x = fromBf16(narrow);
    Word input = bf16 ? Word(narrow) : Word(x);
    program.run("product", weight.words(input, y, t));
    expectProduct(x, weight, y, t);
    program.run("product", weight.words(input, again, t), 3);
    ASSERT_EQ(std::memcmp(y.data(), again.data(), 4 * y.size()), 0);
  }
}

class WeightFormatTest : public ::testing::TestWithParam<std::string> {};

TEST_P(WeightFormatTest, AllRowsAndRanges) {
  for (Weight::Format format : Weight::getFormats()) {
    Weight packed(format, 150, 224, /*packed=*/true), plain(format, 150, 224, /*packed=*/false);
    checkProduct(packed, /*bf16=*/false, {64, 64, 96}, {1, 3, 27, 70}, GetParam());
    checkProduct(plain, /*bf16=*/true, {8, 160, 224}, {1, 3, 27}, GetParam());
  }
}

// Columns that 32 does not divide make blocks of 8, 2 and 1, which end within a vector; rows of
// codes then start within a byte.
TEST_P(WeightFormatTest, ShortBlocks) {
  for (Weight::Format format : Weight::getFormats()) {
    Weight weight(format, 37, 40, /*packed=*/true);
    checkProduct(weight, /*bf16=*/false, {4, 32, 64}, {1, 5}, GetParam());
  }
  for (Weight::Format format : {"nvfp4", "mxfp6", "int4_zero", "fp8_tensor"})
    for (int64_t k : {30, 33}) {
      Weight weight(format, 5, k, /*packed=*/false);
      checkProduct(weight, /*bf16=*/true, {2, 32, 32}, {3}, GetParam());
    }
}

// What a row gets does not depend on how many rows are live beside it.
TEST_P(ProductTest, LiveRowsDoNotMatter) {
  const int64_t n = 64, k = 256;
  for (Weight::Format format :
       {Weight::F32, Weight::BF16, Weight::FP4, Weight::Int8, Weight::Int4}) {
    Weight weight(format, n, k, true);
    Program program(makeProduct(weight, "f32", 64, 64, 128), GetParam());
    std::vector<float> x = makeRandom(64 * k, 6), all(64 * n);
    program.run("product", weight.words(x, all, 64));
    for (int64_t t : {1, 2, 3, 5, 11, 12, 13, 24, 25, 40}) {
      std::vector<float> y(t * n);
      program.run("product", weight.words(x, y, t));
      ASSERT_EQ(std::memcmp(y.data(), all.data(), 4 * y.size()), 0) << t;
    }
  }
}

// Both operands block-scaled: integers within a block are exact, so the order of a block does not
// show and the result is that of one multiply-add a block.
TEST_P(ProductTest, Scaled) {
  const int64_t n = 96, k = 224;
  // Blocks of one to four rows, and of twelve.
  for (int64_t height : {16, 40})
    for (Weight::Format left : {Weight::FP4, Weight::Int8})
      // The last one's codes are no integers, so its products are of numbers.
      for (Weight::Format right :
           std::initializer_list<Weight::Format>{"mxfp4", "int8", "int4", "int8_f16", "nvfp4",
                                                 "int4_zero", "int8_zero_bf16", "mxfp6"})
        for (bool packed : {true, false}) {
          // Row-major weights become numbers, whatever the format.
          if (!packed && right != Weight::Int8)
            continue;
          Weight weight(right, n, k, packed);
          std::string codes = Weight(left, 1, k, false).elementType();
          Program program(makeProduct(weight, codes, height, 96, 96, /*ofCodes=*/true), GetParam());
          for (int64_t t : {1, 7, 16, 21, 45}) {
            Weight input(left, t, k, false, 17);
            std::vector<float> y(t * n);
            std::vector<Word> words = input.own();
            for (Word word : weight.own())
              words.push_back(word);
            words.push_back(y);
            words.push_back(t);
            program.run("product", words);
            expectProduct(input.values, weight, y, t);
          }
        }
}

// Operands that are computed, not loaded: what attention does with scores and values.
TEST_P(ProductTest, ComputedOperands) {
  Program program(
      std::string("tile.kernel @attend(%q: !tile.ref<5x48xf32>, %k: !tile.ref<?x48xbf16>, "
                  "%v: !tile.ref<?x40xbf16>, %y: !tile.ref<5x40xf32>, %s: index) "
                  "grid(%bx = affine_map<(s) -> (1)>, %by = affine_map<(s) -> (1)>, "
                  "%bz = affine_map<(s) -> (1)>)") +
          R"( {
      %c0 = arith.constant 0 : index
      %c20 = arith.constant 20 : index
      %c48 = arith.constant 48 : index
      %c40 = arith.constant 40 : index
      %qt = tile.load %q[%c0, %c0] : !tile.ref<5x48xf32> -> tensor<5x48xf32>
      %zero = arith.constant dense<0.0> : tensor<5x40xf32>
      %zs = arith.constant dense<0.0> : tensor<5x20xf32>
      %half = arith.constant dense<0.5> : tensor<5x40xf32>
      %r = scf.for %i = %c0 to %s step %c20 iter_args(%acc = %zero) -> (tensor<5x40xf32>) {
        %left = arith.subi %s, %i : index
        %kt = tile.load %k[%i, %c0] bounds(%left, %c48) : !tile.ref<?x48xbf16> -> tensor<20x48xbf16>
        %scores = tile.mma %qt, %kt, %zs b = nk : tensor<5x48xf32>, tensor<20x48xbf16>, tensor<5x20xf32>
        %p = arith.mulf %scores, %scores : tensor<5x20xf32>
        %vt = tile.load %v[%i, %c0] bounds(%left, %c40) : !tile.ref<?x40xbf16> -> tensor<20x40xbf16>
        %scaled = arith.mulf %acc, %half : tensor<5x40xf32>
        %next = tile.mma %p, %vt, %scaled b = kn : tensor<5x20xf32>, tensor<20x40xbf16>, tensor<5x40xf32>
        scf.yield %next : tensor<5x40xf32>
      }
      tile.store %r, %y[%c0, %c0] : tensor<5x40xf32>, !tile.ref<5x40xf32>
      tile.return
    })",
      GetParam());
  for (int s : {1, 20, 47}) {
    std::vector<float> q = makeRandom(5 * 48, 1), y(5 * 40);
    std::vector<uint16_t> k = toBf16(makeRandom(s * 48, 2)), v = toBf16(makeRandom(s * 40, 3));
    std::vector<float> kf = fromBf16(k), vf = fromBf16(v);
    program.run("attend", {q, k, v, y, s});
    for (int i = 0; i != 5; ++i)
      for (int j = 0; j != 40; ++j) {
        double sum = 0, magnitude = 0;
        for (int block = 0; block < s; block += 20) {
          sum *= 0.5;
          for (int l = block; l != std::min(block + 20, s); ++l) {
            double dot = 0;
            for (int d = 0; d != 48; ++d)
              dot += double(q[i * 48 + d]) * kf[l * 48 + d];
            sum += dot * dot * vf[l * 40 + j];
            magnitude += std::fabs(dot * dot * vf[l * 40 + j]);
          }
        }
        ASSERT_NEAR(y[i * 40 + j], sum, 1e-5 * magnitude);
      }
  }
}

// A bf16 list that ends within its tile is added to a product: where loads have no masks they go
// through a buffer of one vector, however much is left of the list.
TEST_P(ProductTest, ShortBiasLeavesAccumulatorsAlone) {
  Program program(
      std::string("tile.kernel @biased(%x: !tile.ref<2x16xf32>, %w: !tile.ref<100x16xf32>, "
                  "%b: !tile.ref<100xbf16>, %y: !tile.ref<2x100xf32>) ") +
          oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %c16 = arith.constant 16 : index
      %c100 = arith.constant 100 : index
      %zero = arith.constant dense<0.0> : tensor<2x128xf32>
      %a = tile.load %x[%c0, %c0] : !tile.ref<2x16xf32> -> tensor<2x16xf32>
      %r = tile.load %w[%c0, %c0] bounds(%c100, %c16) : !tile.ref<100x16xf32> -> tensor<128x16xf32>
      %p = tile.mma %a, %r, %zero b = nk : tensor<2x16xf32>, tensor<128x16xf32>, tensor<2x128xf32>
      %l = tile.load %b[%c0] bounds(%c100) : !tile.ref<100xbf16> -> tensor<128xbf16>
      %e = arith.extf %l : tensor<128xbf16> to tensor<128xf32>
      %s = tile.reshape %e : tensor<128xf32> -> tensor<1x128xf32>
      %t = tile.broadcast %s : tensor<1x128xf32> -> tensor<2x128xf32>
      %sum = arith.addf %p, %t : tensor<2x128xf32>
      tile.store %sum, %y[%c0, %c0] bounds(%c2, %c100) : tensor<2x128xf32>, !tile.ref<2x100xf32>
      tile.return
    })",
      GetParam());
  std::vector<float> x = makeRandom(2 * 16, 1), w = makeRandom(100 * 16, 2), y(2 * 100);
  std::vector<uint16_t> b = toBf16(makeRandom(100, 3));
  std::vector<float> bias = fromBf16(b);
  program.run("biased", {x, w, b, y});
  for (int i = 0; i != 2; ++i)
    for (int j = 0; j != 100; ++j) {
      double sum = bias[j];
      for (int k = 0; k != 16; ++k)
        sum += double(x[i * 16 + k]) * w[j * 16 + k];
      ASSERT_NEAR(y[i * 100 + j], sum, 1e-4) << i << " " << j;
    }
}

// One chip of each width of vectors: what else a chip has, products of numbers do not use.
INSTANTIATE_TEST_SUITE_P(Chips, WeightFormatTest, ::testing::ValuesIn(getWidths()),
                         [](auto &info) { return std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(Chips, ProductTest, ::testing::ValuesIn(getProductChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
