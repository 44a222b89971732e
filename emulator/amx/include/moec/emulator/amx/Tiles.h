//===- Tiles.h - A thread's tiles and what instructions do ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The state of palette 1 and the meaning of each instruction (Intel's manual, volume 2). Nothing
// here allocates, so that a handler of signals may call it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_EMULATOR_AMX_TILES_H
#define MOEC_EMULATOR_AMX_TILES_H

#include "moec/emulator/amx/Instruction.h"

namespace moec::amx {

/// A machine has eight tiles of up to 16 rows of 64 bytes.
inline constexpr unsigned tileCount = 8, mostRows = 16, mostBytes = 64;

/// The state of one thread. Bytes of a tile that are not configured are zero.
struct Tiles {
  /// 0: nothing is configured.
  uint8_t palette = 0;
  struct Shape {
    uint8_t rows = 0;
    uint8_t bytes = 0; ///< of a row
  } shapes[tileCount];
  alignas(64) uint8_t data[tileCount][mostRows][mostBytes] = {};
};

/// Why an instruction would have raised an exception.
struct Fault {
  static constexpr int noTile = -1;
  /// What is wrong, as the end of a sentence about `tile`; null if nothing is.
  const char *what = nullptr;
  int tile = noTile;
};

/// Does what an instruction does, memory included. `registers` are the general ones by their
/// encoding, `next` is the address behind the instruction. After a fault the state is as before.
[[nodiscard]] Fault execute(const Instruction &instruction, const uint64_t registers[16],
                            uint64_t next, Tiles &tiles);

/// tile += left · right, all of them configured with shapes that fit. In bf16: for each row and
/// column, one chain of multiply-adds of f32 of the even and one of the odd k, each from zero up;
/// their sum is added to the tile. To nearest even, denormals are zeros on the way in and out. In
/// integers: modulo 2^32.
void multiplyBf16(Tiles &tiles, unsigned tile, unsigned left, unsigned right);
void multiplyBytes(Tiles &tiles, unsigned tile, unsigned left, unsigned right, bool leftSigned,
                   bool rightSigned);

} // namespace moec::amx

#endif // MOEC_EMULATOR_AMX_TILES_H
