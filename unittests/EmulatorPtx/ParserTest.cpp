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
