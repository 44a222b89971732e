//===- Launch.h - Running kernels -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The emulator as a library: load a module, launch a kernel, read counters.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LAUNCH_H
#define MOEC_EMULATOR_PTX_LAUNCH_H

#include "moec/Support/Error.h"
#include "moec/emulator/core/Memory.h"
#include "moec/emulator/ptx/Findings.h"
#include "moec/emulator/ptx/Module.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moec::ptx {

class Warp;
struct Instruction;

/// Shape of a launch. Extents beyond the machine's (grid.x 2^31−1, grid.y and grid.z 65,535; block
/// 1024, 1024, 64 and 1,024 threads in all; 227 KiB of shared memory) are errors.
struct LaunchShape {
  uint32_t grid[3] = {1, 1, 1};  ///< Blocks.
  uint32_t block[3] = {1, 1, 1}; ///< Threads of a block.
  uint32_t dynamicShared = 0;    ///< Bytes behind the static ones.
};

/// What a launch did, summed over its warps. Instructions are warp instructions.
struct Counters {
  uint64_t blocks = 0, warps = 0;
  uint64_t instructions = 0; ///< All, guarded ones without a lane too.
  uint64_t activeLanes = 0;  ///< Summed over them.
  uint64_t products = 0;     ///< mma.sync.
  uint64_t productFlops = 0; ///< 2·M·N·K of them.
  uint64_t globalLoadBytes = 0, globalStoreBytes = 0, globalAtomicBytes = 0;
  uint64_t sharedReadBytes = 0, sharedWriteBytes = 0, sharedAtomicBytes = 0;
  uint64_t asyncBytes = 0; ///< cp.async.
  uint64_t barriers = 0;   ///< Arrivals of warps at a barrier of the block.
  uint64_t splits = 0;     ///< Branches at which the lanes of a warp part.

  /// Adds the counts of `other`.
  void add(const Counters &other);
};

/// What a launch needs beside its shape.
struct LaunchOptions {
  unsigned threads = 0; ///< Host threads; 0 means all.
  /// Called before each instruction of every warp, from one thread at a time.
  std::function<void(const Warp &, const Instruction &)> trace;
  uint64_t instructionLimit = 0; ///< A warp that runs longer fails; 0 means no limit.
  /// Instructions that a warp runs before the next one of its block gets its turn; 0 means up to a
  /// barrier, or so many that only warps that wait for each other notice.
  uint64_t turn = 0;
  /// Report blocks that race on global memory, which takes time and memory for each byte that the
  /// launch touches.
  bool checkBlocks = false;
  unsigned allowed = 0; ///< Classes of findings, by findingBit, that don't stop the launch.
  std::vector<Finding> *findings = nullptr; ///< Receives those, by line.
  /// Numbers (x + grid x · (y + grid y · z)) of the blocks to run; empty means all.
  std::vector<uint64_t> blocks;
  /// Where it is set, what cards are free to do is done otherwise, by this seed: ex2, lg2, rcp,
  /// sqrt, rsqrt, sin, cos, tanh and division within the error that PTX states, products summed in
  /// another order with addends truncated to 24 bits below the largest. The same seed gives the
  /// same results, whatever the number of threads.
  std::optional<uint64_t> perturb;
};

/// Runs `kernel` over the whole grid, or over some blocks of it. `parameters` are the bytes of the
/// kernel's parameters at their offsets. A fault stops the launch; the error names kernel, PTX line
/// and instruction, block, warp and lane.
Expected<Counters> launch(const Module &module, const KernelInfo &kernel, const LaunchShape &shape,
                          std::span<const std::byte> parameters, emulator::AllocationTable &memory,
                          const LaunchOptions &options = {});

/// Bytes of shared memory that a block may have.
constexpr uint32_t kMaxShared = 227 * 1024;

/// Blocks of the kernel that a multiprocessor holds at once, by threads and shared memory alone:
/// PTX says nothing of registers. For cuOccupancy… and reports.
unsigned blocksPerMultiprocessor(const KernelInfo &kernel, uint32_t threads,
                                 uint32_t dynamicShared);

/// The counters as one JSON object.
std::string countersJson(const std::string &kernel, const Counters &counters);
/// The counters as a table for people.
std::string countersTable(const std::string &kernel, const Counters &counters);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LAUNCH_H
