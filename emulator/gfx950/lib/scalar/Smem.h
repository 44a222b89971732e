//===- Smem.h - Scalar memory -----------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of scalar memory operations.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_SCALAR_SMEM_H
#define MOEC_EMULATOR_GFX950_LIB_SCALAR_SMEM_H

#include <cstdint>
#include <span>

namespace moec::gfx950 {

/// One opcode; zero dwords means a clock or a cache operation.
struct SmemOp {
  const char *name;
  uint8_t dwords;
  bool buffer;
};

std::span<const SmemOp> smemOps();

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_SCALAR_SMEM_H
