//===- Tuner.cpp - Measures schedules -------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Artifact number i has every shape's i-th candidate, and the predicted schedule for shapes that
// have no such one, so there are as many artifacts as the longest list is long. Schedules carry the
// number of their shape as `row`, and the times of launches are added up by it. Of many candidates
// one wins by luck alone, so the winners make another artifact that has to win against the
// predicted schedules once more. All share one file of packed weights: packing does not depend on
// schedules.
//
//===----------------------------------------------------------------------===//

#include "Tuner.h"

#include "LaunchTimes.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Import/WeightReader.h"
#include "moec/Support/DirectoryWriter.h"
#include "moec/runtime/DeviceManifest.h"
#include "moec/runtime/PlanSteps.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

using namespace moec;
using namespace moec::runtime;

/// Each artifact is measured (predicted: once) so often, with the others in between: noise comes in
/// stretches.
static constexpr unsigned numRounds = 2;
/// A schedule has to beat the predicted one by this share of its time.
static constexpr double leastGain = 0.03;

namespace {
/// A shape that the compiler asked about, and the schedules to measure for it.
struct Shape {
  KernelShape shape;
  std::vector<tile::ScheduleAttr> candidates;
  /// Number of the one to take, and what launches take with it and with the first.
  size_t chosen = 0;
  double microseconds = 0, predictedMicroseconds = 0;
};

/// A compiled model and what it took, workload by workload.
struct Trial {
  std::string path;
  std::vector<LaunchTimes> times;

  /// The average time of the launches of a shape in microseconds; 0 without any.
  double average(int64_t row) const;
};

class Tuner {
public:
  Tuner(const TuneOptions &options, const Target &target, mlir::MLIRContext &context)
      : options(options), target(target), context(context) {}

  /// Fails unless the model has weights and this machine runs the target's code.
  Error prepare();
  /// Measures all candidates, then the winners again.
  Error run();
  TuningTable makeTable() const;

private:
  /// Compiles the model with candidate `pick(shape)` for each shape, the first where there is none.
  Expected<Trial> compileTrial(const std::string &name,
                               llvm::function_ref<size_t(const Shape &)> pick);
  Error measure(Trial &trial);
  Error predict(Trial &trial);
  Error openDevice();
  void say(const std::string &what, unsigned round) const;
  /// How many workloads a trial has times of, and how often they are taken.
  size_t countWorkloads() const {
    return options.predictor ? options.tokens.size()
                             : options.batches.size() * (options.compile.draft ? 2 : 1);
  }
  unsigned countRounds() const { return options.predictor ? 1 : numRounds; }
  Error measureCandidates();
  Error confirmWinners();
  /// Makes the number-th of the candidates the chosen one of each shape where it is faster.
  void compare(const Trial &predicted, const Trial &trial, size_t number);
  size_t countCandidates() const;

  const TuneOptions &options;
  const Target &target;
  mlir::MLIRContext &context;
  std::string device;
  /// Removed when the tuner is.
  std::optional<DirectoryWriter> folder;
  std::vector<Shape> shapes;
  /// Has the packed weights.
  std::string firstArtifact;
};
} // namespace

double Trial::average(int64_t row) const {
  LaunchTimes::Sum sum;
  for (const LaunchTimes &part : times)
    part.addTo(row, sum);
  return sum.launches ? 1e6 * sum.seconds / double(sum.launches) : 0;
}

Error Tuner::openDevice() {
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
  return Error::success();
}

Error Tuner::prepare() {
  device = "none";
  if (!options.predictor)
    if (Error error = openDevice())
      return error;
  auto module = loadModel(context, options.compile);
  if (!module)
    return module.takeError();
  auto weights = WeightReader::open(**module, modelFolder(options.compile));
  if (!weights)
    return weights.takeError();
  if (!*weights && !options.predictor)
    return Error::make("tune runs the model, and '", options.compile.input,
                       "' is without weights; give --weights DIR or random:SEED");
  Expected<DirectoryWriter> made =
      DirectoryWriter::create(options.compile.output + ".candidates", "");
  if (!made)
    return made.takeError();
  folder.emplace(std::move(*made));
  return Error::success();
}

size_t Tuner::countCandidates() const {
  size_t count = 0;
  for (const Shape &shape : shapes)
    count = std::max(count, shape.candidates.size());
  return count;
}

Expected<Trial> Tuner::compileTrial(const std::string &name,
                                    llvm::function_ref<size_t(const Shape &)> pick) {
  CompileOptions compile = options.compile;
  compile.output = strCat(folder->path(), "/", name, ".moec");
  bool isFirst = shapes.empty();
  if (!isFirst && !options.predictor)
    compile.weightsOf = firstArtifact;
  if (isFirst)
    firstArtifact = compile.output;
  ScheduledTarget scheduled(target, [&](const KernelShape &shape) -> ScheduledTarget::Choice {
    auto found = std::find_if(shapes.begin(), shapes.end(),
                              [&](const Shape &known) { return known.shape == shape; });
    if (found == shapes.end())
      found = shapes.insert(shapes.end(), {shape, target.candidates(&context, shape)});
    size_t number = pick(*found);
    const auto &candidates = found->candidates;
    if (candidates.empty())
      return {};
    return {candidates[number < candidates.size() ? number : 0],
            {found - shapes.begin() + 1, true}};
  });
  // Packing takes long, and the first says how far it is.
  std::ostream silent(nullptr);
  if (Error error = compileFor(scheduled, compile, context, silent, isFirst ? std::cerr : silent))
    return error;
  return Trial{compile.output, std::vector<LaunchTimes>(countWorkloads())};
}

