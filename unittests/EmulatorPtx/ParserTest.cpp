//===- ParserTest.cpp - Texts of modules ----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <random>

using namespace moec::ptx;
using namespace moec::ptx::test;

static std::string errorOf(const std::string &text) {
  moec::emulator::AllocationTable memory;
  auto module = Module::load(text, memory);
  return module ? "" : module.takeError().message();
}

TEST(PtxParser, HeadOfAKernel) {
  std::string text =
      "//\n// as LLVM writes it\n//\n\n.version 8.0\n.target sm_90a, debug\n.address_size 64\n"
      ".global .align 16 .b8 zeros[16];\n.shared .align 8 .b8 fixed[24];\n"
      ".extern .shared .align 16 .b8 sm[];\n"
      ".visible .entry k(\n\t.param .u64 .ptr .global .align 1 k_param_0,\n\t.param .u32 "
      "k_param_1,\n"
      "\t.param .align 2 .b8 k_param_2[2],\n\t.param .u64 k_param_3\n)\n.reqntid 64, "
      "2\n.minnctapersm 1\n"
      "{\n\t.local .align 4 .b8 \t__local_depot0[12];\n\t.reg .b64 \t%rd<4>;\n\n// %bb.0:\n"
      "\tld.param.b64 \t%rd1, [k_param_0];\n\tmov.b64 \t%rd2, fixed;\n\tmov.b64 \t%rd3, "
      "sm;\n\tret;\n}\n";
  moec::emulator::AllocationTable memory;
  auto module = Module::load(text, memory);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ((*module)->target(), "sm_90a");
  EXPECT_EQ((*module)->version(), 80u);
  EXPECT_EQ((*module)->variables().at("zeros").size, 16u);
  const KernelInfo *k = (*module)->kernel("k");
  ASSERT_NE(k, nullptr);
  ASSERT_EQ(k->parameters.size(), 4u);
  EXPECT_TRUE(k->parameters[0].pointer);
  EXPECT_EQ(k->parameters[1].offset, 8u);
  EXPECT_EQ(k->parameters[2].offset, 12u);
  EXPECT_EQ(k->parameters[2].size, 2u);
  EXPECT_EQ(k->parameters[3].offset, 16u);
  EXPECT_EQ(k->parameterBytes, 24u);
  EXPECT_EQ(k->required[1], 2u);
  EXPECT_EQ(k->maxThreads, 128u);
  EXPECT_EQ(k->sharedBytes, 32u);
  EXPECT_TRUE(k->dynamicShared);
  EXPECT_EQ(k->localBytes, 12u);
  EXPECT_TRUE(isPtx(text));
  EXPECT_FALSE(isPtx("\x7f"
                     "ELF"));
}

TEST(PtxParser, RefusesWhatItDoesNotKnow) {
  const std::pair<const char *, const char *> cases[] = {
      {"wgmma.fence.sync.aligned;", "'wgmma.fence.sync.aligned' is not emulated"},
      {"add.rz.f32 %r2, %r3, %r4;", "'.rz' of 'add.rz.f32' is not emulated"},
      {"add.s32 %r2, %r3;", "has 2 operands and takes 3"},
      {"add.s32 %r2, %rd3, %r4;", "%rd3 has 64 bits"},
      {"add.s32 %r2, %r99, %r4;", "'%r99' is not declared"},
      {"bra NOWHERE;", "there is no label NOWHERE"},
      {"st.const.b32 [%rd1], %r2;", "is not emulated"},
      {"setp.foo.s32 %p1, %r2, %r3;", "is not emulated"},
      {"add.s32 %r2, %r3, %r4", "';' is missing"},
      {"mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32 {%r1}, {%r2}, {%r3}, {%r4};",
       "is not emulated"}};
  for (auto [body, message] : cases) {
    std::string error = errorOf(kernelAround(body));
    EXPECT_NE(error.find(message), std::string::npos) << body << ": " << error;
    EXPECT_EQ(error.rfind("line ", 0), 0u) << error;
  }
}

namespace {
/// Registers that were declared by what they hold.
const std::string kTyped = ".reg .f32 a, b, c, d;\n.reg .f64 e;\n.reg .u32 i, j;\n.reg .f16 h;\n"
                           ".reg .b8 small;\n";

/// Instructions, and the target of their text.
struct Texts {
  const char *target;
  std::vector<const char *> bodies;
};

/// Both say the same of each text; where there is no ptxas, the emulator alone.
void expectVerdicts(const std::vector<Texts> &all, bool accepted) {
  for (const Texts &texts : all)
    for (const char *body : texts.bodies) {
      std::string text = kernelAround(kTyped + body, texts.target), message;
      std::string error = errorOf(text);
      EXPECT_EQ(error.empty(), accepted) << texts.target << ": " << body << ": " << error;
      std::string said;
      bool known = acceptedByPtxas(text, said);
      if (!accepted && known && said.empty())
        continue; // There is none.
      EXPECT_EQ(known, accepted) << texts.target << ": " << body << ": " << said;
    }
}
} // namespace

