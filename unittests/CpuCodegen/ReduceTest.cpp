//===- ReduceTest.cpp - Reductions, scans, counts, executed ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moec::cpu::test;

namespace {

class ReduceTest : public ::testing::TestWithParam<std::string> {};

// Along rows of every length class: shorter than a vector, not a multiple, several accumulators.
TEST_P(ReduceTest, AlongRows) {
  for (int n : {1, 3, 16, 37, 128, 1000}) {
    std::string type = "tensor<3x" + std::to_string(n) + "xf32>";
    std::string ref = "!tile.ref<3x" + std::to_string(n) + "xf32>";
    Program program("tile.kernel @reduce(%x: " + ref + ", %y: !tile.ref<3x3xf32>) " + oneBlock +
                        " {\n  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index\n"
                        "  %c2 = arith.constant 2 : index\n"
                        "  %v = tile.load %x[%c0, %c0] : " +
                        ref + " -> " + type +
                        "\n"
                        "  %sq = arith.mulf %v, %v : " +
                        type +
                        "\n"
                        "  %a = tile.reduce add %sq dim = 1 : " +
                        type +
                        " -> tensor<3x1xf32>\n"
                        "  %b = tile.reduce max %v dim = 1 : " +
                        type +
                        " -> tensor<3x1xf32>\n"
                        "  %c = tile.reduce min %v dim = 1 : " +
                        type +
                        " -> tensor<3x1xf32>\n"
                        "  tile.store %a, %y[%c0, %c0] : tensor<3x1xf32>, !tile.ref<3x3xf32>\n"
                        "  tile.store %b, %y[%c0, %c1] : tensor<3x1xf32>, !tile.ref<3x3xf32>\n"
                        "  tile.store %c, %y[%c0, %c2] : tensor<3x1xf32>, !tile.ref<3x3xf32>\n"
                        "  tile.return\n}",
                    GetParam());
    std::vector<float> x = makeRandom(3 * n, n), y(9);
    if (n > 3)
      x[n] = std::numeric_limits<float>::quiet_NaN(); // ignored by max and min of row 1
    program.run("reduce", {x, y});
    for (int i = 0; i != 3; ++i) {
      double sum = 0;
      float most = -INFINITY, least = INFINITY;
      for (int j = 0; j != n; ++j) {
        float value = x[i * n + j];
        sum += double(value) * value;
        most = std::fmax(most, value);
        least = std::fmin(least, value);
      }
      if (!std::isnan(sum)) {
        ASSERT_NEAR(y[3 * i], sum, 1e-6 * sum + 1e-7);
      }
      ASSERT_EQ(y[3 * i + 1], most) << n;
      ASSERT_EQ(y[3 * i + 2], least) << n;
    }
  }
}

// A bound that is only known at run time changes what is summed, never the order: a row summed
// alone and in a longer tile with zeros behind it gives the same bytes.
TEST_P(ReduceTest, LiveBoundKeepsOrder) {
  Program program(R"(
    tile.kernel @sum(%x: !tile.ref<?xf32>, %y: !tile.ref<1x1xf32>, %n: index)
        grid(%bx = affine_map<(n) -> (1)>, %by = affine_map<(n) -> (1)>, %bz = affine_map<(n) -> (1)>) {
      %c0 = arith.constant 0 : index
      %v = tile.load %x[%c0] bounds(%n) : !tile.ref<?xf32> -> tensor<256xf32>
      %r = tile.reshape %v : tensor<256xf32> -> tensor<1x256xf32>
      %s = tile.reduce add %r dim = 1 : tensor<1x256xf32> -> tensor<1x1xf32>
      tile.store %s, %y[%c0, %c0] : tensor<1x1xf32>, !tile.ref<1x1xf32>
      tile.return
    })",
                  GetParam());
  std::vector<float> x = makeRandom(256, 9);
  for (int n : {0, 5, 16, 100, 255}) {
    std::vector<float> a(1), b(1), padded(x.begin(), x.begin() + n);
    padded.resize(256);
    program.run("sum", {x, a, n});
    program.run("sum", {padded, b, 256});
    ASSERT_EQ(a[0], b[0]) << n;
  }
}

