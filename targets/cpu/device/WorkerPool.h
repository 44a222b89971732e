//===- WorkerPool.h - Persistent worker threads -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A launch wakes workers that wait in a spin loop, or asleep when nothing came for a while. Whoever
// comes takes blocks of the grid, the caller first of all. The launch ends when all are taken and
// those who took some are done: it never waits for a worker that the system has not let run, so a
// busy machine costs the worker's share and not a turn of the scheduler a launch.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_CPU_DEVICE_WORKERPOOL_H
#define TARGETS_CPU_DEVICE_WORKERPOOL_H

#include "moec/Kernel.h"
#include "moec/runtime/Device.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

namespace moec::cpu {

/// Runs grids on a fixed number of threads, the caller's included. Not thread-safe.
class WorkerPool {
public:
  /// `threads` must be at least 1. `finish`, if there is one, is called behind each call of a
  /// kernel, on its thread.
  explicit WorkerPool(unsigned threads, void (*finish)() = nullptr);
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  unsigned threads() const { return static_cast<unsigned>(workers.size()) + 1; }

  /// Makes sure that every thread has `bytes` of scratch memory. False when there is no memory.
  bool reserveScratch(uint64_t bytes);

  /// Runs all blocks of `grid` and returns when they are done. No extent may be 0.
  void run(moec_kernel kernel, const moec_word *args, const runtime::Grid &grid);

private:
  /// One thread's scratch memory; whole pages, first touched by its thread.
  struct Scratch {
    void *memory = nullptr;
    uint64_t bytes = 0;
    ~Scratch();
  };

  void workerLoop(unsigned index);
  void runBlocks(unsigned index, uint64_t begin, uint64_t end);
  void takeBlocks(unsigned index);

  /// Whether the launch is open; if so, one more worker is in it.
  bool enter();
  /// Ends the launch for those who are not in it, and waits for those who are.
  void closeAndWait();

  // The launch: written while it is closed and nobody is in it, read by those who are.
  moec_kernel kernel = nullptr;
  const moec_word *args = nullptr;
  runtime::Grid grid{};
  uint64_t blocks = 0;

  alignas(64) std::atomic<uint32_t> epoch{0};
  /// Workers that are in the launch, and `closed`, with which no other one may enter.
  static constexpr uint32_t closed = 1u << 31;
  alignas(64) std::atomic<uint32_t> inside{closed};
  /// The first block that nobody has taken.
  alignas(64) std::atomic<uint64_t> nextBlock{0};
  std::atomic<bool> stopping{false};
  void (*const finish)();
  std::vector<Scratch> scratch;
  std::vector<std::thread> workers;
};

} // namespace moec::cpu

#endif // TARGETS_CPU_DEVICE_WORKERPOOL_H
