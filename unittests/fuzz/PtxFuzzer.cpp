//===- PtxFuzzer.cpp - Hostile PTX texts ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A text is a module, whose kernels have parameters inside of their bytes, or is refused with a
// line. What loads is run for some instructions, without memory of its own: whatever it does is
// told.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/emulator/ptx/Launch.h"

#include <string_view>

using namespace moec;
using moec::fuzz::require;

static void runKernel(const ptx::Module &module, const ptx::KernelInfo &kernel,
                      emulator::AllocationTable &memory) {
  for (const ptx::KernelParameter &parameter : kernel.parameters)
    require(parameter.offset + parameter.size <= kernel.parameterBytes, "parameters lie in theirs");
  ptx::LaunchShape shape;
  for (unsigned d = 0; d < 3; ++d)
    shape.block[d] = kernel.required[d] ? kernel.required[d] : 1;
  if (uint64_t(shape.block[0]) * shape.block[1] * shape.block[2] > 64 || kernel.registers > 4096)
    return;
  ptx::LaunchOptions options;
  options.threads = 1, options.instructionLimit = 500;
  std::vector<std::byte> parameters(kernel.parameterBytes);
  auto counters = ptx::launch(module, kernel, shape, parameters, memory, options);
  require(counters || !counters.takeError().message().empty(), "a fault has a message");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  emulator::AllocationTable memory;
  auto module =
      ptx::Module::load(std::string_view(reinterpret_cast<const char *>(data), size), memory);
  if (!module) {
    require(module.takeError().message().starts_with("line "), "an error has a line");
    return 0;
  }
  for (const auto &[name, kernel] : (*module)->kernels())
    runKernel(**module, kernel, memory);
  return 0;
}
