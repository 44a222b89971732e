//===- Tiles.h - Machine code with tiles for tests --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Instructions as the assembler encodes them, which run by the emulation or, where the processor
// has AMX, by itself.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_EMULATORAMX_TILES_H
#define MOEC_UNITTESTS_EMULATORAMX_TILES_H

#include "moec/emulator/amx/Tiles.h"

#include <array>
#include <cstdint>
#include <vector>

namespace moec::amx::test {

/// A configuration in memory, by the bytes of LDTILECFG.
struct alignas(64) Config {
  std::array<uint8_t, 64> bytes = {};

  Config() { bytes[0] = 1; }
  void set(unsigned tile, unsigned rows, unsigned bytesOfRow) {
    bytes[16 + 2 * tile] = uint8_t(bytesOfRow);
    bytes[48 + tile] = uint8_t(rows);
  }
};

/// 16 rows of 64 bytes.
using Tile = std::array<std::array<uint8_t, mostBytes>, mostRows>;

/// One product of tiles: sums of m x n, rows of m x 4k bytes, columns of k x 4n.
struct Product {
  unsigned m = 16, n = 16, k = 16;
  Tile sums = {}, left = {}, right = {};

  Config getConfig() const;
  /// Runs machine code: what tile 0 holds behind tile 0 += tile 1 · tile 2.
  Tile run(Operation operation) const;
  /// The same by the functions of the interpreter alone.
  Tile interpret(Operation operation) const;
};

} // namespace moec::amx::test

#endif // MOEC_UNITTESTS_EMULATORAMX_TILES_H
