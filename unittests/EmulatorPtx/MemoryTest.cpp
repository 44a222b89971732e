//===- MemoryTest.cpp - Loads, stores, atomics, copies --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

using namespace moec::ptx;
using namespace moec::ptx::test;

static std::vector<uint64_t> numbers(unsigned n) {
  std::vector<uint64_t> in(n);
  for (unsigned i = 0; i < n; ++i)
    in[i] = 0x8182838485868788ull * (i + 1);
  return in;
}

TEST(PtxMemory, WidthsAndExtensions) {
  auto in = numbers(32);
  Outcome outcome = run(kernelAround("ld.global.s8 %r2, [%rd1+1];\nld.global.u16 %r3, [%rd1+2];\n"
                                     "add.s32 %r4, %r2, %r3;\nld.global.nc.b32 %rd5, [%rd1+4];\n"
                                     "cvt.s64.s32 %rd6, %rd5;\ncvt.u64.u32 %rd7, %r4;\n"
                                     "xor.b64 %rd4, %rd6, %rd7;\nst.global.b64 [%rd2], %rd4;\n"
                                     "st.global.b8 [%rd2+3], %r4;\n"),
                        in);
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 32; ++i) {
    uint32_t sum = uint32_t(int8_t(in[i] >> 8)) + uint16_t(in[i] >> 16);
    uint64_t expected = uint64_t(int64_t(int32_t(in[i] >> 32))) ^ sum;
    expected = (expected & ~(uint64_t(255) << 24)) | uint64_t(uint8_t(sum)) << 24;
    EXPECT_EQ(outcome.out[i], expected);
  }
}

TEST(PtxMemory, VectorsThroughSharedLocalAndConstantMemory) {
  std::string before = ".shared .align 16 .b8 tile[512];\n"
                       ".const .align 4 .b32 table[4] = {5, 6, 7, 8};";
  Outcome outcome = run(
      kernelAround(
          "{\n.local .align 8 .b8 depot[16];\nmov.b64 %rd10, depot;\n"
          "cvta.local.u64 %rd11, %rd10;\nst.local.b32 [%rd10+4], %r1;\nld.b32 %r9, [%rd11+4];\n}\n"
          "mov.b64 %rd5, tile;\nmul.wide.u32 %rd6, %r1, 16;\nadd.s64 %rd7, %rd5, %rd6;\n"
          "add.s32 %r2, %r9, 100;\nst.shared.v4.b32 [%rd7], {%r1, %r2, %r1, %r2};\nbar.sync 0;\n"
          "mov.b32 %r3, 31;\nsub.s32 %r4, %r3, %r1;\nmul.wide.u32 %rd8, %r4, 16;\n"
          "cvta.shared.u64 %rd12, %rd5;\nadd.s64 %rd9, %rd12, %rd8;\n"
          "ld.v2.b32 {%r5, %r6}, [%rd9+8];\nand.b32 %r7, %r1, 3;\nmul.wide.u32 %rd13, %r7, 4;\n"
          "mov.b64 %rd14, table;\nadd.s64 %rd15, %rd14, %rd13;\nld.const.b32 %r8, [%rd15];\n"
          "add.s32 %r10, %r5, %r8;\nmov.b64 %rd4, {%r10, %r6};\nst.global.b64 [%rd2], %rd4;\n",
          "sm_90a", before),
      numbers(32));
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(outcome.out[i], (31 - i + 5 + i % 4) | uint64_t(131 - i) << 32);
}

TEST(PtxMemory, Atomics) {
  std::vector<uint64_t> in(64);
  Outcome outcome =
      run(kernelAround("ld.param.b64 %rd5, [k_in];\nadd.s32 %r2, %r1, 1;\n"
                       "atom.global.add.u32 %r3, [%rd5], %r2;\n"
                       "red.global.max.u32 [%rd5+4], %r2;\n"
                       "cvt.rn.f32.u32 %f1, %r2;\natom.global.add.f32 %f2, [%rd5+8], %f1;\n"
                       "atom.acq_rel.gpu.global.cas.b32 %r4, [%rd5+12], 0, %r2;\n"
                       "bar.sync 0;\nld.global.v2.b32 {%r5, %r6}, [%rd5+8];\n"
                       "ld.global.v2.b32 {%r7, %r8}, [%rd5];\nadd.s32 %r9, %r7, %r8;\n"
                       "add.s32 %r10, %r9, %r6;\n"
                       "mov.b64 %rd4, {%r10, %r5};\nst.global.b64 [%rd2], %rd4;\n"),
          in, 64);
  ASSERT_EQ(outcome.error, "");
  for (uint64_t each : outcome.out)
    EXPECT_EQ(each, (2080u + 64 + 1) | uint64_t(std::bit_cast<uint32_t>(2080.0f)) << 32);
}

TEST(PtxMemory, CopiesLandAtTheWait) {
  std::string text = kernelAround(
      "mov.b64 %rd5, tile;\nadd.s64 %rd6, %rd5, %rd3;\nmov.b32 %r2, 4;\n"
      "cp.async.ca.shared.global [%rd6], [%rd1], 8;\ncp.async.commit_group;\n"
      "cp.async.ca.shared.global [%rd6+512], [%rd1], 8, %r2;\ncp.async.commit_group;\n"
      "cp.async.wait_group 1;\nbar.sync 0;\nxor.b32 %r3, %r1, 33;\nmul.wide.u32 %rd7, %r3, 8;\n"
      "add.s64 %rd8, %rd5, %rd7;\nld.shared.b64 %rd9, [%rd8];\ncp.async.wait_all;\n"
      "ld.shared.b64 %rd10, [%rd6+512];\nadd.s64 %rd4, %rd9, %rd10;\nst.global.b64 [%rd2], %rd4;\n",
      "sm_90a", ".shared .align 16 .b8 tile[1024];");
  auto in = numbers(64);
  Outcome outcome = run(text, in, 64);
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 64; ++i)
    EXPECT_EQ(outcome.out[i], in[i ^ 33] + uint32_t(in[i]));
  EXPECT_EQ(outcome.counters.asyncBytes, 64u * 16);
}

TEST(PtxMemory, DynamicSharedMemoryLiesBehindTheStatic) {
  Outcome outcome =
      run(kernelAround("mov.b64 %rd5, dynamic;\nmov.b64 %rd6, fixed;\nsub.s64 %rd4, %rd5, %rd6;\n"
                       "st.shared.b64 [%rd5+120], %rd4;\nld.shared.b64 %rd7, [%rd5+120];\n"
                       "setp.eq.s32 %p1, %r1, 0;\n@%p1 st.global.b64 [%rd2], %rd7;\n",
                       "sm_90a",
                       ".extern .shared .align 16 .b8 dynamic[];\n"
                       ".shared .align 4 .b8 fixed[20];"),
          numbers(1), 1, {}, 128);
  ASSERT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.out[0], 32u);
}
