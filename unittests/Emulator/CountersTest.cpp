//===- CountersTest.cpp - Counters against numbers by hand ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each number below follows from the model in docs/Emulator.md.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

namespace moec::gfx950::test {
namespace {

/// Counters of a body with a buffer at s[4:5], v1 = 4 · work item and 64 KiB of LDS.
Counters countersOf(const std::string &body, unsigned groups = 1) {
  Device device;
  EXPECT_TRUE(device.assemble(
      asmKernel("k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n  s_waitcnt "
                     "lgkmcnt(0)\n" +
                         body)));
  uint32_t *buffer = device.buffer(std::vector<uint32_t>(8192, 1));
  EXPECT_EQ(device.launch("k", {groups, 1, 1}, {64, 1, 1}, pack(buffer)), "");
  return device.counters;
}

uint64_t count(const Counters &c, InstructionClass cls) { return c.instructions[unsigned(cls)]; }
uint64_t cycles(const Counters &c, InstructionClass cls) { return c.issueCycles[unsigned(cls)]; }

TEST(Counters, InstructionsAndIssueSlotsByClass) {
  Counters c = countersOf("  v_add_u32 v2, v1, v1\n  v_mov_b32 v3, 1.0\n  v_exp_f32 v4, v3\n"
                          "  s_add_u32 s6, s4, 1\n  s_nop 4\n  s_barrier\n  s_branch 0\n"
                          "  global_load_dword v5, v1, s[4:5]\n  s_waitcnt vmcnt(0)\n"
                          "  ds_write_b32 v1, v5\n",
                          3);
  EXPECT_EQ(c.waves, 3u);
  EXPECT_EQ(c.workgroups, 3u);
  EXPECT_EQ(count(c, InstructionClass::Valu), 3 * 3u); // With the shift before the body.
  EXPECT_EQ(cycles(c, InstructionClass::Valu), 3 * 3 * 4u);
  EXPECT_EQ(count(c, InstructionClass::Transcendental), 3u);
  EXPECT_EQ(cycles(c, InstructionClass::Transcendental), 3 * 16u);
  EXPECT_EQ(count(c, InstructionClass::Salu), 3 * 2u); // With s_endpgm.
  EXPECT_EQ(cycles(c, InstructionClass::Salu), 3 * 2u);
  EXPECT_EQ(count(c, InstructionClass::Nop), 3u);
  EXPECT_EQ(cycles(c, InstructionClass::Nop), 3 * 5u);
  EXPECT_EQ(count(c, InstructionClass::Vmem), 3u);
  EXPECT_EQ(cycles(c, InstructionClass::Vmem), 3 * 4u);
  EXPECT_EQ(cycles(c, InstructionClass::Lds), 3 * 4u);
  EXPECT_EQ(count(c, InstructionClass::Wait), 3 * 2u);
  EXPECT_EQ(cycles(c, InstructionClass::Wait), 0u);
  EXPECT_EQ(count(c, InstructionClass::Smem), 3u);
  EXPECT_EQ(c.barriers, 3u);
}

TEST(Counters, BytesByLevel) {
  // 64 lanes: 16 bytes side by side are 8 lines of 128 bytes, 4 bytes side by side 2, and 4 bytes
  // at a stride of 256 are 64.
  Counters c = countersOf("  v_lshlrev_b32 v2, 4, v0\n  v_lshlrev_b32 v3, 8, v0\n"
                          "  global_load_dwordx4 v[4:7], v2, s[4:5]\n  s_waitcnt vmcnt(0)\n"
                          "  global_store_dword v3, v4, s[4:5]\n"
                          "  global_atomic_add v1, v4, s[4:5]\n  s_mov_b32 m0, 0\n"
                          "  global_load_lds_dword v1, s[4:5]\n  s_waitcnt vmcnt(0)\n"
                          "  ds_read_b32 v8, v1\n  s_waitcnt lgkmcnt(0)\n"
                          "  ds_write_b64 v2, v[4:5]\n  ds_add_u32 v1, v8\n");
  EXPECT_EQ(c.globalLoadBytes, 1024u);
  EXPECT_EQ(c.globalStoreBytes, 256u);
  EXPECT_EQ(c.globalAtomicBytes, 256u);
  EXPECT_EQ(c.dmaBytes, 256u);
  EXPECT_EQ(c.globalLines, 8u + 64 + 2 + 2);
  EXPECT_EQ(c.scalarBytes, 8u);
  EXPECT_EQ(c.ldsReadBytes, 256u);
  EXPECT_EQ(c.ldsWriteBytes, 512u);
  EXPECT_EQ(c.ldsAtomicBytes, 256u);
  EXPECT_EQ(c.scratchBytes, 0u);
}

TEST(Counters, MatrixCyclesAndOperations) {
  const std::string zeros = [] {
    std::string s;
    for (unsigned r = 8; r < 24; ++r)
      s += "  v_mov_b32 v" + std::to_string(r) + ", 0\n";
    return s + "  v_mov_b32 v24, 0x7f\n  s_nop 4\n";
  }();
  struct Shape {
    const char *text;
    unsigned cycles, flops;
  };
  for (Shape s :
       {Shape{"v_mfma_f32_16x16x32_bf16 v[32:35], v[8:11], v[8:11], 0", 16, 2 * 16 * 16 * 32},
        {"v_mfma_f32_32x32x16_bf16 v[32:47], v[8:11], v[8:11], 0", 32, 2 * 32 * 32 * 16},
        {"v_mfma_scale_f32_16x16x128_f8f6f4 v[32:35], v[8:11], v[12:15], 0, v24, v24 "
         "cbsz:4 blgp:4",
         16, 2 * 16 * 16 * 128},
        {"v_mfma_scale_f32_16x16x128_f8f6f4 v[32:35], v[8:15], v[16:19], 0, v24, v24 "
         "cbsz:0 blgp:4",
         32, 2 * 16 * 16 * 128},
        {"v_mfma_scale_f32_32x32x64_f8f6f4 v[32:47], v[8:11], v[12:15], 0, v24, v24 "
         "cbsz:4 blgp:4",
         32, 2 * 32 * 32 * 64},
        {"v_mfma_scale_f32_32x32x64_f8f6f4 v[32:47], v[8:15], v[16:23], 0, v24, v24", 64,
         2 * 32 * 32 * 64}}) {
    Counters c = countersOf(zeros + "  " + s.text + "\n");
    EXPECT_EQ(c.mfmaCycles, s.cycles) << s.text;
    EXPECT_EQ(c.mfmaFlops, s.flops) << s.text;
    EXPECT_EQ(cycles(c, InstructionClass::Mfma), 4u) << s.text;
  }
}

TEST(Counters, LdsBankConflicts) {
  struct Access {
    const char *address, *access;
    unsigned cycles, conflicts;
  };
  // A group of lanes takes as many cycles as the most dwords that it wants of one bank.
  for (Access a : {Access{"v_lshlrev_b32 v2, 2, v0", "ds_read_b32 v8, v2", 1, 0},
                   {"v_lshlrev_b32 v2, 8, v0", "ds_read_b32 v8, v2", 64, 63}, // One bank.
                   {"v_lshlrev_b32 v2, 3, v0", "ds_read_b32 v8, v2", 2, 1},   // Every other bank.
                   {"v_mov_b32 v2, 4", "ds_read_b32 v8, v2", 1, 0},           // A broadcast.
                   {"v_lshlrev_b32 v2, 3, v0", "ds_read_b64 v[8:9], v2", 2, 0},
                   {"v_lshlrev_b32 v2, 4, v0", "ds_read_b128 v[8:11], v2", 4, 0},
                   {"v_lshlrev_b32 v2, 8, v0", "ds_read_b128 v[8:11], v2", 64, 60},
                   // Lanes 0 to 3 have banks 0 to 11; 20 to 23 have 28 to 31 and 0 to 7.
                   {"v_mul_u32_u24 v2, 12, v0", "ds_read_b96 v[8:10], v2", 16, 8},
                   {"v_lshlrev_b32 v2, 3, v0", "ds_read_b64_tr_b16 v[8:9], v2", 2, 0},
                   {"v_lshlrev_b32 v2, 8, v0", "ds_read_b64_tr_b16 v[8:9], v2", 64, 62},
                   // Writes move 128 bytes a cycle.
                   {"v_lshlrev_b32 v2, 2, v0", "ds_write_b32 v2, v0", 2, 0},
                   {"v_lshlrev_b32 v2, 3, v0", "ds_write_b64 v2, v[0:1]", 4, 0},
                   {"v_lshlrev_b32 v2, 8, v0", "ds_write_b64 v2, v[0:1]", 64, 60},
                   {"v_lshlrev_b32 v2, 4, v0",
                    "s_mov_b32 m0, 0\n  "
                    "global_load_lds_dwordx4 v2, s[4:5]\n  s_waitcnt vmcnt(0)",
                    8, 0},
                   {"v_lshlrev_b32 v2, 2, v0",
                    "s_mov_b32 m0, 0\n  "
                    "global_load_lds_dword v2, s[4:5]\n  s_waitcnt vmcnt(0)",
                    2, 0}}) {
    Counters c = countersOf(std::string("  ") + a.address + "\n  " + a.access +
                            "\n  s_waitcnt lgkmcnt(0)\n");
    EXPECT_EQ(c.ldsCycles, a.cycles) << a.address << ", " << a.access;
    EXPECT_EQ(c.ldsConflictCycles, a.conflicts) << a.address << ", " << a.access;
  }
}

/// Conflicts of an access by two lanes that each of `masks` names, the dwords of lanes `stride`
/// bytes apart.
uint64_t conflictsOfPairs(const std::string &access, unsigned stride,
                          const std::vector<uint64_t> &masks) {
  Device device;
  EXPECT_TRUE(device.assemble(asmKernel(
      "k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  s_lshl_b32 s8, s2, 3\n  s_waitcnt lgkmcnt(0)\n"
           "  s_load_dwordx2 s[6:7], s[4:5], s8\n  v_mul_u32_u24 v2, " +
               std::to_string(stride) +
               ", v0\n  v_mov_b32 v4, 0\n  v_mov_b32 v5, 0\n  v_mov_b32 v6, 0\n  v_mov_b32 v7, 0\n"
               "  s_waitcnt lgkmcnt(0)\n  s_mov_b64 exec, s[6:7]\n  " +
               access + "\n  s_waitcnt lgkmcnt(0)\n")));
  uint64_t *buffer = device.buffer(masks);
  EXPECT_EQ(device.launch("k", {unsigned(masks.size()), 1, 1}, {64, 1, 1}, pack(buffer)), "");
  return device.counters.ldsConflictCycles;
}

// The groups as the measurements print them, each lane by its number; see LdsBanks.cpp.
TEST(Counters, LanesThatMeetAtTheBanks) {
  using Group = std::vector<std::pair<unsigned, unsigned>>; // Ranges of lanes, both ends included.
  struct Access {
    const char *text;
    unsigned banks;
    std::vector<Group> groups;
  };
  auto blocks = [](unsigned lanes) {
    std::vector<Group> groups;
    for (unsigned l = 0; l < 64; l += lanes)
      groups.push_back({{l, l + lanes - 1}});
    return groups;
  };
  for (const Access &a : {
           Access{"ds_read_u8 v8, v2", 64, blocks(64)},
           {"ds_read_b32 v8, v2", 64, blocks(64)},
           {"ds_read_b64 v[8:9], v2", 64, blocks(32)},
           {"ds_read_b96 v[8:10], v2",
            32,
            {{{0, 3}, {20, 23}},
             {{4, 7}, {16, 19}},
             {{8, 11}, {28, 31}},
             {{12, 15}, {24, 27}},
             {{32, 35}, {52, 55}},
             {{36, 39}, {48, 51}},
             {{40, 43}, {60, 63}},
             {{44, 47}, {56, 59}}}},
           {"ds_read_b128 v[8:11], v2",
            64,
            {{{0, 3}, {12, 15}, {20, 27}},
             {{4, 11}, {16, 19}, {28, 31}},
             {{32, 35}, {44, 47}, {52, 59}},
             {{36, 43}, {48, 51}, {60, 63}}}},
           {"ds_write_b32 v2, v4", 32, blocks(32)},
           {"ds_write_b64 v2, v[4:5]", 32, blocks(16)},
           {"ds_write_b96 v2, v[4:6]", 32, blocks(8)},
           {"ds_write_b128 v2, v[4:7]", 32, blocks(8)},
       }) {
    int groupOf[64];
    std::fill_n(groupOf, 64, -1);
    for (unsigned g = 0; g < a.groups.size(); ++g)
      for (auto [first, last] : a.groups[g])
        for (unsigned l = first; l <= last; ++l)
          groupOf[l] = int(g);
    std::vector<uint64_t> together, apart;
    for (unsigned i = 0; i < 64; ++i)
      for (unsigned j = i + 1; j < 64; ++j)
        (groupOf[i] == groupOf[j] ? together : apart).push_back(1ull << i | 1ull << j);
    EXPECT_EQ(conflictsOfPairs(a.text, 256, together), together.size()) << a.text;
    if (!apart.empty())
      EXPECT_EQ(conflictsOfPairs(a.text, 256, apart), 0u) << a.text;
    // Lanes 0 and 1 are of one group everywhere. 128 bytes apart they share a bank of 32.
    EXPECT_EQ(conflictsOfPairs(a.text, 128, {3}), a.banks == 32 ? 1u : 0u) << a.text;
  }
}

TEST(Counters, ActiveLanes) {
  Counters c = countersOf("  s_mov_b64 exec, 0xff\n  v_mov_b32 v2, 0\n  v_mov_b32 v3, 0\n");
  EXPECT_EQ(c.vectorInstructions, 3u);
  EXPECT_EQ(c.activeLanes, 64u + 8 + 8);
}

TEST(Counters, Occupancy) {
  struct Case {
    unsigned vgprs, lds, waves, byRegisters, byLds, result;
  };
  // 512 registers a lane and at most 8 waves a SIMD; 160 KiB of LDS in granules of 1280 bytes.
  for (Case k :
       {Case{512, 0, 1, 1, 4, 1}, Case{128, 65536, 4, 4, 2, 2}, Case{64, 40960, 4, 8, 4, 4},
        Case{96, 0, 8, 5, 2, 4}, Case{256, 163840, 4, 2, 1, 1}, Case{24, 0, 4, 8, 8, 8}}) {
    Occupancy o = occupancyOf(k.vgprs, k.lds, k.waves);
    EXPECT_EQ(o.wavesPerSimdByRegisters, k.byRegisters) << k.vgprs;
    EXPECT_EQ(o.groupsPerCuByLds, k.byLds) << k.vgprs;
    EXPECT_EQ(o.wavesPerSimd, k.result) << k.vgprs;
  }
}

} // namespace
} // namespace moec::gfx950::test
