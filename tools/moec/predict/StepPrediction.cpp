//===- StepPrediction.cpp - The time of a step ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "StepPrediction.h"

#include "moec/runtime/PlanSteps.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::runtime;
using cost::LaunchTime;
using cost::LaunchWork;
using cost::TimeConstants;

DrawnTime &DrawnTime::operator+=(const DrawnTime &other) {
  mean += other.mean;
  least += other.least;
  most += other.most;
  skewed += other.skewed;
  return *this;
}

static DrawnTime allTimes(double time) { return {time, time, time, time}; }

/// The op of a launch with a star for the number of its layer, and that number or −1.
static std::pair<std::string, int64_t> splitLayer(const std::string &op) {
  size_t begin = 0;
  int64_t layer = -1;
  std::string kind;
  while (begin <= op.size()) {
    size_t end = std::min(op.find('.', begin), op.size());
    std::string part = op.substr(begin, end - begin);
    bool isNumber = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    if (isNumber && layer < 0 && part.size() < 10)
      layer = std::stoll(part);
    kind += strCat(begin ? "." : "", isNumber ? "*" : part);
    begin = end + 1;
  }
  return {kind, layer};
}

namespace {
/// Adds the launches of a step up.
class StepSummer {
public:
  StepSummer(const TimeConstants &constants, StepPrediction &step)
      : constants(constants), step(step) {}

  void add(const PlanMap::Launch &launch, const plan::Kernel &kernel, LaunchPrediction one);
  void addCopy(double bytes);
  /// Makes the rows of layers.
  void finish();

private:
  struct Layer {
    DrawnTime drawn;
    double floor = 0;
    size_t launches = 0;
  };
  /// A launch's overhead in the step over that by itself.
  double overhead() const {
    return step.inGraph ? constants.graphGapMicroseconds - constants.launchMicroseconds : 0;
  }

  const TimeConstants &constants;
  StepPrediction &step;
  std::map<std::vector<std::string>, size_t> places;
  std::map<int64_t, Layer> layers;
};
} // namespace

void StepSummer::add(const PlanMap::Launch &launch, const plan::Kernel &kernel,
                     LaunchPrediction one) {
  auto [op, number] = splitLayer(launch.launch->op() ? launch.launch->op()->str() : "unnamed");
  DrawnTime inStep = one.drawn;
  inStep += allTimes(overhead());
  step.drawn += inStep;
  step.floor += one.floor + overhead();
  ++step.launches;
  if (number >= 0) {
    Layer &layer = layers[number];
    layer.drawn += inStep;
    layer.floor += one.floor + overhead();
    ++layer.launches;
  }
  one.op = op;
  one.kernel = kernel.name()->str();
  one.family = kernel.family() ? kernel.family()->str() : "";
  one.grid = formatGrid(*launch.launch);
  one.schedule = formatSchedule(*launch.launch);
  auto [place, isFirst] = places.emplace(
      std::vector<std::string>{op, one.kernel, one.grid, formatFixed(one.drawn.mean, 6)},
      step.rows.size());
  if (isFirst)
    step.rows.push_back(std::move(one));
  ++step.rows[place->second].count;
}

void StepSummer::addCopy(double bytes) {
  double time =
      constants.launchMicroseconds + overhead() + 2e6 * bytes / constants.memoryBytesPerSecond;
  step.drawn += allTimes(time);
  step.floor += time;
  ++step.copies;
}

void StepSummer::finish() {
  for (auto &[number, layer] : layers) {
    auto same = [&](const LayerPrediction &other) {
      return other.launches == layer.launches &&
             std::abs(other.drawn.mean - layer.drawn.mean) < 1e-6 * layer.drawn.mean;
    };
    auto found = std::find_if(step.layers.begin(), step.layers.end(), same);
    if (found == step.layers.end())
      found = step.layers.insert(
          found, {strCat("layer ", number), 0, layer.launches, layer.drawn, layer.floor});
    if (found->count++ == 1)
      found->name += " and others";
  }
}

/// The times of a launch under all draws of experts.
static LaunchPrediction predictLaunch(const TimeConstants &constants, LaunchCounter &counter,
                                      const CountedLaunch &counted) {
  LaunchPrediction one;
  if (!counted.routing) {
    one.work = counted.workWith(nullptr, constants.caches);
    one.time = cost::predictTime(constants, one.work);
    one.drawn = allTimes(one.time.total);
    one.floor = one.time.floor;
    return one;
  }
  auto with = [&](const RoutingDraw &draw) {
    return counted.workWith(&counter.routing(*counted.routing, draw), constants.caches);
  };
  one.work = with({});
  one.time = cost::predictTime(constants, one.work);
  one.drawn.least = one.drawn.most = one.time.total;
  for (uint64_t seed = 1; seed <= routingSeeds; ++seed) {
    LaunchTime time = cost::predictTime(constants, with({seed, false}));
    one.drawn.mean += time.total / double(routingSeeds);
    one.drawn.least = std::min(one.drawn.least, time.total);
    one.drawn.most = std::max(one.drawn.most, time.total);
    one.floor += time.floor / double(routingSeeds);
  }
  one.drawn.skewed = cost::predictTime(constants, with({1, true})).total;
  return one;
}

/// The variant that computes steps of so many tokens.
static const plan::Variant &variantFor(const plan::Function &function, int64_t tokens) {
  const plan::Variant *last = nullptr;
  for (const plan::Variant *variant : *function.variants()) {
    last = variant;
    if (int64_t(variant->max_tokens()) >= tokens)
      break;
  }
  return *last;
}

Expected<StepPrediction> moec::predictStep(emulator::MachineModel &machine,
                                           const TimeConstants &constants, const Artifact &artifact,
                                           ModuleOp module, const StepSize &size,
                                           const LaunchTimeSink &sink) {
  const plan::Plan &plan = artifact.plan();
  const plan::Function *function = findFunction(plan, forwardFunction);
  if (!function)
    return Error::make("'", artifact.path(), "' has no function '", forwardFunction, "'");
  const plan::Variant &variant = variantFor(*function, size.tokens);
  Expected<PlanMap> map = PlanMap::create(module, plan, *function, variant);
  if (!map)
    return map.takeError().addContext(strCat("'", artifact.path(), "'"));
  StepImage image(machine, plan, *function, variant, size);
  if (Error error = image.create())
    return error;
  LaunchCounter counter(machine, plan, image, *map, size, constants.caches);
  StepPrediction step;
  step.size = size;
  step.inGraph = size.tokens == size.sequences;
  StepSummer summer(constants, step);
  for (const PlanMap::Launch &launch : map->launches()) {
    Expected<const CountedLaunch *> counted = counter.count(launch);
    if (!counted)
      return counted.takeError().addContext(
          strCat("T = ", size.tokens, ", ", launch.launch->op() ? launch.launch->op()->str() : ""));
    LaunchPrediction one = predictLaunch(constants, counter, **counted);
    if (sink)
      sink(*launch.launch, one.drawn.mean);
    summer.add(launch, *plan.kernels()->Get(launch.launch->kernel()), std::move(one));
  }
  for (auto [index, action] : stepsOf(variant))
    if (const plan::Copy *copy = action.action_as_Copy()) {
      Expected<int64_t> bytes = evaluate(*copy->bytes(), image.dims());
      if (!bytes)
        return bytes.takeError();
      summer.addCopy(double(*bytes));
    }
  summer.finish();
  return step;
}
