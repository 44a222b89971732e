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
    const char *address, *read;
    unsigned cycles, conflicts;
  };
  // A group of lanes takes as many cycles as the most dwords that it wants of one of 64 banks.
  for (Access a : {Access{"v_lshlrev_b32 v2, 2, v0", "ds_read_b32 v8, v2", 1, 0},
                   {"v_lshlrev_b32 v2, 8, v0", "ds_read_b32 v8, v2", 64, 63}, // One bank.
                   {"v_lshlrev_b32 v2, 3, v0", "ds_read_b32 v8, v2", 2, 1},   // Every other bank.
                   {"v_mov_b32 v2, 4", "ds_read_b32 v8, v2", 1, 0},           // A broadcast.
                   {"v_lshlrev_b32 v2, 3, v0", "ds_read_b64 v[8:9], v2", 2, 0},
                   {"v_lshlrev_b32 v2, 4, v0", "ds_read_b128 v[8:11], v2", 4, 0},
                   {"v_lshlrev_b32 v2, 8, v0", "ds_read_b128 v[8:11], v2", 64, 60}}) {
    Counters c =
        countersOf(std::string("  ") + a.address + "\n  " + a.read + "\n  s_waitcnt lgkmcnt(0)\n");
    EXPECT_EQ(c.ldsCycles, a.cycles) << a.address << ", " << a.read;
    EXPECT_EQ(c.ldsConflictCycles, a.conflicts) << a.address << ", " << a.read;
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
