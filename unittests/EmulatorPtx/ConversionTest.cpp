//===- ConversionTest.cpp - cvt against APFloat ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "emulator/ptx/lib/convert/Convert.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/APSInt.h"

#include <gtest/gtest.h>

#include <random>

using namespace moec::ptx;
using namespace moec::ptx::test;
using llvm::APFloat;
using Mode = llvm::RoundingMode;
using moec::emulator::Rounding;

namespace {
struct Format {
  Ty type;
  const llvm::fltSemantics &semantics;
};
const Format kNarrow[] = {{Ty::F16, APFloat::IEEEhalf()},      {Ty::BF16, APFloat::BFloat()},
                          {Ty::E4M3, APFloat::Float8E4M3FN()}, {Ty::E5M2, APFloat::Float8E5M2()},
                          {Ty::E2M3, APFloat::Float6E2M3FN()}, {Ty::E3M2, APFloat::Float6E3M2FN()},
                          {Ty::E2M1, APFloat::Float4E2M1FN()}};

APFloat valueOf(const Format &format, uint64_t bits) {
  return APFloat(format.semantics, llvm::APInt(APFloat::getSizeInBits(format.semantics), bits));
}

/// Numbers that matter, then random ones.
std::vector<uint32_t> floats(unsigned count) {
  std::vector<uint32_t> all;
  for (uint32_t exponent = 0; exponent < 256; ++exponent)
    for (uint32_t mantissa :
         {0u, 1u, 0x7fffffu, 0x400000u, 0x3fffffu, 0x400001u, 0x008000u, 0x00ffffu, 0x018000u,
          0x1000u, 0x2000u, 0x080000u, 0x180000u, 0x280000u})
      for (uint32_t sign : {0u, 0x80000000u})
        all.push_back(sign | exponent << 23 | mantissa);
  std::mt19937 random(3);
  while (all.size() < count)
    all.push_back(random());
  return all;
}
} // namespace

TEST(PtxConversion, WidensEveryCode) {
  for (const Format &format : kNarrow)
    for (uint32_t code = 0; code < 1u << APFloat::getSizeInBits(format.semantics); ++code) {
      Conversion c;
      c.from = format.type, c.to = Ty::F32;
      APFloat value = valueOf(format, code);
      bool lost;
      value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lost);
      uint32_t got = uint32_t(convert(c, code));
      if (value.isNaN())
        EXPECT_GT(got & 0x7fffffff, 0x7f800000u);
      else
        ASSERT_EQ(got, value.bitcastToAPInt().getZExtValue())
            << unsigned(format.type) << " " << code;
    }
}

TEST(PtxConversion, NarrowsAsAPFloat) {
  const std::pair<Rounding, Mode> modes[] = {{Rounding::NearestEven, Mode::NearestTiesToEven},
                                             {Rounding::TowardZero, Mode::TowardZero},
                                             {Rounding::Up, Mode::TowardPositive},
                                             {Rounding::Down, Mode::TowardNegative}};
  for (const Format &format : kNarrow)
    for (auto [rounding, mode] : modes) {
      const bool is16 = format.type == Ty::F16 || format.type == Ty::BF16;
      if (!is16 && rounding != Rounding::NearestEven)
        continue; // PTX has no other.
      Conversion c;
      c.from = Ty::F32, c.to = format.type, c.rounding = rounding, c.finite = !is16;
      const uint64_t sign = uint64_t(1) << (APFloat::getSizeInBits(format.semantics) - 1);
      for (uint32_t bits : floats(60000)) {
        APFloat value(std::bit_cast<float>(bits));
        uint64_t got = convert(c, bits);
        if (value.isNaN()) {
          // The documentation: 0x7fff, 0x7f, and the largest number where there is no NaN.
          EXPECT_EQ(got, sign - 1);
          continue;
        }
        bool lost, negative = value.isNegative(), infinite = value.isInfinity();
        APFloat largest = APFloat::getLargest(format.semantics, negative);
        APFloat narrowed = largest;
        if (!infinite || is16) {
          narrowed = value;
          narrowed.convert(format.semantics, mode, &lost);
          if (!is16 && (!narrowed.isFinite()))
            narrowed = largest;
        }
        ASSERT_EQ(got, narrowed.bitcastToAPInt().getZExtValue())
            << facts(format.type).name << " of " << std::hex << bits;
      }
    }
}

