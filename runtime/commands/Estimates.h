//===- Estimates.h - What the cost model expects ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A plan has the expectations of a target's cost model for some numbers of tokens and, where a
// launch depends on it, some context lengths.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_ESTIMATES_H
#define MOEC_RUNTIME_COMMANDS_ESTIMATES_H

#include "moec/abi/plan_generated.h"

#include <cstdint>

namespace moec::runtime {

/// Time, and bytes read and written.
struct LaunchEstimate {
  double microseconds = 0, bytesRead = 0, bytesWritten = 0;

  double bytes() const { return bytesRead + bytesWritten; }
  LaunchEstimate &operator+=(const LaunchEstimate &other) {
    microseconds += other.microseconds;
    bytesRead += other.bytesRead;
    bytesWritten += other.bytesWritten;
    return *this;
  }
};

/// What is expected of a launch in a step of `tokens` tokens whose longest context_length is
/// `context`: the first number of tokens that is not smaller, else the last, counts; between two
/// contexts it is interpolated, before the first and behind the last it stays. All 0 where the plan
/// has nothing.
LaunchEstimate estimateFor(const plan::Launch &launch, uint64_t tokens, uint64_t context);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_ESTIMATES_H
