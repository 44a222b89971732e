//===- LaunchTimes.cpp - What launches took -------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every run issues the same launches in the same order, so a launch is found by its place.
//
//===----------------------------------------------------------------------===//

#include "LaunchTimes.h"

#include "moec/runtime/PlanSteps.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

Error LaunchTimes::measure(const EvalArguments &arguments, const Workload &work,
                           unsigned repetitions) {
  Expected<std::unique_ptr<Engine>> engine = openEngineFor(work, arguments);
  if (!engine)
    return engine.takeError();
  size_t next = 0;
  (*engine)->observe([&](const plan::Launch &launch, const StepBatch &, double seconds) {
    if (next == least.size())
      least.push_back({choice(launch, "row", 0), seconds});
    Launch &known = least[next++];
    known.seconds = std::min(known.seconds, seconds);
  });
  for (unsigned i = 0; i < repetitions; ++i) {
    next = 0;
    Expected<Rates> rates = runOnce(**engine, work);
    if (!rates)
      return rates.takeError();
  }
  return Error::success();
}

void LaunchTimes::addTo(int64_t row, Sum &sum) const {
  for (const Launch &launch : least)
    if (launch.row == row) {
      ++sum.launches;
      sum.seconds += launch.seconds;
    }
}
