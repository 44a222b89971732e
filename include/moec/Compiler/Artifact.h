//===- Artifact.h - Writing model.moec --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_COMPILER_ARTIFACT_H
#define MOEC_COMPILER_ARTIFACT_H

#include "moec/Compiler/WeightPacker.h"
#include "moec/Target/Target.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec {

/// All that an artifact is made of.
struct ArtifactContents {
  /// The module after the tile stage; how its code and weights are stored is added to its plan.
  mlir::ModuleOp module;
  std::vector<CodeObject> codeObjects;
  /// The model as text: groups, without the plan.
  std::string modelText;
  /// Folders with tokenizer and generation config: of the weights, of the configuration. A file
  /// comes from the first that has it.
  std::vector<std::string> checkpoints;
  /// Where the weights are; without one the artifact has none and cannot be run.
  const WeightReader *weights = nullptr;
  /// The folder of an artifact with the same packed weights, which are linked; empty packs them.
  std::string weightsOf;
  PackProgress progress;
  /// See CompileOptions.
  std::function<Error(std::string_view)> checkPlan;
};

/// Fails if a file that an artifact gets from one of these folders cannot be what it is named: if
/// it is a Git LFS pointer.
Error checkCopiedFiles(const std::vector<std::string> &checkpoints);

/// Writes the artifact beside `path` and gives it its name when it is complete.
Error writeArtifact(const std::string &path, const ArtifactContents &contents);

/// Says in the module's plan which code objects there are, and what is in them; what it said before
/// goes.
void addCodeObjects(mlir::ModuleOp module, const std::vector<CodeObject> &codeObjects);

/// The report: for each launch of each variant of each function its op, kernel, schedule, where the
/// choice came from, expected time and bytes; kernels with their metrics; bytes of each variant's
/// arena. JSON text.
std::string makeReport(mlir::ModuleOp module, const std::vector<CodeObject> &codeObjects);

/// A table for people: each kernel, how often the variants launch it, its schedule, and where that
/// came from.
std::string describeSchedules(mlir::ModuleOp module);

/// How many launches have a measured schedule.
size_t countMeasuredSchedules(mlir::ModuleOp module);

/// Labels of the launches whose schedule is neither measured nor predicted.
std::vector<std::string> findDefaultSchedules(mlir::ModuleOp module);

} // namespace moec

#endif // MOEC_COMPILER_ARTIFACT_H
