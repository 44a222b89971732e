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
#include "moec/emulator/core/Launch.h"
#include "moec/emulator/gfx950/CodeObject.h"
#include "moec/emulator/gfx950/Counters.h"
#include "moec/emulator/gfx950/Findings.h"
#include "moec/emulator/gfx950/Memory.h"
#include "moec/emulator/gfx950/Profile.h"
#include "moec/emulator/gfx950/Program.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

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

using emulator::LaunchShape;

/// How a launch is to run.
struct LaunchOptions : emulator::CommonOptions<Wave, Instruction, Finding> {
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
