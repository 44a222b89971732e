//===- Statistics.cpp - Means and quantiles of figures ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// In double precision and in order. NaN marks what could not be measured.
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace moec;
using namespace moec::runtime;

std::string Estimate::text(int digits) const {
  std::string text = formatFixed(mean, digits);
  return std::isfinite(error) ? text + " ± " + formatFixed(error, digits) : text;
}

Estimate runtime::estimateMean(std::span<const double> values) {
  Estimate result;
  double sum = 0, squares = 0;
  for (double value : values)
    if (!std::isnan(value)) {
      ++result.count;
      sum += value;
    }
  double count = static_cast<double>(result.count), nan = std::numeric_limits<double>::quiet_NaN();
  result.mean = result.count ? sum / count : nan;
  for (double value : values)
    if (!std::isnan(value))
      squares += (value - result.mean) * (value - result.mean);
  result.error = result.count > 1 ? std::sqrt(squares / (count - 1) / count) : nan;
  return result;
}

double runtime::quantileOf(std::span<const double> values, double q) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double value) { return !std::isnan(value); });
  if (sorted.empty())
    return 0;
  std::sort(sorted.begin(), sorted.end());
  double place = q * static_cast<double>(sorted.size() - 1);
  size_t below = static_cast<size_t>(place), above = std::min(below + 1, sorted.size() - 1);
  double share = place - static_cast<double>(below);
  return share == 0 ? sorted[below] : sorted[below] * (1 - share) + sorted[above] * share;
}
