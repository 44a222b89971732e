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
  /// SIMDs of a compute unit, each with a matrix core.
  unsigned simds;
  /// Registers of a lane where a wave has a SIMD to itself; half of them are accumulation
  /// registers.
  unsigned registers;
  /// Compute units, and second-level caches (XCDs) that as many of them have each; workgroups go to
  /// caches in turn.
  unsigned units, caches;
};

/// The MI355X.
inline constexpr Machine kGfx950 = {"gfx950", 64, 4, 160 * 1024, 64, 4, 512, 256, 8};

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_MACHINE_H
