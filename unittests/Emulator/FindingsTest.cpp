//===- FindingsTest.cpp - Findings by class, and going on -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Bugs of each class are told with kernel, instruction, wave and lane; where their class is allowed
// the kernel computes on, with what the machine would have, and every other class still stops it.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace moec::gfx950::test {
namespace {

constexpr unsigned kAll = 15;

/// A kernel with s[4:5] the address of 1,024 threes and v1 four times the work item.
struct BodyRun {
  Device device;
  uint32_t *buffer = nullptr;
  std::string message;

  BodyRun(const std::string &body, unsigned allowed, unsigned items = 64, uint64_t turn = 0,
          unsigned groups = 1) {
    EXPECT_TRUE(device.assemble(asmKernel(
        "k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n  s_waitcnt "
             "lgkmcnt(0)\n" +
                 body)));
    buffer = device.buffer(std::vector<uint32_t>(1024, 3));
    device.allowed = allowed, device.turn = turn;
    message = device.launch("k", {groups, 1, 1}, {items, 1, 1}, pack(buffer));
  }
};

struct Bug {
  FindingClass cls;
  const char *text; ///< Of the finding.
  std::string body; ///< Stores to the buffer.
  unsigned items;
  uint32_t last; ///< What the last work item must have stored.
  const char *where;
};

std::vector<Bug> bugs() {
  const std::string zeros =
      "  v_mov_b32 v8, 0\n  v_mov_b32 v9, 0\n  v_mov_b32 v10, 0\n  v_mov_b32 v11, 0\n  s_nop 4\n";
  return {
      {FindingClass::Wait, "uses v2 while a load into it is under way",
       "  global_load_dword v2, v1, s[4:5]\n  v_add_u32 v3, v2, v2\n"
       "  global_store_dword v1, v3, s[4:5]\n",
       64, 6, "v_add_u32_e32 v3, v2, v2"},
      {FindingClass::Wait, "uses v2 while a load into it is under way",
       "  ds_write_b32 v1, v0\n  ds_read_b32 v2, v1\n  v_add_u32 v3, v2, v2\n"
       "  global_store_dword v1, v3, s[4:5]\n",
       64, 126, "v_add_u32_e32 v3, v2, v2"},
      {FindingClass::Wait, "uses s8 while a load into it is under way",
       "  s_load_dword s8, s[4:5], 0x8\n  v_mov_b32 v3, s8\n  global_store_dword v1, v3, s[4:5]\n",
       64, 3, "v_mov_b32_e32 v3, s8"},
      {FindingClass::Wait, "are used while a load to LDS is still under way",
       "  s_mov_b32 m0, 0\n  global_load_lds_dword v1, s[4:5]\n  ds_read_b32 v3, v1\n"
       "  s_waitcnt lgkmcnt(0)\n  v_add_u32 v3, 1, v3\n  global_store_dword v1, v3, s[4:5]\n",
       64, 4, "ds_read_b32 v3, v1"},
      {FindingClass::Window, "reads v16, a result of an MFMA",
       zeros + "  v_mfma_f32_16x16x32_bf16 v[16:19], v[8:11], v[8:11], 1.0\n  v_mov_b32 v3, v16\n"
               "  global_store_dword v1, v3, s[4:5]\n",
       64, 0x3f800000, "v_mov_b32_e32 v3, v16"},
      {FindingClass::Race, "race on LDS bytes 256 to 259 with wave 0",
       "  v_xor_b32 v2, 0x100, v1\n  ds_write_b32 v1, v0\n  s_waitcnt lgkmcnt(0)\n"
       "  ds_read_b32 v3, v2\n  s_waitcnt lgkmcnt(0)\n"
       "  v_cmp_lt_u32 vcc, 63, v0\n  s_and_b64 exec, exec, vcc\n"
       "  global_store_dword v1, v3, s[4:5]\n",
       128, 63, "ds_write_b32 v1, v0"},
      {FindingClass::Poison, "stores an uninitialised value (v9, byte 0)",
       "  global_store_dword v1, v9, s[4:5]\n  s_waitcnt vmcnt(0)\n"
       "  v_mov_b32 v3, 9\n  global_store_dword v1, v3, s[4:5]\n",
       64, 9, "global_store_dword v1, v9"},
      {FindingClass::Poison, "writes an uninitialised value to LDS",
       "  v_mov_b32_sdwa v2, v0 dst_sel:BYTE_0 dst_unused:UNUSED_PRESERVE src0_sel:BYTE_0\n"
       "  ds_write_b32 v1, v2\n  ds_read_u8 v3, v1\n  s_waitcnt lgkmcnt(0)\n"
       "  global_store_dword v1, v3, s[4:5]\n",
       64, 63, "ds_write_b32 v1, v2"},
      {FindingClass::Poison, "a branch depends on an uninitialised value",
       "  s_cmp_eq_u32 s20, 0\n  s_cbranch_scc1 0\n  v_mov_b32 v3, 5\n"
       "  global_store_dword v1, v3, s[4:5]\n",
       64, 5, "s_cbranch_scc1"},
  };
}

TEST(Findings, AreListedByClassAndComputedOn) {
  for (const Bug &bug : bugs()) {
    const unsigned bit = findingBit(bug.cls);
    BodyRun stopped(bug.body, kAll & ~bit, bug.items);
    EXPECT_NE(stopped.message.find(bug.text), std::string::npos) << bug.body << stopped.message;
    BodyRun run(bug.body, bit, bug.items);
    EXPECT_EQ(run.message, "") << bug.body;
    EXPECT_EQ(run.buffer[bug.items - 1], bug.last) << bug.body;
    auto is = [&](const Finding &f) {
      return f.cls == bug.cls && f.text.find(bug.text) != std::string::npos &&
             f.text.find("kernel k at 0x") == 0 && f.text.find(bug.where) != std::string::npos &&
             f.text.find("(workgroup 0,0,0, wave ") != std::string::npos && f.count > 0;
    };
    EXPECT_TRUE(std::any_of(run.device.findings.begin(), run.device.findings.end(), is))
        << bug.body << (run.device.findings.empty() ? "" : run.device.findings[0].text);
  }
}

/// All of one class at one instruction are one finding, told by the first workgroup's.
TEST(Findings, OfOneInstructionAreOne) {
  BodyRun run("  global_store_dword v1, v9, s[4:5]\n  global_store_dword v1, v10, s[4:5]\n",
              findingBit(FindingClass::Poison), 64, 0, 5);
  EXPECT_EQ(run.message, "");
  ASSERT_EQ(run.device.findings.size(), 2u);
  for (const Finding &f : run.device.findings) {
    EXPECT_EQ(f.count, 5u * 64 * 4); // Each byte of each lane.
    EXPECT_EQ(f.group, 0u);
    EXPECT_NE(f.text.find("lane 0)"), std::string::npos) << f.text;
  }
  EXPECT_LT(run.device.findings[0].address, run.device.findings[1].address);
}

/// What no class covers stops every launch.
TEST(Findings, OthersStopTheLaunch) {
  BodyRun run("  v_lshlrev_b32 v2, 20, v0\n  global_store_dword v2, v0, s[4:5]\n", kAll);
  EXPECT_NE(run.message.find("writes 4 bytes"), std::string::npos) << run.message;
}

/// The right twins have none.
TEST(Findings, NoneOfRightKernels) {
  BodyRun run(
      "  global_load_dword v2, v1, s[4:5]\n  s_waitcnt vmcnt(0)\n  v_add_u32 v3, v2, v2\n"
      "  ds_write_b32 v1, v3\n  s_waitcnt lgkmcnt(0)\n  s_barrier\n  v_xor_b32 v2, 0x100, v1\n"
      "  ds_read_b32 v3, v2\n  s_waitcnt lgkmcnt(0)\n  global_store_dword v1, v3, s[4:5]\n",
      kAll, 128, 1);
  EXPECT_EQ(run.message, "");
  EXPECT_TRUE(run.device.findings.empty());
  EXPECT_EQ(run.buffer[127], 6u);
}

/// Each wave adds to a counter in LDS without an order, from 0. Run one behind the other the waves
/// find what those before left; in turns of an instruction all find 0.
TEST(Findings, TurnsInterleaveWaves) {
  const std::string body =
      "  v_mov_b32 v2, 0\n  v_mov_b32 v3, 0\n  ds_write_b32 v2, v3\n  s_waitcnt lgkmcnt(0)\n"
      "  s_barrier\n  ds_read_b32 v3, v2\n  s_waitcnt lgkmcnt(0)\n  v_add_u32 v3, 1, v3\n"
      "  ds_write_b32 v2, v3\n  s_waitcnt lgkmcnt(0)\n  global_store_dword v1, v3, s[4:5]\n";
  const unsigned races = findingBit(FindingClass::Race);
  BodyRun behind(body, races, 256), turns(body, races, 256, 1);
  EXPECT_EQ(behind.buffer[255], 4u);
  EXPECT_EQ(turns.buffer[255], 1u);
  EXPECT_FALSE(turns.device.findings.empty());
}

/// Runs three workgroups with checks of races between them.
std::string runGroups(const std::string &body, unsigned allowed = 0) {
  Device device;
  EXPECT_TRUE(device.assemble(asmKernel(
      "k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n  v_mov_b32 v3, 7\n"
           "  v_mov_b32 v4, 0\n  v_mov_b32 v5, 1\n  s_lshl_b32 s8, s2, 8\n"
           "  v_add_u32 v2, s8, v1\n  s_waitcnt lgkmcnt(0)\n" +
               body)));
  uint32_t *buffer = device.buffer(std::vector<uint32_t>(1024, 3));
  device.checkGroups = true, device.allowed = allowed;
  std::string message = device.launch("k", {3, 1, 1}, {64, 1, 1}, pack(buffer));
  return allowed && !device.findings.empty() ? device.findings[0].text : message;
}

TEST(Findings, WorkgroupsThatRaceOnGlobalMemory) {
  const char *const kRace = "bytes of global memory";
  auto expectRace = [&](const std::string &body, unsigned allowed = 0) {
    std::string message = runGroups(body, allowed);
    EXPECT_NE(message.find(kRace), std::string::npos) << body << message;
    EXPECT_NE(message.find("with workgroup 0,0,0"), std::string::npos) << body << message;
  };
  // Memory of their own, and memory that all just read.
  EXPECT_EQ(runGroups("  global_load_dword v6, v1, s[4:5] offset:2048\n  s_waitcnt vmcnt(0)\n"
                      "  global_store_dword v2, v6, s[4:5]\n"),
            "");
  // Bytes of one dword: the groups write bytes 0 to 2 of it.
  const std::string bytes = "  v_add_u32 v6, s2, v1\n  global_store_byte v6, v3, s[4:5]\n";
  EXPECT_EQ(runGroups(bytes), "");
  expectRace(bytes + "  global_store_byte v1, v3, s[4:5] offset:3\n");
  // Write and write, write and read, read and write, by scalar loads, too.
  expectRace("  global_store_dword v1, v3, s[4:5]\n");
  expectRace("  global_store_dword v2, v3, s[4:5]\n"
             "  global_load_dword v6, v1, s[4:5]\n");
  expectRace("  global_load_dword v6, v1, s[4:5] offset:512\n"
             "  global_store_dword v2, v3, s[4:5]\n");
  expectRace("  global_store_dword v2, v3, s[4:5]\n  s_load_dword s9, s[4:5], 0x4\n");
  // Atomics do not race with each other, but with a store.
  EXPECT_EQ(runGroups("  global_atomic_add v1, v3, s[4:5]\n"), "");
  expectRace("  global_atomic_add v1, v3, s[4:5]\n  s_waitcnt vmcnt(0)\n"
             "  global_store_dword v1, v3, s[4:5]\n");
  // An atomic on one dword orders what lies before it with what lies behind it.
  const std::string ticket = "  s_waitcnt vmcnt(0)\n"
                             "  global_atomic_add v6, v4, v5, s[4:5] offset:2048 sc0\n"
                             "  s_waitcnt vmcnt(0)\n",
                    first = "  global_store_dword v2, v3, s[4:5]\n",
                    second = "  global_load_dword v7, v1, s[4:5]\n";
  EXPECT_EQ(runGroups(first + ticket + second), "");
  expectRace(first + second + ticket);
  // Allowed, it is listed.
  expectRace("  global_store_dword v1, v3, s[4:5]\n", findingBit(FindingClass::Race));
}

TEST(Findings, ClassesHaveNames) {
  for (FindingClass c :
       {FindingClass::Race, FindingClass::Wait, FindingClass::Window, FindingClass::Poison})
    EXPECT_EQ(findingClass(findingName(c)), c);
  EXPECT_EQ(findingClass("waitings"), std::nullopt);
}

} // namespace
} // namespace moec::gfx950::test
