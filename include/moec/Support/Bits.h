//===- Bits.h - Numbers in a string of bits ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How codes lie in bytes everywhere: without gaps, from the low bits of a byte up, little-endian.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_BITS_H
#define MOEC_SUPPORT_BITS_H

#include <cstdint>
#include <span>

namespace moec {

/// The `width` bits from bit `first` on, at most 57 of them, or 64 on a byte's edge.
inline uint64_t readBits(std::span<const uint8_t> bytes, uint64_t first, unsigned width) {
  uint64_t value = 0;
  size_t begin = first / 8, end = (first + width + 7) / 8;
  for (size_t byte = begin; byte != end; ++byte)
    value |= uint64_t(bytes[byte]) << (8 * (byte - begin));
  value >>= first % 8;
  return width < 64 ? value & ((uint64_t(1) << width) - 1) : value;
}

/// Replaces those bits by the low ones of `value`.
inline void writeBits(std::span<uint8_t> bytes, uint64_t first, unsigned width, uint64_t value) {
  uint64_t mask = width < 64 ? (uint64_t(1) << width) - 1 : ~uint64_t(0);
  mask <<= first % 8;
  value = value << first % 8 & mask;
  for (size_t byte = first / 8; mask != 0; ++byte, mask >>= 8, value >>= 8)
    bytes[byte] = uint8_t((bytes[byte] & ~mask) | value);
}

} // namespace moec

#endif // MOEC_SUPPORT_BITS_H
