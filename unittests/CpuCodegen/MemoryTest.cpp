//===- MemoryTest.cpp - Accesses, shapes and elementwise ops, executed ----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace moec::cpu::test;

namespace {

class MemoryTest : public ::testing::TestWithParam<std::string> {};

// Blocks of 8 rows over any number of rows, columns that no vector divides; memory past the bounds
// is not touched, and any split of the grid gives the same bytes.
TEST_P(MemoryTest, BoundsAndRanges) {
  Program program(R"(
    tile.kernel @axpy(%x: !tile.ref<?x37xf32>, %y: !tile.ref<?x37xf32>, %t: index)
        grid(%bx = affine_map<(t) -> (t ceildiv 8)>, %by = affine_map<(t) -> (1)>,
             %bz = affine_map<(t) -> (1)>) {
      %c8 = arith.constant 8 : index
      %c0 = arith.constant 0 : index
      %c37 = arith.constant 37 : index
      %two = arith.constant dense<2.0> : tensor<8x64xf32>
      %row = arith.muli %bx, %c8 : index
      %left = arith.subi %t, %row : index
      %v = tile.load %x[%row, %c0] bounds(%left, %c37) : !tile.ref<?x37xf32> -> tensor<8x64xf32>
      %w = math.fma %v, %two, %v : tensor<8x64xf32>
      tile.store %w, %y[%row, %c0] bounds(%left, %c37) : tensor<8x64xf32>, !tile.ref<?x37xf32>
      tile.return
    })",
                  GetParam());
  for (int t : {1, 7, 8, 19, 64})
    for (unsigned ranges : {1u, 3u}) {
      std::vector<float> x = makeRandom(t * 37, 1), y(t * 37 + 40, -5.f);
      program.run("axpy", {x, y, t}, ranges);
      for (int i = 0; i != t * 37; ++i)
        ASSERT_EQ(y[i], std::fma(x[i], 2.f, x[i])) << i;
      for (int i = t * 37; i != t * 37 + 40; ++i)
        ASSERT_EQ(y[i], -5.f);
    }
}

// bf16 is widened, computed in f32 and rounded once; rows come by index, negative ones are zero and
// are not written.
TEST_P(MemoryTest, GatherScatterBf16) {
  Program program(
      std::string("tile.kernel @rows(%x: !tile.ref<?x3x20xbf16>, %ids: !tile.ref<?xi32>, "
                  "%y: !tile.ref<?x20xbf16>) ") +
          oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c5 = arith.constant 5 : index
      %c20 = arith.constant 20 : index
      %ids_tile = tile.load %ids[%c0] bounds(%c5) : !tile.ref<?xi32> -> tensor<8xi32>
      %v = tile.gather %x[%ids_tile, %c1, %c0] bounds(%c5, %c20)
          : !tile.ref<?x3x20xbf16>, tensor<8xi32> -> tensor<8x32xbf16>
      %w = arith.addf %v, %v : tensor<8x32xbf16>
      tile.scatter %w, %y[%ids_tile, %c0] bounds(%c5, %c20)
          : tensor<8x32xbf16>, !tile.ref<?x20xbf16>, tensor<8xi32>
      tile.return
    })",
      GetParam());
  std::vector<uint16_t> x = toBf16(makeRandom(10 * 3 * 20, 2)), y(10 * 20, 0x7777);
  std::vector<int32_t> ids = {3, -1, 9, 0, 4};
  program.run("rows", {x, ids, y});
  std::vector<float> wide = fromBf16(x);
  for (int row = 0; row != 10; ++row)
    for (int j = 0; j != 20; ++j) {
      bool named = row == 3 || row == 9 || row == 0 || row == 4;
      uint16_t expected = named ? toBf16({2 * wide[(row * 3 + 1) * 20 + j]})[0] : 0x7777;
      ASSERT_EQ(y[row * 20 + j], expected) << row << " " << j;
    }
}

