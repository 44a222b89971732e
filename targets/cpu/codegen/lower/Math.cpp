//===- Math.cpp - Functions as vector code --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Kernels call no library. Each function here states its accuracy, which a test measures: exp, exp2
// and log within 2 ulp, sin and cos within 2^-22 absolute for angles up to 1e6, tanh within 4 ulp,
// erf within 1e-6 absolute.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Vectors.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

namespace {

/// Expressions over f32 (or where it says so f64) scalars or vectors of one shape.
class Expander {
public:
  Expander(CodeBuilder &b, Type type) : b(b), f32(type) {
    i32 = like(b.getI32Type());
    f64 = like(b.getF64Type());
  }

  Value exp(Value x);
  Value exp2(Value x);
  Value log(Value x);
  Value sinCos(Value x, bool cosine);
  Value tanh(Value x);
  Value erf(Value x);
  Value c(double value) { return b.real(f32, value); }

private:
  Type like(Type element) {
    auto vector = dyn_cast<VectorType>(f32);
    return vector ? Type(vector.clone(element)) : element;
  }
  /// Each step is one fused multiply-add, so a polynomial of degree n rounds n times in a fixed
  /// order, the same for scalars and vectors.
  /// Horner's rule; coefficients from the highest power down.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = b.real(x.getType(), coefficients[0]);
    for (double coefficient : coefficients.drop_front())
      sum = b.fma(sum, x, b.real(x.getType(), coefficient));
    return sum;
  }
  Value round(Value x) { return math::RoundEvenOp::create(b, x); }
  /// 2^n · value for an n in f32 that may take the result to a subnormal or to infinity.
  Value scale(Value value, Value n);
  Value nanOr(Value x, Value value) {
    return b.select(b.cmpf(arith::CmpFPredicate::UNO, x, x), x, value);
  }

  CodeBuilder &b;
  Type f32, i32, f64;
};

} // namespace

/// A factor 2^n with n down to -150 has no f32 of its own: normal exponents end at -126. Half of n
/// is within the range on either side, and only the last multiplication can round, to a subnormal.
Value Expander::scale(Value value, Value n) {
  // Two factors, each within the exponent's range.
  Value whole = arith::FPToSIOp::create(b, i32, n);
  Value half = b.sar(whole, 1), rest = b.sub(whole, half);
  auto power = [&](Value exponent) {
    return b.bitcast(b.shl(b.add(exponent, b.integer(i32, 127)), 23), f32);
  };
  return b.fmul(b.fmul(value, power(half)), power(rest));
}

// e^x = 2^n e^r, |r| <= ln 2 / 2.
Value Expander::exp(Value x) {
  // Outside of this the result is 0 (e^-104 is less than half the least subnormal, 2^-149) or
  // infinity (the largest f32 is e^88.7). It keeps n in the range of scale(), and turns NaN into a
  // number, which nanOr() takes back.
  Value clamped = arith::MinNumFOp::create(b, arith::MaxNumFOp::create(b, x, c(-104.0)), c(89.0));
  Value n = round(b.fmul(clamped, c(1.44269504088896341)));
  // ln 2 in two parts: the first has 9 significant bits, so that n times it is exact, and what is
  // left of x has no error from the cancellation.
  Value r = b.fma(n, c(-0.693359375), clamped);
  r = b.fma(n, c(2.12194440e-4), r);
  // (e^r - 1 - r) / r^2 by a minimax polynomial (Cephes' expf); 1 and r are added last, where they
  // lose nothing. Within 2 ulp of the exact result.
  Value p = polynomial(r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                           1.6666665459e-1, 5.0000001201e-1});
  Value e = b.fadd(b.fma(p, b.fmul(r, r), r), c(1.0));
  return nanOr(x, scale(e, n));
}

// 2^x = 2^n e^(r ln 2), |r| <= 1/2: r is exact, since n and x are close, and the same polynomial
// serves. Within 2 ulp.
Value Expander::exp2(Value x) {
  // As above: 2^-151 rounds to 0, 2^129 to infinity.
  Value clamped = arith::MinNumFOp::create(b, arith::MaxNumFOp::create(b, x, c(-151.0)), c(129.0));
  Value n = round(clamped);
  Value r = b.fmul(b.fsub(clamped, n), c(0.693147180559945309));
  Value p = polynomial(r, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                           1.6666665459e-1, 5.0000001201e-1});
  Value e = b.fadd(b.fma(p, b.fmul(r, r), r), c(1.0));
  return nanOr(x, scale(e, n));
}

