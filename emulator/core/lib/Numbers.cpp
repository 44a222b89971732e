//===- Numbers.cpp - Small floating point formats ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One encoder and one decoder, driven by the description of the format. The encoder works on the
// bits of a double, which holds every product of a source value and a scale exactly.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/Numbers.h"

namespace moec::emulator {

/// mantissa · 2^power, which an f32 holds, through a double, which holds the power as a normal
/// number: std::ldexp costs a call of the C library.
static float scaled(uint32_t mantissa, int power) {
  return float(double(mantissa) * std::bit_cast<double>(uint64_t(power + 1023) << 52));
}

float decodeMini(const MiniFormat &format, uint32_t code) {
  bool negative = code & format.signBit();
  uint32_t magnitude = code & (format.signBit() - 1);
  uint32_t mantissa = magnitude & ((1u << format.mantissaBits) - 1);
  uint32_t exponent = magnitude >> format.mantissaBits;
  uint32_t top = (1u << format.exponentBits) - 1;
  float value;
  if (format.specials == Specials::Ieee && exponent == top) {
    if (mantissa)
      return std::bit_cast<float>(uint32_t(negative) << 31 | 0x7fc00000u |
                                  mantissa << (23 - format.mantissaBits));
    value = INFINITY;
  } else if (format.specials == Specials::NanOnly && magnitude == format.signBit() - 1) {
    return std::bit_cast<float>(uint32_t(negative) << 31 | 0x7fc00000u);
  } else if (exponent == 0) {
    value = scaled(mantissa, 1 - format.bias - format.mantissaBits);
  } else {
    value = scaled(mantissa | 1u << format.mantissaBits,
                   int(exponent) - format.bias - format.mantissaBits);
  }
  return negative ? -value : value;
}

/// What is added to the dropped bits before they are cut off: a carry into the kept part rounds up.
static uint64_t increment(Rounding rounding, uint64_t mantissa, unsigned dropped, bool negative) {
  uint64_t rest = (uint64_t(1) << dropped) - 1;
  switch (rounding) {
  case Rounding::NearestEven:
    return (rest >> 1) + ((mantissa >> dropped) & 1);
  case Rounding::Up:
    return negative ? 0 : rest;
  case Rounding::Down:
    return negative ? rest : 0;
  case Rounding::TowardZero:
  case Rounding::Stochastic:
    return 0;
  }
  return 0;
}

uint32_t encodeMini(const MiniFormat &format, double value, bool saturate, Rounding rounding,
                    uint32_t random) {
  uint64_t bits = std::bit_cast<uint64_t>(value);
  bool negative = bits >> 63;
  uint32_t sign = negative ? format.signBit() : 0;
  int exponent = int(bits >> 52 & 2047);
  uint64_t mantissa = bits & ((uint64_t(1) << 52) - 1);
  if (exponent == 2047) {
    if (mantissa)
      return sign | format.nan();
    if (format.specials == Specials::Ieee)
      return sign | format.infinity();
    return sign | (saturate ? format.maxFinite() : format.nan());
  }
  if (exponent == 0 && mantissa == 0)
    return sign;
  if (exponent ==
      0) { // A subnormal double is far below every format but still rounds up in directed modes.
    exponent = 1;
  } else {
    mantissa |= uint64_t(1) << 52;
  }
  exponent -= 1023;
  if (rounding == Rounding::Stochastic) {
    unsigned dropped = 23 - format.mantissaBits; // Of an f32's mantissa.
    mantissa += uint64_t(random >> (32 - dropped)) << 29;
    if (mantissa >> 53)
      mantissa >>= 1, ++exponent;
  }
  // Bits to drop so that what remains counts units in the last place of the result.
  int minExponent = 1 - format.bias;
  int dropped = 52 - format.mantissaBits;
  int biased = exponent + format.bias;
  if (exponent < minExponent) {
    dropped += minExponent - exponent;
    biased = 0;
  }
  uint64_t kept;
  if (dropped > 62) {
    bool away = (rounding == Rounding::Up && !negative) || (rounding == Rounding::Down && negative);
    kept = away ? 1 : 0;
  } else {
    kept = (mantissa + increment(rounding, mantissa, unsigned(dropped), negative)) >> dropped;
  }
  // `kept` includes the hidden bit for normal results; a carry out of it steps the exponent by
  // itself.
  uint64_t code = biased > 0 ? (uint64_t(biased - 1) << format.mantissaBits) + kept : kept;
  if (code <= format.maxFinite())
    return sign | uint32_t(code);
  bool toFinite = rounding == Rounding::TowardZero || (rounding == Rounding::Up && negative) ||
                  (rounding == Rounding::Down && !negative);
  if (saturate || toFinite)
    return sign | format.maxFinite();
  return sign | (format.specials == Specials::Ieee ? format.infinity() : format.nan());
}

} // namespace moec::emulator
