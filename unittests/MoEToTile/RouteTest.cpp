//===- RouteTest.cpp - Routing kernels against plain loops ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace moec::test;

namespace {

struct Case {
  int64_t experts = 16, chosen = 4, groups = 1, chosenGroups = 1;
  std::string score = "sigmoid";
  bool bias = false, renormalize = false;
  double scale = 1;
  std::string schedule = "BM = 4";
  int64_t tokens = 9;
};

std::string moduleOf(const Case &c) {
  std::string logits = tokens({c.experts}), ids = tokens({c.chosen}, "i32"),
              weights = tokens({c.chosen});
  std::string both = "(" + ids + ", " + weights + ")", text;
  if (c.bias)
    text = "moe.weight @bias : tensor<" + std::to_string(c.experts) + "xf32> from \"b\"\n";
  text += "func.func @f(%x: " + logits + ") -> " + both +
          " {\n%i, %w = moe.group route \"r\" (%x0" + " = %x : " + logits + ") -> " + both +
          " {\n%i0, %w0 = moe.route %x0 " + c.score + " top_k " + std::to_string(c.chosen);
  text += c.bias ? " bias @bias" : "";
  if (c.groups > 1)
    text +=
        " groups " + std::to_string(c.groups) + " topk_groups " + std::to_string(c.chosenGroups);
  text += c.renormalize ? " renormalize" : "";
  text += " scale " + std::to_string(c.scale) + " : " + logits + " -> " + ids + ", " + weights +
          "\nmoe.yield %i0, %w0 : " + ids + ", " + weights + "\n}\nreturn %i, %w : " + ids + ", " +
          weights + "\n}\n";
  return text;
}

struct Choice {
  std::vector<double> ids, weights;
};

/// The places of the `k` greatest, greatest first, lower places first among equals.
std::vector<int64_t> greatest(const std::vector<float> &values, int64_t k) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i != int64_t(values.size()); ++i)
    if (!std::isnan(values[i]) && values[i] != -INFINITY)
      places.push_back(i);
  std::stable_sort(places.begin(), places.end(),
                   [&](int64_t a, int64_t b) { return values[a] > values[b]; });
  places.resize(std::min<size_t>(places.size(), k));
  return places;
}

/// What the op's description says; scores are f32, so that ties are the same.
Choice expected(const Case &c, const std::vector<double> &logits, const std::vector<double> &bias) {
  Choice choice;
  for (int64_t token = 0; token != c.tokens; ++token) {
    std::vector<float> row(logits.begin() + token * c.experts,
                           logits.begin() + (token + 1) * c.experts);
    std::vector<float> scores = row;
    if (c.score == "sigmoid")
      for (float &score : scores)
        score = float(1.0f / float(1.0f + float(std::exp(-double(score)))));
    if (c.score == "softmax") {
      float most = *std::max_element(row.begin(), row.end()), sum = 0;
      for (float &score : scores)
        sum += score = float(std::exp(double(score - most)));
      for (float &score : scores)
        score /= sum;
    }
    std::vector<float> preference = scores;
    if (c.bias)
      for (int64_t e = 0; e != c.experts; ++e)
        preference[e] += float(bias[e]);
    bool broken = llvm::any_of(preference, [](float number) { return std::isnan(number); });
    if (c.groups > 1) {
      int64_t size = c.experts / c.groups;
      std::vector<float> sums;
      for (int64_t group = 0; group != c.groups; ++group) {
        std::vector<float> members(preference.begin() + group * size,
                                   preference.begin() + (group + 1) * size);
        float sum = 0;
        for (int64_t place : greatest(members, 2))
          sum += members[place];
        sums.push_back(sum);
      }
      std::vector<int64_t> kept = greatest(sums, c.chosenGroups);
      for (int64_t e = 0; e != c.experts; ++e)
        if (std::find(kept.begin(), kept.end(), e / size) == kept.end())
          preference[e] = -INFINITY;
    }
    std::vector<int64_t> ids = greatest(preference, c.chosen);
    std::vector<double> weights;
    for (int64_t id : ids)
      weights.push_back(scores[id]);
    auto divide = [&](double extra) {
      double sum = extra;
      for (double weight : weights)
        sum += weight;
      for (double &weight : weights)
        weight /= sum;
    };
    if (c.score == "chosen_softmax") {
      double most = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
      for (double &weight : weights)
        weight = std::exp(weight - most);
      divide(0);
    }
    if (c.renormalize)
      divide(1e-20);
    for (int64_t slot = 0; slot != c.chosen; ++slot) {
      bool found = slot < int64_t(ids.size());
      choice.ids.push_back(found ? double(ids[slot]) : -1);
      choice.weights.push_back(broken ? NAN : found ? weights[slot] * c.scale : 0);
    }
  }
  return choice;
}

