//===- BlockThreads.h - The blocks of a launch on host threads --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Hands the blocks of a launch to host threads, each of which keeps what it runs blocks in.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_BLOCKTHREADS_H
#define MOEC_EMULATOR_CORE_BLOCKTHREADS_H

#include "moec/Support/Error.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace moec::emulator {

/// What one host thread runs blocks in, one after the other.
class BlockWorker {
public:
  virtual ~BlockWorker() = default;
  /// Runs the block with this number (x + grid x · (y + grid y · z)).
  virtual Error run(uint64_t block) = 0;
  /// Adds what the thread's blocks did to the launch; one thread at a time.
  virtual void finish() = 0;
};

/// Which blocks of a grid are to run, and how.
struct BlockRun {
  uint64_t blocks = 0;                ///< Of the whole grid.
  std::span<const uint64_t> selected; ///< Those to run; empty means all.
  unsigned threads = 0;               ///< Host threads; 0 means all.
};

/// Runs blocks until all have run or one fails, which sets `stop`; then every worker finishes. The
/// error is that of the block that failed first.
Error runBlocks(const BlockRun &run, std::atomic<bool> &stop,
                const std::function<std::unique_ptr<BlockWorker>()> &makeWorker);

} // namespace moec::emulator

#endif // MOEC_EMULATOR_CORE_BLOCKTHREADS_H
