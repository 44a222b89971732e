//===- Machine.h - The facts of one machine ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the passes of this backend read instead of assuming it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_MACHINE_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_MACHINE_H

#include "llvm/ADT/StringRef.h"

namespace moec::amdgpu {

/// One processor.
struct Machine {
  /// LLVM's name of the processor.
  llvm::StringRef chip;
  /// Lanes of a wave, a power of two.
  unsigned lanes;
  /// Waves in a workgroup of ours: a kernel's schedule may ask for fewer or more (`subgroups`).
  unsigned subgroups;
  /// Bytes of LDS that a workgroup may have; its banks of four bytes.
  unsigned ldsBytes, ldsBanks;
  /// Bytes per second from memory that a good kernel reaches.
  double memoryBandwidth;
  /// Multiply-adds ×2 per second at the clock that the specification assumes.
  double bf16Flops, fp8Flops, fp4Flops;
};

/// The MI355X.
inline constexpr Machine kGfx950 = {"gfx950", 64, 4, 160 * 1024, 64, 6.4e12, 2.5e15, 5e15, 10e15};

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_MACHINE_H
