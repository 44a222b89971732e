//===- Comparison.h - How far logits are from recorded ones -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The figures by which numerical work is judged.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_COMPARISON_H
#define MOEC_RUNTIME_COMMANDS_COMPARISON_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// Collects |Δ| over positions.
class Comparison {
public:
  /// Adds one position. A NaN anywhere counts as an infinite difference.
  void add(std::span<const float> actual, std::span<const float> expected);

  size_t positions() const { return worst.size(); }
  double maximum() const;
  /// The mean over all logits of all positions.
  double mean() const;
  /// A quantile, 0 … 1, over positions of the largest difference of each; between two positions it
  /// is interpolated.
  double quantile(double q) const;
  /// Positions whose likeliest token differs.
  size_t greedyMismatches() const { return mismatches; }

  /// {"positions", "max", "mean", "median", "p90", "greedy_mismatches"}; an infinity is null.
  nlohmann::ordered_json json() const;
  /// One line for people.
  std::string text() const;

private:
  std::vector<double> worst;
  double sum = 0;
  size_t elements = 0, mismatches = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_COMPARISON_H
