//===- InTurn.h - Products by weights that no cache has ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What cpu-kernel-bench and cpu-dnnl-bench measure alike, so that their figures may stand beside
// each other: products by weights of which there are many, each taken in its turn, as a model's
// experts are.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_BENCHMARKS_CPU_INTURN_H
#define MOEC_BENCHMARKS_CPU_INTURN_H

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/mman.h>

namespace moec::bench {

/// How large all weights are together, at least.
constexpr uint64_t bytesInTurn = 1ull << 30;
/// How often all of them are taken, at least, and for how many seconds; once more before,
/// unmeasured.
constexpr uint64_t passesInTurn = 2;
constexpr double secondsInTurn = 1;

/// Memory in large pages where it is that large, as models' weights have them, every byte of which
/// is `fill`: no page fault will interrupt who reads it. For std::free.
inline void *allocateFilled(uint64_t bytes, uint8_t fill) {
  uint64_t page = bytes < (2 << 20) ? 4096 : 2 << 20, size = (bytes + page - 1) / page * page;
  void *memory = std::aligned_alloc(page, size);
  if (!memory) {
    std::fprintf(stderr, "no memory for %llu bytes\n", static_cast<unsigned long long>(size));
    std::exit(1);
  }
  madvise(memory, size, MADV_HUGEPAGE);
  std::memset(memory, fill, size);
  return memory;
}

/// Weights of `bytes` to take in turn.
inline uint64_t countInTurn(uint64_t bytes) {
  return std::max<uint64_t>(1, (bytesInTurn + bytes - 1) / bytes);
}

/// Whether a measurement is over, behind that many rounds over `copies` weights, `seconds` of which
/// were measured.
inline bool isMeasured(uint64_t rounds, uint64_t copies, double seconds) {
  return rounds >= (1 + passesInTurn) * copies && seconds >= secondsInTurn;
}

/// Seconds on the wall, or that this thread has run: on a busy machine the latter is what one
/// thread's code costs.
inline double now(bool ofThread = false) {
  timespec time;
  clock_gettime(ofThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// One line: a product's operations (two for each multiply-add) and bytes of weights a second, when
/// one takes `seconds` on average; `code`, without quotation marks, is what computes it.
inline void printInTurn(unsigned threads, double tokens, double n, double k, double bytes,
                        double seconds, const char *code) {
  std::printf("{\"threads\": %u, \"ops_per_second\": %.4g, \"bytes_per_second\": %.4g, "
              "\"code\": \"%s\"}\n",
              threads, 2 * tokens * n * k / seconds, bytes / seconds, code);
}

} // namespace moec::bench

#endif // MOEC_BENCHMARKS_CPU_INTURN_H
