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

#include <cmath>

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

/// What one token does to one column of a head's state.
struct ColumnStep {
  double delta = 0;  ///< the correction, of which each key gets its part
  double result = 0; ///< without the scale
  double known = 0;  ///< what the state has for the key
  /// Sums of magnitudes, where they are asked for: of the terms of `known` and of `result`, and the
  /// length of the column as it decayed.
  double knownTerms = 0, resultTerms = 0, length = 0;
};

/// Moves column `column` of a state on by one token; its `keys` numbers are `stride` apart.
template <bool withMagnitudes>
ColumnStep moveOn(const HeadStep &now, int64_t column, float *numbers, int64_t keys,
                  int64_t stride) {
  ColumnStep step;
  for (int64_t k = 0; k < keys; ++k) {
    double stays = now.decay * numbers[k * stride];
    step.known += now.key[k] * stays;
    if constexpr (withMagnitudes) {
      step.knownTerms += std::abs(now.key[k] * stays);
      step.length += stays * stays;
    }
  }
  step.length = std::sqrt(step.length);
  step.delta = now.beta * (now.value[column] - step.known);
  for (int64_t k = 0; k < keys; ++k) {
    double next = now.decay * numbers[k * stride] + now.key[k] * step.delta;
    step.result += now.query[k] * next;
    if constexpr (withMagnitudes)
      step.resultTerms += std::abs(now.query[k] * next);
    numbers[k * stride] = float(next);
  }
  return step;
}

/// −exp(rate) · softplus(x).
double decayOf(double rate, double x);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_RECURRENCE_H
