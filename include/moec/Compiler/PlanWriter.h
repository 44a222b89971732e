//===- PlanWriter.h - The host plan as plan.fb ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_COMPILER_PLANWRITER_H
#define MOEC_COMPILER_PLANWRITER_H

#include "moec/Support/Error.h"
#include "moec/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace moec {

/// Facts of the plan that are not in the module.
struct PlanFacts {
  std::string target;
  std::string processor;
  std::vector<std::string> features;
  std::string model;
  int64_t vocab = 0;
  int64_t maxContext = 0;
  std::vector<int32_t> eosIds;
  int64_t pageSize = 0;
  int64_t maxSequences = 0;
};

/// Where each part of a weight lies in the artifact: a row for the codes (or numbers), one for the
/// scales.
struct PlacedWeight {
  /// The exec.weight's symbol, with `.scales` appended for the scales.
  std::string name;
  /// Name of the tensor in the artifact's weight file, and its size.
  std::string tensor;
  uint64_t bytes = 0;
  std::string description;
};

/// Serialises the exec dialect of `module`, after `exec-plan-memory` and `exec-build-kernels`.
/// `weightFile` is the artifact's one weight file, empty if it has none. Fails when a formula has
/// no plan form.
Expected<std::string> writePlan(mlir::ModuleOp module, const PlanFacts &facts,
                                const std::vector<CodeObject> &codeObjects,
                                const std::string &weightFile,
                                const std::vector<PlacedWeight> &weights);

} // namespace moec

#endif // MOEC_COMPILER_PLANWRITER_H
