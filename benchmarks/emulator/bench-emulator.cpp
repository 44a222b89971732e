//===- bench-emulator.cpp - Speed of the emulators --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs loops of one kind of instruction on one host thread and prints wave instructions a second.
//
//===----------------------------------------------------------------------===//

#include "PtxKernels.h"
#include "moec/emulator/gfx950/Launch.h"
#include "moec/emulator/ptx/Launch.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace moec;
using namespace moec::gfx950;

/// The best of three runs, in millions of wave instructions of `cls` a second.
static double measure(const Module &module, AllocationTable &memory, const char *name,
                      InstructionClass cls) {
  LaunchShape shape;
  shape.block[0] = 256;
  LaunchOptions options;
  options.threads = 1;
  double best = 0;
  for (int i = 0; i < 3; ++i) {
    auto start = std::chrono::steady_clock::now();
    auto counters = launch(module, *module.kernel(name), shape, {}, memory, options);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!counters) {
      std::fprintf(stderr, "%s\n", counters.takeError().message().c_str());
      std::exit(1);
    }
    best = std::max(best, double(counters->instructions[unsigned(cls)]) / seconds / 1e6);
  }
  return best;
}

/// The best of three runs of a PTX loop, in millions of warp instructions a second.
static double measurePtx(const std::string &text) {
  emulator::AllocationTable memory;
  auto module = ptx::Module::load(text, memory);
  double best = 0;
  for (int i = 0; i < 3 && module; ++i) {
    ptx::LaunchShape shape;
    shape.block[0] = 256;
    ptx::LaunchOptions options;
    options.threads = 1;
    auto start = std::chrono::steady_clock::now();
    auto counters = ptx::launch(**module, *(*module)->kernel("k"), shape, {}, memory, options);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!counters) {
      std::fprintf(stderr, "%s\n", counters.takeError().message().c_str());
      std::exit(1);
    }
    best = std::max(best, double(counters->instructions) / seconds / 1e6);
  }
  return best;
}

int main() {
  std::string object =
      (std::filesystem::temp_directory_path() / "moec-bench-emulator.hsaco").string();
  std::string command =
      std::string(MOEC_LLVM_BIN "/clang --target=amdgcn-amd-amdhsa -mcpu=gfx950 -o ") + object +
      " " MOEC_BENCH_KERNELS;
  if (std::system(command.c_str()))
    return 1;
  std::ifstream file(object, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove(object);
  AllocationTable memory;
  auto module = Module::load(std::as_bytes(std::span(bytes)), memory);
  if (!module) {
    std::fprintf(stderr, "%s\n", module.takeError().message().c_str());
    return 1;
  }
  std::printf("million wave instructions a second on one core\n");
  std::printf("  vector ALU             %8.2f   (goal: 3)\n",
              measure(**module, memory, "valu", InstructionClass::Valu));
  std::printf("  scaled MFMA, fp4       %8.3f   (goal: 0.150)\n",
              measure(**module, memory, "mfma_fp4", InstructionClass::Mfma));
  std::printf("  scaled MFMA, fp8       %8.3f   (goal: 0.150)\n",
              measure(**module, memory, "mfma_fp8", InstructionClass::Mfma));
  std::printf("  MFMA 16x16x32, bf16    %8.3f\n",
              measure(**module, memory, "mfma_bf16", InstructionClass::Mfma));
  std::printf("  ds_read_b128           %8.2f\n",
              measure(**module, memory, "lds_read", InstructionClass::Lds));
  std::printf("million warp instructions of PTX a second on one core\n");
  std::printf("  ALU                    %8.2f   (goal: 0.7 of the vector ALU)\n",
              measurePtx(bench::ptxAlu()));
  std::printf("  mma.sync, bf16         %8.2f\n", measurePtx(bench::ptxMma()));
  std::printf("  ld.shared.v4.b32       %8.2f\n", measurePtx(bench::ptxSharedLoads()));
}
