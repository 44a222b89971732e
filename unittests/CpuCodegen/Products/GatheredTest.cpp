//===- GatheredTest.cpp - Products by rows that a list names --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// As attention has values: rows of a cache, in runs of a page, some of which do not exist.
//
//===----------------------------------------------------------------------===//

#include "../Harness.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moec::cpu::test;

namespace {
class GatheredTest : public testing::TestWithParam<std::string> {};
constexpr int rows = 4, width = 64, stride = 96, first = 8;

/// y += p [4, 64] times the rows of v that `ids` names, 32 of them at a time, columns 8 to 71.
std::string getKernel(const std::string &element) {
  std::string ref = "!tile.ref<?x96x" + element + ">";
  return "tile.kernel @f(%p: !tile.ref<4x64xf32>, %v: " + ref +
         ", %ids: !tile.ref<?xi32>, %y: !tile.ref<4x64xf32>, %s: index) "
         "grid(%bx = affine_map<(s) -> (1)>, %by = affine_map<(s) -> (1)>, "
         "%bz = affine_map<(s) -> (1)>) {\n"
         "%c0 = arith.constant 0 : index\n%c8 = arith.constant 8 : index\n"
         "%c32 = arith.constant 32 : index\n%zero = arith.constant dense<0.0> : tensor<4x64xf32>\n"
         "%r = scf.for %i = %c0 to %s step %c32 iter_args(%acc = %zero) -> (tensor<4x64xf32>) {\n"
         "  %pt = tile.load %p[%c0, %i] : !tile.ref<4x64xf32> -> tensor<4x32xf32>\n"
         "  %list = tile.load %ids[%i] : !tile.ref<?xi32> -> tensor<32xi32>\n"
         "  %vt = tile.gather %v[%list, %c8] {run = 16} : " +
         ref + ", tensor<32xi32> -> tensor<32x64x" + element +
         ">\n"
         "  %next = tile.mma %pt, %vt, %acc b = kn : tensor<4x32xf32>, tensor<32x64x" +
         element +
         ">, tensor<4x64xf32>\n"
         "  scf.yield %next : tensor<4x64xf32>\n}\n"
         "tile.store %r, %y[%c0, %c0] : tensor<4x64xf32>, !tile.ref<4x64xf32>\ntile.return\n}";
}

/// Runs of 16 rows from these on, −1 for none, and `missing` rows less at the end.
std::vector<int32_t> listRuns(std::initializer_list<int> starts, int missing = 0) {
  std::vector<int32_t> ids;
  for (int start : starts)
    for (int i = 0; i != 16; ++i)
      ids.push_back(start < 0 ? -1 : start + i);
  std::fill(ids.end() - missing, ids.end(), -1);
  return ids;
}
} // namespace

// Each element is one chain of multiply-adds in the order of the list, wherever the rows lie. Rows
// that do not exist are zeros, though others in their place are no numbers.
TEST_P(GatheredTest, RowsInRunsAndMissingOnes) {
  for (bool isBf16 : {true, false}) {
    Program program(getKernel(isBf16 ? "bf16" : "f32"), GetParam());
    for (const std::vector<int32_t> &ids :
         {listRuns({16, 32}), listRuns({48, 16}), listRuns({0, 16, 64, 48}), listRuns({16, 48}, 7),
          listRuns({32, 48, 16, -1}), listRuns({-1, -1, 16, 32}, 1)}) {
      int s = int(ids.size());
      std::vector<float> p = makeRandom(rows * 64, 1), y(rows * width);
      std::vector<uint16_t> narrow = toBf16(makeRandom(80 * stride, 2));
      std::vector<float> v = fromBf16(narrow);
      for (int row = 0; row != 80; ++row)
        if (std::find(ids.begin(), ids.end(), row) == ids.end())
          for (int j = 0; j != stride; ++j) {
            narrow[row * stride + j] = 0x7fc0;
            v[row * stride + j] = std::numeric_limits<float>::quiet_NaN();
          }
      program.run("f", {p, isBf16 ? Word(narrow) : Word(v), ids.data(), y, s});
      for (int i = 0; i != rows; ++i)
        for (int j = 0; j != width; ++j) {
          float sum = 0;
          for (int k = 0; k != s; ++k)
            sum = std::fma(p[i * 64 + k], ids[k] < 0 ? 0 : v[ids[k] * stride + first + j], sum);
          ASSERT_EQ(y[i * width + j], sum) << i << " " << j << " of " << s;
        }
    }
  }
}

// Rows are asked for before the loop and in each iteration for the next one: two lines a row.
TEST_P(GatheredTest, RowsAreAskedForAhead) {
  std::string code = getAssembly(getKernel("bf16"), GetParam());
  int count = 0;
  for (size_t at = code.find("prefetch"); at != code.npos; at = code.find("prefetch", at + 1))
    ++count;
  EXPECT_GE(count, 4);
}

INSTANTIATE_TEST_SUITE_P(Chips, GatheredTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });
