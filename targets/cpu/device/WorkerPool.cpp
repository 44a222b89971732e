//===- WorkerPool.cpp - Persistent worker threads ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An epoch counter says that there is a launch; a counter of the workers in it, with a bit that
// closes it, ends it. Both are waited for by spinning first: launches of one step follow each other
// within microseconds.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/device/WorkerPool.h"

#include <algorithm>
#include <sys/mman.h>

using namespace moec;
using namespace moec::cpu;

/// Pauses before a thread goes to sleep: some hundreds of microseconds, more than lie between two
/// steps.
static constexpr unsigned spins = 20000;

/// How often a thread comes back for more blocks when all are as fast.
static constexpr unsigned sharesPerThread = 16;

static void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// Waits until `value` is no longer `old`, and returns what it is then.
static uint32_t awaitChange(std::atomic<uint32_t> &value, uint32_t old) {
  for (unsigned i = 0; i < spins; ++i) {
    uint32_t now = value.load(std::memory_order_acquire);
    if (now != old)
      return now;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

WorkerPool::Scratch::~Scratch() {
  if (memory)
    munmap(memory, bytes);
}

WorkerPool::WorkerPool(unsigned threads, void (*finish)()) : finish(finish), scratch(threads) {
  for (unsigned index = 1; index < threads; ++index)
    workers.emplace_back([this, index] { workerLoop(index); });
}

WorkerPool::~WorkerPool() {
  stopping.store(true, std::memory_order_relaxed);
  epoch.fetch_add(1, std::memory_order_release);
  epoch.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

bool WorkerPool::reserveScratch(uint64_t bytes) {
  constexpr uint64_t page = 4096;
  bytes = (bytes + page - 1) / page * page;
  for (Scratch &area : scratch) {
    if (area.bytes >= bytes)
      continue;
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return false;
    if (area.memory)
      munmap(area.memory, area.bytes);
    area.memory = memory;
    area.bytes = bytes;
  }
  return true;
}

void WorkerPool::runBlocks(unsigned index, uint64_t begin, uint64_t end) {
  kernel(args, grid.data(), begin, end, scratch[index].memory);
  if (finish)
    finish();
}

void WorkerPool::takeBlocks(unsigned index) {
  // Blocks take unequal times, and so do processors: whoever is done takes the next few.
  const uint64_t share = std::max<uint64_t>(1, blocks / (uint64_t(threads()) * sharesPerThread));
  for (;;) {
    uint64_t begin = nextBlock.fetch_add(share, std::memory_order_relaxed);
    if (begin >= blocks)
      return;
    runBlocks(index, begin, std::min(begin + share, blocks));
  }
}

void WorkerPool::workerLoop(unsigned index) {
  for (uint32_t seen = 0;;) {
    seen = awaitChange(epoch, seen);
    if (stopping.load(std::memory_order_relaxed))
      return;
    // Who comes late may find the launch over, or the next one open, which is as good.
    if (!enter())
      continue;
    takeBlocks(index);
    if (inside.fetch_sub(1, std::memory_order_acq_rel) == closed + 1)
      inside.notify_one();
  }
}

bool WorkerPool::enter() {
  uint32_t now = inside.load(std::memory_order_relaxed);
  while (!(now & closed))
    if (inside.compare_exchange_weak(now, now + 1, std::memory_order_acquire,
                                     std::memory_order_relaxed))
      return true;
  return false;
}

void WorkerPool::closeAndWait() {
  uint32_t now = inside.fetch_or(closed, std::memory_order_acq_rel) | closed;
  while (now != closed)
    now = awaitChange(inside, now);
}

void WorkerPool::run(moec_kernel function, const moec_word *words, const runtime::Grid &extents) {
  kernel = function;
  args = words;
  grid = extents;
  blocks = uint64_t(grid[0]) * grid[1] * grid[2];
  if (blocks == 1 || workers.empty()) {
    runBlocks(0, 0, blocks);
    return;
  }
  nextBlock.store(0, std::memory_order_relaxed);
  inside.store(0, std::memory_order_release);
  epoch.fetch_add(1, std::memory_order_release);
  epoch.notify_all();
  takeBlocks(0);
  closeAndWait();
}
