//===- Numbers.h - Small floating point formats -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Conversions between f32 and the narrow formats of the machine: f16, bf16, fp8 (e4m3), bf8 (e5m2),
// fp6 (e2m3), bf6 (e3m2), fp4 (e2m1). One description of a format serves all of them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_NUMBERS_H
#define MOEC_EMULATOR_CORE_NUMBERS_H

#include <bit>
#include <cmath>
#include <cstdint>

namespace moec::emulator {

/// What a format does with its highest exponent.
enum class Specials : uint8_t { Ieee, NanOnly, None };

/// A binary floating point format of at most 16 bits.
struct MiniFormat {
  uint8_t exponentBits, mantissaBits;
  int bias;
  Specials specials;
  constexpr unsigned bits() const { return 1u + exponentBits + mantissaBits; }
  constexpr uint32_t signBit() const { return 1u << (exponentBits + mantissaBits); }
  /// Code of the largest finite magnitude.
  constexpr uint32_t maxFinite() const {
    uint32_t all = signBit() - 1;
    if (specials == Specials::Ieee)
      return all - (1u << mantissaBits);
    return specials == Specials::NanOnly ? all - 1 : all;
  }
  /// Code of a quiet NaN; formats without one answer their largest finite code.
  constexpr uint32_t nan() const {
    uint32_t all = signBit() - 1;
    if (specials == Specials::Ieee)
      return (all - ((1u << mantissaBits) - 1)) | (1u << (mantissaBits - 1));
    return all;
  }
  /// Code of infinity (Ieee formats only).
  constexpr uint32_t infinity() const { return signBit() - (1u << mantissaBits); }
};

constexpr MiniFormat kF16{5, 10, 15, Specials::Ieee}, kBf16{8, 7, 127, Specials::Ieee};
constexpr MiniFormat kFp8{4, 3, 7, Specials::NanOnly}, kBf8{5, 2, 15, Specials::Ieee};
constexpr MiniFormat kFp6{2, 3, 1, Specials::None}, kBf6{3, 2, 3, Specials::None};
constexpr MiniFormat kFp4{2, 1, 1, Specials::None};

/// How a narrowing conversion rounds.
enum class Rounding : uint8_t { NearestEven, TowardZero, Up, Down, Stochastic };

/// The value of `code`, exactly.
float decodeMini(const MiniFormat &format, uint32_t code);

/// Narrows `value`. With `saturate` an overflow gives the largest finite code, else infinity or NaN
/// as the format has it. `random` is used by Rounding::Stochastic only: its upper bits are added
/// below the last kept bit of the mantissa of a normal result, and the sum is truncated.
uint32_t encodeMini(const MiniFormat &format, double value, bool saturate,
                    Rounding rounding = Rounding::NearestEven, uint32_t random = 0);

/// bf16 and f16 as f32.
inline float bf16ToFloat(uint32_t code) { return std::bit_cast<float>(code << 16); }
inline float f16ToFloat(uint16_t code) { return static_cast<float>(std::bit_cast<_Float16>(code)); }
/// f32 as f16, in the host's rounding mode.
inline uint16_t floatToF16(float value) {
  return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
}
/// f32 as bf16, to nearest even, NaN kept and quieted.
inline uint32_t floatToBf16(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return (bits >> 16) | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

/// 2^(exponent field of `scale` − 127), exact over E8M0's range; NaN for field 255.
inline double scaleOf(uint32_t scaleBits) {
  uint32_t e = (scaleBits >> 23) & 255;
  return e == 255 ? std::nan("")
                  : std::bit_cast<double>(static_cast<uint64_t>(e - 127 + 1023) << 52);
}

} // namespace moec::emulator

#endif