// A vector of which one lane is left writes one number of 16 bits.
TEST_P(MemoryTest, OneLaneOfBf16) {
  for (int width : {9, 17}) {
    std::string ref = "!tile.ref<4x" + std::to_string(width + 1) + "xbf16>";
    std::string columns = "x" + std::to_string(width);
    Program program("tile.kernel @f(%x: !tile.ref<4" + columns + "xf32>, %y: " + ref + ") " +
                        oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %v = tile.load %x[%c0, %c0] : !tile.ref<4)" +
                        columns + "xf32> -> tensor<4" + columns + R"(xf32>
      %w = arith.truncf %v : tensor<4)" +
                        columns + "xf32> to tensor<4" + columns + R"(xbf16>
      tile.store %w, %y[%c0, %c0] : tensor<4)" +
                        columns + "xbf16>, " + ref + R"(
      tile.return
    })",
                    GetParam());
    std::vector<float> x = makeRandom(4 * width, 3);
    std::vector<uint16_t> rounded = toBf16(x), y(4 * (width + 1), 0x7777);
    program.run("f", {x, y});
    for (int row = 0; row != 4; ++row)
      for (int j = 0; j <= width; ++j)
        ASSERT_EQ(y[row * (width + 1) + j], j < width ? rounded[row * width + j] : 0x7777)
            << width << ": " << row << " " << j;
  }
}

// Every op that moves elements, against index arithmetic.
TEST_P(MemoryTest, Shapes) {
  Program program(std::string("tile.kernel @shapes(%x: !tile.ref<6x40xf32>, "
                              "%a: !tile.ref<6x40xf32>, %b: !tile.ref<40x6xf32>, "
                              "%c: !tile.ref<6x4x10xf32>, %d: !tile.ref<6x60xf32>, "
                              "%e: !tile.ref<6x40xi32>) ") +
                      oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %v = tile.load %x[%c0, %c0] : !tile.ref<6x40xf32> -> tensor<6x40xf32>
      %even, %odd = tile.deinterleave %v : tensor<6x40xf32> -> tensor<6x20xf32>
      %swapped = tile.interleave %odd, %even : tensor<6x20xf32> -> tensor<6x40xf32>
      tile.store %swapped, %a[%c0, %c0] : tensor<6x40xf32>, !tile.ref<6x40xf32>
      %t = tile.transpose %v [1, 0] : tensor<6x40xf32> -> tensor<40x6xf32>
      tile.store %t, %b[%c0, %c0] : tensor<40x6xf32>, !tile.ref<40x6xf32>
      %r = tile.reshape %v : tensor<6x40xf32> -> tensor<6x4x10xf32>
      tile.store %r, %c[%c0, %c0, %c0] : tensor<6x4x10xf32>, !tile.ref<6x4x10xf32>
      %s = tile.slice %v [0, 13] : tensor<6x40xf32> -> tensor<6x20xf32>
      %cc = tile.concat %s, %v dim = 1 : tensor<6x20xf32>, tensor<6x40xf32> -> tensor<6x60xf32>
      tile.store %cc, %d[%c0, %c0] : tensor<6x60xf32>, !tile.ref<6x60xf32>
      %i = tile.iota dim = 0 : tensor<6x40xi32>
      %j = tile.iota dim = 1 : tensor<6x40xi32>
      %forty = arith.constant dense<40> : tensor<6x40xi32>
      %k = arith.muli %i, %forty : tensor<6x40xi32>
      %l = arith.addi %k, %j : tensor<6x40xi32>
      tile.store %l, %e[%c0, %c0] : tensor<6x40xi32>, !tile.ref<6x40xi32>
      tile.return
    })",
                  GetParam());
  std::vector<float> x = makeRandom(240, 3), a(240), b(240), c(240), d(360);
  std::vector<int32_t> e(240);
  program.run("shapes", {x, a, b, c, d, e});
  for (int i = 0; i != 6; ++i)
    for (int j = 0; j != 40; ++j) {
      ASSERT_EQ(a[i * 40 + j], x[i * 40 + (j ^ 1)]);
      ASSERT_EQ(b[j * 6 + i], x[i * 40 + j]);
      ASSERT_EQ(c[i * 40 + j], x[i * 40 + j]);
      ASSERT_EQ(d[i * 60 + 20 + j], x[i * 40 + j]);
      if (j < 20) {
        ASSERT_EQ(d[i * 60 + j], x[i * 40 + 13 + j]);
      }
      ASSERT_EQ(e[i * 40 + j], i * 40 + j);
    }
}

