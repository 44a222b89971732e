//===- ValuTranscendental.cpp - Approximate functions -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// exp2, log2, reciprocal, square root, sine and cosine. The machine answers within about one unit
// in the last place; here the result is that of f64 rounded once. The f32 forms flush subnormals,
// as the machine does.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <cmath>

namespace moec::gfx950 {

using namespace lanes;

static inline float flush(float x) {
  uint32_t bits = bitsOf(x);
  return (bits & 0x7f800000u) == 0 ? as<float>(bits & 0x80000000u) : x;
}

/// 2^x by a polynomial of 2^f on |f| ≤ 1/2; relative error below 2^-45. NaN and infinities work
/// out.
static inline float exp2Flushed(float x) {
  double v = double(flush(x));
  v = v < -160 ? -160 : v;
  v = v > 160 ? 160 : v; // NaN stays.
  double n = __builtin_roundeven(v), f = v - n;
  double p = 1.0178086009239699e-07;
  p = p * f + 1.3215486790144307e-06;
  p = p * f + 1.5252733804059841e-05;
  p = p * f + 1.5403530393381608e-04;
  p = p * f + 1.3333558146428443e-03;
  p = p * f + 9.6181291076284772e-03;
  p = p * f + 5.5504108664821580e-02;
  p = p * f + 2.4022650695910071e-01;
  p = p * f + 6.9314718055994531e-01;
  p = p * f + 1.0;
  double scale = std::bit_cast<double>(int64_t(n == n ? n + 1023 : 0) << 52);
  return flush(float(v == v ? p * scale : v));
}

/// Sine of an argument in turns, exact at multiples of a quarter; 0 beyond 256 turns.
static double sinTurns(double x) {
  if (std::fabs(x) > 256)
    return std::isinf(x) ? NAN : 0.0;
  double f = x - std::nearbyint(x); // The fraction, then its distance from the next zero.
  f = f > 0.25 ? 0.5 - f : f < -0.25 ? -0.5 - f : f;
  return std::sin(f * 6.283185307179586476925);
}
/// Cosine in turns; 1 beyond 256 turns.
static double cosTurns(double x) {
  if (std::fabs(x) > 256)
    return std::isinf(x) ? NAN : 1.0;
  return sinTurns(0.25 - std::fabs(x - std::nearbyint(x)));
}

static double reciprocalRoot(double x) { return 1.0 / std::sqrt(x); }

/// Conversions of reciprocals to integers never raise exceptions; that is all that iflag adds.
#define F1(expr) f1([](float a) -> float { return expr; })
#define H1(expr) h1([](float a) -> float { return expr; })
#define D1(expr) d1([](double a) -> double { return expr; })
static constexpr PoisonRule kAny = PoisonRule::Any;

// clang-format off
static constexpr ValuOp kOps[] = {
    {"V_EXP_F32", "f:f", F1(exp2Flushed(a)), kAny, 0, true},
    {"V_EXP_LEGACY_F32", "f:f", F1(exp2Flushed(a)), kAny, 0, true},
    {"V_LOG_F32", "f:f", F1(flush(float(std::log2(double(flush(a)))))), kAny, 0, true},
    {"V_LOG_LEGACY_F32", "f:f", F1(flush(float(std::log2(double(flush(a)))))), kAny, 0, true},
    {"V_RCP_F32", "f:f", F1(flush(float(1.0 / double(flush(a))))), kAny, 0, true},
    {"V_RCP_IFLAG_F32", "f:f", F1(flush(float(1.0 / double(flush(a))))), kAny, 0, true},
    {"V_RSQ_F32", "f:f", F1(flush(float(reciprocalRoot(double(flush(a)))))), kAny, 0, true},
    {"V_SQRT_F32", "f:f", F1(flush(float(std::sqrt(double(flush(a)))))), kAny, 0, true},
    {"V_SIN_F32", "f:f", F1(float(sinTurns(double(flush(a))))), kAny, 0, true},
    {"V_COS_F32", "f:f", F1(float(cosTurns(double(flush(a))))), kAny, 0, true},
    {"V_RCP_F64", "d:d", D1(1.0 / a), kAny, 0, true},
    {"V_RSQ_F64", "d:d", D1(reciprocalRoot(a)), kAny, 0, true},
    {"V_SQRT_F64", "d:d", D1(std::sqrt(a)), kAny, 0, true},
    {"V_EXP_F16", "h:h", H1(float(std::exp2(double(a)))), kAny, 0, true},
    {"V_LOG_F16", "h:h", H1(float(std::log2(double(a)))), kAny, 0, true},
    {"V_RCP_F16", "h:h", H1(1.0f / a), kAny, 0, true},
    {"V_RSQ_F16", "h:h", H1(float(reciprocalRoot(double(a)))), kAny, 0, true},
    {"V_SQRT_F16", "h:h", H1(std::sqrt(a)), kAny, 0, true},
    {"V_SIN_F16", "h:h", H1(float(sinTurns(double(a)))), kAny, 0, true},
    {"V_COS_F16", "h:h", H1(float(cosTurns(double(a)))), kAny, 0, true},
};
// clang-format on

std::span<const ValuOp> valuTranscendentalOps() { return kOps; }

} // namespace moec::gfx950
