//===- SelectTest.cpp - The greatest elements, executed -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace moec::cpu::test;

namespace {

class SelectTest : public ::testing::TestWithParam<std::string> {};

/// Few different values, so that ties are common, and some that are never chosen.
std::vector<float> makeScores(size_t count, unsigned seed, bool mostlyMissing = false) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &value : values) {
    unsigned kind = random() % 20;
    value = static_cast<float>(int(random() % 9) - 4);
    if (value == 0 && random() % 2)
      value = -0.f;
    if (kind == 0 || (mostlyMissing && kind != 1))
      value = -INFINITY;
    if (kind == 2)
      value = NAN;
    if (kind == 3)
      value = INFINITY;
  }
  return values;
}

/// Places by descending value, ties by ascending place, without those that are never chosen.
std::vector<int> order(const float *values, int count) {
  std::vector<int> places;
  for (int i = 0; i != count; ++i)
    if (values[i] > -INFINITY)
      places.push_back(i);
  std::stable_sort(places.begin(), places.end(),
                   [&](int a, int b) { return values[a] > values[b]; });
  return places;
}

TEST_P(SelectTest, TopK) {
  Program program(std::string("tile.kernel @topk(%x: !tile.ref<4x37xf32>, %v: !tile.ref<4x8xf32>, "
                              "%p: !tile.ref<4x8xi32>) ") +
                      oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %x_tile = tile.load %x[%c0, %c0] : !tile.ref<4x37xf32> -> tensor<4x37xf32>
      %values, %places = tile.topk %x_tile : tensor<4x37xf32> -> tensor<4x8xf32>, tensor<4x8xi32>
      tile.store %values, %v[%c0, %c0] : tensor<4x8xf32>, !tile.ref<4x8xf32>
      tile.store %places, %p[%c0, %c0] : tensor<4x8xi32>, !tile.ref<4x8xi32>
      tile.return
    })",
                  GetParam());
  for (unsigned seed = 0; seed != 20; ++seed) {
    std::vector<float> x = makeScores(4 * 37, seed, seed % 3 == 0), v(32);
    std::vector<int32_t> p(32);
    program.run("topk", {x, v, p});
    for (int row = 0; row != 4; ++row) {
      std::vector<int> expected = order(&x[row * 37], 37);
      for (int i = 0; i != 8; ++i) {
        bool exists = i < static_cast<int>(expected.size());
        ASSERT_EQ(p[row * 8 + i], exists ? expected[i] : -1) << seed << " " << row << " " << i;
        ASSERT_EQ(v[row * 8 + i], exists ? x[row * 37 + expected[i]] : -INFINITY);
      }
    }
  }
}

// A stream in blocks of 24 that no vector divides, selections smaller and larger than a block.
void streamTopK(const std::string &chip, int k, int length) {
  std::string list = "tensor<3x" + std::to_string(k);
  std::string refV = "!tile.ref<3x" + std::to_string(k) + "xf32>";
  std::string refP = "!tile.ref<3x" + std::to_string(k) + "xi32>";
  std::string row = "!tile.ref<3x" + std::to_string(length) + "xf32>";
  Program program(
      "tile.kernel @stream(%x: " + row + ", %v: " + refV + ", %p: " + refP + ") " + oneBlock +
          " {\n  %c0 = arith.constant 0 : index\n  %c24 = arith.constant 24 : index\n"
          "  %c3 = arith.constant 3 : index\n  %n = arith.constant " +
          std::to_string(length) +
          " : index\n  %c0i = arith.constant 0 : i32\n"
          "  %v0 = arith.constant dense<0xFF800000> : " +
          list +
          "xf32>\n"
          "  %p0 = arith.constant dense<-1> : " +
          list +
          "xi32>\n"
          "  %none = arith.constant dense<0xFF800000> : tensor<3x24xf32>\n"
          "  %vr, %pr = scf.for %i = %c0 to %n step %c24 iter_args(%va = %v0, %pa = %p0) -> (" +
          list + "xf32>, " + list +
          "xi32>) {\n"
          "    %left = arith.subi %n, %i : index\n"
          "    %s = tile.load %x[%c0, %i] bounds(%c3, %left) : " +
          row +
          " -> tensor<3x24xf32>\n"
          "    %j = tile.iota dim = 1 : tensor<3x24xi32>\n"
          "    %l = arith.index_cast %left : index to i32\n"
          "    %lt = tile.splat %l : i32 -> tensor<3x24xi32>\n"
          "    %in = arith.cmpi slt, %j, %lt : tensor<3x24xi32>\n"
          "    %m = arith.select %in, %s, %none : tensor<3x24xi1>, tensor<3x24xf32>\n"
          "    %f = arith.index_cast %i : index to i32\n"
          "    %vn, %pn = tile.topk_merge %va, %pa, %m at %f : " +
          list + "xf32>, " + list +
          "xi32>, tensor<3x24xf32>\n"
          "    scf.yield %vn, %pn : " +
          list + "xf32>, " + list +
          "xi32>\n  }\n"
          "  tile.store %vr, %v[%c0, %c0] : " +
          list + "xf32>, " + refV +
          "\n"
          "  tile.store %pr, %p[%c0, %c0] : " +
          list + "xi32>, " + refP +
          "\n"
          "  tile.return\n}",
      chip);
  for (unsigned seed = 0; seed != 6; ++seed) {
    std::vector<float> x = makeScores(3 * length, seed, seed % 3 == 0), v(3 * k);
    if (seed % 2)
      for (size_t i = 0; i != x.size(); ++i)
        x[i] += static_cast<float>(i % 17) * 0.25f;
    std::vector<int32_t> p(3 * k);
    program.run("stream", {x, v, p});
    for (int row = 0; row != 3; ++row) {
      std::vector<int> expected = order(&x[row * length], length);
      expected.resize(std::min<size_t>(expected.size(), k));
      std::sort(expected.begin(), expected.end());
      for (int i = 0; i != k; ++i) {
        bool exists = i < static_cast<int>(expected.size());
        ASSERT_EQ(p[row * k + i], exists ? expected[i] : -1) << seed << " " << row << " " << i;
        ASSERT_EQ(v[row * k + i], exists ? x[row * length + expected[i]] : -INFINITY);
      }
    }
  }
}

TEST_P(SelectTest, TopKMerge) {
  streamTopK(GetParam(), 5, 100);
  streamTopK(GetParam(), 64, 131);
  streamTopK(GetParam(), 2048, 3000);
}

INSTANTIATE_TEST_SUITE_P(Chips, SelectTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