Error Tuner::predict(Trial &trial) {
  for (size_t i = 0; i < options.tokens.size(); ++i) {
    auto add = [&](const plan::Launch &launch, double microseconds) {
      trial.times[i].add(choice(launch, "row", 0), 1e-6 * microseconds);
    };
    if (Error error = options.predictor(trial.path, options.tokens[i], add))
      return error;
  }
  return Error::success();
}

Error Tuner::measure(Trial &trial) {
  if (options.predictor)
    return predict(trial);
  EvalArguments arguments = options.device;
  arguments.model = trial.path;
  for (size_t i = 0; i < countWorkloads(); ++i) {
    // Behind those without drafts.
    bool hasDrafts = i >= options.batches.size();
    arguments.drafts.tokens = hasDrafts ? DraftOptions::usual : 0;
    arguments.drafts.method = DraftMethod::Model;
    Workload work{options.promptTokens, options.generateTokens,
                  options.batches[i % options.batches.size()]};
    if (Error error = trial.times[i].measure(arguments, work, options.repetitions))
      return error;
  }
  return Error::success();
}

void Tuner::say(const std::string &what, unsigned round) const {
  if (options.predictor)
    std::cerr << strCat("predicting ", what, "\n");
  else
    std::cerr << strCat("measuring  ", what, ", round ", round + 1, " of ", numRounds, "\n");
}

void Tuner::compare(const Trial &predicted, const Trial &trial, size_t number) {
  for (size_t i = 0; i < shapes.size(); ++i) {
    Shape &shape = shapes[i];
    if (number >= shape.candidates.size())
      continue;
    double first = predicted.average(int64_t(i + 1)), time = trial.average(int64_t(i + 1));
    double best = shape.chosen ? shape.microseconds : first;
    if (number > 0 && (time >= best || time > (1 - leastGain) * first))
      continue;
    shape.chosen = number;
    shape.microseconds = time;
    shape.predictedMicroseconds = first;
  }
}

Error Tuner::measureCandidates() {
  std::vector<Trial> trials;
  size_t count = 1;
  for (unsigned round = 0; round < countRounds(); ++round)
    for (size_t number = 0; number < count; ++number) {
      if (number == trials.size()) {
        auto trial =
            compileTrial(std::to_string(number + 1), [=](const Shape &) { return number; });
        if (!trial)
          return trial.takeError();
        trials.push_back(std::move(*trial));
        count = countCandidates();
      }
      if (count < 2)
        return Error::make("target ", target.name(), " has one schedule for each kernel of '",
                           options.compile.input, "': there is nothing to ",
                           options.predictor ? "compare" : "measure");
      say(strCat("candidate ", number + 1, " of ", count), round);
      if (Error error = measure(trials[number]))
        return error;
    }
  for (size_t number = 0; number < count; ++number)
    compare(trials[0], trials[number], number);
  return Error::success();
}

Error Tuner::confirmWinners() {
  if (std::none_of(shapes.begin(), shapes.end(), [](const Shape &shape) { return shape.chosen; }))
    return Error::success();
  Trial predicted{firstArtifact, std::vector<LaunchTimes>(countWorkloads())};
  auto winners = compileTrial("winners", [](const Shape &shape) { return shape.chosen; });
  if (!winners)
    return winners.takeError();
  for (unsigned round = 0; round < countRounds(); ++round)
    for (Trial *trial : {&predicted, &*winners}) {
      say(trial == &*winners ? "winners" : "predicted schedules", round);
      if (Error error = measure(*trial))
        return error;
    }
  for (size_t i = 0; i < shapes.size(); ++i) {
    Shape &shape = shapes[i];
    shape.predictedMicroseconds = predicted.average(int64_t(i + 1));
    shape.microseconds = winners->average(int64_t(i + 1));
    if (shape.microseconds > (1 - leastGain) * shape.predictedMicroseconds)
      shape.chosen = 0;
    if (shape.chosen == 0)
      shape.microseconds = shape.predictedMicroseconds;
  }
  return Error::success();
}

Error Tuner::run() {
  if (Error error = measureCandidates())
    return error;
  return confirmWinners();
}

TuningTable Tuner::makeTable() const {
  TuningTable table;
  table.target = target.name();
  table.processor = target.processor();
  table.device = device;
  table.predicted = bool(options.predictor);
  // To the nanosecond; a clock may say 0.
  auto rounded = [](double microseconds) {
    return std::max(std::round(1e3 * microseconds) / 1e3, 1e-3);
  };
  for (const Shape &shape : shapes)
    if (shape.candidates.size() > 1 && shape.predictedMicroseconds > 0)
      table.rows.push_back({shape.shape, shape.candidates[shape.chosen],
                            rounded(shape.microseconds), rounded(shape.predictedMicroseconds)});
  return table;
}

Expected<TuningTable> moec::tune(const TuneOptions &options, const TargetRegistry &targets,
                                 mlir::MLIRContext &context) {
  Expected<std::unique_ptr<Target>> target =
      targets.create(options.compile.target, options.compile.chip);
  if (!target)
    return target.takeError();
  // Times do not depend on weights.
  TuneOptions own = options;
  if (own.predictor)
    own.compile.weights = "none";
  Tuner tuner(own, **target, context);
  if (Error error = tuner.prepare())
    return error;
  if (Error error = tuner.run())
    return error;
  return tuner.makeTable();
}
