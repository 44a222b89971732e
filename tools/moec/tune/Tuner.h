//===- Tuner.h - Measures schedules -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Compiles a model with one candidate schedule after the other and runs each on this machine.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_TUNE_TUNER_H
#define MOEC_TOOLS_MOEC_TUNE_TUNER_H

#include "moec/Compiler/Options.h"
#include "moec/Target/TuningTable.h"
#include "moec/runtime/commands/Workload.h"

#include <functional>
#include <vector>

namespace moec {

/// What `moec tune` is asked for.
struct TuneOptions {
  /// The model and how it is compiled; `output` is the table.
  CompileOptions compile;
  /// Device and threads.
  runtime::EvalArguments device;
  uint32_t promptTokens = 512, generateTokens = 32, repetitions = 3;
  std::vector<uint32_t> batches = {1};
  /// Where there is one, nothing is measured and no machine needed: it says what each launch of an
  /// artifact would take in a step of so many tokens. Steps of `tokens` take the place of batches.
  using LaunchSink = std::function<void(const plan::Launch &launch, double microseconds)>;
  std::function<Error(const std::string &artifact, uint32_t tokens, const LaunchSink &)> predictor;
  std::vector<uint32_t> tokens;
  /// There is no model: the machine is measured, and `compile.output` is its description.
  bool machine = false;
};

/// Measures every candidate schedule of the shapes that the workload launches; where the model is
/// compiled with its draft, once without and once with drafts. Needs space for the
/// model's packed weights, unless it predicts, beside the output; nothing stays there. Says on
/// stderr how far it is.
Expected<TuningTable> tune(const TuneOptions &options, const TargetRegistry &targets,
                           mlir::MLIRContext &context);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_TUNE_TUNER_H
