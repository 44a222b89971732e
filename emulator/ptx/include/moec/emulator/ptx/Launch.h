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
#include "moec/emulator/core/Launch.h"
#include "moec/emulator/core/Memory.h"
#include "moec/emulator/ptx/Findings.h"
#include "moec/emulator/ptx/Module.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace moec::ptx {

class Warp;
struct Instruction;

using emulator::LaunchShape;

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

/// How a launch is to run.
struct LaunchOptions : emulator::CommonOptions<Warp, Instruction, Finding> {
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