// log(m · 2^e) with m in [sqrt(1/2), sqrt(2)).
Value Expander::log(Value x) {
  // Subnormals are scaled into range first.
  // A subnormal has no leading one at a fixed place; 2^23 times it has, and 23 is taken off the
  // exponent again.
  Value tiny = b.cmpf(arith::CmpFPredicate::OLT, x, c(1.17549435e-38));
  Value scaled = b.select(tiny, b.fmul(x, c(8388608.0)), x);
  Value bits = b.bitcast(scaled, i32);
  // 0x3f3504f3 is sqrt(1/2). The distance from it in units of the exponent, rounded down, is the e
  // that leaves m between sqrt(1/2) and sqrt(2), so that log m is small where x is close to 1 and
  // nothing cancels.
  Value shifted = b.sub(bits, b.integer(i32, 0x3f3504f3));
  Value exponent = b.sar(shifted, 23);
  Value m = b.bitcast(b.sub(bits, b.shl(exponent, 23)), f32);
  Value e = arith::SIToFPOp::create(b, f32, exponent);
  e = b.select(tiny, b.fsub(e, c(23.0)), e);
  Value r = b.fsub(m, c(1.0)), z = b.fmul(r, r);
  // log(1 + r) = r - r^2 / 2 + r^3 P(r) with Cephes' logf coefficients; the smallest terms are
  // added first. e times ln 2 is added in the two parts of exp(). Within 2 ulp.
  Value p = polynomial(r, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
                           1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1,
                           3.3333331174e-1});
  Value y = b.fmul(b.fmul(p, r), z);
  y = b.fma(e, c(-2.12194440e-4), y);
  y = b.fma(z, c(-0.5), y);
  Value result = b.fma(e, c(0.693359375), b.fadd(r, y));
  // The bits of what is not a positive finite number mean nothing above: log inf = inf, log 0 =
  // -inf, log of a negative number is NaN.
  Value infinity = c(INFINITY);
  result = b.select(b.cmpf(arith::CmpFPredicate::OEQ, x, infinity), infinity, result);
  result = b.select(b.cmpf(arith::CmpFPredicate::OEQ, x, c(0.0)), c(-INFINITY), result);
  result = b.select(b.cmpf(arith::CmpFPredicate::OLT, x, c(0.0)), c(NAN), result);
  return nanOr(x, result);
}

// The angle is reduced in f64, where π/2 in one constant leaves 2^-52 · 1e6 of error.
// Rotary embeddings have angles up to the context length, a million, where f32 has steps of 1/16
// but the angle that it holds is exact. Absolute error at most 2^-22 up to there; only the
// reduction takes two registers a vector.
Value Expander::sinCos(Value x, bool cosine) {
  Value wide = arith::ExtFOp::create(b, f64, x);
  auto k = [&](double value) { return b.real(f64, value); };
  // n = x · 2/π to nearest; what is left, |r| <= π/4, with π/2 in two f64 parts.
  Value n = math::RoundEvenOp::create(b, b.fmul(wide, k(0.63661977236758134308)));
  Value reduced = b.fma(n, k(-1.57079632679489655800), wide);
  reduced = b.fma(n, k(-6.12323399573676603587e-17), reduced);
  Value r = arith::TruncFOp::create(b, f32, reduced);
  // n modulo 4, without leaving floats until it is small.
  Value quarter = math::FloorOp::create(b, b.fmul(n, k(0.25)));
  Value modulo = arith::TruncFOp::create(b, f32, b.fma(quarter, k(-4.0), n));
  Value quadrant = arith::FPToSIOp::create(b, i32, modulo);
  if (cosine)
    quadrant = b.add(quadrant, b.integer(i32, 1));
  Value z = b.fmul(r, r);
  // Minimax polynomials for |r| <= π/4: odd of degree 9 for the sine, even of degree 8 for the
  // cosine. Both are computed, since lanes differ in quadrant.
  Value sine = b.fma(b.fmul(polynomial(z, {2.7183114939898219064e-6, -1.9839334836096632202e-4,
                                           8.3333293858894631756e-3, -1.6666666641626524e-1}),
                            z),
                     r, r);
  Value cos = b.fma(
      polynomial(z, {2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, -0.5}), z,
      c(1.0));
  Value zero = b.integer(i32, 0);
  // Each quarter turn changes sine and cosine for each other, each half turn the sign. cos x is
  // sin(x + π/2), which the quadrant above has counted.
  Value swap = b.cmp(arith::CmpIPredicate::ne, b.andi(quadrant, 1), zero);
  Value negate = b.cmp(arith::CmpIPredicate::ne, b.andi(quadrant, 2), zero);
  Value value = b.select(swap, cos, sine);
  value = b.select(negate, arith::NegFOp::create(b, value), value);
  Value magnitude = math::AbsFOp::create(b, x);
  // The conversion of an infinite n to an integer is undefined; its lanes are replaced.
  Value finite = b.cmpf(arith::CmpFPredicate::OLT, magnitude, c(INFINITY));
  return b.select(finite, value, c(NAN));
}

