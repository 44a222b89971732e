//===- Numeric.cpp - Floats of the machine as APFloat -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See Numeric.h.
//
//===----------------------------------------------------------------------===//

#include "Numeric.h"

namespace moec::gfx950::test::reference {

Format formatOf(char type) {
  switch (type) {
  case 'h':
    return {&APFloat::IEEEhalf(), 16};
  case 'd':
    return {&APFloat::IEEEdouble(), 64};
  case 'b':
    return {&APFloat::BFloat(), 16};
  default:
    return {&APFloat::IEEEsingle(), 32};
  }
}

Format formatOf(const std::string &name) {
  if (name == "fp8")
    return {&APFloat::Float8E4M3FN(), 8};
  if (name == "bf8")
    return {&APFloat::Float8E5M2(), 8};
  if (name == "fp6")
    return {&APFloat::Float6E2M3FN(), 6};
  if (name == "bf6")
    return {&APFloat::Float6E3M2FN(), 6};
  if (name == "fp4")
    return {&APFloat::Float4E2M1FN(), 4};
  return formatOf(name == "f16" ? 'h' : name == "bf16" ? 'b' : name == "f64" ? 'd' : 'f');
}

APFloat converted(APFloat v, const Format &to, Rounding rounding) {
  bool loses;
  v.convert(*to.semantics, rounding, &loses);
  return v;
}

double toDouble(const APFloat &v) { return converted(v, formatOf('d')).convertToDouble(); }

Fp::Fp(char type, uint32_t mode) : format(formatOf(type)) {
  constexpr Rounding kRoundings[] = {kNearest, Rounding::TowardPositive, Rounding::TowardNegative,
                                     Rounding::TowardZero};
  bool single = type == 'f';
  rounding = kRoundings[mode >> (single ? 0 : 2) & 3];
  unsigned denormals = mode >> (single ? 4 : 6) & 3; // Bit 0 keeps sources', bit 1 results'.
  flushIn = !(denormals & 1), flushOut = !(denormals & 2);
}

APFloat Fp::in(uint64_t bits) const {
  APFloat v = number(format, bits);
  if (flushIn && v.isDenormal())
    return APFloat::getZero(*format.semantics, v.isNegative());
  return v;
}

uint64_t Fp::out(APFloat v) const {
  if (flushOut && v.isDenormal())
    v = APFloat::getZero(*format.semantics, v.isNegative());
  return bitsOf(v);
}

} // namespace moec::gfx950::test::reference