// A ref that is read, written and read again gives what was there each time.
TEST_P(MemoryTest, InPlace) {
  Program program(
      std::string("tile.kernel @twice(%x: !tile.ref<4x24xf32>, %y: !tile.ref<4x24xf32>) ") +
          oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %old = tile.load %x[%c0, %c0] : !tile.ref<4x24xf32> -> tensor<4x24xf32>
      %new = arith.addf %old, %old : tensor<4x24xf32>
      tile.store %new, %x[%c0, %c0] : tensor<4x24xf32>, !tile.ref<4x24xf32>
      %again = tile.load %x[%c0, %c0] : !tile.ref<4x24xf32> -> tensor<4x24xf32>
      %both = arith.addf %old, %again : tensor<4x24xf32>
      tile.store %both, %y[%c0, %c0] : tensor<4x24xf32>, !tile.ref<4x24xf32>
      tile.return
    })",
      GetParam());
  std::vector<float> x = makeRandom(96, 4), y(96), old = x;
  program.run("twice", {x, y});
  for (int i = 0; i != 96; ++i) {
    ASSERT_EQ(x[i], 2 * old[i]);
    ASSERT_EQ(y[i], old[i] + 2 * old[i]);
  }
}

// Carried tiles swap buffers, conditionals merge tiles, and a carried scalar counts.
TEST_P(MemoryTest, LoopsAndConditionals) {
  Program program(
      std::string("tile.kernel @fibonacci(%x: !tile.ref<2x20xf32>, %y: !tile.ref<2x20xf32>, "
                  "%n: index) grid(%bx = affine_map<(n) -> (1)>, "
                  "%by = affine_map<(n) -> (1)>, %bz = affine_map<(n) -> (1)>)") +
          R"( {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %a0 = tile.load %x[%c0, %c0] : !tile.ref<2x20xf32> -> tensor<2x20xf32>
      %b0 = arith.constant dense<1.0> : tensor<2x20xf32>
      %a, %b, %count = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a0, %q = %b0, %k = %c0)
          -> (tensor<2x20xf32>, tensor<2x20xf32>, index) {
        %sum = arith.addf %p, %q : tensor<2x20xf32>
        %next = arith.addi %k, %c2 : index
        scf.yield %q, %sum, %next : tensor<2x20xf32>, tensor<2x20xf32>, index
      }
      %many = arith.cmpi sgt, %count, %c2 : index
      %r = scf.if %many -> (tensor<2x20xf32>) {
        scf.yield %b : tensor<2x20xf32>
      } else {
        %neg = arith.negf %a : tensor<2x20xf32>
        scf.yield %neg : tensor<2x20xf32>
      }
      tile.store %r, %y[%c0, %c0] : tensor<2x20xf32>, !tile.ref<2x20xf32>
      tile.return
    })",
      GetParam());
  for (int n : {0, 1, 2, 7}) {
    std::vector<float> x = makeRandom(40, 5), y(40);
    program.run("fibonacci", {x, y, n});
    for (int i = 0; i != 40; ++i) {
      float p = x[i], q = 1;
      for (int step = 0; step != n; ++step) {
        float sum = p + q;
        p = q;
        q = sum;
      }
      ASSERT_EQ(y[i], n > 1 ? q : -p);
    }
  }
}