TEST(PtxConversion, IntegersAsAPFloat) {
  std::mt19937_64 random(4);
  for (Ty from : {Ty::S32, Ty::U32, Ty::S64, Ty::U64})
    for (Ty to : {Ty::F16, Ty::BF16, Ty::F32})
      for (unsigned i = 0; i < 20000; ++i) {
        unsigned bits = bitsOf(from);
        uint64_t whole = random() >> random() % 64 & ~uint64_t(0) >> (64 - bits);
        Conversion c;
        c.from = from, c.to = to;
        const auto &semantics = to == Ty::F16    ? APFloat::IEEEhalf()
                                : to == Ty::BF16 ? APFloat::BFloat()
                                                 : APFloat::IEEEsingle();
        APFloat value(semantics);
        value.convertFromAPInt(llvm::APInt(bits, whole), isSigned(from),
                               APFloat::rmNearestTiesToEven);
        ASSERT_EQ(convert(c, whole), value.bitcastToAPInt().getZExtValue()) << whole;
      }
  for (Ty to : {Ty::S32, Ty::U32, Ty::S64, Ty::U64, Ty::S16, Ty::U8})
    for (uint32_t bits : floats(20000)) {
      Conversion c;
      c.from = Ty::F32, c.to = to, c.rounding = Rounding::TowardZero;
      APFloat value(std::bit_cast<float>(bits));
      llvm::APSInt whole(bitsOf(to), !isSigned(to));
      bool exact;
      value.convertToInteger(whole, APFloat::rmTowardZero, &exact); // Saturates.
      uint64_t expected = whole.getZExtValue();
      if (value.isNaN())
        expected = bitsOf(to) == 64 ? uint64_t(1) << 63 : 0;
      ASSERT_EQ(convert(c, bits), expected) << facts(to).name << " of " << std::hex << bits;
    }
}

TEST(PtxConversion, ScalesArePowersOfTwo) {
  for (bool up : {false, true})
    for (uint32_t bits : floats(20000)) {
      Conversion c;
      c.from = Ty::F32, c.to = Ty::UE8M0, c.finite = true;
      c.rounding = up ? Rounding::Up : Rounding::TowardZero;
      float value = std::fabs(std::bit_cast<float>(bits));
      uint64_t expected = 0;
      if (std::isnan(value))
        expected = 255;
      else
        while (expected < 254 && (up ? std::ldexp(1.0, int(expected) - 127) < value
                                     : std::ldexp(1.0, int(expected) - 126) <= value))
          ++expected;
      ASSERT_EQ(convert(c, bits), expected) << std::hex << bits;
    }
}

TEST(PtxConversion, PairsInRegisters) {
  // The first source is the upper one.
  Outcome outcome =
      run(kernelAround(
              "ld.global.v2.b32 {%r2, %r3}, [%rd1];\ncvt.rn.satfinite.e4m3x2.f32 %rs1, %r2, %r3;\n"
              "cvt.rn.f16x2.e4m3x2 %r4, %rs1;\ncvt.rn.bf16x2.f32 %r5, %r2, %r3;\n"
              "mov.b64 %rd4, {%r4, %r5};\nst.global.b64 [%rd2], %rd4;\n"),
          std::vector<uint64_t>(32, 0x40000000'3f800000ull));
  ASSERT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out[5], 0x3f804000'3c004000ull);
  outcome = run(
      kernelAround("ld.global.v2.b32 {%r2, %r3}, [%rd1];\n{\n.reg .b8 narrow;\n"
                   "cvt.rn.satfinite.e2m1x2.f32 narrow, %r2, %r3;\ncvt.u16.u8 %rs1, narrow;\n}\n"
                   "cvt.u64.u16 %rd4, %rs1;\nst.global.b64 [%rd2], %rd4;\n",
                   "sm_100a"),
      std::vector<uint64_t>(32, 0xc0400000'3f000000ull));
  ASSERT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out[9], 0x1du); // 0.5 above −3.
}

TEST(PtxConversion, HalvesMultiplyAndAddAsAPFloat) {
  std::mt19937 random(9);
  for (bool bf16 : {false, true}) {
    std::vector<uint64_t> in(1024);
    for (uint64_t &each : in)
      each = random() | uint64_t(random()) << 32;
    std::string t = bf16 ? "bf16x2" : "f16x2";
    for (std::string op : {"mul.rn", "add.rn", "sub.rn", "fma.rn"}) {
      bool three = op == "fma.rn";
      Outcome outcome =
          run(kernelAround("ld.global.v2.b32 {%r2, %r3}, [%rd1];\nxor.b32 %r4, %r2, 0x00310013;\n" +
                           op + "." + t + " %r5, %r2, %r3" + (three ? ", %r4" : "") +
                           ";\ncvt.u64.u32 %rd4, %r5;\nst.global.b64 [%rd2], %rd4;\n"),
              in, 1024);
      ASSERT_EQ(outcome.error, "") << op;
      for (size_t i = 0; i < in.size(); ++i)
        for (unsigned half = 0; half < 2; ++half) {
          auto number = [&](uint64_t bits) {
            return APFloat(bf16 ? APFloat::BFloat() : APFloat::IEEEhalf(),
                           llvm::APInt(16, bits >> 16 * half & 0xffff));
          };
          APFloat a = number(in[i]), b = number(in[i] >> 32),
                  c = number((in[i] ^ 0x00310013) & ~0u);
          auto rne = APFloat::rmNearestTiesToEven;
          if (op == "mul.rn")
            a.multiply(b, rne);
          else if (op == "add.rn")
            a.add(b, rne);
          else if (op == "sub.rn")
            a.subtract(b, rne);
          else
            a.fusedMultiplyAdd(b, c, rne);
          uint64_t got = outcome.out[i] >> 16 * half & 0xffff;
          if (a.isNaN())
            EXPECT_EQ(got, 0x7fffu);
          else
            ASSERT_EQ(got, a.bitcastToAPInt().getZExtValue()) << op << " " << std::hex << in[i];
        }
    }
  }
}