// A row has the same sum, to the last bit, in a tile of one row and of many; a column likewise.
TEST_P(ReduceTest, OtherExtentsDoNotChangeTheOrder) {
  for (int n : {5, 37, 128, 1000}) {
    std::vector<float> x = makeRandom(8 * n, n), alone;
    for (int rows : {1, 2, 3, 8}) {
      std::string shape = std::to_string(rows) + "x" + std::to_string(n);
      std::string turned = std::to_string(n) + "x" + std::to_string(rows);
      std::string many = std::to_string(rows);
      Program program(
          "tile.kernel @sums(%x: !tile.ref<" + shape + "xf32>, %t: !tile.ref<" + turned +
              "xf32>, %y: !tile.ref<" + many + "x1xf32>, %z: !tile.ref<1x" + many + "xf32>) " +
              oneBlock +
              " {\n%c0 = arith.constant 0 : index\n"
              "%v = tile.load %x[%c0, %c0] : !tile.ref<" +
              shape + "xf32> -> tensor<" + shape +
              "xf32>\n%w = tile.load %t[%c0, %c0] : !tile.ref<" + turned + "xf32> -> tensor<" +
              turned + "xf32>\n%a = tile.reduce add %v dim = 1 : tensor<" + shape +
              "xf32> -> tensor<" + many + "x1xf32>\n%b = tile.reduce add %w dim = 0 : tensor<" +
              turned + "xf32> -> tensor<1x" + many +
              "xf32>\ntile.store %a, %y[%c0, %c0] : tensor<" + many + "x1xf32>, !tile.ref<" + many +
              "x1xf32>\ntile.store %b, %z[%c0, %c0] : tensor<1x" + many + "xf32>, !tile.ref<1x" +
              many + "xf32>\ntile.return\n}",
          GetParam());
      std::vector<float> part(x.begin(), x.begin() + rows * n), columns(rows * n), y(rows), z(rows);
      for (int row = 0; row != rows; ++row)
        for (int j = 0; j != n; ++j)
          columns[j * rows + row] = part[row * n + j];
      program.run("sums", {part, columns, y, z});
      if (rows == 1)
        alone = {y[0], z[0]};
      ASSERT_EQ(y[0], alone[0]) << shape;
      ASSERT_EQ(z[0], alone[1]) << turned;
    }
  }
}

// Along the first and the middle dimension, integers too.
TEST_P(ReduceTest, AcrossRows) {
  Program program(
      std::string("tile.kernel @across(%x: !tile.ref<2x5x18xi32>, %y: !tile.ref<2x18xi32>, "
                  "%z: !tile.ref<5x18xi32>) ") +
          oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %v = tile.load %x[%c0, %c0, %c0] : !tile.ref<2x5x18xi32> -> tensor<2x5x18xi32>
      %m = tile.reduce max %v dim = 1 : tensor<2x5x18xi32> -> tensor<2x1x18xi32>
      %mm = tile.reshape %m : tensor<2x1x18xi32> -> tensor<2x18xi32>
      tile.store %mm, %y[%c0, %c0] : tensor<2x18xi32>, !tile.ref<2x18xi32>
      %s = tile.reduce add %v dim = 0 : tensor<2x5x18xi32> -> tensor<1x5x18xi32>
      %ss = tile.reshape %s : tensor<1x5x18xi32> -> tensor<5x18xi32>
      tile.store %ss, %z[%c0, %c0] : tensor<5x18xi32>, !tile.ref<5x18xi32>
      tile.return
    })",
      GetParam());
  std::vector<int32_t> x(180), y(36), z(90);
  std::mt19937 random(4);
  for (int32_t &value : x)
    value = static_cast<int32_t>(random());
  program.run("across", {x, y, z});
  for (int i = 0; i != 2; ++i)
    for (int k = 0; k != 18; ++k) {
      int32_t most = INT32_MIN;
      for (int j = 0; j != 5; ++j) {
        most = std::max(most, x[(i * 5 + j) * 18 + k]);
        uint32_t sum = uint32_t(x[j * 18 + k]) + uint32_t(x[(5 + j) * 18 + k]);
        ASSERT_EQ(static_cast<uint32_t>(z[j * 18 + k]), sum);
      }
      ASSERT_EQ(y[i * 18 + k], most);
    }
}

