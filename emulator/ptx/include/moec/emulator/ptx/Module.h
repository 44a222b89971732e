//===- Module.h - A PTX module and its kernels ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Parses the text of a PTX module and decodes its kernels once. What the emulator does not know is
// refused here, with its line, and not when a launch reaches it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_MODULE_H
#define MOEC_EMULATOR_PTX_MODULE_H

#include "moec/Support/Error.h"
#include "moec/emulator/core/Memory.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moec::ptx {

class Program;

/// Lanes of a warp.
constexpr unsigned kLanes = 32;
/// Base addresses of the generic windows of shared and local memory (4 GiB each). User space
/// addresses are below 2^47.
constexpr uint64_t kSharedWindow = 0x1'0000'0000'0000ull;
constexpr uint64_t kLocalWindow = 0x2'0000'0000'0000ull;

/// A parameter of a kernel, at a place of the launch's parameter bytes.
struct KernelParameter {
  std::string name;
  uint32_t offset = 0;    ///< In bytes; parameters lie as those of a C struct.
  uint32_t size = 0;      ///< In bytes; of an array all of it.
  uint32_t alignment = 1; ///< In bytes.
  bool pointer = false;   ///< Has `.ptr`.
};

/// What a `.entry` declares.
struct KernelInfo {
  std::string name;
  uint32_t line = 0; ///< Of `.entry`, from 1.
  std::vector<KernelParameter> parameters;
  uint32_t parameterBytes = 0;
  uint32_t sharedBytes = 0;         ///< Static shared memory; dynamic shared memory lies behind it.
  bool dynamicShared = false;       ///< Names an `.extern .shared` array.
  uint32_t localBytes = 0;          ///< Local memory of one thread.
  uint32_t maxThreads = 1024;       ///< Threads of a block at most (.maxntid, .reqntid).
  uint32_t required[3] = {0, 0, 0}; ///< .reqntid; 0 where there is none.
  uint32_t registers = 0;           ///< Virtual registers; not those that a machine allocates.
  uint32_t instructions = 0;
};

/// A variable in global or constant memory.
struct ModuleVariable {
  uint64_t address = 0; ///< Host address, which is the device address.
  uint64_t size = 0;    ///< In bytes.
};

/// A parsed module, visible to the kernels of one device.
class Module {
public:
  /// Parses and decodes `text`, up to its end or the first NUL. Variables become accessible in
  /// `memory`, which must outlive the module. Errors begin with "line N: " and name what is not
  /// known or does not fit.
  static Expected<std::unique_ptr<Module>> load(std::string_view text,
                                                emulator::AllocationTable &memory);
  ~Module();
  Module(const Module &) = delete;

  /// The kernels, by name.
  const std::map<std::string, KernelInfo> &kernels() const { return kernelTable; }
  /// The kernel named `name`, or null.
  const KernelInfo *kernel(const std::string &name) const;
  /// Variables of the whole module, by name.
  const std::map<std::string, ModuleVariable> &variables() const { return variableTable; }
  /// What `.target` names first, such as sm_90a.
  const std::string &target() const { return targetName; }
  /// `.version` as major · 10 + minor.
  unsigned version() const { return isaVersion; }
  /// The decoded code of a kernel of this module.
  const Program &program(const KernelInfo &kernel) const;
  /// A line of the text, from 1, without comments and blanks around it; empty if there is none.
  std::string line(uint32_t number) const;

private:
  friend class ModuleBuilder;
  explicit Module(emulator::AllocationTable &memory);
  emulator::AllocationTable &memory;
  std::string text, targetName;
  unsigned isaVersion = 0;
  std::map<std::string, KernelInfo> kernelTable;
  std::map<std::string, ModuleVariable> variableTable;
  std::map<std::string, std::unique_ptr<Program>> programs;
  std::vector<std::unique_ptr<std::byte[]>> storage; ///< Of the variables.
};

/// Whether `bytes` begin as a PTX module does: comments and blanks, then `.version`.
bool isPtx(std::string_view bytes);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_MODULE_H
