//===- LaunchTimes.h - What launches took -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Other work on the machine only ever makes a launch slower, so of several runs of the same
// requests each launch's least time counts.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_TUNE_LAUNCHTIMES_H
#define MOEC_TOOLS_MOEC_TUNE_LAUNCHTIMES_H

#include "moec/runtime/commands/Workload.h"

#include <vector>

namespace moec {

/// The launches of one artifact under one workload, by the `row` of their schedules.
class LaunchTimes {
public:
  struct Sum {
    uint64_t launches = 0;
    double seconds = 0;
  };

  /// Runs the workload `repetitions` times.
  Error measure(const runtime::EvalArguments &arguments, const runtime::Workload &work,
                unsigned repetitions);

  /// Adds a launch that took so long, or will.
  void add(int64_t row, double seconds) { least.push_back({row, seconds}); }

  /// Adds the launches of a row to `sum`.
  void addTo(int64_t row, Sum &sum) const;

private:
  struct Launch {
    int64_t row;
    double seconds;
  };
  /// In the order in which a run issues them.
  std::vector<Launch> least;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_TUNE_LAUNCHTIMES_H
