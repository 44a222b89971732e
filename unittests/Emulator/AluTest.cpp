//===- AluTest.cpp - Arithmetic that compilers rarely emit ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The fuzzer covers what clang emits for C. Here are operations that only hand-written code and
// intrinsics use, each against a scalar formula, and the transcendental ones against libm within
// their stated accuracy.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace moec::gfx950::test {
namespace {

using In = std::vector<Row>;
float F(uint32_t v) { return std::bit_cast<float>(v); }
uint32_t U(float v) { return std::bit_cast<uint32_t>(v); }
uint32_t H(float v) { return std::bit_cast<uint16_t>(static_cast<_Float16>(v)); }
float fromH(uint32_t v) { return float(std::bit_cast<_Float16>(uint16_t(v))); }
uint32_t byte(uint32_t v, unsigned i) { return v >> (8 * i) & 0xff; }

TEST(Alu, Integer) {
  auto sad = [](uint32_t a, uint32_t b, bool masked) {
    uint32_t r = 0;
    for (unsigned i = 0; i < 4; ++i)
      r += masked && !byte(b, i) ? 0 : uint32_t(std::abs(int(byte(a, i)) - int(byte(b, i))));
    return r;
  };
  auto s24 = [](uint32_t v) { return int64_t(int32_t(v << 8) >> 8); };
  check(
      {{"v_sad_u8 v8, v48, v49, v50",
        [=](const In &in, unsigned l) { return sad(in[0][l], in[1][l], false) + in[2][l]; }},
       {"v_sad_hi_u8 v8, v48, v49, v50",
        [=](const In &in, unsigned l) {
          return (sad(in[0][l], in[1][l], false) << 16) + in[2][l];
        }},
       {"v_msad_u8 v8, v48, v49, v50",
        [=](const In &in, unsigned l) { return sad(in[0][l], in[1][l], true) + in[2][l]; }},
       {"v_sad_u32 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          return std::max(in[0][l], in[1][l]) - std::min(in[0][l], in[1][l]) + in[2][l];
        }},
       {"v_lerp_u8 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          uint32_t r = 0;
          for (unsigned i = 0; i < 4; ++i)
            r |= ((byte(in[0][l], i) + byte(in[1][l], i) + (byte(in[2][l], i) & 1)) / 2) << (8 * i);
          return r;
        }},
       {"v_bfm_b32 v8, v48, v49",
        [](const In &in, unsigned l) { return ((1u << in[0][l] % 32) - 1) << in[1][l] % 32; }},
       {"v_mul_hi_i32_i24 v8, v48, v49",
        [=](const In &in, unsigned l) { return uint32_t((s24(in[0][l]) * s24(in[1][l])) >> 32); }},
       {"v_mad_i32_i24 v8, v48, v49, v50",
        [=](const In &in, unsigned l) {
          return uint32_t(s24(in[0][l]) * s24(in[1][l])) + in[2][l];
        }},
       {"v_ffbh_i32 v8, v48",
        [](const In &in, unsigned l) {
          return uint32_t(std::countl_zero(in[0][l] >> 31 ? ~in[0][l] : in[0][l]));
        }},
       {"v_med3_u32 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          uint32_t v[3] = {in[0][l], in[1][l], in[2][l]};
          std::sort(v, v + 3);
          return v[1];
        }},
       {"v_alignbyte_b32 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          return uint32_t((uint64_t(in[0][l]) << 32 | in[1][l]) >> (8 * (in[2][l] & 3)));
        }},
       {"v_add_u32_e64 v8, v48, v49 clamp",
        [](const In &in, unsigned l) {
          return uint32_t(std::min<uint64_t>(uint64_t(in[0][l]) + in[1][l], ~0u));
        }},
       {"v_sub_i32 v8, v48, v49 clamp",
        [](const In &in, unsigned l) {
          return uint32_t(std::clamp<int64_t>(int64_t(int32_t(in[0][l])) - int32_t(in[1][l]),
                                              INT32_MIN, INT32_MAX));
        }},
       {"v_add_co_u32 v9, vcc, v48, v49\n  v_addc_co_u32 v8, vcc, v50, v51, vcc",
        [](const In &in, unsigned l) {
          return in[2][l] + in[3][l] + uint32_t((uint64_t(in[0][l]) + in[1][l]) >> 32);
        }},
       {"v_sub_co_u32 v9, vcc, v48, v49\n  v_subb_co_u32 v8, vcc, v50, v51, vcc",
        [](const In &in, unsigned l) { return in[2][l] - in[3][l] - (in[0][l] < in[1][l]); }},
       {"v_prng_b32 v8, v48",
        [](const In &in, unsigned l) { return (in[0][l] << 1) ^ (in[0][l] >> 31) * 197u; }},
       {"v_ashr_pk_i8_i32 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          auto one = [&](uint32_t v) {
            return uint32_t(std::clamp(int32_t(v) >> (in[2][l] & 31), -128, 127)) & 0xff;
          };
          return (kOld & 0xffff0000) | one(in[0][l]) | one(in[1][l]) << 8;
        }},
       {"v_cvt_pk_i16_i32 v8, v48, v49",
        [](const In &in, unsigned l) {
          auto one = [](uint32_t v) {
            return uint32_t(std::clamp(int32_t(v), -32768, 32767)) & 0xffff;
          };
          return one(in[0][l]) | one(in[1][l]) << 16;
        }},
       {"v_xad_u32 v8, v48, v49, v50",
        [](const In &in, unsigned l) { return (in[0][l] ^ in[1][l]) + in[2][l]; }},
       {"s_mov_b32 s20, 0x1234\n  s_mov_b32 s21, 0x80000000\n  s_flbit_i32_b64 s22, s[20:21]\n  "
        "s_bfe_u32 s23, s20, 0x40004\n  s_lshl_b32 s23, s23, 8\n"
        "  s_or_b32 s22, s22, s23\n  v_mov_b32 v8, s22",
        [](const In &, unsigned) { return 3u << 8; }},
       {"v_readfirstlane_b32 s20, v48\n  v_readfirstlane_b32 s21, v49\n  s_mul_hi_u32 s22, s20, "
        "s21\n  s_absdiff_i32 s23, s20, s21\n  s_xor_b32 s22, s22, s23\n  v_mov_b32 v8, s22",
        [](const In &in, unsigned) {
          uint32_t d = in[0][0] - in[1][0];
          return uint32_t(uint64_t(in[0][0]) * in[1][0] >> 32) ^ (int32_t(d) < 0 ? 0u - d : d);
        }}},
      31);
}

