//===- Launch.h - How a launch is to run ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What launches have in common on every emulated machine, whatever its vendor calls a block, and a
// subgroup of lanes in step.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_LAUNCH_H
#define MOEC_EMULATOR_CORE_LAUNCH_H

#include <cstdint>
#include <functional>
#include <vector>

namespace moec::emulator {

struct LaunchShape {
  uint32_t grid[3] = {1, 1, 1};  ///< Blocks.
  uint32_t block[3] = {1, 1, 1}; ///< Threads of a block.
  uint32_t dynamicShared = 0;    ///< Bytes of shared memory behind the static ones.
};

/// What a launch may be told, beside what one machine has.
template <typename Subgroup, typename Instruction, typename Finding> struct CommonOptions {
  unsigned threads = 0; ///< Host threads; 0 means all.
  /// Called before each instruction of every subgroup, from one thread at a time.
  std::function<void(const Subgroup &, const Instruction &)> trace;
  uint64_t instructionLimit = 0; ///< A subgroup that runs longer fails; 0 means no limit.
  /// Instructions that a subgroup runs before the next one of its block gets its turn; 0 means up
  /// to a barrier, or so many that only subgroups that wait for each other notice.
  uint64_t turn = 0;
  /// Report blocks that race on global memory, which takes time and memory for each byte that the
  /// launch touches.
  bool checkBlocks = false;
  unsigned allowed = 0; ///< Classes of findings, by findingBit, that don't stop the launch.
  std::vector<Finding> *findings = nullptr; ///< Receives those, by place in the code.
  /// Numbers (x + grid x · (y + grid y · z)) of the blocks to run; empty means all.
  std::vector<uint64_t> blocks;
};

} // namespace moec::emulator

#endif // MOEC_EMULATOR_CORE_LAUNCH_H
