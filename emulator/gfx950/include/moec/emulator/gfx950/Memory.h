//===- Memory.h - Device memory and the flat apertures ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Device memory is the emulators' common one; what is this machine's own is where flat addresses
// reach LDS and scratch.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_MEMORY_H
#define MOEC_EMULATOR_GFX950_MEMORY_H

#include "moec/emulator/core/Memory.h"

namespace moec::gfx950 {

using emulator::Allocation;
using emulator::AllocationTable;

/// Base addresses of the flat apertures (4 GiB each). User space addresses are below 2^47.
constexpr uint64_t kSharedAperture = 0x1'0000'0000'0000ull;
constexpr uint64_t kPrivateAperture = 0x2'0000'0000'0000ull;

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_MEMORY_H