/// Floats of both signs between 2^-8 and 2^7.
uint32_t ordinary(uint32_t r) { return (r & 0x807fffff) | (119 + (r >> 23) % 16) << 23; }

TEST(Alu, Float) {
  auto class32 = [](float v) {
    bool n = std::signbit(v);
    return std::isnan(v)                        ? 2
           : std::isinf(v)                      ? (n ? 4 : 512)
           : v == 0                             ? (n ? 32 : 64)
           : std::fpclassify(v) == FP_SUBNORMAL ? (n ? 16 : 128)
           : n                                  ? 8
                                                : 256;
  };
  auto norm = [](float v, float lo, float scale) {
    return uint32_t(int(std::nearbyint(std::clamp(v, lo, 1.0f) * scale))) & 0xffff;
  };
  check(
      {{"v_med3_f32 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          float v[3] = {F(in[0][l]), F(in[1][l]), F(in[2][l])};
          std::sort(v, v + 3);
          return U(v[1]);
        }},
       {"v_min3_f32 v8, v48, -v49, |v50|",
        [](const In &in, unsigned l) {
          return U(std::min({F(in[0][l]), -F(in[1][l]), std::fabs(F(in[2][l]))}));
        }},
       {"v_maximum3_f32 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          return U(std::max({F(in[0][l]), F(in[1][l]), F(in[2][l])}));
        }},
       {"v_mul_f32_e64 v8, v48, v49 mul:4",
        [](const In &in, unsigned l) { return U(F(in[0][l]) * F(in[1][l]) * 4); }},
       {"v_add_f32_e64 v8, v48, v49 clamp div:2",
        [](const In &in, unsigned l) {
          return U(std::clamp((F(in[0][l]) + F(in[1][l])) / 2, 0.0f, 1.0f));
        }},
       {"v_fma_f32 v8, v48, -|v49|, v50",
        [](const In &in, unsigned l) {
          return U(std::fma(F(in[0][l]), -std::fabs(F(in[1][l])), F(in[2][l])));
        }},
       {"v_fract_f32 v8, v48",
        [](const In &in, unsigned l) { return U(F(in[0][l]) - std::floor(F(in[0][l]))); }},
       {"v_frexp_mant_f32 v8, v48",
        [](const In &in, unsigned l) {
          int e;
          return U(std::frexp(F(in[0][l]), &e));
        }},
       {"v_frexp_exp_i32_f32 v8, v48",
        [](const In &in, unsigned l) { return uint32_t(std::ilogb(F(in[0][l])) + 1); }},
       {"v_cmp_class_f32 vcc, v48, v49\n  v_cndmask_b32 v8, 0, 1, vcc",
        [=](const In &in, unsigned l) { return (class32(F(in[0][l])) & int(in[1][l])) ? 1u : 0u; }},
       {"v_cmp_nlt_f32 vcc, v48, v49\n  v_cndmask_b32 v8, 0, 1, vcc",
        [](const In &in, unsigned l) { return F(in[0][l]) >= F(in[1][l]) ? 1u : 0u; }},
       {"v_cvt_pknorm_i16_f32 v8, v48, v49",
        [=](const In &in, unsigned l) {
          return norm(F(in[0][l]), -1, 32767) | norm(F(in[1][l]), -1, 32767) << 16;
        }},
       {"v_cvt_pknorm_u16_f32 v8, v48, v49",
        [=](const In &in, unsigned l) {
          return norm(F(in[0][l]), 0, 65535) | norm(F(in[1][l]), 0, 65535) << 16;
        }},
       {"v_cvt_pkrtz_f16_f32 v8, v48, v49",
        [](const In &in, unsigned l) {
          auto one =
              [](float v) { // Towards zero: drop the 13 low bits of an f32 in f16's normal range.
                return H(F(U(v) & ~0x1fffu));
              };
          return one(F(in[0][l])) | one(F(in[1][l])) << 16;
        }},
       {"v_cvt_pk_bf16_f32 v8, v48, v49",
        [](const In &in, unsigned l) {
          auto one = [](uint32_t v) { return (v + 0x7fff + (v >> 16 & 1)) >> 16; };
          return one(in[0][l]) | one(in[1][l]) << 16;
        }},
       {"v_cvt_pk_f16_f32 v8, v48, v49",
        [](const In &in, unsigned l) { return H(F(in[0][l])) | H(F(in[1][l])) << 16; }},
       {"v_cvt_flr_i32_f32 v8, v48",
        [](const In &in, unsigned l) { return uint32_t(int(std::floor(F(in[0][l])))); }},
       {"v_cvt_rpi_i32_f32 v8, v48",
        [](const In &in, unsigned l) {
          return uint32_t(int(std::floor(double(F(in[0][l])) + 0.5)));
        }},
       {"v_cvt_pk_u8_f32 v8, v48, 2, v49",
        [](const In &in, unsigned l) {
          return (in[1][l] & 0xff00ffff) |
                 uint32_t(std::clamp(std::nearbyint(F(in[0][l])), 0.0f, 255.0f)) << 16;
        }},
       {"v_cvt_off_f32_i4 v8, v48",
        [](const In &in, unsigned l) { return U(float(int32_t(in[0][l] << 28) >> 28) / 16); }},
       {"v_fma_mix_f32 v8, v48, v49, -v50 op_sel:[0,1,0] op_sel_hi:[0,1,0]",
        [](const In &in, unsigned l) {
          return U(std::fma(F(in[0][l]), fromH(in[1][l] >> 16), -F(in[2][l])));
        }},
       {"v_cvt_f32_ubyte2 v8, v48",
        [](const In &in, unsigned l) { return U(float(byte(in[0][l], 2))); }}},
      32, ordinary);
}

