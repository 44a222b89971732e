//===- Tuner.cpp - Measures schedules -------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Artifact number i has every shape's i-th candidate, and the predicted schedule for shapes that
// have no such one, so there are as many artifacts as the longest list is long. Schedules carry the
// number of their shape as `row`, and the times of launches are added up by it. The artifacts share
// one file of packed weights: packing does not depend on schedules.
//
//===----------------------------------------------------------------------===//

#include "Tuner.h"

#include "LaunchTimes.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Import/WeightReader.h"
#include "moec/Support/DirectoryWriter.h"
#include "moec/runtime/DeviceManifest.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

using namespace moec;
using namespace moec::runtime;

/// Each artifact is measured so often, with the others in between: noise comes in stretches.
static constexpr unsigned numRounds = 2;
/// A schedule has to beat the predicted one by this share of its time.
static constexpr double leastGain = 0.03;

namespace {
/// A shape that the compiler asked about, and the schedules to measure for it.
struct Shape {
  KernelShape shape;
  std::vector<tile::ScheduleAttr> candidates;
};

class Tuner {
public:
  Tuner(const TuneOptions &options, const Target &target, mlir::MLIRContext &context)
      : options(options), target(target), context(context) {}

  /// Fails unless the model has weights and this machine runs the target's code.
  Error prepare();
  Error run();
  TuningTable makeTable() const;

private:
  /// What a candidate's artifact took, workload by workload.
  using Times = std::vector<LaunchTimes>;

  tile::ScheduleAttr choose(const KernelShape &shape, size_t number);
  Error compileCandidate(size_t number);
  Error measureRound(unsigned round);
  Error measureCandidate(size_t number);
  size_t countCandidates() const;
  std::string artifact(size_t number) const {
    return strCat(folder->path(), "/", number + 1, ".moec");
  }

  const TuneOptions &options;
  const Target &target;
  mlir::MLIRContext &context;
  std::string device;
  /// Removed when the tuner is.
  std::optional<DirectoryWriter> folder;
  std::vector<Shape> shapes;
  std::vector<Times> times;
};
} // namespace

Error Tuner::prepare() {
  Expected<DeviceManifest> manifest = DeviceManifest::loadDefault();
  if (!manifest)
    return manifest.takeError();
  Expected<EngineOptions> engine = engineOptions(options.device);
  if (!engine)
    return engine.takeError();
  Expected<std::unique_ptr<Device>> opened =
      manifest->open(target.name(), engine->device, engine->deviceOptions);
  if (!opened)
    return opened.takeError().addContext("tune measures on this machine");
  if (Error error = (*opened)->checkFeatures(target.features()))
    return error.addContext(strCat("tune measures on this machine, which is no ", target.name(),
                                   " ", target.processor()));
  device = (*opened)->description();

  auto module = loadModel(context, options.compile);
  if (!module)
    return module.takeError();
  auto weights = WeightReader::open(**module, modelFolder(options.compile));
  if (!weights)
    return weights.takeError();
  if (!*weights)
    return Error::make("tune runs the model, and '", options.compile.input,
                       "' is without weights; give --weights DIR or random:SEED");
  Expected<DirectoryWriter> made =
      DirectoryWriter::create(options.compile.output + ".candidates", "");
  if (!made)
    return made.takeError();
  folder.emplace(std::move(*made));
  return Error::success();
}

tile::ScheduleAttr Tuner::choose(const KernelShape &shape, size_t number) {
  auto found = std::find_if(shapes.begin(), shapes.end(),
                            [&](const Shape &known) { return known.shape == shape; });
  if (found == shapes.end())
    found = shapes.insert(shapes.end(), {shape, target.candidates(&context, shape)});
  const auto &candidates = found->candidates;
  tile::ScheduleAttr schedule = candidates[number < candidates.size() ? number : 0];
  return schedule.with("row", found - shapes.begin() + 1);
}

size_t Tuner::countCandidates() const {
  size_t count = 0;
  for (const Shape &shape : shapes)
    count = std::max(count, shape.candidates.size());
  return count;
}

Error Tuner::compileCandidate(size_t number) {
  CompileOptions compile = options.compile;
  compile.output = artifact(number);
  if (number > 0)
    compile.weightsOf = artifact(0);
  ScheduledTarget scheduled(target, [&](mlir::MLIRContext *, const KernelShape &shape) {
    return choose(shape, number);
  });
  // Packing takes long, and the first says how far it is.
  std::ostream silent(nullptr);
  return compileFor(scheduled, compile, context, silent, number == 0 ? std::cerr : silent);
}

Error Tuner::measureCandidate(size_t number) {
  EvalArguments arguments = options.device;
  arguments.model = artifact(number);
  times[number].resize(options.batches.size());
  for (size_t i = 0; i < options.batches.size(); ++i) {
    Workload work{options.promptTokens, options.generateTokens, options.batches[i]};
    if (Error error = times[number][i].measure(arguments, work, options.repetitions, context))
      return error;
  }
  return Error::success();
}

Error Tuner::measureRound(unsigned round) {
  for (size_t number = 0; number < times.size(); ++number) {
    if (round == 0 && number > 0)
      if (Error error = compileCandidate(number))
        return error;
    std::cerr << strCat("measuring  candidate ", number + 1, " of ", times.size(), ", round ",
                        round + 1, " of ", numRounds, "\n");
    if (Error error = measureCandidate(number))
      return error;
  }
  return Error::success();
}

Error Tuner::run() {
  if (Error error = compileCandidate(0))
    return error;
  times.resize(countCandidates());
  if (times.size() < 2)
    return Error::make("target ", target.name(), " has one schedule for each kernel of '",
                       options.compile.input, "': there is nothing to measure");
  for (unsigned round = 0; round < numRounds; ++round)
    if (Error error = measureRound(round))
      return error;
  return Error::success();
}

TuningTable Tuner::makeTable() const {
  std::vector<std::map<int64_t, LaunchTimes::Sum>> sums(times.size());
  for (size_t number = 0; number < times.size(); ++number)
    for (const LaunchTimes &part : times[number])
      part.addTo(sums[number]);
  TuningTable table;
  table.target = target.name();
  table.processor = target.processor();
  table.device = device;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Shape &shape = shapes[i];
    auto microseconds = [&](size_t number) {
      const LaunchTimes::Sum &sum = sums[number].at(int64_t(i + 1));
      // To the nanosecond; a clock may say 0.
      return std::max(std::round(1e9 * sum.seconds / double(sum.launches)) / 1e3, 1e-3);
    };
    if (shape.candidates.size() < 2 || !sums[0].count(int64_t(i + 1)))
      continue;
    double predicted = microseconds(0), best = predicted;
    size_t chosen = 0;
    for (size_t number = 1; number < shape.candidates.size(); ++number)
      if (double time = microseconds(number);
          time < best && time < (1 - leastGain) * predicted) {
        best = time;
        chosen = number;
      }
    table.rows.push_back({shape.shape, shape.candidates[chosen], best, predicted});
  }
  return table;
}

Expected<TuningTable> moec::tune(const TuneOptions &options, const TargetRegistry &targets,
                                 mlir::MLIRContext &context) {
  Expected<std::unique_ptr<Target>> target =
      targets.create(options.compile.target, options.compile.chip);
  if (!target)
    return target.takeError();
  Tuner tuner(options, **target, context);
  if (Error error = tuner.prepare())
    return error;
  if (Error error = tuner.run())
    return error;
  return tuner.makeTable();
}
