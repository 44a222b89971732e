//===- ValuCompare.cpp - Lane comparisons -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_cmp in every type, and v_cmp_class. v_cmpx shares these rows.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <cmath>

namespace moec::gfx950 {

using namespace lanes;
using u32 = uint32_t;

/// Views of a lane's source in the type of a comparison.
struct ViewI16 {
  static int16_t get(const u32 *s, unsigned l) { return int16_t(s[l]); }
};
struct ViewU16 {
  static uint16_t get(const u32 *s, unsigned l) { return uint16_t(s[l]); }
};
struct ViewI32 {
  static int32_t get(const u32 *s, unsigned l) { return int32_t(s[l]); }
};
struct ViewU32 {
  static u32 get(const u32 *s, unsigned l) { return s[l]; }
};
struct ViewI64 {
  static int64_t get(const u32 *s, unsigned l) { return int64_t(wide(s, l)); }
};
struct ViewU64 {
  static uint64_t get(const u32 *s, unsigned l) { return wide(s, l); }
};
struct ViewF16 {
  static float get(const u32 *s, unsigned l) { return f16ToFloat(uint16_t(s[l])); }
};
struct ViewF32 {
  static float get(const u32 *s, unsigned l) { return as<float>(s[l]); }
};
struct ViewF64 {
  static double get(const u32 *s, unsigned l) { return wideFloat(s, l); }
};

template <typename View, typename F> static constexpr LaneFunction compare(F) {
  return [](const LaneArgs &a) {
    const u32 *__restrict x = a.s[0], *__restrict y = a.s[1];
    u32 *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = F{}(View::get(x, l), View::get(y, l)) ? ~0u : 0u;
  };
}

/// The bits of v_cmp_class: signalling NaN, quiet NaN, −inf, −normal, −subnormal, −0, +0,
/// +subnormal, +normal, +inf.
template <typename Bits> static u32 classOf(Bits bits, unsigned mantissaBits) {
  unsigned total = sizeof(Bits) * 8;
  bool negative = bits >> (total - 1);
  Bits mantissa = bits & ((Bits(1) << mantissaBits) - 1);
  Bits top = (Bits(1) << (total - 1 - mantissaBits)) - 1;
  Bits exponent = Bits(bits >> mantissaBits) & top;
  if (exponent == top && mantissa)
    return mantissa >> (mantissaBits - 1) ? 2 : 1;
  if (exponent == top)
    return negative ? 4 : 512;
  if (exponent)
    return negative ? 8 : 256;
  if (mantissa)
    return negative ? 16 : 128;
  return negative ? 32 : 64;
}
static void classF16(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] = classOf<uint16_t>(uint16_t(a.s[0][l]), 10) & a.s[1][l];
}
static void classF32(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] = classOf<uint32_t>(a.s[0][l], 23) & a.s[1][l];
}
static void classF64(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] = classOf<uint64_t>(wide(a.s[0], l), 52) & a.s[1][l];
}

#define ROW(name, sig, view, expr)                                                                 \
  {name, sig, compare<view>([](auto a, auto b) -> bool { return expr; })}
// clang-format off
#define FLOATS(T, sig, view)                                                                                           \
  ROW("V_CMP_F_" T, sig, view, (void(a), void(b), false)), ROW("V_CMP_LT_" T, sig, view, a < b),                       \
      ROW("V_CMP_EQ_" T, sig, view, a == b), ROW("V_CMP_LE_" T, sig, view, a <= b),                                    \
      ROW("V_CMP_GT_" T, sig, view, a > b), ROW("V_CMP_LG_" T, sig, view, a < b || a > b),                             \
      ROW("V_CMP_GE_" T, sig, view, a >= b), ROW("V_CMP_O_" T, sig, view, a == a && b == b),                           \
      ROW("V_CMP_U_" T, sig, view, a != a || b != b), ROW("V_CMP_NGE_" T, sig, view, !(a >= b)),                       \
      ROW("V_CMP_NLG_" T, sig, view, !(a < b || a > b)), ROW("V_CMP_NGT_" T, sig, view, !(a > b)),                     \
      ROW("V_CMP_NLE_" T, sig, view, !(a <= b)), ROW("V_CMP_NEQ_" T, sig, view, a != b),                               \
      ROW("V_CMP_NLT_" T, sig, view, !(a < b)), ROW("V_CMP_TRU_" T, sig, view, (void(a), void(b), true))
#define INTEGERS(T, sig, view)                                                                                         \
  ROW("V_CMP_F_" T, sig, view, (void(a), void(b), false)), ROW("V_CMP_LT_" T, sig, view, a < b),                       \
      ROW("V_CMP_EQ_" T, sig, view, a == b), ROW("V_CMP_LE_" T, sig, view, a <= b),                                    \
      ROW("V_CMP_GT_" T, sig, view, a > b), ROW("V_CMP_NE_" T, sig, view, a != b),                                     \
      ROW("V_CMP_GE_" T, sig, view, a >= b), ROW("V_CMP_T_" T, sig, view, (void(a), void(b), true))

static constexpr ValuOp kOps[] = {
    FLOATS("F16", "m:hh", ViewF16),   FLOATS("F32", "m:ff", ViewF32),   FLOATS("F64", "m:dd", ViewF64),
    INTEGERS("I16", "m:ww", ViewI16), INTEGERS("U16", "m:ww", ViewU16), INTEGERS("I32", "m:uu", ViewI32),
    INTEGERS("U32", "m:uu", ViewU32), INTEGERS("I64", "m:qq", ViewI64), INTEGERS("U64", "m:qq", ViewU64),
    {"V_CMP_CLASS_F16", "m:hu", classF16},
    {"V_CMP_CLASS_F32", "m:fu", classF32},
    {"V_CMP_CLASS_F64", "m:du", classF64},
};
// clang-format on

std::span<const ValuOp> valuCompareOps() { return kOps; }

} // namespace moec::gfx950