/// Two f16 between 2^-6 and 2^5 in a register.
uint32_t halves(uint32_t r) {
  auto one = [](uint32_t v) { return (v & 0x83ff) | (9 + (v >> 10) % 12) << 10; };
  return one(r & 0xffff) | one(r >> 16) << 16;
}

TEST(Alu, Half) {
  auto both = [](std::function<float(float, float, float)> f) {
    return [=](const In &in, unsigned l) {
      return H(f(fromH(in[0][l]), fromH(in[1][l]), fromH(in[2][l]))) |
             H(f(fromH(in[0][l] >> 16), fromH(in[1][l] >> 16), fromH(in[2][l] >> 16))) << 16;
    };
  };
  check(
      {{"v_pk_add_f16 v8, v48, v49", both([](float a, float b, float) { return a + b; })},
       {"v_pk_mul_f16 v8, v48, v49 neg_lo:[1,0] neg_hi:[1,0]",
        both([](float a, float b, float) { return -a * b; })},
       {"v_pk_max_f16 v8, v48, v49", both([](float a, float b, float) { return std::max(a, b); })},
       {"v_pk_minimum3_f16 v8, v48, v49, v50",
        both([](float a, float b, float c) { return std::min({a, b, c}); })},
       {"v_dot2_f32_f16 v8, v48, v49, 1.0",
        [](const In &in, unsigned l) {
          return U(float(double(fromH(in[0][l])) * fromH(in[1][l]) +
                         double(fromH(in[0][l] >> 16)) * fromH(in[1][l] >> 16) + 1.0));
        },
        1},
       {"v_sub_f16 v8, v48, v49",
        [](const In &in, unsigned l) { return H(fromH(in[0][l]) - fromH(in[1][l])); }},
       {"v_med3_f16 v8, v48, v49, v50",
        [](const In &in, unsigned l) {
          float v[3] = {fromH(in[0][l]), fromH(in[1][l]), fromH(in[2][l])};
          std::sort(v, v + 3);
          return (kOld & 0xffff0000) | H(v[1]);
        }},
       {"v_cvt_u16_f16 v8, v48",
        [](const In &in, unsigned l) {
          return uint32_t(std::max(0.0f, std::trunc(fromH(in[0][l]))));
        }},
       {"v_cvt_f16_i16 v8, v48",
        [](const In &in, unsigned l) { return H(float(int16_t(in[0][l]))); }},
       {"v_rcp_f16 v8, v48", [](const In &in, unsigned l) { return H(1 / fromH(in[0][l])); }},
       {"v_ldexp_f16 v8, v48, -2",
        [](const In &in, unsigned l) { return H(fromH(in[0][l]) / 4); }}},
      33, halves);
}

