//===- Harness.h - Kernels of tests -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Loads a text, launches its kernel on buffers and answers what it did. Each text is shown to
// ptxas, too, where that is installed: what the tests run has to be PTX.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATORPTX_HARNESS_H
#define MOEC_UNITTESTS_EMULATORPTX_HARNESS_H

#include "moec/emulator/ptx/Launch.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace moec::ptx::test {

/// A module with one kernel `k(ptr in, ptr out)`, around a body. %rd1 is `in` and %rd2 `out`, both
/// moved on by eight bytes for each thread; %r1 is the thread's number. Registers %r, %rd, %rs, %f
/// (32 bits), %fd (64) and %p are declared from 1 to 63. `before` stands in front of the kernel.
std::string kernelAround(const std::string &body, const std::string &target = "sm_90a",
                         const std::string &before = "");

/// Whether ptxas takes the text; true where there is no ptxas. The message says what it says.
bool acceptedByPtxas(const std::string &text, std::string &message);

/// What a launch gave.
struct Outcome {
  std::vector<uint64_t> out; ///< One for each thread.
  std::string error;         ///< Empty if there was none.
  Counters counters;
};

/// Runs the kernel of `kernelAround` with one block of `threads` threads; `in` has eight bytes for
/// each.
Outcome run(const std::string &text, const std::vector<uint64_t> &in, uint32_t threads = 32,
            const LaunchOptions &options = {}, uint32_t dynamicShared = 0);

} // namespace moec::ptx::test

#endif // MOEC_UNITTESTS_EMULATORPTX_HARNESS_H
