//===- LaneRacesTest.cpp - Lanes of a warp that race ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each wrong program beside the right one, which differs by a barrier or by who does what.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

using namespace moec::ptx;
using namespace moec::ptx::test;

namespace {
std::string errorOf(const std::string &body, uint32_t threads = 32) {
  return run(kernelAround(body, "sm_90a", ".shared .align 16 .b8 tile[2048];"),
             std::vector<uint64_t>(threads), threads)
      .error;
}
void expectRace(const std::string &body, const std::vector<std::string> &words) {
  std::string error = errorOf(body);
  EXPECT_NE(error.find("no bar.warp.sync or barrier of both lies between"), std::string::npos)
      << body << error;
  for (const std::string &word : words)
    EXPECT_NE(error.find(word), std::string::npos) << word << " in: " << error;
}

/// %rd6 is the lane's own dword, %rd7 that of its neighbour (lane ^ 1).
const std::string kPlaces = "mov.b64 %rd5, tile;\nmul.wide.u32 %rd4, %r1, 4;\n"
                            "add.s64 %rd6, %rd5, %rd4;\nxor.b64 %rd7, %rd6, 4;\n";
const std::string kWrite = "st.shared.b32 [%rd6], %r1;\n";
const std::string kReadOther = "ld.shared.b32 %r2, [%rd7];\nst.global.b32 [%rd2], %r2;\n";
const std::string kMeet = "bar.warp.sync -1;\n";
} // namespace

TEST(PtxLaneRaces, ReadOfWhatAnotherLaneWrote) {
  expectRace(kPlaces + kWrite + kReadOther,
             {"kernel k", "(ld.shared.b32 %r2, [%rd7];)", "warp 0, lane 0",
              "load of 4 bytes at 0x4 of shared memory races with lane 1, line ",
              "(st.shared.b32 [%rd6], %r1;)"});
  EXPECT_EQ(errorOf(kPlaces + kWrite + kMeet + kReadOther), "");
  EXPECT_EQ(errorOf(kPlaces + kWrite + "bar.sync 0;\n" + kReadOther), "");
  // A fence and an exchange of registers are no barrier for memory.
  expectRace(kPlaces + kWrite + "membar.cta;\nshfl.sync.bfly.b32 %r3, %r1, 1, 31, -1;\n" +
                 kReadOther,
             {"races with lane 1"});
}

TEST(PtxLaneRaces, WriteOfWhatAnotherLaneReads) {
  expectRace(kPlaces + kWrite + kMeet + kReadOther + kWrite,
             {"store of 4 bytes at 0x0", "races with lane 1", "(ld.shared.b32 %r2, [%rd7];)"});
  EXPECT_EQ(errorOf(kPlaces + kWrite + kMeet + kReadOther + kMeet + kWrite), "");
}

TEST(PtxLaneRaces, BytesOfOneDwordAreApart) {
  const std::string bytes =
      "mov.b64 %rd5, tile;\ncvt.u64.u32 %rd4, %r1;\nadd.s64 %rd6, %rd5, %rd4;\n"
      "st.shared.b8 [%rd6], %r1;\n";
  EXPECT_EQ(errorOf(bytes + "ld.shared.u8 %r2, [%rd6];\nst.shared.b8 [%rd6], %r2;\n"), "");
  expectRace(bytes + "xor.b64 %rd7, %rd6, 1;\nld.shared.u8 %r2, [%rd7];\n", {"load of 1 bytes"});
  expectRace(bytes + "setp.eq.s32 %p1, %r1, 2;\n@%p1 ld.shared.b32 %r2, [%rd5];\n",
             {"lane 2: load of 4 bytes at 0x0", "races with lane 0"});
}

