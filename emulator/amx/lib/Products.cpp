//===- Products.cpp - Products of tiles -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Columns lie side by side, so the innermost loops become vector code.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/amx/Tiles.h"

#include <bit>
#include <cstring>
#include <immintrin.h>

using namespace moec::amx;

static constexpr unsigned columns = mostBytes / 4;

namespace {
/// Denormals are zeros on the way in and out, and sums go to nearest even, while this lives.
class FlushDenormals {
public:
  FlushDenormals() : before(_mm_getcsr()) {
    constexpr unsigned flushToZero = 0x8000, denormalsAreZero = 0x40, masked = 0x1f80;
    _mm_setcsr(flushToZero | denormalsAreZero | masked);
  }
  ~FlushDenormals() { _mm_setcsr(before); }

private:
  unsigned before;
};
} // namespace

/// The low and the high bf16 of a dword.
static float getEven(uint32_t pair) { return std::bit_cast<float>(pair << 16); }
static float getOdd(uint32_t pair) { return std::bit_cast<float>(pair & 0xffff0000); }

// A call of its own, so that no sum moves out of the mode that it is computed in.
[[gnu::noinline]] static void addRow(float *sums, const uint32_t *left, unsigned pairs,
                                     const uint8_t (*right)[mostBytes], unsigned count) {
  float even[columns] = {}, odd[columns] = {};
  for (unsigned k = 0; k != pairs; ++k) {
    uint32_t weights[columns];
    std::memcpy(weights, right[k], sizeof(weights));
    float evenLeft = getEven(left[k]), oddLeft = getOdd(left[k]);
    for (unsigned n = 0; n != columns; ++n) {
      even[n] = __builtin_fmaf(evenLeft, getEven(weights[n]), even[n]);
      odd[n] = __builtin_fmaf(oddLeft, getOdd(weights[n]), odd[n]);
    }
  }
  for (unsigned n = 0; n != count; ++n)
    sums[n] = sums[n] + (even[n] + odd[n]);
}

void moec::amx::multiplyBf16(Tiles &tiles, unsigned tile, unsigned left, unsigned right) {
  FlushDenormals mode;
  const Tiles::Shape &shape = tiles.shapes[tile];
  unsigned pairs = tiles.shapes[left].bytes / 4;
  for (unsigned m = 0; m != shape.rows; ++m) {
    float sums[columns];
    uint32_t row[columns];
    std::memcpy(sums, tiles.data[tile][m], sizeof(sums));
    std::memcpy(row, tiles.data[left][m], sizeof(row));
    addRow(sums, row, pairs, tiles.data[right], shape.bytes / 4u);
    std::memcpy(tiles.data[tile][m], sums, sizeof(sums));
  }
}

void moec::amx::multiplyBytes(Tiles &tiles, unsigned tile, unsigned left, unsigned right,
                              bool leftSigned, bool rightSigned) {
  auto widen = [](uint8_t byte, bool isSigned) {
    return isSigned ? int32_t(int8_t(byte)) : int32_t(byte);
  };
  const Tiles::Shape &shape = tiles.shapes[tile];
  for (unsigned m = 0; m != shape.rows; ++m) {
    uint32_t sums[columns];
    std::memcpy(sums, tiles.data[tile][m], sizeof(sums));
    for (unsigned k = 0; k != tiles.shapes[left].bytes; ++k)
      for (unsigned n = 0; n != shape.bytes / 4u; ++n)
        sums[n] += uint32_t(widen(tiles.data[left][m][k], leftSigned) *
                            widen(tiles.data[right][k / 4][4 * n + k % 4], rightSigned));
    std::memcpy(tiles.data[tile][m], sums, sizeof(sums));
  }
}
