//===- StatisticsTest.cpp - Figures of a text -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Against values worked out by hand.
//
//===----------------------------------------------------------------------===//

#include "Perplexity.h"
#include "eval/Divergence.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moec;
using namespace moec::runtime;
using Row = std::vector<float>;
using Values = std::vector<double>;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

TEST(Statistics, MeanAndStandardErrorLeaveOutWhatIsNoNumber) {
  Estimate estimate = estimateMean(Values{1, notANumber, 2, 6});
  EXPECT_EQ(estimate.count, 3u);
  EXPECT_EQ(estimate.mean, 3);
  // Squares 4 + 1 + 9 over n − 1 = 2, over n = 3.
  EXPECT_NEAR(estimate.error, std::sqrt(14.0 / 2 / 3), 1e-15);
  EXPECT_EQ(estimate.text(2), "3.00 ± 1.53");
}

TEST(Statistics, OneValueHasNoError) {
  Estimate estimate = estimateMean(Values{7});
  EXPECT_EQ(estimate.mean, 7);
  EXPECT_EQ(estimate.text(1), "7.0");
  EXPECT_EQ(estimateMean(Values{}).text(1), "nan");
  EXPECT_EQ(estimateMean(Values{1, infinity}).text(1), "inf");
}

TEST(Statistics, QuantilesAreInterpolated) {
  Values values = {4, 1, notANumber, 3, 2};
  EXPECT_EQ(quantileOf(values, 0), 1);
  EXPECT_EQ(quantileOf(values, 0.5), 2.5);
  EXPECT_NEAR(quantileOf(values, 0.99), 3.97, 1e-12);
  EXPECT_EQ(quantileOf(values, 1), 4);
}

TEST(Statistics, DivergenceOfKnownDistributions) {
  // (3/4, 1/4) from (1/2, 1/2), and the other way round: logits need not be normalised.
  Row p = {10 + std::log(3.0f), 10}, q = {-5, -5};
  EXPECT_NEAR(divergenceOf(p, q), 0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-6);
  EXPECT_NEAR(divergenceOf(q, p), 0.5 * std::log(2.0 / 3) + 0.5 * std::log(2.0), 1e-6);
  EXPECT_EQ(divergenceOf(p, p), 0);
}

TEST(Statistics, DivergenceWhereChancesAreNone) {
  Row whole = {0, 0}, half = {0, -infinity};
  EXPECT_NEAR(divergenceOf(half, whole), std::log(2.0), 1e-12);
  EXPECT_EQ(divergenceOf(whole, half), infinity);
  for (Row none : {Row{0, notANumber}, Row{0, infinity}, Row{-infinity, -infinity}}) {
    EXPECT_TRUE(std::isnan(divergenceOf(whole, none)));
    EXPECT_TRUE(std::isnan(divergenceOf(none, whole)));
    EXPECT_TRUE(std::isnan(negativeLogLikelihood(none, 0)));
  }
}

TEST(TextWindows, PredictionsAreNumberedInTheOrderOfTheText) {
  // 10 11 12 | 13 14 15 | 16 17
  Expected<TextWindows> windows = TextWindows::cut({10, 11, 12, 13, 14, 15, 16, 17}, 3);
  ASSERT_TRUE(windows);
  EXPECT_EQ(windows->predictions(), 5u);
  std::vector<size_t> places;
  for (size_t index = 0; index < windows->sequences().size(); ++index)
    for (size_t position = 0; position < windows->sequences()[index].size(); ++position)
      if (std::optional<size_t> prediction = windows->predictionAt(index, position)) {
        EXPECT_EQ(*prediction, places.size());
        places.push_back(windows->placeOf(*prediction));
        EXPECT_EQ(windows->tokenOf(*prediction), windows->sequences()[index][position + 1]);
      }
  EXPECT_EQ(places, (std::vector<size_t>{1, 2, 4, 5, 7}));
}

namespace {
/// Logits by a function of the sequence's last token.
class RowsByToken : public LogitsProvider {
public:
  explicit RowsByToken(std::vector<Row> rows) : rows(std::move(rows)) {}
  std::string description() const override { return "table"; }
  uint32_t vocab() const override { return uint32_t(rows[0].size()); }
  Error logits(const std::vector<std::vector<int32_t>> &sequences, const Sink &sink) override {
    largest = std::max(largest, sequences.size());
    // The last sequence first: order must not matter.
    for (size_t i = sequences.size(); i-- > 0;)
      for (size_t position = 0; position < sequences[i].size(); ++position)
        sink(i, position, rows[size_t(sequences[i][position])]);
    return Error::success();
  }
  size_t largest = 0;

private:
  std::vector<Row> rows;
};
} // namespace

