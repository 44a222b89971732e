//===- Harness.cpp - Kernels of tests -------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace moec::ptx::test {

std::string kernelAround(const std::string &body, const std::string &target,
                         const std::string &before) {
  return ".version 8.8\n.target " + target + "\n.address_size 64\n" + before +
         "\n.visible .entry k(.param .u64 k_in, .param .u64 k_out)\n{\n"
         ".reg .pred %p<64>;\n.reg .b16 %rs<64>;\n.reg .b32 %r<64>;\n.reg .b32 %f<64>;\n"
         ".reg .b64 %rd<64>;\n.reg .b64 %fd<64>;\n"
         "ld.param.b64 %rd1, [k_in];\nld.param.b64 %rd2, [k_out];\n"
         "mov.u32 %r1, %tid.x;\nmul.wide.u32 %rd3, %r1, 8;\n"
         "add.s64 %rd1, %rd1, %rd3;\nadd.s64 %rd2, %rd2, %rd3;\n" +
         body + "\nret;\n}\n";
}

bool acceptedByPtxas(const std::string &text, std::string &message) {
  std::string ptxas = MOEC_TEST_PTXAS;
  if (ptxas.empty() || !std::filesystem::exists(ptxas))
    return true;
  namespace fs = std::filesystem;
  std::string stem =
      (fs::temp_directory_path() / ("moec-ptx-" + std::to_string(getpid()))).string();
  std::ofstream(stem + ".ptx") << text;
  size_t at = text.find(".target ") + 8;
  std::string target = text.substr(at, text.find('\n', at) - at);
  std::string command = ptxas + " -arch=" + target + " -O0 -o /dev/null " + stem + ".ptx 2>&1";
  std::FILE *pipe = popen(command.c_str(), "r");
  if (!pipe)
    return true;
  std::array<char, 512> line;
  while (std::fgets(line.data(), int(line.size()), pipe))
    message += line.data();
  bool good = pclose(pipe) == 0;
  fs::remove(stem + ".ptx");
  return good;
}

Outcome run(const std::string &text, const std::vector<uint64_t> &in, uint32_t threads,
            const LaunchOptions &options, uint32_t dynamicShared) {
  Outcome outcome;
  std::string message;
  EXPECT_TRUE(acceptedByPtxas(text, message)) << message << text;
  emulator::AllocationTable memory;
  auto module = Module::load(text, memory);
  if (!module) {
    outcome.error = module.takeError().message();
    return outcome;
  }
  const KernelInfo *kernel = (*module)->kernel("k");
  const size_t bytes = in.size() * sizeof(uint64_t), outBytes = threads * sizeof(uint64_t);
  void *buffers[2] = {memory.allocate(bytes), memory.allocate(outBytes)};
  std::memcpy(buffers[0], in.data(), bytes);
  std::memset(buffers[1], 0, outBytes);
  LaunchShape shape;
  shape.block[0] = threads, shape.dynamicShared = dynamicShared;
  auto counters =
      launch(**module, *kernel, shape, std::as_bytes(std::span(buffers)), memory, options);
  if (counters)
    outcome.counters = *counters;
  else
    outcome.error = counters.takeError().message();
  outcome.out.resize(threads);
  std::memcpy(outcome.out.data(), buffers[1], outBytes);
  return outcome;
}

} // namespace moec::ptx::test
