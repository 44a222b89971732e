//===- Sampling.h - From logits to a token ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sampling is a pure function of the logits, the tokens so far, the parameters and the seed: what
// else is in the batch can't change it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SAMPLING_H
#define MOEC_RUNTIME_SAMPLING_H

#include "moec/Support/Error.h"

#include <array>
#include <cstdint>
#include <span>

namespace moec::runtime {

/// How to choose a token. The filters apply in the order of the members.
struct SamplingParams {
  /// Logits of tokens seen before are divided by this when positive, else multiplied; 1 is off.
  float repetitionPenalty = 1;
  /// 0 chooses the largest logit; ties take the lower id.
  float temperature = 0;
  /// Keep the k largest; 0 keeps all.
  uint32_t topK = 0;
  /// Keep the smallest set of likeliest tokens that has this much of the probability.
  float topP = 1;
  /// Keep tokens at least this likely in relation to the likeliest.
  float minP = 0;
  uint64_t seed = 0;

  /// Fails when a value is out of its range, naming it.
  Error check() const;
};

/// Chooses the token that follows `history` (prompt and output). The random number depends on the
/// seed and on the length of the history only. Fails, saying that the logits are not numbers, when
/// one of them is NaN or +infinity or none is above -infinity.
Expected<int32_t> sampleToken(std::span<const float> logits, std::span<const int32_t> history,
                              const SamplingParams &params);

/// The largest of `logits`; ties take the lower index; -1 where sampleToken would fail.
int32_t argmax(std::span<const float> logits);

/// Philox4x32 with 10 rounds: a counter-based generator (Salmon et al., 2011).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SAMPLING_H