TEST(Alu, Transcendental) {
  auto f = [](double (*g)(double)) {
    return [=](const In &in, unsigned l) { return U(float(g(double(F(in[0][l]))))); };
  };
  auto magnitude = [](double (*g)(double)) {
    return [=](const In &in, unsigned l) { return U(float(g(std::fabs(double(F(in[0][l])))))); };
  };
  constexpr double kTurn = 6.283185307179586476925;
  check({{"v_exp_f32 v8, v48", f([](double x) { return x < -126 ? 0.0 : std::exp2(x); }), 1},
         {"v_log_f32 v8, |v48|", magnitude([](double x) { return std::log2(x); }), 1},
         {"v_rcp_f32 v8, v48", f([](double x) { return 1 / x; }), 1},
         {"v_rsq_f32 v8, |v48|", magnitude([](double x) { return 1 / std::sqrt(x); }), 1},
         {"v_sqrt_f32 v8, |v48|", magnitude([](double x) { return std::sqrt(x); }), 1},
         {"v_sin_f32 v8, v48", f([](double x) { return std::sin(std::remainder(x, 1.0) * kTurn); }),
          1},
         {"v_cos_f32 v8, v48", f([](double x) { return std::cos(std::remainder(x, 1.0) * kTurn); }),
          1}},
        34, ordinary);
  auto value = [](uint32_t v) { return [=](const In &, unsigned) { return v; }; };
  check(
      {{"v_exp_f32 v8, 0xc3000000", value(0)},          // 2^-128 is subnormal: flushed.
       {"v_exp_f32 v8, 0x43000000", value(0x7f800000)}, // 2^128 overflows.
       {"v_rcp_f32 v8, 0", value(0x7f800000)},
       {"v_rcp_f32 v8, 0x80000000", value(0xff800000)},
       {"v_rcp_f32 v8, 0x00000001", value(0x7f800000)}, // A subnormal counts as zero.
       {"v_log_f32 v8, 0", value(0xff800000)},
       {"v_cvt_i32_f32 v8, 0x7fc00000", value(0)},          // NaN.
       {"v_cvt_i32_f32 v8, 0x50000000", value(0x7fffffff)}, // 2^33 saturates.
       {"v_cvt_u32_f32 v8, 0xc0000000", value(0)},          // −2.
       {"v_max_f32 v8, 0x7fc00000, v48\n  v_cmp_eq_f32 vcc, v8, v48\n  v_cndmask_b32 v8, 0, 1, vcc",
        value(1)}}, // NaN loses.
      35, ordinary);
}

} // namespace
} // namespace moec::gfx950::test
