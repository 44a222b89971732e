//===- Divergence.h - How far a model is from another -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Both models predict the tokens of one text; A is the baseline.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_EVAL_DIVERGENCE_H
#define MOEC_RUNTIME_COMMANDS_EVAL_DIVERGENCE_H

#include "LayerErrors.h"
#include "TextWindows.h"
#include "moec/runtime/LogitsProvider.h"

#include <span>

namespace moec::runtime {

/// Σ p · log(p / q) in nats, of the distributions that two rows of logits are; NaN where one is
/// none, infinity where q has no chance of what p has one of.
double divergenceOf(std::span<const float> p, std::span<const float> q);

/// Figures by prediction. All are NaN where the logits of A or of B are no distribution, so that
/// means are over the same predictions.
struct Divergence {
  explicit Divergence(size_t predictions);

  std::vector<double> lossesA, lossesB;
  /// The loss of B less that of A.
  std::vector<double> differences;
  /// KL(A ‖ B).
  std::vector<double> divergences;
  /// 1 where the likeliest token is the same, else 0.
  std::vector<double> agreements;
  /// The predictions that A or B, by index, has no distribution for.
  std::vector<size_t> notNumbers[2];

  /// Takes what A and B have for prediction `index`, which is about `token`.
  void add(size_t index, int32_t token, std::span<const float> a, std::span<const float> b);
};

/// Has A, then B, compute group after group of windows, of which A's logits are kept meanwhile:
/// as many windows as fit into `bytes`, but at least `batch` and at least one. `layers` may be
/// null.
Expected<Divergence> measureDivergence(LogitsProvider &a, LogitsProvider &b,
                                       const TextWindows &windows, size_t batch, size_t bytes,
                                       LayerErrors *layers = nullptr);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_EVAL_DIVERGENCE_H
