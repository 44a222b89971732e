//===- LdsCross.h - LDS instructions that cross lanes -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of permutes and transposing reads.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_LIB_LDSCROSS_H
#define MOEC_EMULATOR_LIB_LDSCROSS_H

#include <cstdint>
#include <span>

namespace moec::emulator {

enum class CrossKind : uint8_t { BackwardPermute, ForwardPermute, Swizzle, TransposedRead };

/// One opcode: the element width of a transposing read, and the bytes of a lane's result.
struct CrossOp {
  const char *name;
  CrossKind kind;
  uint8_t elementBits;
  uint8_t bytes;
};

std::span<const CrossOp> crossOps();

} // namespace moec::emulator

#endif // MOEC_EMULATOR_LIB_LDSCROSS_H
