//===- Ptx.h - Run one kernel of a PTX text ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The command line's options, on the PTX emulator.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATE_PTX_H
#define MOEC_EMULATE_PTX_H

#include "moec/Support/Error.h"
#include "moec/emulator/ptx/Launch.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace moec::emulate {

/// What the command line says of a PTX kernel.
struct PtxRequest {
  std::string path, kernel, json, trace;
  std::vector<std::string> arguments, allow;
  std::vector<uint32_t> traceBlock; ///< X, Y, Z
  bool list = false, stats = false, report = false;
  ptx::LaunchShape shape;
  ptx::LaunchOptions options;
};

/// Loads the text, runs the kernel and writes its outputs. The answer is the exit status: 2 where
/// findings were listed that were not allowed.
Expected<int> runPtx(const std::string &text, PtxRequest request);

/// What to say of machine code of NVIDIA's cards, which nothing here runs; empty if `bytes` are
/// none.
std::string refuseMachineCode(std::span<const std::byte> bytes);

} // namespace moec::emulate

#endif // MOEC_EMULATE_PTX_H