// Below 0.625 an odd polynomial of degree 11, since 1 - 2 / (e^2x + 1) loses the digits of a small
// x by cancellation; above it that formula, whose exponential may be infinite without harm. Within
// 4 ulp.
Value Expander::tanh(Value x) {
  Value magnitude = math::AbsFOp::create(b, x);
  Value z = b.fmul(x, x);
  Value small = b.fma(b.fmul(polynomial(z, {-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2,
                                            1.33314422036e-1, -3.33332819422e-1}),
                             z),
                      x, x);
  Value e = exp(b.fadd(magnitude, magnitude));
  Value large = b.fsub(c(1.0), b.fdiv(c(2.0), b.fadd(e, c(1.0))));
  large = math::CopySignOp::create(b, large, x);
  return b.select(b.cmpf(arith::CmpFPredicate::OLT, magnitude, c(0.625)), small, large);
}

// Near 0 the Taylor series up to x^11, whose next term is below 2e-8 at 1/2: it keeps the relative
// accuracy that a small x of GELU needs. Elsewhere Abramowitz and Stegun 7.1.28, 1 - 1 / P(x)^16,
// whose error is at most 3e-7; with roundings both are within 1e-6 absolute.
Value Expander::erf(Value x) {
  Value magnitude = math::AbsFOp::create(b, x);
  Value z = b.fmul(x, x);
  Value small =
      b.fmul(x, polynomial(z, {-8.548327023450852e-4, 5.223977625442188e-3, -2.6866170645131252e-2,
                               1.1283791670955126e-1, -3.7612638903183754e-1, 1.1283791670955126}));
  Value d = polynomial(magnitude, {0.0000430638, 0.0002765672, 0.0001520143, 0.0092705272,
                                   0.0422820123, 0.0705230784, 1.0});
  for (int i = 0; i != 4; ++i)
    d = b.fmul(d, d);
  Value large = math::CopySignOp::create(b, b.fsub(c(1.0), b.fdiv(c(1.0), d)), x);
  return b.select(b.cmpf(arith::CmpFPredicate::OLT, magnitude, c(0.5)), small, large);
}

Value moec::cpu::expandMath(CodeBuilder &b, Operation *op, ArrayRef<Value> operands) {
  Type type = operands[0].getType();
  if (!getElementTypeOrSelf(type).isF32())
    return {};
  Expander e(b, type);
  Value x = operands[0];
  if (isa<math::ExpOp>(op))
    return e.exp(x);
  if (isa<math::Exp2Op>(op))
    return e.exp2(x);
  if (isa<math::LogOp>(op))
    return e.log(x);
  if (isa<math::Log2Op>(op))
    return b.fmul(e.log(x), e.c(1.44269504088896341));
  if (isa<math::Log1pOp>(op)) {
    // u = 1 + x is rounded, but log u · x / (u - 1) corrects for it to first order (Kahan). Where u
    // is 1, x itself is the logarithm; where u is infinite, so is the logarithm, and inf / inf is
    // not.
    Value u = b.fadd(e.c(1.0), x);
    Value ratio = b.fdiv(x, b.fsub(u, e.c(1.0)));
    Value exact = b.cmpf(arith::CmpFPredicate::OEQ, u, e.c(1.0));
    Value infinite = b.cmpf(arith::CmpFPredicate::OEQ, u, e.c(INFINITY));
    Value product = b.select(infinite, u, b.fmul(e.log(u), ratio));
    return b.select(exact, x, product);
  }
  if (isa<math::SinOp>(op))
    return e.sinCos(x, /*cosine=*/false);
  if (isa<math::CosOp>(op))
    return e.sinCos(x, /*cosine=*/true);
  if (isa<math::TanhOp>(op))
    return e.tanh(x);
  if (isa<math::ErfOp>(op))
    return e.erf(x);
  if (isa<math::RsqrtOp>(op))
    // Two correctly rounded steps. The instruction for it has 12 or 14 bits, so that it would need
    // Newton's steps, and the result would differ between chips.
    return b.fdiv(e.c(1.0), math::SqrtOp::create(b, x));
  return {};
}

bool moec::cpu::isInstruction(Operation *op) {
  if (!isa<math::MathDialect>(op->getDialect()))
    return true;
  // What LLVM selects instructions for on every chip that passes Machine::get; it calls libm for
  // all others.
  return isa<math::AbsFOp, math::AbsIOp, math::FmaOp, math::SqrtOp, math::FloorOp, math::CeilOp,
             math::TruncOp, math::RoundEvenOp, math::CopySignOp, math::CountLeadingZerosOp,
             math::CountTrailingZerosOp, math::CtPopOp>(op);
}
