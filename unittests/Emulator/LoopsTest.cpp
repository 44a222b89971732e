//===- LoopsTest.cpp - Counts by loop against numbers by hand ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small kernels whose trips, lines and loads under way follow from their text and from the model in
// docs/Emulator.md.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

namespace moec::gfx950::test {
namespace {

/// Runs bodies with a buffer of 256 KiB at s[4:5], v1 = 16 · work item and 64 KiB of LDS.
class Loops : public ::testing::Test {
protected:
  const Profile &profileOf(const std::string &body, unsigned groups = 1, unsigned threads = 64) {
    device.profiled = true;
    EXPECT_TRUE(device.assemble(
        asmKernel("k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 4, v0\n"
                       "  s_waitcnt lgkmcnt(0)\n" +
                           body)));
    buffer = device.buffer(std::vector<uint32_t>(1 << 16, 1));
    EXPECT_EQ(device.launch("k", {groups, 1, 1}, {threads, 1, 1}, pack(buffer)), "");
    return device.profile;
  }
  Device device;
  uint32_t *buffer = nullptr;
};

/// `body` in a loop of `trips` trips, counted in scalar register `reg`.
std::string repeat(unsigned trips, unsigned reg, const std::string &body) {
  std::string s = "s" + std::to_string(reg), label = "again" + std::to_string(reg);
  return "  s_mov_b32 " + s + ", " + std::to_string(trips) + "\n" + label + ":\n" + body +
         "  s_sub_u32 " + s + ", " + s + ", 1\n  s_cmp_lg_u32 " + s + ", 0\n  s_cbranch_scc1 " +
         label + "\n";
}

/// Wherever the host's allocator puts them.
TEST_F(Loops, ArgumentsBeginALine) {
  std::vector<std::vector<std::byte>> between;
  for (unsigned i = 0; i < 16; ++i) {
    const Profile &p = profileOf("  s_load_dwordx16 s[16:31], s[0:1], 0x0\n"
                                 "  s_load_dwordx16 s[32:47], s[0:1], 0x40\n"
                                 "  s_waitcnt lgkmcnt(0)\n");
    EXPECT_EQ(p.outside.readLines, 1u) << i;
    between.emplace_back(48 + 80 * i);
  }
}

TEST_F(Loops, NestByContainment) {
  const Profile &p = profileOf(
      repeat(3, 8,
             "  v_add_u32 v2, v1, v1\n" + repeat(4, 9, "  v_exp_f32 v3, 1.0\n") + "  s_nop 1\n") +
          repeat(2, 10, "  s_nop 0\n"),
      2, 128);
  ASSERT_EQ(p.loops.size(), 3u);
  EXPECT_EQ(p.groups, 2u);
  EXPECT_EQ(p.waves, 4u);
  const LoopProfile &outer = p.loops[0], &inner = p.loops[1], &last = p.loops[2];
  EXPECT_EQ(outer.parent, -1);
  EXPECT_EQ(inner.parent, 0);
  EXPECT_EQ(last.parent, -1);
  EXPECT_EQ(outer.entries, 4u);
  EXPECT_EQ(outer.trips, 4u * 3);
  EXPECT_EQ(inner.entries, 4u * 3);
  EXPECT_EQ(inner.trips, 4u * 12);
  EXPECT_EQ(last.trips, 4u * 2);
  // Add 4, s_mov 1, s_nop 1 is 2, and the three scalar instructions of the loop.
  EXPECT_EQ(outer.own.slots, 4u * 3 * (4 + 1 + 2 + 3));
  EXPECT_EQ(inner.own.slots, 4u * 12 * (16 + 3));
  EXPECT_EQ(inner.own.instructions, 4u * 12 * 4);
  EXPECT_EQ(last.own.slots, 4u * 2 * (1 + 3));
  // The load of arguments, a shift, two s_mov and the end.
  EXPECT_EQ(p.outside.slots, 4u * (1 + 4 + 2 + 1));
  EXPECT_EQ(p.total().slots, p.outside.slots + outer.own.slots + inner.own.slots + last.own.slots);
  EXPECT_GE(inner.begin, outer.begin);
  EXPECT_LE(inner.end, outer.end);
}

TEST_F(Loops, ThatOverlapAreOneInTheOther) {
  // The first loop's branch lies in the second one, whose body leads back to the first's head.
  const Profile &p = profileOf("  s_mov_b32 s8, 3\n  s_mov_b32 s9, 2\nfirst:\n  s_nop 0\nsecond:\n"
                               "  s_sub_u32 s8, s8, 1\n  s_cmp_lg_u32 s8, 0\n"
                               "  s_cbranch_scc1 first\n  s_mov_b32 s8, 1\n  s_sub_u32 s9, s9, 1\n"
                               "  s_cmp_lg_u32 s9, 0\n  s_cbranch_scc1 second\n");
  ASSERT_EQ(p.loops.size(), 2u);
  EXPECT_EQ(p.loops[1].parent, 0);
  EXPECT_EQ(p.loops[0].end, p.loops[1].end);
  EXPECT_EQ(p.loops[0].trips, 3u);
  EXPECT_EQ(p.loops[0].entries, 1u);
  EXPECT_EQ(p.loops[1].trips, 4u);
  EXPECT_EQ(p.loops[1].entries, 3u); // The first loop's own code lies outside of it.
}

TEST_F(Loops, ThatDoNotRunAreNotListed) {
  const Profile &p = profileOf("  s_branch over\n" + repeat(3, 8, repeat(4, 9, "  s_nop 0\n")) +
                               "over:\n" + repeat(2, 10, "  s_nop 0\n"));
  ASSERT_EQ(p.loops.size(), 1u);
  EXPECT_EQ(p.loops[0].trips, 2u);
}

TEST_F(Loops, LinesBehindTheFirstCache) {
  // 64 lanes of 16 bytes are 8 lines, asked for in each of 5 trips by two waves, which have
  // neighbouring lines.
  const std::string load = "  global_load_dwordx4 v[4:7], v1, s[4:5]\n  s_waitcnt vmcnt(0)\n";
  const Profile &p = profileOf(repeat(5, 8, load), 1, 128);
  ASSERT_EQ(p.loops.size(), 1u);
  EXPECT_EQ(p.loops[0].own.loads, 10u);
  EXPECT_EQ(p.loops[0].own.loadBytes, 10 * 1024u);
  EXPECT_EQ(p.loops[0].own.readLines, 16u);
  EXPECT_EQ(p.loops[0].own.waits, 10u);
  EXPECT_EQ(p.groupReadLines, 16u + 1); // And that of the arguments.
  EXPECT_EQ(p.outside.readLines, 1u);
  EXPECT_EQ(p.outside.scalarBytes, 2 * 8u);
}

TEST_F(Loops, LinesThatTheFirstCacheHasLost) {
  // Each trip of the outer loop reads 64 x 8 lines, twice what the cache holds, in the same order.
  const Profile &p = profileOf(
      repeat(2, 8,
             "  v_mov_b32 v2, v1\n" +
                 repeat(64, 9,
                        "  global_load_dwordx4 v[4:7], v2, s[4:5]\n  v_add_u32 v2, 0x400, v2\n"
                        "  s_waitcnt vmcnt(0)\n")));
  ASSERT_EQ(p.loops.size(), 2u);
  EXPECT_EQ(p.loops[1].own.readLines, 2 * 512u);
  EXPECT_EQ(p.groupReadLines, 512u + 1);
}

TEST_F(Loops, ReadsAndWritesOfAllWorkgroups) {
  // All read the same 8 lines; each of three writes 8 of its own, twice.
  const std::string body = "  s_lshl_b32 s6, s2, 12\n  v_add_u32 v2, 0x8000, v1\n"
                           "  v_add_u32 v2, s6, v2\n  global_load_dwordx4 v[4:7], v1, s[4:5]\n"
                           "  s_waitcnt vmcnt(0)\n  global_store_dwordx4 v2, v[4:7], s[4:5]\n"
                           "  global_store_dwordx4 v2, v[4:7], s[4:5]\n";
  const Profile &all = profileOf(body, 3);
  EXPECT_EQ(all.readLines.size(), 8u + 1);
  EXPECT_EQ(all.writtenLines.size(), 3 * 8u);
  EXPECT_EQ(all.groupReadLines, 3 * (8u + 1));
  EXPECT_EQ(all.groupWrittenLines, 3 * 8u);
  EXPECT_EQ(all.outside.writtenLines, 3 * 16u);
  EXPECT_EQ(all.outside.storeBytes, 3 * 2048u);
  // Of one workgroup alone.
  device.groups = {1};
  const Profile &one = profileOf(body, 3);
  EXPECT_EQ(one.groups, 1u);
  EXPECT_EQ(device.counters.workgroups, 1u);
  EXPECT_EQ(one.writtenLines.size(), 8u);
  EXPECT_EQ(one.writtenLines.front() * kLineBytes,
            (reinterpret_cast<uint64_t>(buffer) + 0x9000) / kLineBytes * kLineBytes);
}

TEST_F(Loops, LoadsUnderWay) {
  // In each trip: two loads of 16 and 2 bytes a lane, 8 slots of an ALU with both under way, a wait
  // for the first, 4 slots with the second, and a wait for that.
  const Profile &p = profileOf(
      repeat(6, 8,
             "  global_load_dwordx4 v[4:7], v1, s[4:5]\n  global_load_ushort v8, v1, s[4:5]\n"
             "  v_add_u32 v2, v1, v1\n  v_add_u32 v2, v1, v1\n  s_waitcnt vmcnt(1)\n"
             "  v_add_u32 v2, v1, v1\n  s_waitcnt vmcnt(0)\n"));
  ASSERT_EQ(p.loops.size(), 1u);
  const PartCounts &own = p.loops[0].own;
  EXPECT_EQ(own.mostLoads, 2u);
  EXPECT_EQ(own.mostBytes, 64u * 18);
  EXPECT_EQ(own.waits, 6u); // The second load was under way at the wait for the first.
  // Four slots each of: nothing, the first, both, both, the second; then three without.
  EXPECT_EQ(own.weight, 6u * (4 + 4 + 4 + 4 + 4 + 3));
  EXPECT_EQ(own.underLoads, 6u * 4 * (0 + 1 + 2 + 2 + 1));
  EXPECT_EQ(own.underBytes, 6u * 4 * 64 * (0 + 16 + 18 + 18 + 2));
  EXPECT_DOUBLE_EQ(own.meanLoads(), 24.0 / 23);
}

TEST_F(Loops, MatrixCyclesWeighWhatTheyTake) {
  const Profile &p =
      profileOf("  v_mov_b32 v8, 0\n  v_mov_b32 v9, 0\n  v_mov_b32 v10, 0\n  v_mov_b32 v11, 0\n" +
                repeat(2, 8,
                       "  global_load_dword v4, v1, s[4:5]\n"
                       "  v_mfma_f32_16x16x32_bf16 v[32:35], v[8:11], v[8:11], 0\n"
                       "  s_waitcnt vmcnt(0)\n  s_nop 15\n"));
  ASSERT_EQ(p.loops.size(), 1u);
  const PartCounts &own = p.loops[0].own;
  EXPECT_EQ(own.mfmaCycles, 2 * 16u);
  EXPECT_EQ(own.slots, 2u * (4 + 4 + 16 + 3));
  EXPECT_EQ(own.weight, 2u * (4 + 16 + 16 + 3));
  EXPECT_EQ(own.underBytes, 2u * 16 * 256);
}

TEST_F(Loops, ConflictsAndBarriers) {
  const Profile &p =
      profileOf("  v_lshlrev_b32 v2, 8, v0\n  ds_write_b32 v2, v0\n  s_waitcnt lgkmcnt(0)\n" +
                repeat(3, 8, "  ds_read_b32 v3, v2\n  s_waitcnt lgkmcnt(0)\n  s_barrier\n"));
  ASSERT_EQ(p.loops.size(), 1u);
  EXPECT_EQ(p.loops[0].own.ldsCycles, 3 * 64u);
  EXPECT_EQ(p.loops[0].own.ldsConflictCycles, 3 * 63u);
  EXPECT_EQ(p.loops[0].own.barriers, 3u);
  EXPECT_EQ(p.outside.ldsConflictCycles, 2 * 31u); // Two groups of lanes of a write, one bank.
}

TEST_F(Loops, CostNothingWhereNobodyAsks) {
  device.groups = {2};
  const std::string body = "  global_load_dword v4, v1, s[4:5]\n  s_waitcnt vmcnt(0)\n";
  EXPECT_EQ(profileOf(body, 3).outside.loads, 1u);
  device.profiled = false, device.profile = {};
  buffer = device.buffer(std::vector<uint32_t>(1024, 1));
  EXPECT_EQ(device.launch("k", {3, 1, 1}, {64, 1, 1}, pack(buffer)), "");
  EXPECT_EQ(device.profile.groups, 0u);
  device.groups = {3};
  EXPECT_EQ(device.launch("k", {3, 1, 1}, {64, 1, 1}, pack(buffer)),
            "kernel k: there is no workgroup 3 of 3");
}

TEST(Occupancies, WorkgroupsOfAUnit) {
  EXPECT_EQ(occupancyOf(512, 160 * 1024, 4).groupsPerCu, 1u);
  EXPECT_EQ(occupancyOf(246, 8 * 1024, 4).groupsPerCu, 2u);
  EXPECT_EQ(occupancyOf(128, 64 * 1024, 4).groupsPerCu, 2u); // By LDS; by registers 4.
  EXPECT_EQ(occupancyOf(32, 0, 1).groupsPerCu, 32u);
}

} // namespace
} // namespace moec::gfx950::test
