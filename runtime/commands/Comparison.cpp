//===- Comparison.cpp - How far logits are from recorded ones ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums in double precision, in order.
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "eval/Statistics.h"
#include "moec/Support/Error.h"
#include "moec/runtime/Sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::runtime;

void Comparison::add(std::span<const float> actual, std::span<const float> expected) {
  double largest = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    double difference = std::fabs(double(actual[i]) - double(expected[i]));
    if (std::isnan(difference))
      difference = std::numeric_limits<double>::infinity();
    largest = std::max(largest, difference);
    sum += difference;
  }
  elements += actual.size();
  worst.push_back(largest);
  mismatches += argmax(actual) != argmax(expected);
}

double Comparison::maximum() const { return quantile(1); }

double Comparison::mean() const { return elements ? sum / static_cast<double>(elements) : 0; }

double Comparison::quantile(double q) const { return quantileOf(worst, q); }

nlohmann::ordered_json Comparison::json() const {
  return {{"positions", positions()}, {"max", maximum()},     {"mean", mean()},
          {"median", quantile(0.5)},  {"p90", quantile(0.9)}, {"greedy_mismatches", mismatches}};
}

std::string Comparison::text() const {
  return strCat("logits: ", positions(), " positions, max |Δ| ", maximum(), ", mean ", mean(),
                ", over positions of max |Δ| median ", quantile(0.5), ", p90 ", quantile(0.9),
                ", greedy mismatches ", mismatches);
}