TEST(PtxLaneRaces, LanesThatWriteOnePlace) {
  const std::string all = "mov.b64 %rd5, tile;\nmul.lo.s32 %r3, %r1, 0x1010101;\n"
                          "st.shared.b32 [%rd5], %r3;\n";
  const std::string read = "ld.shared.b32 %r2, [%rd5];\n";
  expectRace(all + kMeet + read,
             {"lane 0: load of 4 bytes at 0x0", "who wrote there last is open, lane 30, line",
              "(st.shared.b32 [%rd5], %r3;), or lane 31, line"});
  // Nobody reads it, or not what they wrote.
  EXPECT_EQ(errorOf(all), "");
  EXPECT_EQ(errorOf(all + kMeet + "setp.eq.s32 %p1, %r1, 3;\n@%p1 st.shared.b32 [%rd5], 1;\n" +
                    kMeet + read),
            "");
  expectRace(all + kMeet + "setp.eq.s32 %p1, %r1, 3;\n@%p1 st.shared.b8 [%rd5], 1;\n" + kMeet +
                 read,
             {"who wrote there last is open"});
  expectRace(all + kMeet + "atom.shared.add.u32 %r2, [%rd5], 1;\n", {"atomic of 4 bytes"});
  // The same number, whoever is last; but not from two instructions.
  EXPECT_EQ(errorOf("mov.b64 %rd5, tile;\nst.shared.b32 [%rd5], 7;\n" + kMeet + read), "");
  expectRace("mov.b64 %rd5, tile;\nsetp.lt.s32 %p1, %r1, 16;\n@%p1 st.shared.b32 [%rd5], 7;\n"
             "@!%p1 st.shared.b32 [%rd5], 7;\n" +
                 kMeet + read,
             {"lane 15, line", "or lane 31, line"});
}

TEST(PtxLaneRaces, OpenPlacesAreOpenToOtherWarps) {
  const std::string write = "mov.b64 %rd5, tile;\nsetp.lt.s32 %p1, %r1, 32;\n"
                            "@%p1 st.shared.b32 [%rd5], %r1;\nbar.sync 0;\n";
  std::string error = errorOf(write + "@!%p1 ld.shared.b32 %r2, [%rd5];\n", 64);
  EXPECT_NE(error.find("warp 1, lane 0: load"), std::string::npos) << error;
  EXPECT_NE(error.find("lane 30 of warp 0"), std::string::npos) << error;
  EXPECT_EQ(errorOf(write + "setp.eq.s32 %p2, %r1, 40;\n@%p2 st.shared.b32 [%rd5], 1;\n"
                            "bar.sync 0;\nld.shared.b32 %r2, [%rd5];\n",
                    64),
            "");
}

TEST(PtxLaneRaces, LanesThatParted) {
  // Groups run one after the other here; nothing says so on a card.
  const std::string write = kPlaces + "setp.lt.s32 %p1, %r1, 16;\n@!%p1 bra MIDDLE;\n"
                                      "st.shared.b32 [%rd6], %r1;\nMIDDLE:\n";
  const std::string read = "@%p1 bra END;\nld.shared.b32 %r2, [%rd6+-64];\nEND:\n";
  expectRace(write + read, {"lane 16: load of 4 bytes at 0x0", "races with lane 0"});
  EXPECT_EQ(errorOf(write + kMeet + read), "");
  // An end of lanes is no barrier, either.
  expectRace(kPlaces + "setp.lt.s32 %p1, %r1, 16;\n@!%p1 bra LAST;\n"
                       "st.shared.b32 [%rd6], %r1;\nret;\n"
                       "LAST:\nbar.warp.sync -1;\nld.shared.b32 %r2, [%rd6+-64];\n",
             {"lane 16: load", "races with lane 0"});
}

