//===- ComparisonTest.cpp - Figures of a comparison -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Against values worked out by hand.
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "Perplexity.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moec;
using namespace moec::runtime;
using Row = std::vector<float>;

TEST(Comparison, FiguresOfFourPositions) {
  Comparison comparison;
  comparison.add(Row{0, 1}, Row{0, 1});    // 0, same
  comparison.add(Row{0, 1}, Row{0.5f, 2}); // 1, same
  comparison.add(Row{3, 1}, Row{0, 1});    // 3, another
  comparison.add(Row{0, 1}, Row{0, 3});    // 2, same
  EXPECT_EQ(comparison.positions(), 4u);
  EXPECT_EQ(comparison.maximum(), 3);
  EXPECT_EQ(comparison.mean(), 6.5 / 8);
  EXPECT_EQ(comparison.quantile(0.5), 1.5);
  EXPECT_NEAR(comparison.quantile(0.9), 2.7, 1e-12);
  EXPECT_EQ(comparison.greedyMismatches(), 1u);
  EXPECT_EQ(
      comparison.json().dump(),
      R"({"positions":4,"max":3.0,"mean":0.8125,"median":1.5,"p90":2.7,"greedy_mismatches":1})");
}

TEST(Comparison, NanIsAnInfiniteDifference) {
  Comparison comparison;
  float nan = std::numeric_limits<float>::quiet_NaN();
  comparison.add(Row{nan, 1}, Row{nan, 1});
  EXPECT_TRUE(std::isinf(comparison.maximum()));
  EXPECT_TRUE(comparison.json()["max"].is_number());
  EXPECT_NE(comparison.json().dump().find("\"max\":null"), std::string::npos);
}

TEST(Perplexity, LikelihoodOfKnownLogits) {
  EXPECT_NEAR(negativeLogLikelihood(Row{0, 0, 0, 0}, 2), std::log(4.0), 1e-12);
  EXPECT_NEAR(negativeLogLikelihood(Row{1000, 1000 + std::log(3.0f)}, 1), std::log(4.0 / 3), 1e-4);
}

namespace {
/// Gives every token of the window's index + 2 the same probability.
class Uniform : public LogitsProvider {
public:
  std::string description() const override { return "uniform"; }
  uint32_t vocab() const override { return 10; }
  Error logits(const std::vector<std::vector<int32_t>> &sequences, const Sink &sink) override {
    for (size_t i = 0; i < sequences.size(); ++i)
      for (size_t position = 0; position < sequences[i].size(); ++position) {
        Row row(10, -std::numeric_limits<float>::infinity());
        for (size_t k = 0; k < i + 2; ++k)
          row[k] = 5;
        sink(i, position, row);
      }
    return Error::success();
  }
};
} // namespace

TEST(Perplexity, CutsWindowsThatDoNotOverlap) {
  Uniform provider;
  // Windows 0 0 0 | 0 0 0 | 0: two predictions of 1/2, two of 1/3, none in the last.
  Expected<TextWindows> windows = TextWindows::cut(std::vector<int32_t>(7, 0), 3);
  ASSERT_TRUE(windows);
  Expected<std::vector<double>> losses = measureLosses(provider, *windows);
  ASSERT_TRUE(losses);
  EXPECT_EQ(losses->size(), 4u);
  Estimate perplexity = perplexityOf(*losses);
  EXPECT_EQ(perplexity.count, 4u);
  EXPECT_NEAR(perplexity.mean, std::sqrt(6.0), 1e-9);
  // Losses ln 2, ln 2, ln 3, ln 3 deviate by ln(3/2) / √3.
  EXPECT_NEAR(perplexity.error, std::sqrt(6.0) * std::log(1.5) / std::sqrt(3.0) / 2, 1e-9);
  EXPECT_EQ(TextWindows::cut({1}, 3).takeError().message(),
            "the text has 1 tokens, at least 2 are needed");
  EXPECT_EQ(TextWindows::cut({1, 2}, 1).takeError().message(),
            "--window is 1, it must be at least 2");
}

TEST(LogitsProvider, GreedyByDefaultRecomputes) {
  Uniform provider;
  EXPECT_EQ(*provider.greedy({4, 4}, 3), (std::vector<int32_t>{0, 0, 0}));
}
