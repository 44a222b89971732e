//===- Processors.h - What changes logits before a choice -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SAMPLING_PROCESSORS_H
#define MOEC_RUNTIME_SAMPLING_PROCESSORS_H

#include "moec/runtime/Sampling.h"
#include "runtime/sampling/Row.h"

namespace moec::runtime::sampling {

/// Whether process() would change anything. Most requests change nothing, and need no copy.
bool changesLogits(const SamplingParams &params, const TokenHistory &history);

/// The logits after bias, penalties, the minimum of tokens and processors.
std::vector<float> process(std::span<const float> logits, const TokenHistory &history,
                           const SamplingParams &params);

/// Fails when what process() gave are not numbers, or when it leaves no token, saying what has
/// ruled out the last ones.
Error checkProcessed(const Row &row, const SamplingParams &params, const TokenHistory &history);

/// computeLogprobs, for a row that was checked.
TokenLogprobs findLogprobs(const Row &row, int32_t token, uint32_t top);

} // namespace moec::runtime::sampling

#endif // MOEC_RUNTIME_SAMPLING_PROCESSORS_H
