//===- Machine.h - The facts of each machine --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the passes of this backend read instead of assuming it.
//
// Shared memory is from the CUDA programming guide's table of compute capabilities. Rates are peaks
// of A100 SXM 80 GB, H200 SXM, B200 and RTX 5090, dense, as published lists have them
// (hmc-tech.com for A100 and B200, llmbook.apartsin.com for H200, codesota.com for RTX 5090); the
// vendor's own sheets were not at hand. Of B200's 7.7 and 8 TB/s the lower is taken.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_MACHINE_H
#define MOEC_TARGETS_NVPTX_CODEGEN_MACHINE_H

#include "llvm/ADT/StringRef.h"

namespace moec::nvptx {

/// One compute capability, and the card whose rates times are estimated by.
struct Machine {
  /// As --target spells it.
  llvm::StringRef name;
  /// LLVM's and ptxas' name of the processor, and the version of PTX as a feature of it.
  llvm::StringRef processor, ptx;
  /// Bytes of shared memory that a block may have.
  unsigned sharedBytes;
  /// Whether there are conversions of f32 to codes of eight bits, and to those of four.
  bool convertsToFp8, convertsToFp4;
  /// Whether there are products of codes with their scales.
  bool multipliesScaled;
  /// Whether artifacts have PTX of the first machine beside its own, which needs its packings.
  bool shipsGeneric;
  /// Bytes of memory and multiply-adds of bf16 in a microsecond, at most.
  double bytesPerMicrosecond, multiplyAddsPerMicrosecond;
};

/// Lanes of a warp, and warps in a block where a schedule does not say.
inline constexpr unsigned warpLanes = 32, blockWarps = 8;
/// Banks of shared memory, each four bytes wide.
inline constexpr unsigned memoryBanks = 32;

/// The machines of this folder. PTX of the first runs on anything newer.
inline constexpr Machine machines[] = {
    {"sm_80", "sm_80", "+ptx71", 163 * 1024, false, false, false, false, 2.04e6, 312e6 / 2},
    {"sm_90", "sm_90a", "+ptx80", 227 * 1024, true, false, false, true, 4.8e6, 989e6 / 2},
    {"sm_100", "sm_100a", "+ptx86", 227 * 1024, true, true, false, false, 7.7e6, 2250e6 / 2},
    {"sm_120", "sm_120a", "+ptx87", 99 * 1024, true, true, true, false, 1.79e6, 209.5e6 / 2},
};

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_MACHINE_H
