//===- PredictionReport.h - Predictions for people and programs -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_PREDICTIONREPORT_H
#define MOEC_TOOLS_MOEC_PREDICT_PREDICTIONREPORT_H

#include "StepPrediction.h"

#include <nlohmann/json.hpp>

namespace moec {

/// Prints where the constants come from.
void printConstants(const emulator::TimeConstants &constants);
/// Prints a step's launches, layers and sum.
void printStep(const StepPrediction &step, const emulator::TimeConstants &constants);
/// Prints the time of one launch.
void printLaunch(const emulator::LaunchTime &time, const emulator::LaunchWork &work);

nlohmann::ordered_json toJson(const emulator::TimeConstants &constants);
nlohmann::ordered_json toJson(const StepPrediction &step, const emulator::TimeConstants &constants);
nlohmann::ordered_json toJson(const emulator::LaunchTime &time, const emulator::LaunchWork &work);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_PREDICTIONREPORT_H
