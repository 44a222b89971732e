//===- AluTest.cpp - Arithmetic against a second statement ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each form runs on lanes of special and random numbers and is compared with what a line of C++
// says.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <random>

using namespace moec::ptx;
using namespace moec::ptx::test;

namespace {
/// a and b are 32 bits of the input; c is a + 3 · b.
using Statement32 = std::function<uint64_t(uint32_t a, uint32_t b, uint32_t c)>;

struct Case {
  std::string instruction; ///< From %r2, %r3, %r4 to %rd4 or %r5.
  Statement32 expected;
  bool wide = false; ///< The result is %rd4.
};

float f(uint32_t bits) { return std::bit_cast<float>(bits); }
uint32_t u(float value) { return std::bit_cast<uint32_t>(value); }
int32_t s(uint32_t bits) { return int32_t(bits); }
/// Stands for any NaN of f64.
constexpr uint64_t kNan = 0x7fc00000;
bool isNan(uint32_t bits) { return (bits & 0x7fffffff) > 0x7f800000; }

std::vector<uint64_t> inputs() {
  std::vector<uint32_t> special = {0,          1,          2,          31,         32,
                                   0x7fffffff, 0x80000000, 0xffffffff, 0x3f800000, 0xbf800000,
                                   0x7f800000, 0xff800000, 0x7fc00000, 0x00000001, 0x00800000,
                                   0x7f7fffff, 0x40490fdb, 0x12345678};
  std::vector<uint64_t> all;
  for (uint32_t a : special)
    for (uint32_t b : special)
      all.push_back(a | uint64_t(b) << 32);
  std::mt19937_64 random(7);
  while (all.size() < 1024)
    all.push_back(random());
  return all;
}

void check(const std::vector<Case> &cases, bool floats) {
  for (const Case &c : cases) {
    std::string body = "ld.global.v2.b32 {%r2, %r3}, [%rd1];\nmad.lo.s32 %r4, %r3, 3, %r2;\n" +
                       c.instruction + "\n" + (c.wide ? "" : "cvt.u64.u32 %rd4, %r5;\n") +
                       "st.global.b64 [%rd2], %rd4;\n";
    std::vector<uint64_t> in = inputs();
    Outcome outcome = run(kernelAround(body), in, 1024);
    ASSERT_EQ(outcome.error, "") << c.instruction;
    for (size_t i = 0; i < in.size(); ++i) {
      uint32_t a = uint32_t(in[i]), b = uint32_t(in[i] >> 32);
      uint64_t expected = c.expected(a, b, a + 3 * b);
      if (floats && isNan(uint32_t(expected)) && isNan(uint32_t(outcome.out[i])))
        continue;
      if (c.wide && expected == kNan && std::isnan(std::bit_cast<double>(outcome.out[i])))
        continue;
      ASSERT_EQ(outcome.out[i], expected) << c.instruction << " of " << a << ", " << b;
    }
  }
}
} // namespace

