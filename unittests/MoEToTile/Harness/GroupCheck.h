//===- GroupCheck.h - Groups as native code, against the reference *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs a small model in the reference interpreter, then each of its groups as a compiled kernel on
// the very inputs the reference had, and compares results and cache rows.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_GROUPCHECK_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_GROUPCHECK_H

#include "NativeKernel.h"

#include "moec/Dialect/MoE/MoE.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moec::test {

/// One sequence of a step: tokens it had before and tokens it gets.
struct Share {
  int64_t before, tokens;
};

/// How to build and run the kernels.
struct CheckOptions {
  /// Choices that replace the target's, as between `<` and `>` of a `#tile.schedule`.
  std::string schedule;
  /// Which of the target's candidates the schedule starts from; the first where there is no such.
  size_t candidate = 0;
  int64_t pageSize = 16;
};

/// How a result of a group (or a cache that it writes) compares with the reference's.
struct Comparison {
  mlir::Type element;
  /// The largest distance of two numbers, less one step of the element type, in units of the
  /// largest magnitude of the reference's row.
  double worst = 0;
  /// How many numbers there are, and how many are not equal.
  int64_t count = 0, unequal = 0;
};

/// By the group's name and the number of the result or the name of the cache: `norm.0`.
using Comparisons = std::map<std::string, Comparison>;

/// Checks the groups of the module's `@forward` in one step, adding to `comparisons`; the weights
/// are random, or of a checkpoint relative to `folder`. Equal kernels are compiled once by
/// `native`. Fails the running test where something does not compile, where a split of the grid
/// changes a byte, or where memory is written that no token owns.
void checkGroups(mlir::ModuleOp module, const std::string &folder, const std::vector<Share> &step,
                 const CheckOptions &options, NativeTarget &native, Comparisons &comparisons);

/// Expects results as near as their types allow: numbers within `tolerance` of the row's largest,
/// beside one step of their type in few of them; block-scaled ones with few other codes; integers
/// equal.
void expectClose(const Comparisons &comparisons, double tolerance);

/// Steps of 1, 3 and 17 tokens, of several sequences, after other tokens.
std::vector<std::vector<Share>> getUsualSteps();

/// Checks the groups of a model in text form, with random weights.
void expectGroups(const std::string &module, double tolerance = 2e-6,
                  const std::vector<std::string> &schedules = {""},
                  const std::vector<std::vector<Share>> &steps = getUsualSteps());

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_GROUPCHECK_H
