//===- Launch.h - Running kernels -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The emulator as a library: load a module, launch a kernel, read counters.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LAUNCH_H
#define MOEC_EMULATOR_GFX950_LAUNCH_H

#include "moec/Support/Error.h"
#include "moec/emulator/gfx950/CodeObject.h"
#include "moec/emulator/gfx950/Counters.h"
#include "moec/emulator/gfx950/Findings.h"
#include "moec/emulator/gfx950/Memory.h"
#include "moec/emulator/gfx950/Profile.h"
#include "moec/emulator/gfx950/Program.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::gfx950 {

class Wave;

/// A code object with its decoded code, visible to the kernels of one device.
class Module {
public:
  /// Loads and decodes `bytes`; its image becomes accessible in `memory`, which must outlive the
  /// module.
  static Expected<std::unique_ptr<Module>> load(std::span<const std::byte> bytes,
                                                AllocationTable &memory);
  ~Module();
  const CodeObject &object() const { return *code; }
  /// The code as it was decoded, and as `kernel` runs it.
  const Program &program() const { return *decoded; }
  const Program &program(const KernelInfo &kernel) const;
  /// The kernel named `name`, or null.
  const KernelInfo *kernel(const std::string &name) const;

private:
  Module(AllocationTable &memory) : memory(memory) {}
  AllocationTable &memory;
  std::unique_ptr<CodeObject> code;
  std::unique_ptr<Program> decoded;
  std::map<unsigned, std::unique_ptr<Program>> byAccumOffset; ///< Where it isn't kFirstAgpr.
};

/// Shape of a launch.
struct LaunchShape {
  uint32_t grid[3] = {1, 1, 1};  ///< Workgroups.
  uint32_t block[3] = {1, 1, 1}; ///< Work items of a workgroup.
  uint32_t dynamicLds = 0;       ///< Bytes beyond the static ones.
};

/// What a launch needs beside its shape.
struct LaunchOptions {
  unsigned threads = 0; ///< Host threads; 0 means all.
  /// Called before each instruction of the traced waves, from one thread at a time.
  std::function<void(const Wave &, const Instruction &)> trace;
  uint64_t instructionLimit = 0; ///< A wave that runs longer fails; 0 means no limit.
  /// Instructions that a wave runs before the next one of its workgroup gets its turn; 0 means up
  /// to a barrier, or so many that only waves that wait for each other notice.
  uint64_t turn = 0;
  /// Report workgroups that race on global memory, which takes time and memory for each byte that
  /// the launch touches.
  bool checkGroups = false;
  unsigned allowed = 0; ///< Classes of findings, by findingBit, that don't stop the launch.
  std::vector<Finding> *findings = nullptr; ///< Receives those, by address.
  /// Numbers (x + grid x · (y + grid y · z)) of the workgroups to run; empty means all.
  std::vector<uint64_t> groups;
  Profile *profile = nullptr; ///< Receives counts by loop; the launch is slower for it.
};

/// Runs `kernel` over the whole grid, or over some workgroups of it. `arguments` is the explicit
/// part of the kernarg segment; hidden arguments are filled in. A fault stops the launch; the error
/// names kernel, instruction, wave and lane.
Expected<Counters> launch(const Module &module, const KernelInfo &kernel, const LaunchShape &shape,
                          std::span<const std::byte> arguments, AllocationTable &memory,
                          const LaunchOptions &options = {});

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LAUNCH_H