TEST(Divergence, OfTwoModelsInGroupsOfWindows) {
  float three = std::log(3.0f);
  RowsByToken a({{0, 0}, {three, 0}}), b({{0, 0}, {0, three}});
  Expected<TextWindows> windows = TextWindows::cut({0, 1, 0, 1, 1, 0, 0, 0}, 3);
  ASSERT_TRUE(windows);
  // After 0 both say 1/2; after 1 A says 3/4, 1/4 and B the other way round, which is ln(3)/2 off.
  Values kl = {0, 0.5 * std::log(3.0), 0.5 * std::log(3.0), 0.5 * std::log(3.0), 0};
  Values agreements = {1, 0, 0, 0, 1};
  for (size_t batch : {0, 1, 2, 8}) {
    a.largest = 0;
    Expected<Divergence> found = measureDivergence(a, b, *windows, batch, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(a.largest, std::min<size_t>(std::max<size_t>(batch, 1), 3));
    EXPECT_EQ(found->agreements, agreements);
    ASSERT_EQ(found->divergences.size(), kl.size());
    for (size_t i = 0; i < kl.size(); ++i)
      EXPECT_NEAR(found->divergences[i], kl[i], 1e-6);
    // Tokens 1, 0 | 1, 0 | 0 by A: 1/2, 3/4 | 1/4, 3/4 | 1/2.
    EXPECT_NEAR(found->lossesA[1], std::log(4.0 / 3), 1e-6);
    EXPECT_NEAR(found->lossesB[1], std::log(4.0), 1e-6);
    EXPECT_NEAR(found->differences[2], -std::log(3.0), 1e-6);
  }
}

TEST(Divergence, WhatIsNoNumberIsLeftOutOfBoth) {
  RowsByToken a({{0, 0}, {0, 1}}), b({{0, 0}, {notANumber, 1}});
  Expected<TextWindows> windows = TextWindows::cut({0, 1, 0, 0}, 4);
  Expected<Divergence> found = measureDivergence(a, b, *windows, 0, 1 << 20);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->notNumbers[0].empty());
  EXPECT_EQ(found->notNumbers[1], std::vector<size_t>{1});
  EXPECT_TRUE(std::isnan(found->lossesA[1]));
  EXPECT_EQ(estimateMean(found->divergences).count, 2u);
  EXPECT_EQ(estimateMean(found->divergences).mean, 0);
}

namespace {
/// Logits of three tokens, and two hidden states of two numbers: a multiple of the token, and 1.
class Layered : public RowsByToken {
public:
  explicit Layered(float scale, std::string second = "layer 0")
      : RowsByToken({{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}), scale(scale), second(std::move(second)) {}
  std::vector<HiddenState> hiddenStates() const override { return {{"embedding", 2}, {second, 2}}; }
  void observe(HiddenSink sink) override { hidden = std::move(sink); }
  Error logits(const std::vector<std::vector<int32_t>> &sequences, const Sink &sink) override {
    for (size_t i = 0; i < sequences.size(); ++i)
      for (size_t position = 0; position < sequences[i].size(); ++position) {
        hidden(0, i, position, Row{scale * sequences[i][position], 0});
        hidden(1, i, position, Row{1, sequences[i][position] == 2 ? poison : 1});
      }
    return RowsByToken::logits(sequences, sink);
  }
  float poison = 1;

private:
  float scale;
  std::string second;
  HiddenSink hidden;
};
} // namespace

TEST(LayerErrors, AreRelativeToA) {
  Layered a(2), b(3);
  Expected<TextWindows> windows = TextWindows::cut({0, 1, 2, 1, 2}, 3);
  for (size_t batch : {1, 2}) {
    Expected<LayerErrors> layers = LayerErrors::create(a, b, 2, 3);
    ASSERT_TRUE(layers);
    ASSERT_TRUE(measureDivergence(a, b, *windows, batch, 1, &*layers));
    EXPECT_EQ(
        layers->json().dump(),
        R"([{"state":"embedding","relative_rms_error":0.5,"max":2.0,"rows":5,"not_numbers":0},)"
        R"({"state":"layer 0","relative_rms_error":0.0,"max":0.0,"rows":5,"not_numbers":0}])");
    EXPECT_FALSE(layers->verdict());
  }
}

TEST(LayerErrors, WhatIsNoNumberIsLeftOut) {
  Layered a(1), b(1);
  b.poison = notANumber;
  Expected<TextWindows> windows = TextWindows::cut({0, 1, 2, 1, 2}, 5);
  Expected<LayerErrors> layers = LayerErrors::create(a, b, 1, 5);
  ASSERT_TRUE(measureDivergence(a, b, *windows, 0, 1, &*layers));
  EXPECT_EQ(layers->json()[1]["relative_rms_error"], 0.0);
  EXPECT_EQ(layers->json()[1]["rows"], 3);
  EXPECT_EQ(layers->verdict().message(),
            "hidden state 'layer 0' is not numbers in 2 of 5 rows, which are left out");
}

TEST(LayerErrors, OtherLayersAreRefused) {
  Layered a(1), b(1, "layer 1");
  RowsByToken c({{0}});
  EXPECT_EQ(LayerErrors::create(a, b, 1, 1).takeError().message(),
            "hidden state 1 of A is 'layer 0' of 2 numbers but that of B is 'layer 1' of 2");
  EXPECT_EQ(LayerErrors::create(a, c, 1, 1).takeError().message(), "A has 2 hidden states but B 0");
}
