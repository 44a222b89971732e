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

/// E2M1 code (its low four bits; bit 3 is the sign) to float: 0, .5, 1, 1.5, 2, 3, 4, 6.
constexpr float e2m1ToF32(uint8_t code) {
  constexpr float values[8] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  return code & 8 ? -values[code & 7] : values[code & 7];
}

/// float to an E2M1 code: nearest even, saturating at ±6; NaN gives +0 (a block with a NaN is
/// marked by its scale). The sign of zero is kept.
constexpr uint8_t f32ToE2m1(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  float a = std::bit_cast<float>(bits & 0x7fffffff);
  if (a != a)
    return 0;
  // A tie goes to the even code: .25 → 0, .75 → 1, 1.25 → 1, 1.75 → 2, 2.5 → 2, 3.5 → 4, 5 → 4.
  uint8_t code = (a > 0.25f) + (a >= 0.75f) + (a > 1.25f) + (a >= 1.75f) + (a > 2.5f) +
                 (a >= 3.5f) + (a > 5.0f);
  return static_cast<uint8_t>(code | ((bits >> 28) & 8));
}

/// FP8 E4M3FN bits to float: exact; 0x7F and 0xFF are NaN, there is no infinity.
constexpr float e4m3ToF32(uint8_t bits) {
  uint32_t sign = uint32_t(bits & 0x80) << 24, exponent = (bits >> 3) & 15, mantissa = bits & 7;
  if ((bits & 0x7f) == 0x7f)
    return std::bit_cast<float>(sign | 0x7fc00000);
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 120) << 23) | (mantissa << 20));
  float magnitude = static_cast<float>(mantissa) * 0x1p-9f;
  return sign ? -magnitude : magnitude;
}

/// float to FP8 E4M3FN bits: nearest even, saturating at ±448; NaN stays NaN; infinity saturates.
constexpr uint8_t f32ToE4m3(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value), sign = (bits >> 24) & 0x80;
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return static_cast<uint8_t>(sign | 0x7f);
  if (magnitude >= 0x43e00000) // 448
    return static_cast<uint8_t>(sign | 0x7e);
  if (magnitude < 0x3c800000) { // below 2^-6: a subnormal; adding 2^14 rounds at 2^-9
    float shifted = std::bit_cast<float>(magnitude) + 16384.0f;
    return static_cast<uint8_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x46800000));
  }
  uint32_t rounded = magnitude + 0x7ffff + ((magnitude >> 20) & 1);
  uint32_t code = (rounded - (120u << 23)) >> 20;
  return static_cast<uint8_t>(sign | (code > 0x7e ? 0x7e : code));
}

/// FP8 E5M2 bits to float: exact; it is the upper byte of an IEEE half.
constexpr float e5m2ToF32(uint8_t bits) {
  return f16ToF32(static_cast<uint16_t>(uint32_t(bits) << 8));
}

} // namespace moec

#endif // MOEC_SUPPORT_SCALAR_H