// Histogram, exclusive scan and rank are a stable counting sort; keys outside take no part.
TEST_P(ReduceTest, CountingSort) {
  Program program(
      std::string("tile.kernel @sort(%keys: !tile.ref<?xi32>, %count: !tile.ref<16xi32>, "
                  "%place: !tile.ref<100xi32>) ") +
          oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %k = tile.load %keys[%c0] : !tile.ref<?xi32> -> tensor<100xi32>
      %zero = arith.constant dense<0> : tensor<16xi32>
      %n = tile.histogram %k base %zero : tensor<100xi32>, tensor<16xi32>
      %start = tile.scan add %n dim = 0 exclusive : tensor<16xi32>
      %p = tile.rank %k base %start : tensor<100xi32>, tensor<16xi32>
      tile.store %n, %count[%c0] : tensor<16xi32>, !tile.ref<16xi32>
      tile.store %p, %place[%c0] : tensor<100xi32>, !tile.ref<100xi32>
      tile.return
    })",
      GetParam());
  std::vector<int32_t> keys(100), count(16), place(100);
  std::mt19937 random(5);
  for (int32_t &key : keys)
    key = static_cast<int32_t>(random() % 19) - 2;
  program.run("sort", {keys, count, place});
  int32_t next = 0;
  for (int key = 0; key != 16; ++key) {
    int32_t seen = 0;
    for (int i = 0; i != 100; ++i)
      if (keys[i] == key) {
        ASSERT_EQ(place[i], next++);
        ++seen;
      }
    ASSERT_EQ(count[key], seen);
  }
  for (int i = 0; i != 100; ++i)
    if (keys[i] < 0 || keys[i] >= 16) {
      ASSERT_EQ(place[i], -1);
    }
}

// Scans along the first dimension and of floats.
TEST_P(ReduceTest, Scan) {
  Program program(std::string("tile.kernel @scan(%x: !tile.ref<7x20xf32>, %a: !tile.ref<7x20xf32>, "
                              "%b: !tile.ref<7x20xf32>) ") +
                      oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %v = tile.load %x[%c0, %c0] : !tile.ref<7x20xf32> -> tensor<7x20xf32>
      %s = tile.scan add %v dim = 0 : tensor<7x20xf32>
      tile.store %s, %a[%c0, %c0] : tensor<7x20xf32>, !tile.ref<7x20xf32>
      %m = tile.scan max %v dim = 1 exclusive : tensor<7x20xf32>
      tile.store %m, %b[%c0, %c0] : tensor<7x20xf32>, !tile.ref<7x20xf32>
      tile.return
    })",
                  GetParam());
  std::vector<float> x = makeRandom(140, 6), a(140), b(140);
  program.run("scan", {x, a, b});
  for (int j = 0; j != 20; ++j) {
    float sum = 0;
    for (int i = 0; i != 7; ++i) {
      sum += x[i * 20 + j];
      ASSERT_EQ(a[i * 20 + j], sum);
    }
  }
  for (int i = 0; i != 7; ++i) {
    float most = -INFINITY;
    for (int j = 0; j != 20; ++j) {
      ASSERT_EQ(b[i * 20 + j], most);
      most = std::max(most, x[i * 20 + j]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, ReduceTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
