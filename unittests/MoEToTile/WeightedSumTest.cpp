//===- WeightedSumTest.cpp - Choices without an expert --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace moec::test;

namespace {

/// By the element type of the rows, which are exact in each.
class WeightedSum : public ::testing::TestWithParam<const char *> {
protected:
  static std::string withElement(std::string text) {
    for (size_t at; (at = text.find("ROW")) != std::string::npos;)
      text.replace(at, 3, GetParam());
    return text;
  }
};

/// A token may have fewer experts than choices: no expert wrote the rows of the rest, which may
/// hold anything, a NaN for one. The NaN of an expert shows whatever its weight.
TEST_P(WeightedSum, OnlyChoicesWithoutAnExpertAreLeftOut) {
  for (const char *schedule : {"BM = 1", "BM = 1, pow2 = 1", "BM = 4", "BM = 4, pow2 = 1"}) {
    KernelTest test(withElement(R"(
      func.func @f(%y: tensor<?x2x5xROW>, %i: tensor<?x2xi32>, %w: tensor<?x2xf32>) -> tensor<?x5xf32> {
        %z = moe.group row "c" (%a = %y : tensor<?x2x5xROW>, %c = %i : tensor<?x2xi32>, %b = %w : tensor<?x2xf32>) -> tensor<?x5xf32> {
          %0 = moe.weighted_sum %a, %c, %b : tensor<?x2x5xROW>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x5xf32>
          moe.yield %0 : tensor<?x5xf32>
        }
        return %z : tensor<?x5xf32>
      })"),
                    schedule);
    ASSERT_TRUE(test.isBuilt()) << test.getDiagnostics();
    constexpr int64_t tokens = 5, choices = 2, width = 5;
    test.setTokens(tokens, tokens);
    // Token 1 has one expert, token 2 none; token 3 has two, one of them broken; token 4 was routed
    // by logits that are not numbers.
    test.input(1) = Array{3, 1, 0, -1, -1, -1, 2, 0, -1, -1};
    test.input(2) = Array{0.5, 0.25, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0, NAN, NAN};
    std::vector<double> expected;
    for (int64_t token = 0; token != tokens; ++token)
      for (int64_t choice = 0; choice != choices; ++choice)
        for (int64_t column = 0; column != width; ++column) {
          bool written =
              *test.input(1)[token * choices + choice] >= 0 && !(token == 3 && choice == 1);
          test.input(0).push_back(written ? double(8 * token + 4 * choice + column) : NAN);
        }
    for (int64_t token = 0; token != tokens; ++token)
      for (int64_t column = 0; column != width; ++column) {
        double sum = 0;
        for (int64_t choice = 0; choice != choices; ++choice)
          if (size_t pair = token * choices + choice; *test.input(1)[pair] < 0)
            sum += *test.input(2)[pair] * 0;
          else
            sum += *test.input(2)[pair] * *test.input(0)[pair * width + column];
        expected.push_back(sum);
      }
    test.output(0).resize(tokens * width);
    ASSERT_EQ(test.run(), "") << test.print();
    std::vector<double> found = numbersOf(test.output(0));
    for (size_t i = 0; i != expected.size(); ++i)
      EXPECT_TRUE(found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i])))
          << schedule << ", " << i << ": " << found[i] << " for " << expected[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Elements, WeightedSum, ::testing::Values("f32", "bf16", "f16"));

} // namespace
