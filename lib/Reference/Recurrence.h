//===- Recurrence.h - Tokens that follow each other -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the evaluators of ops with a state and their bounds share.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_RECURRENCE_H
#define MOEC_LIB_REFERENCE_RECURRENCE_H

#include "Interpreter.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace moec::reference {

/// The tokens of one sequence in a step.
struct TokenRun {
  int64_t first, count, sequence, position; ///< the position of the first
};
void forEachRun(Interpreter &step, llvm::function_ref<void(const TokenRun &run)> body);

/// A number of a convolution's input: rows count from the run's first token, those below 0 are of
/// the state before it.
float inputOf(const Tensor &x, const TokenRun &run, llvm::ArrayRef<float> history, int64_t row,
              int64_t channel);

/// What one token gives one value head of the gated delta rule.
struct HeadStep {
  const float *query, *key, *value;
  double decay, beta; ///< the factor, no logarithm
};
HeadStep headStep(Interpreter &step, moe::GatedDeltaOp op, int64_t token, int64_t head);

/// −exp(rate) · softplus(x).
double decayOf(double rate, double x);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_RECURRENCE_H
