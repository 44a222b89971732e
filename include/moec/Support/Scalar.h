//===- Scalar.h - Conversions between small floating-point formats -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The conversions that importing, packing, the reference and the tests share. Narrowing rounds to
// nearest, ties to even. They are checked exhaustively against LLVM's APFloat.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_SCALAR_H
#define MOEC_SUPPORT_SCALAR_H

#include <bit>
#include <cmath>
#include <cstdint>

namespace moec {

/// bfloat16 bits to float: exact.
constexpr float bf16ToF32(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

/// float to bfloat16 bits: nearest even; overflow gives infinity; NaN stays NaN (made quiet).
constexpr uint16_t f32ToBf16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// IEEE half bits to float: exact.
constexpr float f16ToF32(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = (bits >> 10) & 31,
           mantissa = bits & 0x3ff;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | (mantissa << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

/// float to IEEE half bits: nearest even; overflow gives infinity; NaN stays NaN (made quiet).
constexpr uint16_t f32ToF16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value), sign = (bits >> 16) & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return static_cast<uint16_t>(sign | 0x7e00 | ((magnitude >> 13) & 0x1ff));
  if (magnitude >= 0x477ff000) // 65520, the first value that rounds to infinity
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000) { // below 2^-14: a subnormal; adding 0.5 rounds at 2^-24
    float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000));
  }
  uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
}

/// E8M0 bits to float: 2^(bits − 127), 0xFF is NaN. Exact (0 is a subnormal float).
constexpr float e8m0ToF32(uint8_t bits) {
  if (bits == 0xff)
    return std::bit_cast<float>(0x7fc00000u);
  return std::bit_cast<float>(bits == 0 ? 0x00400000u : uint32_t(bits) << 23);
}

} // namespace moec

#endif // MOEC_SUPPORT_SCALAR_H
