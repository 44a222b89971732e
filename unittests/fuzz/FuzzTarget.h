//===- FuzzTarget.h - The entry point of a fuzz target ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_FUZZTARGET_H
#define MOEC_UNITTESTS_FUZZTARGET_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// Called with one input; returns 0. The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace moec::fuzz {

/// Stops the program with a report when a property of the code under test does not hold.
inline void require(bool condition, const char *what) {
  if (condition)
    return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

} // namespace moec::fuzz

#endif // MOEC_UNITTESTS_FUZZTARGET_H
