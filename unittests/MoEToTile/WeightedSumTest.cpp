//===- WeightedSumTest.cpp - Choices without an expert --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace moec::test;

namespace {

/// A token that has fewer experts than choices: routing gave the rest weight 0, and no expert wrote
/// their rows, which may hold anything, a NaN for one.
TEST(WeightedSum, ChoiceOfWeightZeroAddsNothing) {
  for (const char *schedule : {"BM = 1", "BM = 4", "BM = 4, pow2 = 1"}) {
    KernelTest test(R"(
      func.func @f(%y: tensor<?x2x5xf32>, %w: tensor<?x2xf32>) -> tensor<?x5xf32> {
        %z = moe.group row "c" (%a = %y : tensor<?x2x5xf32>, %b = %w : tensor<?x2xf32>) -> tensor<?x5xf32> {
          %0 = moe.weighted_sum %a, %b : tensor<?x2x5xf32>, tensor<?x2xf32> -> tensor<?x5xf32>
          moe.yield %0 : tensor<?x5xf32>
        }
        return %z : tensor<?x5xf32>
      })",
                    schedule);
    ASSERT_TRUE(test.isBuilt()) << test.getDiagnostics();
    constexpr int64_t tokens = 3, choices = 2, width = 5;
    test.setTokens(tokens, tokens);
    test.input(1) = Array{0.5, 0.25, 2.0, 0.0, 0.0, 0.0}; // token 1 has one expert, token 2 none
    std::vector<double> expected;
    for (int64_t token = 0; token != tokens; ++token)
      for (int64_t choice = 0; choice != choices; ++choice)
        for (int64_t column = 0; column != width; ++column) {
          bool written = *test.input(1)[token * choices + choice] != 0;
          test.input(0).push_back(written ? double(8 * token + 4 * choice + column) : NAN);
        }
    for (int64_t token = 0; token != tokens; ++token)
      for (int64_t column = 0; column != width; ++column) {
        double sum = 0;
        for (int64_t choice = 0; choice != choices; ++choice)
          if (double weight = *test.input(1)[token * choices + choice])
            sum += weight * *test.input(0)[(token * choices + choice) * width + column];
        expected.push_back(sum);
      }
    test.output(0).resize(tokens * width);
    ASSERT_EQ(test.run(), "") << test.print();
    EXPECT_EQ(numbersOf(test.output(0)), expected) << schedule;
  }
}

} // namespace
