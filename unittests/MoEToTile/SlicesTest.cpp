//===- SlicesTest.cpp - Products whose K is split -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Slices of K are summed by themselves, and added behind the loop: each of them once, in an order
// that no other row has an influence on.
//
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

using namespace moec::test;

namespace {

constexpr int64_t depth = 768, width = 100;

/// A product of bf16 by bf16 whose last block of columns is ragged, and a residual behind it.
const char *const product = R"(
  moe.weight @w : tensor<100x768xbf16> from "w"
  func.func @f(%x: tensor<?x768xbf16>, %r: tensor<?x100xf32>) -> tensor<?x100xf32> {
    %y = moe.group gemm "y" (%a = %x : tensor<?x768xbf16>, %b = %r : tensor<?x100xf32>) -> tensor<?x100xf32> {
      %0 = moe.linear %a, @w : tensor<?x768xbf16> -> tensor<?x100xf32>
      %1 = moe.add %0, %b : tensor<?x100xf32>, tensor<?x100xf32> -> tensor<?x100xf32>
      moe.yield %1 : tensor<?x100xf32>
    }
    return %y : tensor<?x100xf32>
  })";

std::string getSchedule(int64_t rows, int64_t split, int64_t stages) {
  return "BM = " + std::to_string(rows) + ", BN = 32, BK = 256, split = " + std::to_string(split) +
         ", subgroups = 4, stages = " + std::to_string(stages);
}

/// The product of rows by a weight, both of one number after the other.
std::vector<double> multiply(const std::string &schedule, const Array &rows, const Array &weight) {
  KernelTest test(product, schedule);
  EXPECT_TRUE(test.isBuilt()) << test.getDiagnostics();
  auto tokens = int64_t(rows.size()) / depth;
  test.setTokens(tokens, tokens);
  test.input(0) = rows;
  test.input(1) = Array(tokens * width, 0.5);
  test.weight("w") = weight;
  test.output(0).resize(tokens * width);
  EXPECT_EQ(test.run(), "") << test.print();
  return numbersOf(test.output(0));
}

/// Numbers whose products of rows are exact in f32 in any order.
Array makeQuarters(Random &random, int64_t count) {
  Array numbers;
  for (int64_t i = 0; i != count; ++i)
    numbers.push_back(double(random.below(33) - 16) / 4);
  return numbers;
}

TEST(Slices, EachCountsOnce) {
  Random random(3);
  Array weight = makeQuarters(random, width * depth);
  for (int64_t tokens : {1, 5, 16, 37}) {
    Array rows = makeQuarters(random, tokens * depth);
    std::vector<double> expected(tokens * width, 0.5);
    for (int64_t row = 0; row != tokens; ++row)
      for (int64_t column = 0; column != width; ++column)
        for (int64_t k = 0; k != depth; ++k)
          expected[row * width + column] += *rows[row * depth + k] * *weight[column * depth + k];
    for (int64_t height : {16, 32})
      for (int64_t split : {1, 2, 4})
        for (int64_t stages : {1, 2, 3})
          EXPECT_EQ(multiply(getSchedule(height, split, stages), rows, weight), expected)
              << tokens << " rows, " << getSchedule(height, split, stages);
  }
}

TEST(Slices, RowsAreTheSameAloneAndAmongOthers) {
  Random random(4);
  Array weight = random.numbers(width * depth, /*bf16=*/true);
  Array rows = random.numbers(19 * depth, /*bf16=*/true);
  for (int64_t split : {2, 4}) {
    std::vector<double> all = multiply(getSchedule(16, split, 2), rows, weight);
    for (int64_t row : {0, 7, 18}) {
      Array one(rows.begin() + row * depth, rows.begin() + (row + 1) * depth);
      std::vector<double> same(all.begin() + row * width, all.begin() + (row + 1) * width);
      EXPECT_EQ(multiply(getSchedule(16, split, 2), one, weight), same) << row;
    }
  }
}

} // namespace
