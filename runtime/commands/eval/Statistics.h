//===- Statistics.h - Means and quantiles of figures ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is said of one figure for each prediction of a text.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_EVAL_STATISTICS_H
#define MOEC_RUNTIME_COMMANDS_EVAL_STATISTICS_H

#include <cstddef>
#include <span>
#include <string>

namespace moec::runtime {

/// A mean and its standard error: the deviation of a sample over √n, as if the values were
/// independent. The error is NaN where there are fewer than two values or one is infinite.
struct Estimate {
  size_t count = 0;
  double mean = 0, error = 0;

  /// "1.2345 ± 0.0123" with so many digits; without an error where there is none.
  std::string text(int digits) const;
};

/// The mean of those values that are numbers; NaN of none.
Estimate estimateMean(std::span<const double> values);

/// A quantile, 0 … 1, of those values that are numbers, interpolated between two of them; 0 of
/// none.
double quantileOf(std::span<const double> values, double q);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_EVAL_STATISTICS_H