TEST(PtxAlu, Integers) {
  check(
      {{"add.s32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return uint32_t(a + b); }},
       {"sub.s32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return uint32_t(a - b); }},
       {"mul.lo.s32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return uint32_t(a * b); }},
       {"mul.hi.u32 %r5, %r2, %r3;",
        [](uint32_t a, uint32_t b, auto) { return uint64_t(a) * b >> 32; }},
       {"mul.hi.s32 %r5, %r2, %r3;",
        [](uint32_t a, uint32_t b, auto) { return uint32_t(int64_t(s(a)) * s(b) >> 32); }},
       {"mad.lo.s32 %r5, %r2, %r3, %r4;",
        [](auto a, auto b, auto c) { return uint32_t(a * b + c); }},
       {"mul.wide.u32 %rd4, %r2, %r3;", [](auto a, auto b, auto) { return uint64_t(a) * b; }, true},
       {"mul.wide.s32 %rd4, %r2, %r3;",
        [](auto a, auto b, auto) { return uint64_t(int64_t(s(a)) * s(b)); }, true},
       {"cvt.s64.s32 %rd5, %r4;\nmad.wide.s32 %rd4, %r2, %r3, %rd5;",
        [](auto a, auto b, auto c) {
          return uint64_t(int64_t(s(a)) * s(b)) + uint64_t(int64_t(s(c)));
        },
        true},
       {"or.b32 %r6, %r3, 1;\ndiv.u32 %r5, %r2, %r6;",
        [](auto a, auto b, auto) { return a / (b | 1); }},
       {"or.b32 %r6, %r3, 1;\nrem.u32 %r5, %r2, %r6;",
        [](auto a, auto b, auto) { return a % (b | 1); }},
       {"or.b32 %r6, %r3, 1;\nrem.s32 %r5, %r2, %r6;",
        [](auto a, auto b, auto) { return uint32_t(int64_t(s(a)) % s(b | 1)); }},
       {"or.b32 %r6, %r3, 1;\ndiv.s32 %r5, %r2, %r6;",
        [](auto a, auto b, auto) { return uint32_t(int64_t(s(a)) / s(b | 1)); }},
       {"min.s32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return s(a) < s(b) ? a : b; }},
       {"max.u32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return a > b ? a : b; }},
       {"abs.s32 %r5, %r2;", [](auto a, auto, auto) { return s(a) < 0 ? uint32_t(0 - a) : a; }},
       {"neg.s32 %r5, %r2;", [](auto a, auto, auto) { return uint32_t(0 - a); }},
       {"add.sat.s32 %r5, %r2, %r3;",
        [](auto a, auto b, auto) {
          int64_t sum = int64_t(s(a)) + s(b);
          return uint32_t(sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum);
        }},
       {"sad.u32 %r5, %r2, %r3, %r4;",
        [](auto a, auto b, auto c) { return uint32_t((a > b ? a - b : b - a) + c); }}},
      false);
}

TEST(PtxAlu, Bits) {
  auto shift = [](uint32_t n) { return n > 31 ? 32u : n; };
  check(
      {{"and.b32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return a & b; }},
       {"or.b32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return a | b; }},
       {"xor.b32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return a ^ b; }},
       {"not.b32 %r5, %r2;", [](auto a, auto, auto) { return uint32_t(~a); }},
       {"shl.b32 %r5, %r2, %r3;",
        [=](auto a, auto b, auto) { return uint32_t(uint64_t(a) << shift(b)); }},
       {"shr.u32 %r5, %r2, %r3;", [=](auto a, auto b, auto) { return uint64_t(a) >> shift(b); }},
       {"shr.s32 %r5, %r2, %r3;",
        [=](auto a, auto b, auto) { return uint32_t(int64_t(s(a)) >> shift(b)); }},
       {"shf.l.wrap.b32 %r5, %r2, %r3, %r4;",
        [](auto a, auto b, auto c) { return uint32_t((uint64_t(b) << 32 | a) << (c & 31) >> 32); }},
       {"shf.r.wrap.b32 %r5, %r2, %r3, %r4;",
        [](auto a, auto b, auto c) { return uint32_t((uint64_t(b) << 32 | a) >> (c & 31)); }},
       {"shf.r.clamp.b32 %r5, %r2, %r3, %r4;",
        [](auto a, auto b, auto c) {
          return uint32_t((uint64_t(b) << 32 | a) >> std::min(c, 32u));
        }},
       {"popc.b32 %r5, %r2;", [](auto a, auto, auto) { return uint32_t(std::popcount(a)); }},
       {"clz.b32 %r5, %r2;", [](auto a, auto, auto) { return uint32_t(std::countl_zero(a)); }},
       {"brev.b32 %r5, %r2;",
        [](auto a, auto, auto) {
          uint32_t r = 0;
          for (int i = 0; i < 32; ++i)
            r |= (a >> i & 1) << (31 - i);
          return r;
        }},
       {"bfind.u32 %r5, %r2;",
        [](auto a, auto, auto) { return a ? uint32_t(31 - std::countl_zero(a)) : ~0u; }},
       {"bfe.u32 %r5, %r2, 5, 9;", [](auto a, auto, auto) { return a >> 5 & 511; }},
       {"bfe.s32 %r5, %r2, 20, 30;", [](auto a, auto, auto) { return uint32_t(s(a) >> 20); }},
       {"bfi.b32 %r5, %r2, %r3, 7, 11;",
        [](auto a, auto b, auto) { return (b & ~(0x7ffu << 7)) | (a & 0x7ff) << 7; }},
       {"lop3.b32 %r5, %r2, %r3, %r4, 0xCA;",
        [](auto a, auto b, auto c) { return (a & b) | (~a & c); }},
       {"prmt.b32 %r5, %r2, %r3, %r4;",
        [](auto a, auto b, auto c) {
          uint8_t bytes[8];
          std::memcpy(bytes, &a, 4), std::memcpy(bytes + 4, &b, 4);
          uint32_t r = 0;
          for (int i = 0; i < 4; ++i) {
            uint8_t byte = bytes[c >> 4 * i & 7];
            r |= uint32_t(c >> (4 * i + 3) & 1 ? (byte >> 7 ? 255 : 0) : byte) << 8 * i;
          }
          return r;
        }},
       {"mov.b64 %rd4, {%r2, %r3};", [](auto a, auto b, auto) { return a | uint64_t(b) << 32; },
        true},
       {"mov.b32 {%rs1, %rs2}, %r2;\nmov.b32 %r5, {%rs2, %rs1};",
        [](auto a, auto, auto) { return std::rotl(a, 16); }},
       {"setp.lt.s32 %p1, %r2, %r3;\nselp.b32 %r5, %r2, %r4, %p1;",
        [](auto a, auto b, auto c) { return s(a) < s(b) ? a : c; }},
       {"setp.gt.u32 %p1, %r4, 77;\nsetp.le.and.u32 %p2|%p3, %r2, %r3, !%p1;\n"
        "selp.b32 %r5, 1, 0, %p2;\n@%p3 add.s32 %r5, %r5, 2;",
        [](auto a, auto b, auto c) {
          bool guard = !(c > 77);
          return uint32_t((a <= b && guard) + 2 * (!(a <= b) && guard));
        }},
       {"cvt.u16.u32 %rs1, %r2;\nmul.wide.u16 %r5, %rs1, %rs1;",
        [](auto a, auto, auto) { return uint32_t(uint32_t(uint16_t(a)) * uint16_t(a)); }},
       {"cvt.s32.s8 %r5, %r2;", [](auto a, auto, auto) { return uint32_t(int8_t(a)); }}},
      false);
}

TEST(PtxAlu, Floats) {
  auto flush = [](uint32_t bits) { return f((bits & 0x7f800000) ? bits : bits & 0x80000000); };
  check({{"add.rn.f32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return u(f(a) + f(b)); }},
         {"sub.rn.f32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return u(f(a) - f(b)); }},
         {"mul.rn.f32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return u(f(a) * f(b)); }},
         {"mul.rn.ftz.f32 %r5, %r2, %r3;",
          [=](auto a, auto b, auto) { return u(flush(u(flush(a) * flush(b)))); }},
         {"add.rn.sat.f32 %r5, %r2, %r3;",
          [](auto a, auto b, auto) {
            float sum = f(a) + f(b);
            return u(std::isnan(sum) ? 0.0f : std::fmin(std::fmax(sum, 0.0f), 1.0f) + 0.0f);
          }},
         {"fma.rn.f32 %r5, %r2, %r3, %r4;",
          [](auto a, auto b, auto c) { return u(std::fma(f(a), f(b), f(c))); }},
         {"div.rn.f32 %r5, %r2, %r3;", [](auto a, auto b, auto) { return u(f(a) / f(b)); }},
         {"rcp.rn.f32 %r5, %r2;", [](auto a, auto, auto) { return u(1.0f / f(a)); }},
         {"sqrt.rn.f32 %r5, %r2;", [](auto a, auto, auto) { return u(std::sqrt(f(a))); }},
         {"min.f32 %r5, %r2, %r3;",
          [](auto a, auto b, auto) {
            if (f(a) == 0 && f(b) == 0)
              return a | b;
            return u(std::fmin(f(a), f(b)));
          }},
         {"max.NaN.f32 %r5, %r2, %r3;",
          [](auto a, auto b, auto) {
            if (isNan(a) || isNan(b))
              return 0x7fc00000u;
            return f(a) == 0 && f(b) == 0 ? a & b : u(std::fmax(f(a), f(b)));
          }},
         {"abs.f32 %r5, %r2;", [](auto a, auto, auto) { return a & 0x7fffffff; }},
         {"neg.f32 %r5, %r2;", [](auto a, auto, auto) { return a ^ 0x80000000; }},
         {"copysign.f32 %r5, %r2, %r3;",
          [](auto a, auto b, auto) { return (b & 0x7fffffff) | (a & 0x80000000); }},
         {"ex2.approx.f32 %r5, %r2;",
          [](auto a, auto, auto) { return u(float(std::exp2(double(f(a))))); }},
         {"lg2.approx.f32 %r5, %r2;",
          [](auto a, auto, auto) { return u(float(std::log2(double(f(a))))); }},
         {"rsqrt.approx.f32 %r5, %r2;",
          [](auto a, auto, auto) { return u(float(1 / std::sqrt(double(f(a))))); }},
         {"setp.neu.f32 %p1, %r2, %r3;\nselp.u32 %r5, 1, 0, %p1;",
          [](auto a, auto b, auto) { return uint32_t(!(f(a) == f(b))); }},
         {"setp.ne.f32 %p1, %r2, %r3;\nselp.u32 %r5, 1, 0, %p1;",
          [](auto a, auto b, auto) { return uint32_t(f(a) < f(b) || f(a) > f(b)); }},
         {"setp.nan.f32 %p1, %r2, %r3;\nselp.u32 %r5, 1, 0, %p1;",
          [](auto a, auto b, auto) { return uint32_t(isNan(a) || isNan(b)); }},
         {"cvt.rn.f32.s32 %r5, %r2;", [](auto a, auto, auto) { return u(float(s(a))); }},
         {"cvt.rzi.s32.f32 %r5, %r2;",
          [](auto a, auto, auto) {
            double value = isNan(a) ? 0.0 : std::trunc(double(f(a)));
            return uint32_t(int64_t(std::fmin(std::fmax(value, -2147483648.0), 2147483647.0)));
          }},
         {"cvt.rni.f32.f32 %r5, %r2;", [](auto a, auto, auto) { return u(std::nearbyint(f(a))); }},
         {"cvt.rmi.f32.f32 %r5, %r2;", [](auto a, auto, auto) { return u(std::floor(f(a))); }},
         {"cvt.f64.f32 %fd1, %r2;\ncvt.f64.f32 %fd2, %r3;\nfma.rn.f64 %rd4, %fd1, %fd2, %fd1;",
          [](auto a, auto b, auto) {
            double value = std::fma(double(f(a)), double(f(b)), double(f(a)));
            return std::isnan(value) ? kNan : std::bit_cast<uint64_t>(value);
          },
          true}},
        true);
}

TEST(PtxAlu, PairsAndMixedFloats) {
  std::vector<uint64_t> in = inputs();
  std::string body = "ld.global.b64 %rd5, [%rd1];\nld.global.v2.b32 {%r2, %r3}, [%rd1];\n"
                     "mov.b64 %rd6, {%r3, %r2};\nfma.rn.f32x2 %rd7, %rd5, %rd6, %rd5;\n"
                     "mul.rn.f32x2 %rd8, %rd7, %rd6;\nadd.rn.f32x2 %rd4, %rd8, %rd5;\n"
                     "st.global.b64 [%rd2], %rd4;\n";
  Outcome pairs = run(kernelAround(body, "sm_100a"), in, 1024);
  ASSERT_EQ(pairs.error, "");
  body = "ld.global.v2.b32 {%r2, %r3}, [%rd1];\nmov.b32 {%rs1, %rs2}, %r3;\n"
         "add.rn.f32.bf16 %r4, %rs2, %r2;\nfma.rn.f32.f16 %r5, %rs1, %rs2, %r2;\n"
         "mov.b64 %rd4, {%r4, %r5};\nst.global.b64 [%rd2], %rd4;\n";
  Outcome mixed = run(kernelAround(body, "sm_100a"), in, 1024);
  ASSERT_EQ(mixed.error, "");
  auto same = [](uint32_t got, float expected) {
    return got == u(expected) || (isNan(got) && std::isnan(expected));
  };
  for (size_t i = 0; i < in.size(); ++i) {
    float x[2] = {f(uint32_t(in[i])), f(uint32_t(in[i] >> 32))};
    for (unsigned half = 0; half < 2; ++half) {
      float a = x[half], b = x[1 - half], c = std::fma(a, b, a);
      ASSERT_TRUE(same(uint32_t(pairs.out[i] >> 32 * half), c * b + a)) << i;
    }
    auto f16 = [&](unsigned shift) {
      return float(std::bit_cast<_Float16>(uint16_t(in[i] >> shift)));
    };
    ASSERT_TRUE(same(uint32_t(mixed.out[i]), f(uint32_t(in[i] >> 32) & 0xffff0000) + x[0])) << i;
    ASSERT_TRUE(same(uint32_t(mixed.out[i] >> 32), std::fma(f16(32), f16(48), x[0]))) << i;
  }
}

TEST(PtxAlu, PerturbedFunctionsStayInTheirError) {
  LaunchOptions options;
  options.perturb = 5;
  std::vector<uint64_t> in;
  for (unsigned i = 0; i < 1024; ++i)
    in.push_back(u(0.1f + float(i) * 0.013f));
  std::string body =
      "ld.global.b32 %r2, [%rd1];\nex2.approx.f32 %r3, %r2;\nrcp.approx.f32 %r4, %r2;\n"
      "st.global.v2.b32 [%rd2], {%r3, %r4};\n";
  Outcome outcome = run(kernelAround(body), in, 1024, options);
  ASSERT_EQ(outcome.error, "");
  unsigned moved = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    double x = f(uint32_t(in[i]));
    float ex2 = f(uint32_t(outcome.out[i])), rcp = f(uint32_t(outcome.out[i] >> 32));
    EXPECT_LE(std::abs(ex2 - std::exp2(x)), 0x1.8p-22 * std::exp2(x));
    EXPECT_LE(std::abs(rcp - 1 / x), 0x1p-23 / x);
    moved += ex2 != float(std::exp2(x));
  }
  EXPECT_GT(moved, 200u);
  EXPECT_EQ(outcome.out, run(kernelAround(body), in, 1024, options).out);
}
