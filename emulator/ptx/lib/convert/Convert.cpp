//===- Convert.cpp - One number from a type to another --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/convert/Convert.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace moec::ptx {

using namespace emulator;

static constexpr MiniFormat kF32{8, 23, 127, Specials::Ieee};
static constexpr MiniFormat kTf32{8, 10, 127, Specials::Ieee};

static const MiniFormat *formatOf(Ty type) {
  switch (type) {
  case Ty::F16:
    return &kF16;
  case Ty::BF16:
    return &kBf16;
  case Ty::F32:
    return &kF32;
  case Ty::E4M3:
    return &kFp8;
  case Ty::E5M2:
    return &kBf8;
  case Ty::E2M3:
    return &kFp6;
  case Ty::E3M2:
    return &kBf6;
  case Ty::E2M1:
    return &kFp4;
  default:
    return nullptr;
  }
}

/// A whole number of 64 bits as a double, its last bit odd if it does not fit.
static double wholeNumber(uint64_t magnitude, bool isNegative) {
  unsigned extra = magnitude >> 53 ? 11u - unsigned(std::countl_zero(magnitude)) : 0;
  uint64_t kept = magnitude >> extra;
  if (kept << extra != magnitude)
    kept |= 1;
  double value = std::ldexp(double(kept), int(extra));
  return isNegative ? -value : value;
}

static int64_t signedOf(unsigned bits, uint64_t value) {
  return int64_t(value << (64 - bits)) >> (64 - bits);
}

double readNumber(Ty type, uint64_t bits) {
  if (isSigned(type)) {
    int64_t value = signedOf(bitsOf(type), bits);
    return wholeNumber(value < 0 ? ~uint64_t(value) + 1 : uint64_t(value), value < 0);
  }
  switch (type) {
  case Ty::U8:
  case Ty::U16:
  case Ty::U32:
  case Ty::U64:
    return wholeNumber(bits, false);
  case Ty::F32:
    return std::bit_cast<float>(uint32_t(bits));
  case Ty::F64:
    return std::bit_cast<double>(bits);
  case Ty::UE8M0:
    return scaleOf(uint32_t(bits) << 23);
  default:
    return decodeMini(*formatOf(type), uint32_t(bits));
  }
}

static double roundWhole(double value, Rounding rounding) {
  switch (rounding) {
  case Rounding::TowardZero:
    return std::trunc(value);
  case Rounding::Up:
    return std::ceil(value);
  case Rounding::Down:
    return std::floor(value);
  default:
    return std::nearbyint(value);
  }
}

/// An integer of `bits` bits; what does not fit becomes the nearest that does.
static uint64_t toInteger(const Conversion &c, double value) {
  const unsigned bits = bitsOf(c.to);
  // PTX: no number is 0, but for f64 and 64 bits, where it is the least or half of all.
  if (value != value)
    return c.from == Ty::F64 || bits == 64 ? uint64_t(1) << (bits - 1) : 0;
  value = roundWhole(value, c.rounding);
  double limit = std::ldexp(1.0, int(isSigned(c.to) ? bits - 1 : bits));
  if (isSigned(c.to)) {
    if (value >= limit)
      return (uint64_t(1) << (bits - 1)) - 1;
    return value < -limit ? uint64_t(1) << (bits - 1) : uint64_t(int64_t(value));
  }
  if (value >= limit)
    return ~uint64_t(0) >> (64 - bits);
  return value <= 0 ? 0 : uint64_t(value);
}

/// Powers of two from 2^−127 to 2^127; the sign does not count.
static uint32_t toScale(const Conversion &c, double value) {
  if (value != value)
    return 255;
  value = std::abs(value);
  if (std::isinf(value))
    return c.finite ? 254 : 255;
  if (value == 0)
    return 0;
  int exponent;
  double fraction = std::frexp(value, &exponent); // In [1/2, 1).
  int power = exponent - 1 + (c.rounding == Rounding::Up && fraction != 0.5 ? 1 : 0);
  if (power > 127)
    return c.finite ? 254 : 255;
  return uint32_t(std::max(power, -127) + 127);
}

/// A tf32 is an f32 whose last 13 bits are zero.
static uint32_t toTf32(const Conversion &c, double value) {
  if (value != value)
    return 0x7fffffff;
  if (c.finite && std::isinf(value))
    value = std::copysign(0x1p1000, value);
  if (!c.awayFromZero)
    return encodeMini(kTf32, value, c.finite, c.rounding) << 13;
  uint32_t bits = std::bit_cast<uint32_t>(float(value));
  if ((bits & 0x7f800000u) != 0x7f800000u)
    bits += 0x1000;
  if (c.finite && (bits & 0x7f800000u) == 0x7f800000u)
    bits = (bits & 0x80000000u) | 0x7f7fe000u;
  return bits & ~0x1fffu;
}

uint32_t narrow(const Conversion &c, double value) {
  if (c.relu && value < 0)
    value = 0;
  if (c.relu && value == 0)
    value = 0; // Not −0.
  if (c.to == Ty::TF32)
    return toTf32(c, value);
  if (c.to == Ty::UE8M0)
    return toScale(c, value);
  const MiniFormat &format = *formatOf(c.to);
  if (value != value) {
    if (c.saturates)
      return 0;
    // Formats without a NaN give the largest number, without a sign.
    return format.specials == Specials::None ? format.maxFinite() : format.signBit() - 1;
  }
  if (c.saturates)
    value = std::min(std::max(value, 0.0), 1.0);
  if (c.integerValued)
    value = std::copysign(roundWhole(value, c.rounding), value);
  // .satfinite takes infinity for a very large number.
  if (c.finite && std::isinf(value))
    value = std::copysign(0x1p1000, value);
  return encodeMini(format, value, c.finite, c.rounding);
}

static double flushed(double value) {
  return std::abs(value) < 0x1p-126 ? std::copysign(0.0, value) : value;
}

/// An integer to an integer: the low bits, or the nearest that fits.
static uint64_t resize(const Conversion &c, uint64_t bits) {
  const unsigned width = bitsOf(c.to);
  __int128 value = isSigned(c.from) ? __int128(signedOf(bitsOf(c.from), bits)) : __int128(bits);
  if (c.saturates) {
    __int128 least = isSigned(c.to) ? -(__int128(1) << (width - 1)) : 0;
    __int128 most = (__int128(1) << (isSigned(c.to) ? width - 1 : width)) - 1;
    value = std::min(std::max(value, least), most);
  }
  return uint64_t(value) & ~uint64_t(0) >> (64 - width);
}

uint64_t convert(const Conversion &c, uint64_t bits) {
  if (isInteger(c.to) && isInteger(c.from))
    return resize(c, bits);
  double value = readNumber(c.from, bits);
  if (c.flushes && c.from == Ty::F32)
    value = flushed(value);
  if (isInteger(c.to))
    return toInteger(c, value) & ~uint64_t(0) >> (64 - bitsOf(c.to));
  if (c.to != Ty::F64) {
    uint32_t result = narrow(c, value);
    if (c.flushes && c.to == Ty::F32 && (result & 0x7f800000u) == 0)
      result &= 0x80000000u;
    return result;
  }
  if (c.saturates)
    value = value > 0 ? std::min(value, 1.0) : 0.0;
  if (c.integerValued)
    value = std::copysign(roundWhole(value, c.rounding), value);
  return std::bit_cast<uint64_t>(value);
}

} // namespace moec::ptx
