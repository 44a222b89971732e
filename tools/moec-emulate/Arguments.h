//===- Arguments.h - Kernel arguments from the command line -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Turns --arg texts into a kernarg segment and device buffers, and writes results back to files.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATE_ARGUMENTS_H
#define MOEC_EMULATE_ARGUMENTS_H

#include "moec/Support/Error.h"
#include "moec/emulator/gfx950/CodeObject.h"
#include "moec/emulator/gfx950/Launch.h"

#include <cstddef>
#include <string>
#include <vector>

namespace moec::emulate {

/// The help text of --arg.
extern const char *const kArgumentHelp;

/// A kernel's explicit arguments.
class Arguments {
public:
  explicit Arguments(gfx950::AllocationTable &memory) : memory(memory) {}
  /// Places `texts` in the order of the kernel's explicit arguments or, where they begin with a
  /// name and "=", by name; arguments that no name is given for are zero. Errors name the argument.
  Error build(const gfx950::KernelInfo &kernel, const std::vector<std::string> &texts);
  /// Writes output buffers to their files.
  Error writeOutputs() const;
  /// The explicit part of the kernarg segment.
  const std::vector<std::byte> &bytes() const { return segment; }

private:
  struct Output {
    std::string path;
    const void *data;
    size_t bytes;
  };
  Error buildByName(const gfx950::KernelInfo &kernel, const std::vector<std::string> &texts);
  Error place(const std::string &text, const gfx950::KernelArgument &slot);
  Error placeBuffer(const std::string &kind, const std::string &rest,
                    const gfx950::KernelArgument &slot);

  gfx950::AllocationTable &memory;
  std::vector<std::byte> segment;
  std::vector<Output> outputs;
};

/// Prints the kernels of a code object with what a launch of each needs, and which instructions of
/// it would stop one.
void listKernels(const gfx950::Module &module);

/// The kernel of this name or, where the name is empty, the only one; errors list all.
Expected<const gfx950::KernelInfo *> chooseKernel(const gfx950::CodeObject &object,
                                                  const std::string &name);

/// Prints the counters as a table, if asked to, and writes them to `jsonPath` unless that is empty,
/// with the profile where there is one.
Error report(const gfx950::KernelInfo &kernel, const gfx950::LaunchShape &shape,
             const gfx950::Counters &counters, const gfx950::Profile *profile, bool table,
             const std::string &jsonPath);

/// The bytes of a file.
Expected<std::vector<std::byte>> readFile(const std::string &path);

} // namespace moec::emulate

#endif // MOEC_EMULATE_ARGUMENTS_H