TEST(PtxLaneRaces, BarriersOfSomeLanes) {
  // Pairs meet; what one of another pair wrote has no order.
  const std::string further = "xor.b64 %rd8, %rd6, 8;\n";
  // An instruction of its own for each group, as its lanes name one mask.
  auto grouped = [](const std::string &mask, const std::string &lanes) {
    return "setp.eq.s32 %p2, " + lanes + ";\n@%p2 bar.warp.sync " + mask + ";\n";
  };
  std::string pairs, fours;
  for (int i = 0; i < 16; ++i)
    pairs += "shr.u32 %r8, %r1, 1;\n" +
             grouped(std::to_string(3ll << 2 * i), "%r8, " + std::to_string(i));
  for (int i = 0; i < 8; ++i)
    fours += "shr.u32 %r8, %r1, 2;\n" +
             grouped(std::to_string(15ll << 4 * i), "%r8, " + std::to_string(i));
  const std::string readFurther = "ld.shared.b32 %r2, [%rd8];\nst.global.b32 [%rd2], %r2;\n";
  EXPECT_EQ(errorOf(kPlaces + kWrite + pairs + kReadOther), "");
  expectRace(kPlaces + further + kWrite + pairs + readFurther,
             {"lane 0: load of 4 bytes at 0x8", "races with lane 2"});
  EXPECT_EQ(errorOf(kPlaces + further + kWrite + fours + readFurther), "");
  // What a lane learned of another one it passes on.
  std::string chain = kPlaces + "setp.eq.s32 %p1, %r1, 0;\n@%p1 st.shared.b32 [%rd5], 5;\n" +
                      "setp.lt.s32 %p2, %r1, 2;\n@%p2 bar.warp.sync 3;\n"
                      "sub.s32 %r3, %r1, 1;\nsetp.lt.u32 %p3, %r3, 2;\n@%p3 bar.warp.sync 6;\n"
                      "setp.eq.s32 %p4, %r1, ";
  EXPECT_EQ(errorOf(chain + "2;\n@%p4 ld.shared.b32 %r2, [%rd5];\n"), "");
  expectRace(chain + "3;\n@%p4 ld.shared.b32 %r2, [%rd5];\n", {"lane 3", "races with lane 0"});
}

TEST(PtxLaneRaces, AtomicsAndOrderedAccesses) {
  const std::string place = "mov.b64 %rd5, tile;\nsetp.eq.s32 %p1, %r1, 0;\n"
                            "@%p1 st.shared.b32 [%rd5], 0;\nbar.warp.sync -1;\n";
  EXPECT_EQ(errorOf(place + "atom.shared.add.u32 %r2, [%rd5], 1;\nred.shared.add.u32 [%rd5], 1;\n"
                            "ld.volatile.shared.b32 %r3, [%rd5];\n"),
            "");
  expectRace(place + "atom.shared.add.u32 %r2, [%rd5], 1;\nld.shared.b32 %r3, [%rd5];\n",
             {"lane 0: load", "races with lane"});
}

TEST(PtxLaneRaces, CopiesAndMatrices) {
  const std::string rows = "mov.b64 %rd5, tile;\nmul.wide.u32 %rd4, %r1, 16;\n"
                           "add.s64 %rd6, %rd5, %rd4;\n";
  const std::string write = "st.shared.v4.b32 [%rd6], {%r1, %r1, %r1, %r1};\n";
  for (const char *trans : {"", ".trans"}) {
    std::string matrix = std::string("ldmatrix.sync.aligned.m8n8.x4") + trans +
                         ".shared.b16 {%r10, %r11, %r12, %r13}, [%rd6];\n";
    expectRace(rows + write + matrix, {"ldmatrix", "races with lane"});
    EXPECT_EQ(errorOf(rows + write + kMeet + matrix + kMeet + write), "");
    expectRace(rows + write + kMeet + matrix + write, {"st.shared.v4.b32", "(ldmatrix"});
  }
  const std::string copy =
      "ld.param.b64 %rd9, [k_in];\nmul.wide.u32 %rd8, %r1, 8;\n"
      "mov.b64 %rd5, tile;\nadd.s64 %rd6, %rd5, %rd8;\nxor.b64 %rd7, %rd6, 8;\n"
      "cp.async.ca.shared.global [%rd6], [%rd1], 8;\ncp.async.wait_all;\n";
  const std::string read = "ld.shared.b64 %rd10, [%rd7];\nst.global.b64 [%rd2], %rd10;\n";
  expectRace(copy + read, {"lane 0: load of 8 bytes at 0x8", "cp.async.wait_all"});
  EXPECT_EQ(errorOf(copy + kMeet + read), "");
}

TEST(PtxLaneRaces, AllowedOnesAreListed) {
  std::vector<Finding> findings;
  LaunchOptions options;
  options.allowed = findingBit(FindingClass::Race), options.findings = &findings;
  Outcome outcome = run(
      kernelAround(kPlaces + kWrite + kReadOther, "sm_90a", ".shared .align 16 .b8 tile[2048];"),
      std::vector<uint64_t>(32), 32, options);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].count, 32u);
}
