//===- Block.h - One block of threads ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block runs its warps in turn on one host thread, from barrier to barrier.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_WARP_BLOCK_H
#define MOEC_EMULATOR_PTX_LIB_WARP_BLOCK_H

#include "emulator/ptx/lib/memory/LaneRaces.h"
#include "emulator/ptx/lib/warp/Program.h"
#include "moec/emulator/core/BlockRaces.h"
#include "moec/emulator/core/SharedMemory.h"
#include "moec/emulator/ptx/Warp.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace moec::ptx {

/// What all blocks of a launch share.
struct LaunchContext {
  const Module &module;
  const Program &program;
  const KernelInfo &kernel;
  const LaunchShape &shape;
  std::span<const std::byte> parameters;
  emulator::AllocationTable &memory;
  const LaunchOptions &options;
  uint32_t sharedBytes = 0;
  std::unique_ptr<emulator::BlockRaces> races{}; ///< Where blocks are checked.
  std::atomic<bool> stop{false};
  std::mutex traceMutex{};
};

/// One block, reused for many by one host thread.
class Block {
public:
  explicit Block(LaunchContext &context);
  /// Runs the block with this index to its end; the error names kernel, line, block, warp and lane.
  Error run(const uint32_t (&id)[3]);
  /// Keeps a finding of a class that is allowed.
  void note(const Warp &warp, FindingClass c, int lane, const std::string &text);
  /// "line N (the line's text)".
  std::string lineText(uint32_t line) const;
  /// The block's number in the grid.
  uint64_t number() const;

  LaunchContext &context;
  emulator::SharedMemory shared;
  std::vector<std::unique_ptr<Warp>> warps;
  LaneRaces laneRaces;
  uint32_t id[3] = {0, 0, 0};
  Counters counters; ///< Sum of the counters of finished warps.
  /// Findings of all blocks that ran here, by line and class.
  std::map<std::pair<uint32_t, FindingClass>, Finding> findings;

private:
  void start();
  Error passBarrier();
  std::string describe(const Warp &warp, int lane, const std::string &text) const;
  std::string place(const Warp &warp) const;
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_WARP_BLOCK_H
