//===- VectorFloat.cpp - Floating point operations --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arithmetic in APFloat, for f16, f32 and f64 alike; transcendental operations in long double with
// the accuracy that docs/Emulator.md states.
//
//===----------------------------------------------------------------------===//

#include "Vector.h"

#include <algorithm>
#include <cmath>

namespace moec::gfx950::test::reference {

namespace {

using X = const uint64_t *;
using llvm::APFloatBase;

/// The machine's minimum or maximum: a NaN loses against a number, −0 is below +0.
APFloat extreme(const APFloat &a, const APFloat &b, bool greatest) {
  if (a.isNaN() || b.isNaN())
    return a.isNaN() ? b : a;
  return greatest ? llvm::maximum(a, b) : llvm::minimum(a, b);
}

void addArithmetic(Statements &s, char t, const std::string &n) {
  std::string two = std::string{t, ':', t, t}, three = two + t;
  auto binary = [&](auto f) {
    return Statement{two, [=](X x, Lane &l) {
                       Fp fp(t, l.mode);
                       return fp.out(f(fp.in(x[0]), fp.in(x[1]), fp.rounding));
                     }};
  };
  auto ternary = [&](auto f) {
    return Statement{three, [=](X x, Lane &l) {
                       Fp fp(t, l.mode);
                       return fp.out(f(fp.in(x[0]), fp.in(x[1]), fp.in(x[2]), fp.rounding));
                     }};
  };
  s["v_add_" + n] = binary([](APFloat a, APFloat b, Rounding r) { return a.add(b, r), a; });
  s["v_sub_" + n] = binary([](APFloat a, APFloat b, Rounding r) { return a.subtract(b, r), a; });
  s["v_subrev_" + n] = binary([](APFloat a, APFloat b, Rounding r) { return b.subtract(a, r), b; });
  s["v_mul_" + n] = binary([](APFloat a, APFloat b, Rounding r) { return a.multiply(b, r), a; });
  for (bool greatest : {false, true}) {
    std::string m = greatest ? "max" : "min", full = greatest ? "maximum" : "minimum";
    s["v_" + m + "_" + n] =
        binary([=](APFloat a, APFloat b, Rounding) { return extreme(a, b, greatest); });
    s["v_" + m + "3_" + n] = ternary([=](APFloat a, APFloat b, APFloat c, Rounding) {
      return extreme(extreme(a, b, greatest), c, greatest);
    });
    s["v_" + full + "3_" + n] = ternary([=](APFloat a, APFloat b, APFloat c, Rounding) {
      return greatest ? llvm::maximum(llvm::maximum(a, b), c)
                      : llvm::minimum(llvm::minimum(a, b), c);
    });
  }
  s["v_med3_" + n] = ternary([](APFloat a, APFloat b, APFloat c, Rounding) {
    if (a.isNaN() || b.isNaN() || c.isNaN())
      return extreme(extreme(a, b, false), c, false);
    APFloat v[] = {a, b, c};
    std::sort(v, v + 3, [](const APFloat &p, const APFloat &q) {
      return p < q || (p.isZero() && q.isZero() && p.isNegative() && !q.isNegative());
    });
    return v[1];
  });
  auto fused = [](APFloat a, APFloat b, APFloat c, Rounding r) {
    return a.fusedMultiplyAdd(b, c, r), a;
  };
  auto twice = [](APFloat a, APFloat b, APFloat c, Rounding r) {
    return a.multiply(b, r), a.add(c, r), a;
  };
  for (const char *name : {"v_fma_", "v_fmac_", "v_fmaak_", "v_fma_legacy_"})
    s[name + n] = ternary(fused);
  s["v_fmamk_" + n] = ternary(fused);
  for (const char *name : {"v_mad_", "v_mac_", "v_mad_legacy_"})
    s[name + n] = ternary(twice);
}

void addRounding(Statements &s, char t, const std::string &n) {
  std::string one = std::string{t, ':', t};
  auto unary = [&](auto f) {
    return Statement{one, [=](X x, Lane &l) {
                       Fp fp(t, l.mode);
                       return fp.out(f(fp.in(x[0])));
                     }};
  };
  auto integral = [&](Rounding r) {
    return unary([=](APFloat a) { return a.roundToIntegral(r), a; });
  };
  s["v_trunc_" + n] = integral(Rounding::TowardZero);
  s["v_ceil_" + n] = integral(Rounding::TowardPositive);
  s["v_floor_" + n] = integral(Rounding::TowardNegative);
  s["v_rndne_" + n] = integral(kNearest);
  s["v_fract_" + n] = unary([](APFloat a) {
    const llvm::fltSemantics &sem = a.getSemantics();
    if (!a.isFinite())
      return APFloat::getNaN(sem);
    APFloat floor = a, limit(sem, 1);
    floor.roundToIntegral(Rounding::TowardNegative);
    a.subtract(floor, kNearest);
    limit.next(true);
    return a > limit ? limit : a;
  });
  s["v_frexp_mant_" + n] = unary([](APFloat a) {
    int e;
    return a.isFinite() ? llvm::frexp(a, e, kNearest) : a;
  });
  std::string exponent = t == 'h' ? "v_frexp_exp_i16_f16" : "v_frexp_exp_i32_" + n;
  s[exponent] = {t == 'h'   ? "w:h"
                 : t == 'f' ? "u:f"
                            : "u:d",
                 [t](X x, Lane &l) {
                   Fp fp(t, l.mode);
                   APFloat a = fp.in(x[0]);
                   int e = 0;
                   if (a.isFinite() && !a.isZero())
                     llvm::frexp(a, e, kNearest);
                   return uint64_t(int64_t(e));
                 }};
  s["v_ldexp_" + n] = {t == 'h'   ? "h:hw"
                       : t == 'f' ? "f:fu"
                                  : "d:du",
                       [t](X x, Lane &l) {
                         Fp fp(t, l.mode);
                         int e = t == 'h' ? int16_t(x[1]) : int32_t(x[1]);
                         e = std::clamp(e, -10000, 10000);
                         return fp.out(llvm::scalbn(fp.in(x[0]), e, fp.rounding));
                       }};
}

/// A function in long double, rounded once; `flush` zeroes subnormal operands and results.
Statement approximated(char t, long double (*f)(long double), bool flush, double ulps = 1) {
  return {std::string{t, ':', t},
          [=](X x, Lane &) {
            APFloat a = number(formatOf(t), x[0]);
            long double v = toDouble(a);
            if (flush && a.isDenormal())
              v = std::copysign(0.0l, v);
            APFloat r = converted(APFloat(double(f(v))), formatOf(t));
            if (flush && r.isDenormal())
              r = APFloat::getZero(r.getSemantics(), r.isNegative());
            return bitsOf(r);
          },
          ulps};
}

void addTranscendental(Statements &s) {
  constexpr long double kTurn = 6.283185307179586476925286766559l;
  using Function = long double (*)(long double);
  Function rcp = [](long double x) { return 1 / x; };
  Function rsq = [](long double x) {
    return x == 0 ? std::copysign((long double)INFINITY, x) : 1 / std::sqrt(x);
  };
  Function sqrt = [](long double x) { return std::sqrt(x); };
  Function exp = [](long double x) { return std::exp2(x); };
  Function log = [](long double x) { return x == 0 ? -(long double)INFINITY : std::log2(x); };
  Function sin = [](long double x) { // Half turns are zeros.
    long double r = std::remainder(x, 1.0l);
    return (std::fabs(x) > 256 && std::isfinite(x)) || std::fabs(r) == 0.5l ? 0.0l
                                                                            : std::sin(r * kTurn);
  };
  Function cos = [](long double x) {
    long double r = std::remainder(x, 1.0l);
    return std::fabs(x) > 256 && std::isfinite(x) ? 1.0l
           : std::fabs(r) == 0.25l                ? 0.0l
                                                  : std::cos(r * kTurn);
  };
  for (char t : {'h', 'f'}) {
    std::string n = t == 'h' ? "_f16" : "_f32";
    bool flush = t == 'f';
    s["v_rcp" + n] = approximated(t, rcp, flush);
    s["v_rsq" + n] = approximated(t, rsq, flush);
    s["v_sqrt" + n] = approximated(t, sqrt, flush);
    s["v_exp" + n] = approximated(t, exp, flush);
    s["v_log" + n] = approximated(t, log, flush);
    s["v_sin" + n] = approximated(t, sin, flush);
    s["v_cos" + n] = approximated(t, cos, flush);
  }
  s["v_rcp_iflag_f32"] = s["v_rcp_f32"];
  s["v_exp_legacy_f32"] = s["v_exp_f32"], s["v_log_legacy_f32"] = s["v_log_f32"];
  s["v_rcp_f64"] = approximated('d', rcp, false);
  s["v_rsq_f64"] = approximated('d', rsq, false);
  s["v_sqrt_f64"] = approximated('d', sqrt, false);
}

/// Σ of two products and an addend, in an order that is the machine's own affair.
Statement dotTwo(char element) {
  return {"f:uuf", [=](X x, Lane &l) {
            Format f = formatOf(element);
            double sum = toDouble(number(formatOf('f'), x[2]));
            l.magnitude = std::fabs(sum);
            for (unsigned i = 0; i < 2; ++i) {
              double product = toDouble(number(f, x[0] >> (16 * i) & 0xffff)) *
                               toDouble(number(f, x[1] >> (16 * i) & 0xffff));
              sum += product, l.magnitude += std::fabs(product);
            }
            return bitsOf(converted(APFloat(sum), formatOf('f')));
          }};
}

void addMixed(Statements &s) {
  // Sources arrive as f32; the fetch has widened halves.
  LaneFunction fused = [](X x, Lane &l) {
    Fp fp('f', l.mode);
    APFloat a = fp.in(x[0]);
    a.fusedMultiplyAdd(fp.in(x[1]), fp.in(x[2]), fp.rounding);
    return fp.out(a);
  };
  s["v_fma_mix_f32"] = {"f:xxx", fused};
  LaneFunction half = [](X x, Lane &l) {
    Fp fp('f', l.mode), out('h', l.mode);
    APFloat a = fp.in(x[0]);
    a.fusedMultiplyAdd(fp.in(x[1]), fp.in(x[2]), fp.rounding);
    return out.round(a);
  };
  s["v_fma_mixlo_f16"] = s["v_fma_mixhi_f16"] = {"h:xxx", half};
  s["v_dot2_f32_f16"] = s["v_dot2c_f32_f16"] = dotTwo('h');
  s["v_dot2_f32_bf16"] = s["v_dot2c_f32_bf16"] = dotTwo('b');
  s["v_mul_legacy_f32"] = {"f:ff", [](X x, Lane &l) { // Zero times anything is zero.
                             Fp fp('f', l.mode);
                             APFloat a = fp.in(x[0]), b = fp.in(x[1]);
                             if (a.isZero() || b.isZero())
                               return uint64_t(0);
                             a.multiply(b, fp.rounding);
                             return fp.out(a);
                           }};
  s["v_cubeid_f32"] = {"f:fff", [](X x, Lane &l) {
                         double v[3];
                         for (unsigned i = 0; i < 3; ++i) {
                           v[i] = toDouble(number(formatOf('f'), x[i]));
                           l.ignored |= std::isnan(v[i]);
                         }
                         // The axis of the largest magnitude, z before y before x.
                         unsigned axis = 2;
                         for (unsigned i : {1u, 0u})
                           if (std::fabs(v[i]) > std::fabs(v[axis]))
                             axis = i;
                         return bitsOf(APFloat(float(2 * axis + (v[axis] < 0))));
                       }};
}

} // namespace

void addFloatStatements(Statements &s) {
  for (auto [t, n] : {std::pair{'h', "f16"}, {'f', "f32"}, {'d', "f64"}}) {
    addArithmetic(s, t, n);
    addRounding(s, t, n);
  }
  addTranscendental(s);
  addMixed(s);
}

} // namespace moec::gfx950::test::reference
