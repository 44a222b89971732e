//===- LaunchTimes.cpp - What launches took -------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every run issues the same launches in the same order, so a launch is found by its place.
//
//===----------------------------------------------------------------------===//

#include "LaunchTimes.h"

#include "moec/Dialect/Tile/Tile.h"

#include "mlir/AsmParser/AsmParser.h"

#include <algorithm>
#include <map>

using namespace moec;
using namespace moec::runtime;

/// The row that a launch's schedule names, or 0.
static int64_t rowOf(const plan::Launch &launch, mlir::MLIRContext &context) {
  if (!launch.schedule())
    return 0;
  auto schedule = mlir::dyn_cast_or_null<tile::ScheduleAttr>(
      mlir::parseAttribute(launch.schedule()->str(), &context));
  return schedule ? schedule.getInt("row", 0) : 0;
}

Error LaunchTimes::measure(const EvalArguments &arguments, const Workload &work,
                           unsigned repetitions, mlir::MLIRContext &context) {
  Expected<std::unique_ptr<Engine>> engine = openEngineFor(work, arguments);
  if (!engine)
    return engine.takeError();
  std::map<const plan::Launch *, int64_t> rows;
  size_t next = 0;
  (*engine)->observe([&](const plan::Launch &launch, const StepBatch &, double seconds) {
    auto [row, isNew] = rows.try_emplace(&launch);
    if (isNew)
      row->second = rowOf(launch, context);
    if (next == least.size())
      least.push_back({row->second, seconds});
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
