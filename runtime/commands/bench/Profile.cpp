//===- Profile.cpp - Where the time of steps goes ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A step with more tokens than sequences prefills.
//
//===----------------------------------------------------------------------===//

#include "Profile.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <vector>

using namespace moec;
using namespace moec::runtime;

std::string runtime::withoutLayer(std::string_view op) {
  constexpr std::string_view prefix = "layers.";
  if (!op.starts_with(prefix))
    return std::string(op);
  size_t end = prefix.size();
  while (end < op.size() && std::isdigit(static_cast<unsigned char>(op[end])))
    ++end;
  bool isLayer = end > prefix.size() && end < op.size() && op[end] == '.';
  return std::string(isLayer ? op.substr(end + 1) : op);
}

/// Whether a launch is over rows of logits, not over tokens.
static bool isOverLogits(const plan::Launch &launch) {
  for (const plan::Formula *extent : {launch.grid_x(), launch.grid_y(), launch.grid_z()}) {
    if (!extent)
      continue; // Its extent is 1.
    for (const plan::FormulaStep *step : *extent->steps())
      if (step->op() == plan::FormulaOp::Dimension &&
          step->value() == static_cast<int64_t>(plan::Dim::LogitsRows))
        return true;
  }
  return false;
}

void Profile::add(const plan::Launch &launch, const StepBatch &batch, double seconds) {
  bool isPrefill = batch.tokens() > batch.sequences();
  std::string name = launch.op() ? withoutLayer(launch.op()->string_view()) : "unnamed";
  Entry &entry = (isPrefill ? prefill : decode)[name];
  ++entry.launches;
  entry.seconds += seconds;
  if (batch.rows.size() != batch.tokens() && isOverLogits(launch))
    return;
  LaunchEstimate estimate = estimateFor(launch, batch.tokens(), batch.longestContext());
  entry.comparedSeconds += seconds;
  entry.expectedSeconds += estimate.microseconds * 1e-6;
  entry.bytes += estimate.bytes();
}

void Profile::print(const std::string &title, const Entries &entries) {
  if (entries.empty())
    return;
  std::vector<std::pair<std::string, Entry>> sorted(entries.begin(), entries.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    return a.second.seconds > b.second.seconds;
  });
  Entry sum;
  for (const auto &[name, entry] : sorted) {
    sum.launches += entry.launches;
    sum.seconds += entry.seconds;
    sum.comparedSeconds += entry.comparedSeconds;
    sum.expectedSeconds += entry.expectedSeconds;
    sum.bytes += entry.bytes;
  }
  sorted.emplace_back("all", sum);
  Table table({title, ">launches", ">ms", ">share", ">GB/s", ">of roofline"});
  for (const auto &[name, entry] : sorted) {
    bool isKnown = entry.comparedSeconds > 0;
    double scale = isKnown ? 1 / entry.comparedSeconds : 0;
    table.add({name, std::to_string(entry.launches), formatFixed(1e3 * entry.seconds, 2),
               formatFixed(100 * entry.seconds / std::max(sum.seconds, 1e-9), 1) + " %",
               isKnown ? formatFixed(1e-9 * entry.bytes * scale, 1) : "-",
               isKnown ? formatFixed(100 * entry.expectedSeconds * scale, 0) + " %" : "-"});
  }
  table.print();
  std::printf("\n");
}

void Profile::print() const {
  print("prefill", prefill);
  print("decode", decode);
}
