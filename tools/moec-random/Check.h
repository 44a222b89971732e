//===- Check.h - A random program, compiled and interpreted -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Compiles a program for the CPU, feeds the batch to it, and compares every logit with those of the
// reference interpreter on the packed IR, which rounds where the compiled program does.
//
// What is sound to expect depends on the program. If nothing but f32 lies between its ops, only the
// order of sums differs: every logit must agree to `exactTolerance`, except from a position on at
// which a choice (of experts, groups or keys) hung on a difference of less than `tieGap`. Else a
// sum that falls on the other side of a rounding boundary moves what follows; the yardstick is what
// all roundings together do to the reference's own logits.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECRANDOM_CHECK_H
#define MOEC_TOOLS_MOECRANDOM_CHECK_H

#include "RandomProgram.h"

#include "moec/Support/Error.h"

namespace moec::random {

/// Of a row's largest logit (at least 1), in programs that round nothing.
constexpr double exactTolerance = 1e-4;
/// A choice is left open where the last chosen and the first rejected score are closer than this,
/// but not equal.
constexpr double tieGap = 2e-5;

/// What came of a program.
struct Outcome {
  enum class Kind { Agrees, Refused, Differs } kind = Kind::Agrees;
  /// One sentence, unless it agrees.
  std::string message;
  /// Rows of logits that were compared, and that were left out after an open choice.
  size_t rows = 0, leftOut = 0;
  /// The largest distance of a compared logit, over the row's largest (at least 1).
  double worst = 0;
};

/// Compiles and compares the program; `model`, a model.mlir, takes the place of its own unless
/// empty. The folder gets config.json, model.mlir and the artifact.
Outcome check(const Program &program, const std::string &model, const std::string &folder);

} // namespace moec::random

#endif // MOEC_TOOLS_MOECRANDOM_CHECK_H
