//===- Workgroup.h - One workgroup ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A workgroup runs its waves in turn on one host thread, from barrier to barrier.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_WAVE_WORKGROUP_H
#define MOEC_EMULATOR_GFX950_LIB_WAVE_WORKGROUP_H

#include "Profiler.h"
#include "moec/emulator/core/BlockRaces.h"
#include "moec/emulator/gfx950/Launch.h"
#include "moec/emulator/gfx950/Wave.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace moec::gfx950 {

/// What all workgroups of a launch share.
struct LaunchContext {
  LaunchContext(const Module &module, const KernelInfo &kernel, const LaunchShape &shape,
                AllocationTable &memory, const LaunchOptions &options)
      : module(module), program(module.program(kernel)), kernel(kernel), shape(shape),
        memory(memory), options(options) {}
  const Module &module;
  const Program &program; ///< As the kernel runs it.
  const KernelInfo &kernel;
  const LaunchShape &shape;
  AllocationTable &memory;
  const LaunchOptions &options;
  uint64_t kernarg = 0; ///< Address of the kernarg segment.
  uint64_t dispatchPacket = 0;
  uint32_t ldsBytes = 0;
  std::unique_ptr<emulator::BlockRaces> races; ///< Where workgroups are checked.
  std::unique_ptr<LoopForest> loops;           ///< Where the launch is profiled.
  std::atomic<bool> stop{false};
  std::mutex traceMutex;
};

/// One workgroup, reused for many by one host thread.
class Workgroup {
public:
  explicit Workgroup(LaunchContext &context);
  /// Runs the workgroup with this index to its end; the error names kernel, instruction, wave and
  /// lane.
  Error run(const uint32_t (&id)[3]);

  /// Keeps a finding of a class that is allowed.
  void note(const Wave &wave, FindingClass c, int lane, const std::string &text);
  /// Lands the loads to LDS that are under way to these bytes, in whichever wave.
  void landDma(uint32_t address, uint32_t count);

  LaunchContext &context;
  Lds lds;
  std::vector<std::unique_ptr<Wave>> waves;
  uint32_t groupId[3] = {0, 0, 0};
  /// The workgroup's number in the grid.
  uint32_t number() const;
  /// Sum of the counters of finished waves.
  Counters counters;
  /// Where the launch is profiled.
  std::unique_ptr<Profiler> profiler;
  /// Findings of all workgroups that ran here, by instruction and class.
  std::map<std::pair<uint64_t, FindingClass>, Finding> findings;

private:
  void start();
  void startWave(Wave &wave, unsigned index);
  /// Runs `wave` until it waits at a barrier, ends or fails, or `budget` instructions have run.
  void runWave(Wave &wave, uint64_t budget);
  void passBarrier();
  std::string describe(const Wave &wave, int lane, const std::string &text) const;
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_WAVE_WORKGROUP_H
