//===- PredictionReport.h - Predictions for people and programs -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_PREDICTIONREPORT_H
#define MOEC_TOOLS_MOEC_PREDICT_PREDICTIONREPORT_H

#include "StepPrediction.h"

#include <nlohmann/json.hpp>

namespace moec {

/// Prints where the constants come from.
void printConstants(const cost::TimeConstants &constants);
/// Prints a step's launches, layers and sum.
void printStep(const StepPrediction &step, const cost::TimeConstants &constants);
/// Prints the time of one launch.
void printLaunch(const cost::LaunchTime &time, const cost::LaunchWork &work);

nlohmann::ordered_json toJson(const cost::TimeConstants &constants);
nlohmann::ordered_json toJson(const StepPrediction &step, const cost::TimeConstants &constants);
nlohmann::ordered_json toJson(const cost::LaunchTime &time, const cost::LaunchWork &work);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_PREDICTIONREPORT_H