void check(const Case &c, const Array &logits) {
  Random random(3);
  Array bias = random.numbers(c.experts);
  KernelTest test(moduleOf(c), c.schedule);
  ASSERT_TRUE(test.isBuilt()) << test.getDiagnostics() << moduleOf(c);
  test.setTokens(c.tokens, c.tokens);
  test.input(0) = logits;
  test.weight("bias") = bias;
  test.output(0).resize(c.tokens * c.chosen);
  test.output(1).resize(c.tokens * c.chosen);
  ASSERT_EQ(test.run(), "") << test.print();
  Choice want = expected(c, numbersOf(logits), numbersOf(bias));
  EXPECT_EQ(numbersOf(test.output(0)), want.ids) << moduleOf(c);
  std::vector<double> weights = numbersOf(test.output(1));
  for (size_t i = 0; i != weights.size(); ++i)
    if (std::isnan(want.weights[i]))
      ASSERT_TRUE(std::isnan(weights[i])) << "element " << i << " of " << moduleOf(c);
    else
      ASSERT_NEAR(weights[i], want.weights[i], 1e-6) << "element " << i << " of " << moduleOf(c);
}

void check(const Case &c) {
  Random random(5);
  Array logits = random.numbers(c.tokens * c.experts);
  for (std::optional<double> &logit : logits)
    *logit *= 4;
  check(c, logits);
}

TEST(Route, ScoreFunctions) {
  for (const char *score : {"sigmoid", "softmax", "chosen_softmax"})
    for (bool bias : {false, true})
      for (bool renormalize : {false, true})
        check({.score = score, .bias = bias, .renormalize = renormalize, .scale = 2.5});
}

TEST(Route, NumbersOfExperts) {
  check({.experts = 1, .chosen = 1});
  check({.experts = 1, .chosen = 1, .score = "softmax", .bias = true});
  check({.experts = 5, .chosen = 5, .score = "softmax"});
  check({.experts = 60, .chosen = 6, .score = "softmax", .bias = true, .renormalize = true});
  check({.experts = 256, .chosen = 8, .bias = true, .renormalize = true, .scale = 2.5});
}

TEST(Route, Groups) {
  check({.groups = 4, .chosenGroups = 2});
  check({.groups = 4, .chosenGroups = 2, .bias = true, .renormalize = true});
  check({.chosen = 2, .groups = 8, .chosenGroups = 3});
  check({.experts = 20, .chosen = 3, .groups = 5, .chosenGroups = 2, .score = "softmax"});
  check({.groups = 4, .chosenGroups = 4});
}

TEST(Route, TokensThatNoBlockDivides) {
  for (int64_t count : {1, 3, 4, 7})
    for (const char *schedule : {"BM = 1", "BM = 4", "BM = 16"})
      check({.schedule = schedule, .tokens = count});
}

/// Equal logits: the lower id wins. A NaN makes all weights of its token NaN, and no others.
TEST(Route, TiesAndNaN) {
  Case c{.experts = 8, .chosen = 4, .tokens = 3};
  Array logits;
  for (double logit : {1, 2, 2, 1, 2, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0})
    logits.push_back(logit);
  for (int64_t e = 0; e != 8; ++e)
    logits.push_back(e == 2 || e == 6 ? double(e) : NAN);
  for (const char *score : {"sigmoid", "softmax", "chosen_softmax"})
    for (bool bias : {false, true})
      for (bool renormalize : {false, true}) {
        c.score = score;
        c.bias = bias;
        c.renormalize = renormalize;
        check(c, logits);
      }
}

/// A NaN counts in a group that is not kept, too.
TEST(Route, NaNInAnyGroup) {
  for (int64_t expert = 0; expert != 16; ++expert) {
    Case c{.groups = 4, .chosenGroups = 2, .renormalize = true, .scale = 2.5, .tokens = 2};
    Random random(5);
    Array logits = random.numbers(c.tokens * c.experts);
    logits[expert] = NAN;
    check(c, logits);
  }
}

/// −inf is never chosen, even where too few are left: ids are then −1 and their weights 0, which
/// the weights of the others do not feel.
TEST(Route, ExpertsThatAreRuledOut) {
  Case c{.experts = 8, .chosen = 4, .score = "chosen_softmax", .tokens = 1};
  Array logits;
  for (int64_t e = 0; e != 8; ++e)
    logits.push_back(e == 2 || e == 6 ? double(e) : -INFINITY);
  for (bool renormalize : {false, true}) {
    c.renormalize = renormalize;
    check(c, logits);
  }
}

} // namespace
