//===- BlockThreads.cpp - The blocks of a launch on host threads *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Threads take the next block when they are done with one. The calling thread is one of them, so a
// launch of one block starts none.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/BlockThreads.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace moec::emulator {

Error runBlocks(const BlockRun &run, std::atomic<bool> &stop,
                const std::function<std::unique_ptr<BlockWorker>()> &makeWorker) {
  const uint64_t blocks = run.selected.empty() ? run.blocks : run.selected.size();
  unsigned threads = run.threads ? run.threads : std::max(1u, std::thread::hardware_concurrency());
  threads = unsigned(std::min<uint64_t>(threads, blocks));
  std::atomic<uint64_t> next{0};
  std::mutex mutex;
  std::string firstFault;
  auto work = [&] {
    std::unique_ptr<BlockWorker> worker = makeWorker();
    for (uint64_t n; !stop && (n = next++) < blocks;)
      if (Error e = worker->run(run.selected.empty() ? n : run.selected[n])) {
        std::lock_guard lock(mutex);
        if (firstFault.empty())
          firstFault = e.message();
        stop = true;
      }
    std::lock_guard lock(mutex);
    worker->finish();
  };
  std::vector<std::thread> pool;
  for (unsigned t = 1; t < threads; ++t)
    pool.emplace_back(work);
  work();
  for (std::thread &t : pool)
    t.join();
  return firstFault.empty() ? Error::success() : Error::make(firstFault);
}

} // namespace moec::emulator
