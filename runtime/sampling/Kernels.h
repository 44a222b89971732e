//===- Kernels.h - Loops over a row of logits -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The loops that see every token of a vocabulary, compiled for more than one instruction set. All
// give the same bits, so that a seed gives the same tokens on every machine: a vector is 16 floats
// wherever they are held, sums have one order, and nothing is contracted to a multiply-add.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SAMPLING_KERNELS_H
#define MOEC_RUNTIME_SAMPLING_KERNELS_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace moec::runtime::sampling {

/// Kernels work on blocks of so many logits.
constexpr size_t blockSize = 64;

/// Tokens this many powers of two less likely than the likeliest have no weight: all of a
/// vocabulary of 2^18 have 2^-46 of the probability.
constexpr float leastExponent = -64;

/// What a row of logits holds.
struct RowExtremes {
  float max;       ///< -infinity when no logit is above it
  float min;       ///< of those above -infinity; else +infinity
  bool areNumbers; ///< none is NaN or +infinity
};

/// Weights as integers have this many bits behind the point: sums of 2^19 of them fit 64 bits.
constexpr int wholeBits = 44;

/// How logits become weights, which are probabilities up to a common factor:
/// 2^((logit - max) * perLogit), and 0 where the exponent is below `lowest`.
struct WeightScale {
  float max;
  float perLogit;
  float lowest = leastExponent;

  /// Grows with the logit: no rounding puts a less likely token before a likelier one.
  float exponent(float logit) const { return (logit - max) * perLogit; }
};

/// What Kernels::rank gives in place of a bin for a token below `lowest`.
constexpr int16_t noBin = -1;

/// The loops for one instruction set. Blocks are whole, those that are not filled with -infinity.
struct Kernels {
  const char *name;
  /// The extremes of `blocks` blocks, and the largest logit of each.
  RowExtremes (*scan)(const float *logits, size_t blocks, float *blockMax);
  /// The sum of the weights of each of `blocks` blocks.
  void (*sumWeights)(const float *logits, size_t blocks, const WeightScale &scale, float *sums);
  /// The weights of a block's tokens. Each is off by at most 1e-7 of itself, and another 1.3e-7
  /// for each power of two that it is below 1.
  void (*weigh)(const float *block, const WeightScale &scale, float *weights);
  /// The bins of a block's tokens, of equal size in the exponent and number 0 at 0, and their
  /// weights in units of 2^-wholeBits, rounded down. Bit i of the result says that token i has a
  /// bin; all there are must be less than 2^14.
  uint64_t (*rank)(const float *block, const WeightScale &scale, float binsPerOctave, int16_t *bins,
                   uint64_t *weights);
  /// Which of a block's bins are this one, by bits.
  uint64_t (*match)(const int16_t *bins, int16_t bin);
};

/// The variants that this machine can run, the fastest last.
std::span<const Kernels> kernelVariants();

/// The fastest one.
inline const Kernels &kernels() { return kernelVariants().back(); }

} // namespace moec::runtime::sampling

#endif // MOEC_RUNTIME_SAMPLING_KERNELS_H
