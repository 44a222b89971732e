//===- ControlTest.cpp - Lanes that part and meet -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

using namespace moec::ptx;
using namespace moec::ptx::test;

static std::vector<uint64_t> count(unsigned n) {
  std::vector<uint64_t> in(n);
  for (unsigned i = 0; i < n; ++i)
    in[i] = i;
  return in;
}

TEST(PtxControl, GuardedBlockBehindItsJoin) {
  // As LLVM lays it out: the join, which exchanges among all lanes, stands before the block.
  Outcome outcome = run(kernelAround("mov.b32 %r2, 1;\nand.b32 %r3, %r1, 1;\n"
                                     "setp.eq.s32 %p1, %r3, 0;\n@%p1 bra BEHIND;\n"
                                     "JOIN:\nshfl.sync.bfly.b32 %r4, %r2, 1, 31, -1;\n"
                                     "cvt.u64.u32 %rd4, %r4;\nst.global.b64 [%rd2], %rd4;\nret;\n"
                                     "BEHIND:\nmov.b32 %r2, 7;\nbra.uni JOIN;\n"),
                        count(32));
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(outcome.out[i], i % 2 ? 7u : 1u);
  EXPECT_EQ(outcome.counters.splits, 1u);
}

TEST(PtxControl, LoopsOfDifferentLength) {
  Outcome outcome = run(kernelAround("mov.b32 %r2, 0;\nmov.b32 %r3, 0;\n"
                                     "LOOP:\nadd.s32 %r2, %r2, %r3;\nadd.s32 %r3, %r3, 1;\n"
                                     "setp.le.s32 %p1, %r3, %r1;\n@%p1 bra LOOP;\n"
                                     "bar.sync 0;\nredux.sync.add.s32 %r4, %r2, -1;\n"
                                     "mov.b64 %rd4, {%r2, %r4};\nst.global.b64 [%rd2], %rd4;\n"),
                        count(64), 64);
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 64; ++i) {
    uint32_t sum = 0;
    for (unsigned k = i / 32 * 32; k < i / 32 * 32 + 32; ++k)
      sum += k * (k + 1) / 2;
    EXPECT_EQ(outcome.out[i], i * (i + 1) / 2 | uint64_t(sum) << 32);
  }
}

TEST(PtxControl, BranchByIndex) {
  Outcome outcome =
      run(kernelAround("and.b32 %r2, %r1, 3;\nTABLE: .branchtargets A, B, C, B;\n"
                       "brx.idx %r2, TABLE;\n"
                       "A:\nmov.b64 %rd4, 10;\nbra END;\nB:\nmov.b64 %rd4, 20;\nbra END;\n"
                       "C:\nmov.b64 %rd4, 30;\nEND:\nst.global.b64 [%rd2], %rd4;\n"),
          count(32));
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(outcome.out[i], i % 4 == 0 ? 10u : i % 4 == 2 ? 30u : 20u);
}

TEST(PtxControl, LaneThatWaitsForAnother) {
  // Lane 0 spins until lane 31, which goes another way, has said so.
  Outcome outcome = run(kernelAround("setp.ne.s32 %p1, %r1, 0;\n@%p1 bra SAY;\n"
                                     "SPIN:\nld.volatile.global.b64 %rd4, [%rd1+248];\n"
                                     "setp.eq.s64 %p2, %rd4, 31;\n@%p2 bra SPIN;\nbra END;\n"
                                     "SAY:\nmov.b64 %rd4, 99;\nsetp.eq.s32 %p3, %r1, 31;\n"
                                     "@%p3 st.volatile.global.b64 [%rd1], %rd4;\n"
                                     "END:\nst.global.b64 [%rd2], %rd4;\n"),
                        count(32));
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(outcome.out[i], 99u);
}

TEST(PtxControl, Exchanges) {
  Outcome outcome =
      run(kernelAround("shfl.sync.up.b32 %r2|%p1, %r1, 3, 0, -1;\n"
                       "shfl.sync.down.b32 %r3, %r1, 5, 31, -1;\n"
                       "shfl.sync.idx.b32 %r4, %r1, 2, 0x181f, -1;\n"
                       "and.b32 %r5, %r1, 1;\nsetp.eq.s32 %p2, %r5, 1;\n"
                       "vote.sync.ballot.b32 %r6, %p2, -1;\n"
                       "match.any.sync.b32 %r7, %r5, -1;\n"
                       "selp.b32 %r8, 1, 0, %p1;\nshl.b32 %r9, %r8, 24;\nshl.b32 %r10, %r4, 16;\n"
                       "shl.b32 %r11, %r3, 8;\nor.b32 %r12, %r9, %r10;\nor.b32 %r13, %r11, %r2;\n"
                       "or.b32 %r14, %r12, %r13;\nxor.b32 %r15, %r6, %r7;\n"
                       "mov.b64 %rd4, {%r14, %r15};\nst.global.b64 [%rd2], %rd4;\n"),
          count(32));
  ASSERT_EQ(outcome.error, "");
  for (unsigned i = 0; i < 32; ++i) {
    uint32_t up = i >= 3 ? i - 3 : i, down = i + 5 < 32 ? i + 5 : i, segment = i / 8 * 8 + 2;
    uint32_t low = up | down << 8 | segment << 16 | uint32_t(i >= 3) << 24;
    uint32_t high = 0xaaaaaaaa ^ (i % 2 ? 0xaaaaaaaa : 0x55555555);
    EXPECT_EQ(outcome.out[i], low | uint64_t(high) << 32) << i;
  }
}