// Elements by an index each, through a list that is itself gathered, and back the same way.
TEST_P(MemoryTest, GatherElements) {
  Program program(std::string("tile.kernel @elements(%x: !tile.ref<?xi32>, %ids: !tile.ref<?xi32>, "
                              "%y: !tile.ref<?xi32>) ") +
                      oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %c21 = arith.constant 21 : index
      %i = tile.load %ids[%c0] bounds(%c21) : !tile.ref<?xi32> -> tensor<32xi32>
      %j = tile.gather %x[%i] bounds(%c21) : !tile.ref<?xi32>, tensor<32xi32> -> tensor<32xi32>
      %k = tile.gather %x[%j] bounds(%c21) : !tile.ref<?xi32>, tensor<32xi32> -> tensor<32xi32>
      %t = arith.addi %k, %i : tensor<32xi32>
      tile.scatter %t, %y[%j] bounds(%c21) : tensor<32xi32>, !tile.ref<?xi32>, tensor<32xi32>
      tile.return
    })",
                  GetParam());
  std::vector<int32_t> x(40), ids(21), y(40, -5);
  for (int i = 0; i != 40; ++i)
    x[i] = (i * 7 + 3) % 40;
  for (int i = 0; i != 21; ++i)
    ids[i] = i % 5 == 4 ? -1 : (i * 3) % 40;
  std::vector<int32_t> expected = y;
  for (int i = 0; i != 21; ++i) {
    int32_t j = ids[i] < 0 ? 0 : x[ids[i]];
    expected[j] = x[j] + ids[i];
  }
  program.run("elements", {x, ids, y});
  // Lists that gather gave zero for are not distinct: that place holds one of them.
  y[0] = expected[0] = 0;
  ASSERT_EQ(y, expected);
}

// Scalars from memory into tiles of every kind, a boolean tile through memory, and a table.
TEST_P(MemoryTest, ScalarsAndTables) {
  Program program(std::string("tile.kernel @scalars(%x: !tile.ref<4xf32>, %y: !tile.ref<20xbf16>, "
                              "%b: !tile.ref<20xi1>, %z: !tile.ref<2x4xi32>) ") +
                      oneBlock + R"( {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %s = tile.load_scalar %x[%c1] : !tile.ref<4xf32> -> f32
      %e = math.exp %s : f32
      %n = arith.truncf %e : f32 to bf16
      %t = tile.splat %n : bf16 -> tensor<20xbf16>
      tile.store %t, %y[%c0] : tensor<20xbf16>, !tile.ref<20xbf16>
      %i = tile.iota dim = 0 : tensor<20xi32>
      %five = arith.constant dense<5> : tensor<20xi32>
      %less = arith.cmpi slt, %i, %five : tensor<20xi32>
      tile.store %less, %b[%c0] : tensor<20xi1>, !tile.ref<20xi1>
      %back = tile.load %b[%c0] : !tile.ref<20xi1> -> tensor<20xi1>
      %table = arith.constant dense<[[3, 1, 4, 1], [5, 9, 2, 6]]> : tensor<2x4xi32>
      tile.store %table, %z[%c0, %c0] : tensor<2x4xi32>, !tile.ref<2x4xi32>
      tile.return
    })",
                  GetParam());
  std::vector<float> x = {0, 1.25f, 0, 0};
  std::vector<uint16_t> y(20);
  std::vector<uint8_t> b(20, 7);
  std::vector<int32_t> z(8);
  program.run("scalars", {x, y, b, z});
  for (int i = 0; i != 20; ++i) {
    ASSERT_EQ(y[i], toBf16({std::exp(1.25f)})[0]);
    ASSERT_EQ(b[i], i < 5);
  }
  ASSERT_EQ(z, (std::vector<int32_t>{3, 1, 4, 1, 5, 9, 2, 6}));
}

INSTANTIATE_TEST_SUITE_P(Chips, MemoryTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
