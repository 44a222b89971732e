//===- VectorDivision.cpp - Steps of exact division -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_div_scale, v_div_fmas and v_div_fixup as their manual's case lists have them, and the segments
// of 2/π, which is computed here from Machin's formula. Whether the steps together divide exactly
// is for compiled kernels to show.
//
//===----------------------------------------------------------------------===//

#include "Vector.h"

#include <cmath>

namespace moec::gfx950::test::reference {

namespace {

using X = const uint64_t *;

struct Limits {
  int far, scale, minNormal, tiny;
};

Statement divScale(char t) {
  Limits k = t == 'f' ? Limits{96, 64, -126, -104} : Limits{768, 128, -1022, -970};
  std::string signature = t == 'f' ? "fm:fff" : "dm:ddd";
  return {signature, [=](X x, Lane &l) {
            Format f = formatOf(t);
            APFloat value = number(f, x[0]), den = number(f, x[1]), num = number(f, x[2]);
            // The manual says nothing useful about numbers that are not finite, and the value must
            // be one of the other two.
            l.ignored = !value.isFinite() || !den.isFinite() || !num.isFinite() ||
                        (x[0] != x[1] && x[0] != x[2]);
            if (den.isZero() || num.isZero())
              return bitsOf(APFloat::getNaN(*f.semantics));
            if (l.ignored)
              return uint64_t(0);
            int en = ilogb(num), ed = ilogb(den);
            bool isDen = x[0] == x[1], isNum = x[0] == x[2];
            auto scaled = [&](int by) { return bitsOf(scalbn(value, by, kNearest)); };
            if (en - ed >= k.far) {
              l.carry = 1;
              return isDen ? scaled(k.scale) : x[0];
            }
            if (den.isDenormal())
              return scaled(k.scale);
            APFloat one(1.0), inverse = converted(one, f), quotient = num;
            inverse.divide(den, kNearest);
            quotient.divide(den, kNearest);
            l.carry = quotient.isDenormal() || quotient.isZero();
            if (inverse.isDenormal()) { // Huge denominators: the manual's directions differ.
              l.ignored = l.carry;
              return scaled(-k.scale);
            }
            if (l.carry)
              return isNum ? scaled(k.scale) : x[0];
            return en <= k.tiny ? scaled(k.scale) : x[0];
          }};
}

/// fma, and a power of two that undoes the scaling where VCC is set: up for large addends.
Statement divFmas(char t) {
  int by = t == 'f' ? 64 : 128;
  return {t == 'f' ? "f:fffm" : "d:dddm", [=](X x, Lane &l) {
            Fp fp(t, l.mode);
            APFloat a = fp.in(x[0]), c = fp.in(x[2]);
            a.fusedMultiplyAdd(fp.in(x[1]), c, kNearest);
            if (!x[3])
              return fp.out(a);
            l.ignored = !c.isFinite() || !a.isFinite();
            int e = l.ignored || c.isZero() ? 0 : ilogb(c);
            a = scalbn(a, e > 0 ? by : -by, kNearest);
            l.ignored |= a.isDenormal() || a.isZero(); // A second rounding; kernels test these.
            return fp.out(a);
          }};
}

LaneFunction divFixup(char t) {
  return [=](X x, Lane &l) {
    Fp fp(t, l.mode);
    APFloat q = fp.in(x[0]), den = fp.in(x[1]), num = fp.in(x[2]);
    bool negative = den.isNegative() != num.isNegative();
    const llvm::fltSemantics &sem = *fp.format.semantics;
    if (num.isNaN() || den.isNaN() || (num.isZero() && den.isZero()) ||
        (num.isInfinity() && den.isInfinity()))
      return bitsOf(APFloat::getNaN(sem));
    if (den.isZero() || num.isInfinity())
      return bitsOf(APFloat::getInf(sem, negative));
    if (den.isInfinity() || num.isZero())
      return bitsOf(APFloat::getZero(sem, negative));
    int distance = ilogb(num) - ilogb(den);
    l.ignored = !q.isFinite() || distance < (t == 'd' ? -1074 : t == 'f' ? -149 : -24);
    q.clearSign();
    if (negative)
      q.changeSign();
    return fp.out(q);
  };
}

constexpr unsigned kPiBits = 1400;

/// atan(1/n) · 2^kPiBits.
APInt arcTangent(unsigned n) {
  unsigned width = kPiBits + 64;
  APInt term = APInt::getOneBitSet(width, kPiBits).udiv(n), sum(width, 0);
  for (unsigned k = 1; !term.isZero(); k += 2) {
    APInt part = term.udiv(k);
    if (k % 4 == 1)
      sum += part;
    else
      sum -= part;
    term = term.udiv(n).udiv(n);
  }
  return sum;
}

/// The fraction of 2/π: bit i from the top has the weight 2^(−1−i).
const APInt &twoOverPi() {
  static const APInt value = [] {
    APInt pi = (arcTangent(5) * 4 - arcTangent(239)) * 4; // Machin.
    APInt two = APInt::getOneBitSet(2 * kPiBits + 128, 2 * kPiBits + 1);
    return two.udiv(pi.zext(two.getBitWidth())).trunc(kPiBits); // 2^(2n+1) / (π·2^n) = 2/π · 2^n.
  }();
  return value;
}

/// Segments of 53 bits of 2/π, moved on for large arguments.
Statement trigPreop() {
  return {"d:du", [](X x, Lane &l) {
            int exponent = int(x[0] >> 52 & 2047);
            unsigned shift = unsigned(x[1] & 31) * 53 + unsigned(std::max(exponent - 1077, 0));
            if (shift + 53 > 1200) { // The machine keeps 1200 bits.
              l.ignored = true;
              return uint64_t(0);
            }
            uint64_t bits = twoOverPi().lshr(kPiBits - 53 - shift).getLoBits(53).getZExtValue();
            int scale = -53 - int(shift) + (exponent >= 1968 ? 128 : 0);
            return bitsOf(APFloat(std::ldexp(double(bits), scale)));
          }};
}

} // namespace

void addDivisionStatements(Statements &s) {
  s["v_div_scale_f32"] = divScale('f'), s["v_div_scale_f64"] = divScale('d');
  s["v_div_fmas_f32"] = divFmas('f'), s["v_div_fmas_f64"] = divFmas('d');
  s["v_div_fixup_f16"] = s["v_div_fixup_legacy_f16"] = {"h:hhh", divFixup('h')};
  s["v_div_fixup_f32"] = {"f:fff", divFixup('f')};
  s["v_div_fixup_f64"] = {"d:ddd", divFixup('d')};
  s["v_trig_preop_f64"] = trigPreop();
}

} // namespace moec::gfx950::test::reference
