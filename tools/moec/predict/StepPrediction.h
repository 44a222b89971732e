//===- StepPrediction.h - The time of a step --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Times of launches add up to those of layers and steps.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_STEPPREDICTION_H
#define MOEC_TOOLS_MOEC_PREDICT_STEPPREDICTION_H

#include "LaunchCounter.h"

#include "moec/runtime/Artifact.h"

#include <functional>

namespace moec {

/// Draws of experts: five with all alike, and one skewed.
inline constexpr uint64_t routingSeeds = 5;

/// A time in microseconds: the mean over the draws with all experts alike, the least and the most
/// of them, and the skewed one.
struct DrawnTime {
  double mean = 0, least = 0, most = 0, skewed = 0;
  DrawnTime &operator+=(const DrawnTime &other);
};

/// Launches that differ in the number of their layer only.
struct LaunchPrediction {
  std::string op; ///< With a star for the layer.
  std::string family, kernel, grid, schedule;
  size_t count = 0;
  /// Of one of them: that of the first draw, and those of all.
  cost::LaunchTime time;
  cost::LaunchWork work;
  DrawnTime drawn;
  double floor = 0; ///< The mean over the draws with all experts alike.
};

/// Layers that take the same time.
struct LayerPrediction {
  std::string name; ///< Of the first of them.
  size_t count = 0, launches = 0;
  DrawnTime drawn; ///< Of one.
  double floor = 0;
};

/// A step.
struct StepPrediction {
  StepSize size;
  size_t launches = 0, copies = 0;
  /// Launches are in a graph, whose gaps take the place of launches' own overhead. So they do in
  /// the sums, of layers too, and not in the times of launches.
  bool inGraph = false;
  DrawnTime drawn;
  double floor = 0;
  std::vector<LaunchPrediction> rows;
  std::vector<LayerPrediction> layers;
};

/// Is told each launch and its time by itself in microseconds, the mean over the draws.
using LaunchTimeSink = std::function<void(const plan::Launch &launch, double microseconds)>;

/// Predicts a step of `forward`. `machine` has the artifact's code loaded.
Expected<StepPrediction> predictStep(emulator::MachineModel &machine,
                                     const cost::TimeConstants &constants,
                                     const runtime::Artifact &artifact, mlir::ModuleOp module,
                                     const StepSize &size, const LaunchTimeSink &sink = {});

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_STEPPREDICTION_H