TEST(PtxParser, RefusesWhatPtxasRefuses) {
  expectVerdicts(
      {{"sm_90a",
        {// Types that registers were not declared for.
         "add.f32 i, a, b;", "add.s32 i, j, a;", "mov.u32 a, i;", "ld.global.u32 a, [%rd1];",
         "ld.global.f32 i, [%rd1];", "st.global.u8 [%rd1], a;", "cvt.rn.f32.s32 a, b;",
         "cvt.u32.u16 a, %rs1;", "fma.rn.bf16 h, %rs1, %rs2, %rs3;", "mul.wide.u32 e, i, 3;",
         "popc.b32 a, i;", "redux.sync.add.s32 a, i, -1;", "bfe.u32 i, j, a, 3;",
         "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {a, b, c, d}, {a, b, c, d}, {i, j}, "
         "{a, b, c, d};",
         "cvt.rna.tf32.f32 %r1, %rd2;", "ld.global.b32 %r1, [a];", "isspacep.shared %p1, e;",
         // Numbers of another kind.
         "mul.rn.f32 a, b, 7;", "setp.eq.s32 %p1, i, 0f3F800000;", "mov.u32 i, 0f3F800000;",
         "st.global.u32 [%rd1], 0f3F800000;", "fma.rn.f16x2 %r1, %r2, %r3, 0f00000000;",
         "shl.b64 %rd1, 0f3F800000, 8;",
         // Types that an instruction does not have.
         "ld.global.f16 %rs1, [%rd1];", "mov.f16x2 %r1, %r2;", "selp.tf32 %r1, %r2, %r3, %p1;",
         "shl.u32 %r1, %r2, 3;", "setp.lt.b32 %p1, %r1, %r2;", "setp.lo.s32 %p1, %r1, %r2;",
         "mov.s64 {%r1, %r2}, %rd1;", "atom.global.add.bf16x2 %r1, [%rd1], %r2;",
         // What is no operand there.
         "add.s32 %r2, %tid.x, 1;", "add.s32 !%r2, %r3, 1;", "add.s32 _, %r3, 1;",
         "ld.global.b32 _, [%rd1];", "max.sat.f32 a, b, c;", "mov.b32 !%r2, %r3;",
         "ld.global.b32 %r1, [%r2];", "ld.shared.b32 %r1, [16];",
         "ld.global.b32 %r1, [0f3F800000];", "ld.nc.b32 %r1, [%rd1];",
         "ld.global.v2.b32 {%r2, %r3, %r4}, [%rd1];", "mov.b32 {%rs1, %rs2, %rs3}, %r1;",
         "mma.sync.m16n8k16.row.col.f32.bf16.bf16.f32 {%r1, %r2, %r3, %r4}, {%r1, %r2, %r3, %r4}, "
         "{%r5, %r6}, {%r1, %r2, %r3, %r4};",
         "ldmatrix.sync.m8n8.x2.shared.b16 {%r1, %r2}, [%rd1];",
         // Of newer machines.
         "ld.global.v8.b32 {%r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8}, [%rd1];",
         "add.rn.f32x2 %rd1, %rd2, %rd3;", "cvt.rn.satfinite.e2m1x2.f32 small, a, b;",
         "add.rn.f32.bf16 a, %rs1, b;"}},
       {"sm_80",
        {"add.rn.bf16 %rs1, %rs2, %rs3;", "mul.rn.bf16x2 %r1, %r2, %r3;",
         "cvt.rn.satfinite.e4m3x2.f32 %rs1, a, b;", "cvt.rn.bf16.s32 %rs1, %r1;",
         "cvt.rn.tf32.f32 %r1, a;", "setp.eq.bf16 %p1, %rs1, %rs2;",
         "ex2.approx.ftz.bf16 %rs1, %rs2;",
         "stmatrix.sync.aligned.m8n8.x2.shared.b16 [%rd1], {%r1, %r2};",
         "atom.global.add.noftz.bf16x2 %r1, [%rd1], %r2;", "griddepcontrol.wait;",
         "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {a, b, c, d}, {%r1, %r2, %r3, %r4}, "
         "{%r5, %r6}, {a, b, c, d};"}},
       {"sm_100", {"cvt.rn.satfinite.e2m1x2.f32 small, a, b;"}},
       {"sm_100a",
        {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.e2m1.e3m2.f32 {a, b, c, d}, {%r1, "
         "%r2, %r3, %r4}, {%r5, %r6}, {a, b, c, d};"}}},
      false);
}

TEST(PtxParser, TakesWhatPtxasTakes) {
  expectVerdicts({{"sm_90a",
                   {"add.s32 i, j, %r1;",
                    "mov.b32 a, i;",
                    "mov.f32 %r1, a;",
                    "and.b32 a, b, %r1;",
                    "ld.global.b32 a, [%rd1];",
                    "ld.global.f32 %r1, [%rd1];",
                    "ld.global.b16 a, [%rd1];",
                    "add.f64 e, e, 0f3F800000;",
                    "add.f32 a, b, 1.5;",
                    "mov.b32 a, 0f3F800000;",
                    "setp.eq.b32 %p1, i, 0f00000000;",
                    "selp.b32 %r1, a, 0f3F800000, %p1;",
                    "mov.b32 {%rs1, _}, %r1;",
                    "shfl.sync.bfly.b32 a, b, 1, 31, -1;",
                    "atom.global.add.u32 _, [%rd1], 1;",
                    "cvt.u64.u32 %rd1, %tid.x;",
                    "cvt.u32.u16 %rd1, %rs1;",
                    "st.global.b16 [%rd1], %r1;",
                    "ld.shared.b32 %r1, [i];",
                    "prmt.b32 a, b, %r1, %r3;",
                    "fma.rn.f16 h, %rs1, h, h;",
                    "atom.global.add.noftz.bf16x2 %r1, [%rd1], %r2;"}},
                  {"sm_80",
                   {"cvt.f32.bf16 a, %rs1;", "cvt.rn.bf16x2.f32 %r1, a, b;",
                    "fma.rn.bf16x2 %r1, %r2, %r3, %r4;", "cvt.rna.tf32.f32 %r1, a;",
                    "max.bf16x2 %r1, %r2, %r3;", "neg.bf16x2 %r1, %r2;",
                    "atom.global.add.noftz.f16x2 %r1, [%rd1], %r2;"}},
                  {"sm_100a",
                   {"cvt.rn.satfinite.e2m1x2.f32 small, a, b;", "add.rn.f32x2 %rd1, %rd2, %rd3;",
                    "ld.global.v4.b64 {%rd3, %rd4, %rd5, %rd6}, [%rd1];"}}},
                 true);
}

TEST(PtxParser, MutatedTextsAreRefusedOrRun) {
  std::string text = kernelAround(
      "ld.global.v2.b32 {%r2, %r3}, [%rd1+0];\nsetp.lt.and.s32 %p1|%p2, %r2, -7, !%p3;\n@%p1 bra "
      "END;\n{\n"
      ".reg .b8 t;\ncvt.rn.satfinite.e2m1x2.f32 t, %r2, 0f3F800000;\n}\n"
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%r2,%r3,%r4,%r5}, {%r6,%r7,%r8,%r9}, "
      "{%r10,%r11}, "
      "{%r2,%r3,%r4,%r5};\nTABLE: .branchtargets END, END;\nbrx.idx %r2, TABLE;\nEND:\n"
      "cp.async.cg.shared.global [%rd4], [%rd1], 16;\n",
      "sm_120a", ".shared .align 16 .b8 tile[64];\n.global .b32 table[2] = {1, -2};");
  std::mt19937 random(1);
  unsigned refused = 0;
  for (unsigned i = 0; i < 4000; ++i) {
    std::string mutated = text;
    for (unsigned n = 1 + random() % 4; n; --n) {
      size_t at = random() % mutated.size();
      switch (random() % 4) {
      case 0:
        mutated[at] = char(random() % 128);
        break;
      case 1:
        mutated.erase(at, 1 + random() % 20);
        break;
      case 2:
        mutated.insert(at, mutated.substr(random() % mutated.size(), random() % 20));
        break;
      default:
        mutated.insert(at, 1, "{}[];,.%@!|<>-0"[random() % 15]);
      }
      if (mutated.empty())
        mutated = "x";
    }
    std::string error = errorOf(mutated);
    refused += !error.empty();
    if (!error.empty()) {
      EXPECT_EQ(error.rfind("line ", 0), 0u) << error;
    }
  }
  EXPECT_GT(refused, 2000u);
}
