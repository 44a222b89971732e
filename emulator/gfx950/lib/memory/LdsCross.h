//===- LdsCross.h - LDS instructions that cross lanes -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of permutes and transposing reads.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_MEMORY_LDSCROSS_H
#define MOEC_EMULATOR_GFX950_LIB_MEMORY_LDSCROSS_H

#include <cstdint>
#include <span>

namespace moec::gfx950 {

enum class CrossKind : uint8_t { BackwardPermute, ForwardPermute, Swizzle, TransposedRead };

/// One opcode: the element width of a transposing read, and the bytes of a lane's result.
struct CrossOp {
  const char *name;
  CrossKind kind;
  uint8_t elementBits;
  uint8_t bytes;
};

std::span<const CrossOp> crossOps();

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_MEMORY_LDSCROSS_H
