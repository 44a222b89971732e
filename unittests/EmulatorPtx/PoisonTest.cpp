//===- PoisonTest.cpp - Which bits of a result nothing wrote --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each operation takes registers of which some bytes are poison. Its result goes through shared
// memory, which keeps poison by byte, and each of its bytes to global memory: the clean ones may,
// the others are found.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

using namespace moec::ptx;
using namespace moec::ptx::test;

namespace {
/// Of %r2 bytes 0 and 1 are written, of %r3 byte 1, of %r4 all.
const std::string kSources = "mov.b64 %rd5, tile;\nmov.b32 %r4, 0x80828487;\n"
                             "st.shared.b16 [%rd5], %r4;\nld.shared.b32 %r2, [%rd5];\n"
                             "st.shared.b8 [%rd5+5], %r4;\nld.shared.b32 %r3, [%rd5+4];\n";

struct Case {
  const char *instruction; ///< To %r5.
  unsigned clean;          ///< A bit for each byte of it.
};

/// A bit for each byte of %r5 that may be stored to global memory.
unsigned cleanBytes(const std::string &instruction) {
  std::string body = kSources + instruction + "\nst.shared.b32 [%rd5+8], %r5;\n";
  for (unsigned byte = 0; byte < 4; ++byte)
    body += "ld.shared.u8 %r6, [%rd5+" + std::to_string(8 + byte) + "];\nst.global.b8 [%rd2+" +
            std::to_string(byte) + "], %r6;\n";
  std::vector<Finding> findings;
  LaunchOptions options;
  options.allowed = findingBit(FindingClass::Poison), options.findings = &findings;
  std::string text = kernelAround(body, "sm_90a", ".shared .align 16 .b8 tile[64];");
  EXPECT_EQ(run(text, {0}, 1, options).error, "") << instruction;
  unsigned clean = 15;
  for (const Finding &each : findings) {
    size_t at = each.text.find("st.global.b8 [%rd2+");
    EXPECT_NE(at, std::string::npos) << instruction << ": " << each.text;
    if (at != std::string::npos)
      clean &= ~(1u << (each.text[at + 19] - '0'));
  }
  return clean;
}

void check(const std::vector<Case> &cases) {
  for (const Case &each : cases)
    EXPECT_EQ(cleanBytes(each.instruction), each.clean) << each.instruction;
}
} // namespace

TEST(PtxPoison, LogicDecidesBits) {
  check({{"and.b32 %r5, %r2, 0x0000ffff;", 0b1111},
         {"and.b32 %r5, %r2, 0x00ffffff;", 0b1011},
         {"and.b32 %r5, %r2, 0x00010000;", 0b1011},
         {"or.b32 %r5, %r2, 0xffff0000;", 0b1111},
         {"or.b32 %r5, %r2, 0xfeff0000;", 0b0111},
         {"xor.b32 %r5, %r2, %r4;", 0b0011},
         {"not.b32 %r5, %r2;", 0b0011},
         {"lop3.b32 %r5, %r2, 0x0000ffff, %r4, 0xea;", 0b1111},
         {"lop3.b32 %r5, %r2, 0x00ffffff, 0, 0xea;", 0b1011},
         {"lop3.b32 %r5, %r2, %r3, %r4, 0xaa;", 0b1111},
         {"lop3.b32 %r5, %r2, %r3, %r4, 0x96;", 0b0010}});
}

TEST(PtxPoison, ShiftsMoveBits) {
  check({{"shl.b32 %r5, %r2, 8;", 0b0111},
         {"shl.b32 %r5, %r2, 4;", 0b0011},
         {"shl.b32 %r5, %r2, 32;", 0b1111},
         {"shl.b32 %r5, %r4, %r2;", 0b0000},
         {"shr.u32 %r5, %r2, 16;", 0b1100},
         {"shr.s32 %r5, %r2, 16;", 0b0000},
         {"shl.b32 %r6, %r2, 16;\nshr.s32 %r5, %r6, 24;", 0b1111},
         {"shf.l.wrap.b32 %r5, %r2, %r4, 8;", 0b1110},
         {"shf.r.clamp.b32 %r5, %r4, %r2, 16;", 0b1111},
         {"brev.b32 %r5, %r2;", 0b1100}});
}

