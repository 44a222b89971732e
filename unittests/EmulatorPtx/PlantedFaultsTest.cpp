//===- PlantedFaultsTest.cpp - Every check finds its fault ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

using namespace moec::ptx;
using namespace moec::ptx::test;

namespace {
const std::string kTile = ".shared .align 16 .b8 tile[1024];";
/// Writes eight bytes of the thread's own and reads those of a thread of another warp.
const std::string kSwap =
    "mov.b64 %rd5, tile;\nadd.s64 %rd6, %rd5, %rd3;\nst.shared.b64 [%rd6], %rd3;\n";
const std::string kRead =
    "xor.b32 %r3, %r1, 32;\nmul.wide.u32 %rd7, %r3, 8;\nadd.s64 %rd8, %rd5, %rd7;\n"
    "ld.shared.b64 %rd4, [%rd8];\nst.global.b64 [%rd2], %rd4;\n";

void expectFault(const std::string &body, const std::vector<std::string> &words,
                 uint32_t threads = 64, const std::string &before = kTile) {
  Outcome outcome =
      run(kernelAround(body, "sm_90a", before), std::vector<uint64_t>(threads), threads);
  for (const std::string &word : words)
    EXPECT_NE(outcome.error.find(word), std::string::npos) << word << " in: " << outcome.error;
}
} // namespace

TEST(PtxFaults, MissingBarrier) {
  EXPECT_EQ(run(kernelAround(kSwap + "bar.sync 0;\n" + kRead, "sm_90a", kTile),
                std::vector<uint64_t>(64), 64)
                .error,
            "");
  // Warp 0 reads what warp 1 has not written.
  expectFault(kSwap + kRead, {"kernel k, line", "st.global.b64", "block (0, 0, 0), warp 0, lane 0",
                              "a value that nothing wrote"});
  // Warp 1 reads behind a barrier what warp 0 writes behind it, too.
  expectFault(kSwap + "bar.sync 0;\n" + kSwap + kRead, {"races with warp 0", "warp 1"});
}

TEST(PtxFaults, RaceOfWriters) {
  expectFault("and.b32 %r2, %r1, 31;\nmul.wide.u32 %rd4, %r2, 4;\nmov.b64 %rd5, tile;\n"
              "add.s64 %rd5, %rd5, %rd4;\nst.shared.b32 [%rd5], %r1;\n",
              {"store of 4 bytes at 0x0", "races with warp 0"});
}

TEST(PtxFaults, OutOfBounds) {
  expectFault("ld.global.b64 %rd4, [%rd1+8];\nst.global.b64 [%rd2], %rd4;\n",
              {"lane 31: load of 8 bytes", "behind an allocation of 512"}, 64);
  expectFault("mov.b64 %rd5, tile;\nst.shared.b64 [%rd5+1024], %rd5;\n",
              {"at 0x400 of shared memory, which has 1024 bytes"});
  expectFault("mov.b64 %rd5, 0;\nst.global.b32 [%rd5], %r1;\n", {"is in no allocation"});
}

TEST(PtxFaults, Misaligned) {
  expectFault(
      "add.s64 %rd5, %rd1, 4;\nsetp.eq.s32 %p1, %r1, 3;\n@%p1 ld.global.b64 %rd4, [%rd5];\n",
      {"lane 3: load of 8 bytes", "not aligned"});
}

TEST(PtxFaults, MissingWait) {
  std::string copy = "mov.b64 %rd5, tile;\nadd.s64 %rd6, %rd5, %rd3;\n"
                     "cp.async.ca.shared.global [%rd6], [%rd1], 8;\ncp.async.commit_group;\n";
  std::string read = "ld.shared.b64 %rd4, [%rd6];\nst.global.b64 [%rd2], %rd4;\n";
  expectFault(copy + read, {"a cp.async to it has not been waited for", "ld.shared.b64"});
  expectFault(copy + "cp.async.wait_group 1;\n" + read, {"has not been waited for"});
  EXPECT_EQ(run(kernelAround(copy + "cp.async.wait_group 0;\n" + read, "sm_90a", kTile),
                std::vector<uint64_t>(64), 64)
                .error,
            "");
  // Waited for by the warp that copied, but without a barrier for the one that reads.
  expectFault(copy + "cp.async.wait_group 0;\n" + kRead, {"a value that nothing wrote"});
}

TEST(PtxFaults, LanesThatWaitForEachOther) {
  expectFault(
      "setp.lt.s32 %p1, %r1, 8;\n@%p1 bra FIRST;\nbar.warp.sync -1;\nbra END;\n"
      "FIRST:\nshfl.sync.bfly.b32 %r2, %r1, 1, 31, -1;\nEND:\n",
      {"lanes wait for each other", "lanes 0-7 at line", "lanes 8-31 at line", "bar.warp.sync"},
      32);
  expectFault("setp.lt.s32 %p1, %r1, 8;\n@%p1 ret;\nbar.sync 0;\n",
              {"all lanes have to be here", "lane 0"}, 32);
}

TEST(PtxFaults, BarrierArrivals) {
  expectFault(
      "setp.lt.s32 %p1, %r1, 32;\n@%p1 bra FIRST;\nbar.sync 1;\nret;\nFIRST:\nbar.sync 2;\n",
      {"warps wait for each other", "barrier 1", "barrier 2"});
  expectFault("setp.lt.s32 %p1, %r1, 32;\n@%p1 bra END;\nbar.sync 1;\nEND:\n",
              {"the barrier waits for warp 0, which has ended"});
}

TEST(PtxFaults, Poison) {
  expectFault("st.global.b32 [%rd2], %r5;\n", {"a value that nothing wrote"});
  expectFault("setp.eq.s32 %p1, %r5, 0;\n@%p1 bra END;\nmov.b32 %r6, 0;\nEND:\n", {"a guard"});
  // What is not used is no fault: the upper half goes.
  EXPECT_EQ(run(kernelAround(
                    "cvt.u16.u32 %rs1, %r1;\nmov.b32 %r6, {%rs1, %rs9};\ncvt.u16.u32 %rs2, %r6;\n"
                    "st.global.b16 [%rd2], %rs2;\n"),
                std::vector<uint64_t>(32))
                .error,
            "");
}

TEST(PtxFaults, AllowedFindingsAreListed) {
  std::vector<Finding> findings;
  LaunchOptions options;
  options.allowed = ~0u, options.findings = &findings;
  Outcome outcome = run(kernelAround(kSwap + "bar.sync 0;\n" + kSwap + kRead, "sm_90a", kTile),
                        std::vector<uint64_t>(64), 64, options);
  EXPECT_EQ(outcome.error, "");
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].cls, FindingClass::Race);
  EXPECT_EQ(findings[0].count, 32u);
}

TEST(PtxFaults, BlocksThatRace) {
  std::string text = kernelAround("ld.param.b64 %rd5, [k_out];\nst.global.b32 [%rd5], %r1;\n");
  moec::emulator::AllocationTable memory;
  auto module = Module::load(text, memory);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  void *buffers[2] = {memory.allocate(64), memory.allocate(64)};
  LaunchShape shape;
  shape.grid[0] = 2;
  LaunchOptions options;
  options.checkBlocks = true;
  auto counters = launch(**module, *(*module)->kernel("k"), shape,
                         std::as_bytes(std::span(buffers)), memory, options);
  ASSERT_FALSE(bool(counters));
  EXPECT_NE(counters.takeError().message().find("with block"), std::string::npos);
}
