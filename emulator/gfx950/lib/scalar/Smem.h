//===- Smem.h - Scalar memory -----------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of scalar memory operations.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_SCALAR_SMEM_H
#define MOEC_EMULATOR_GFX950_LIB_SCALAR_SMEM_H

#include "emulator/gfx950/lib/memory/MemoryOps.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace moec::gfx950 {

/// One opcode; zero dwords means a clock or a cache operation.
struct SmemOp {
  const char *name;
  uint8_t dwords; ///< Of memory.
  bool buffer;
  Action action = Action::Load;
  bool returns = false; ///< An atomic that returns the old value.
  AtomicFunction function = AtomicFunction::Swap;
};

/// Loads, clocks and operations on caches.
std::span<const SmemOp> smemOps();
/// The store or the atomic of this base name (S_STORE_DWORDX2, S_BUFFER_ATOMIC_ADD_X2_RTN), which
/// must outlive it; nothing for other names.
std::optional<SmemOp> parseScalarWrite(std::string_view name);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_SCALAR_SMEM_H