TEST(PtxPoison, FieldsAndBytes) {
  check({{"bfe.u32 %r5, %r2, 4, 12;", 0b1111},
         {"bfe.u32 %r5, %r2, 4, 16;", 0b1101},
         {"bfe.s32 %r5, %r2, 4, 16;", 0b0001},
         {"bfe.s32 %r5, %r2, 0, 16;", 0b1111},
         {"bfe.u32 %r5, %r4, %r2, 8;", 0b0000},
         {"bfi.b32 %r5, %r4, %r2, 16, 16;", 0b1111},
         {"bfi.b32 %r5, %r2, %r4, 0, 24;", 0b1011},
         {"bfi.b32 %r5, %r2, %r4, 8, %r3;", 0b0000},
         {"prmt.b32 %r5, %r2, %r4, 0x7610;", 0b1111},
         {"prmt.b32 %r5, %r2, %r4, 0x5423;", 0b1100},
         {"prmt.b32 %r5, %r2, %r4, 0x449a;", 0b1110},
         {"prmt.b32 %r5, %r3, %r2, 0x1541;", 0b1111},
         {"mov.b32 %r6, 0x3210;\nprmt.b32 %r6, %r6, %r2, 0x7610;\nprmt.b32 %r5, %r4, %r4, %r6;",
          0b1111},
         {"prmt.b32 %r5, %r4, %r4, %r3;", 0b1100}});
}

TEST(PtxPoison, MovesAndConversions) {
  check({{"mov.b32 {%rs2, %rs3}, %r2;\nmov.b32 %r5, {%rs2, %rs2};", 0b1111},
         {"mov.b32 {%rs2, %rs3}, %r2;\nmov.b32 %r5, {%rs3, %rs2};", 0b1100},
         {"mov.b64 %rd4, {%r2, %r4};\nmov.b64 {%r6, %r5}, %rd4;", 0b1111},
         {"mov.b64 %rd4, {%r2, %r4};\nmov.b64 {%r5, %r6}, %rd4;", 0b0011},
         {"mov.b32 %r5, %r3;", 0b0010},
         {"cvt.u16.u32 %rs2, %r2;\ncvt.u32.u16 %r5, %rs2;", 0b1111},
         {"cvt.s32.s8 %r5, %r2;", 0b1111},
         {"cvt.u32.u8 %r5, %r3;", 0b1110},
         {"cvt.s32.s8 %r5, %r3;", 0b0000},
         {"cvt.s32.s16 %r5, %r3;", 0b1110},
         {"cvt.rn.bf16x2.f32 %r5, %r2, %r4;", 0b0011},
         {"cvt.rn.f16x2.f32 %r5, %r4, %r2;", 0b1100},
         {"cvt.u16.u32 %rs2, %r4;\ncvt.rn.f16x2.e4m3x2 %r6, %rs2;\nmov.b32 %r5, %r6;", 0b1111},
         {"mov.b32 {%rs2, %rs3}, %r3;\ncvt.rn.f16x2.e4m3x2 %r5, %rs2;", 0b1100},
         {"setp.eq.s32 %p1, %r1, 0;\nselp.b32 %r5, %r2, %r4, %p1;", 0b0011},
         {"setp.eq.s32 %p1, %r2, 0;\nselp.b32 %r5, %r4, %r4, %p1;", 0b0000},
         {"shfl.sync.idx.b32 %r5, %r2, 0, 31, 1;", 0b0011},
         {"ld.shared.s16 %r5, [%rd5];", 0b1111},
         {"ld.shared.s16 %r5, [%rd5+4];", 0b1110},
         {"ld.shared.u16 %r5, [%rd5+2];", 0b1100},
         {"ld.shared.s16 %r5, [%rd5+2];", 0b0000}});
}

TEST(PtxPoison, ArithmeticSpreadsOverItsNumbers) {
  check({{"add.s32 %r5, %r2, %r4;", 0b0000},
         {"and.b32 %r6, %r2, 0xffff;\nadd.s32 %r5, %r6, %r4;", 0b1111},
         {"mul.lo.s32 %r5, %r3, 0;", 0b0000},
         {"add.rn.bf16x2 %r5, %r2, %r4;", 0b0011},
         {"fma.rn.f16x2 %r5, %r4, %r3, %r4;", 0b0000}});
}

TEST(PtxPoison, LanesThatDoNotExecuteKeepTheirs) {
  // Lane 0 writes its upper half alone; lane 1's stays as it was.
  const std::string body = "cvt.u16.u32 %rs1, %r1;\nmov.b32 %r2, {%rs1, %rs9};\nmov.b32 %r4, 7;\n"
                           "mov.b32 %r5, %r2;\nsetp.eq.s32 %p1, %r1, 0;\n"
                           "@%p1 bfi.b32 %r5, %r4, %r5, 16, 16;\n"
                           "setp.eq.s32 %p2, %r1, ";
  const std::string tail = ";\n@%p2 st.global.b32 [%rd2], %r5;\n";
  auto error = [&](const char *lane) {
    return run(kernelAround(body + lane + tail), std::vector<uint64_t>(2), 2).error;
  };
  EXPECT_EQ(error("0"), "");
  EXPECT_NE(error("1").find("lane 1: what is stored to global memory"), std::string::npos);
}
