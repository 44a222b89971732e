//===- Row.h - The logits of one position -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One look at all logits finds what later steps need to leave most of them alone.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SAMPLING_ROW_H
#define MOEC_RUNTIME_SAMPLING_ROW_H

#include "moec/Support/Error.h"
#include "runtime/sampling/Kernels.h"

#include <array>
#include <vector>

namespace moec::runtime::sampling {

/// A row of logits with the largest of each block. The logits must outlive it, and not change.
class Row {
public:
  explicit Row(std::span<const float> logits);

  /// Fails when a logit is NaN or +infinity: one of them says that the computation before it went
  /// wrong, so that no token may be chosen from the others.
  Error checkNumbers() const;
  /// Whether no token can be chosen, as all are at -infinity.
  bool isEmpty() const;
  /// checkNumbers, and that the row is not empty.
  Error check() const;

  size_t size() const { return logits.size(); }
  float max() const { return extremes.max; }
  float min() const { return extremes.min; }
  float operator[](size_t token) const { return logits[token]; }
  /// The token with the largest logit, the lowest one of several.
  int32_t likeliest() const;

  size_t blocks() const { return blockMax.size(); }
  /// The largest logit of a block.
  float maxOfBlock(size_t block) const { return blockMax[block]; }
  /// `blockSize` logits, those beyond the end -infinity.
  const float *block(size_t block) const;

  /// A logit that `count` others or more are not below, found without looking at them; -infinity
  /// where there are fewer blocks than `count`. `count` is at least 1.
  float boundOf(size_t count) const;

  /// Weights at a temperature above 0.
  WeightScale scale(float temperature) const;
  /// The sum of each block's weights.
  std::vector<float> weightsOfBlocks(const WeightScale &scale) const;

private:
  std::span<const float> logits;
  RowExtremes extremes;
  std::vector<float> blockMax;
  /// The last block when the row ends within it.
  alignas(64) std::array<float, blockSize> tail;
};

/// The sum of what weightsOfBlocks gives.
double total(std::span<const float> sums);

} // namespace moec::runtime::sampling

#endif // MOEC_RUNTIME_SAMPLING_ROW_H
