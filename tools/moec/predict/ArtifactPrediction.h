//===- ArtifactPrediction.h - A compiled model, predicted -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_ARTIFACTPREDICTION_H
#define MOEC_TOOLS_MOEC_PREDICT_ARTIFACTPREDICTION_H

#include "StepPrediction.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace moec {

/// The constants of a target's machine, or of the file `path` unless that is empty.
Expected<cost::TimeConstants> constantsFor(const std::string &target, const std::string &path);

/// An artifact whose steps can be predicted.
class ArtifactPrediction {
public:
  /// Opens the folder `path`. Fails where there is no model of the machine that it is for.
  static Expected<std::unique_ptr<ArtifactPrediction>> open(const std::string &path,
                                                            const std::string &constants = "");

  const cost::TimeConstants &constants() const { return table; }
  const plan::Plan &plan() const { return artifact->plan(); }
  /// The model without its plan.
  mlir::ModuleOp model() const { return *module; }
  /// A step of so many tokens; a context of 0 takes the usual one. Fails beyond the plan's limits;
  /// `option` is what asked for the tokens.
  Expected<StepSize> sizeOf(int64_t tokens, int64_t context, const char *option = "--tokens") const;
  Expected<StepPrediction> predict(const StepSize &size, const LaunchTimeSink &sink = {});

private:
  std::unique_ptr<runtime::Artifact> artifact;
  cost::TimeConstants table;
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_ARTIFACTPREDICTION_H
