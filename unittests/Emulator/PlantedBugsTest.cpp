//===- PlantedBugsTest.cpp - Bugs that must be caught -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each program is right but for one mistake. The launch must stop, and the message must say what
// and where. Next to each stands the program without the mistake, which must run.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace moec::gfx950::test {
namespace {

/// Runs `body` with a buffer of `dwords` dwords as its argument, s[4:5] its address, v1 four times
/// the work item.
std::string runBody(const std::string &body, unsigned items = 64, unsigned dwords = 1024,
                    Device *keep = nullptr) {
  Device own, &device = keep ? *keep : own;
  std::string start =
      "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n  s_waitcnt lgkmcnt(0)\n";
  if (!device.assemble(asmKernel("k", start + body)))
    return "does not assemble";
  uint32_t *buffer = device.buffer(std::vector<uint32_t>(dwords, 3));
  return device.launch("k", {1, 1, 1}, {items, 1, 1}, pack(buffer));
}

void expectFault(const std::string &message, const std::string &what) {
  EXPECT_NE(message.find(what), std::string::npos) << "got: " << message;
  EXPECT_NE(message.find("kernel k at 0x"), std::string::npos) << message;
  EXPECT_NE(message.find("wave "), std::string::npos) << message;
}

TEST(PlantedBugs, MissingWaitForALoad) {
  const std::string load = "  global_load_dword v2, v1, s[4:5]\n",
                    use = "  v_add_u32 v3, v2, v2\n  global_store_dword v1, v3, s[4:5]\n";
  EXPECT_EQ(runBody(load + "  s_waitcnt vmcnt(0)\n" + use), "");
  expectFault(runBody(load + use), "uses v2 while a load into it is under way");
}

TEST(PlantedBugs, WaitThatIsOneTooLax) {
  const std::string loads =
      "  global_load_dword v2, v1, s[4:5]\n  global_load_dword v3, v1, s[4:5] offset:4\n";
  const std::string use = "  v_mov_b32 v4, v2\n  v_mov_b32 v5, v3\n";
  EXPECT_EQ(
      runBody(
          loads +
          "  s_waitcnt vmcnt(1)\n  v_mov_b32 v4, v2\n  s_waitcnt vmcnt(0)\n  v_mov_b32 v5, v3\n"),
      "");
  expectFault(runBody(loads + "  s_waitcnt vmcnt(1)\n" + use), "uses v3");
}

/// An instruction without active lanes counts, too: the machine issues it all the same.
TEST(PlantedBugs, WaitThatCountsMemoryWithoutLanes) {
  const std::string use = "  v_mov_b32 v4, v2\n";
  for (std::string off :
       {"  global_load_dword v3, v1, s[4:5]\n", "  global_store_dword v1, v1, s[4:5]\n",
        "  global_load_lds_dword v1, s[4:5]\n", "  buffer_load_dword v3, v1, s[8:11], 0 offen\n",
        "  global_atomic_add v1, v1, s[4:5]\n"}) {
    const std::string loads = "  s_mov_b64 s[8:9], s[4:5]\n  s_movk_i32 s10, 0x100\n"
                              "  s_mov_b32 s11, 0x27000\n  s_mov_b32 m0, 0\n"
                              "  global_load_dword v2, v1, s[4:5]\n  s_mov_b64 exec, 0\n" +
                              off + "  s_mov_b64 exec, -1\n";
    EXPECT_EQ(runBody(loads + "  s_waitcnt vmcnt(1)\n" + use), "") << off;
    expectFault(runBody(loads + "  s_waitcnt vmcnt(2)\n" + use), "uses v2");
  }
  const std::string lds = "  ds_write_b32 v1, v1\n  ds_read_b32 v2, v1\n  s_mov_b64 exec, 0\n"
                          "  ds_read_b32 v3, v1\n  s_mov_b64 exec, -1\n";
  EXPECT_EQ(runBody(lds + "  s_waitcnt lgkmcnt(1)\n" + use), "");
  expectFault(runBody(lds + "  s_waitcnt lgkmcnt(2)\n" + use), "uses v2");
}

TEST(PlantedBugs, MissingWaitForAScalarLoad) {
  const std::string load = "  s_load_dword s8, s[4:5], 0x0\n  s_load_dword s9, s[4:5], 0x4\n",
                    use = "  s_add_u32 s10, s8, 1\n";
  EXPECT_EQ(runBody(load + "  s_waitcnt lgkmcnt(0)\n" + use), "");
  expectFault(runBody(load + "  s_waitcnt lgkmcnt(1)\n" + use), "uses s8");
}

/// Scalar stores and atomics of the buffer, whose dwords are 3 each.
TEST(PlantedBugs, ScalarWrites) {
  const std::string five = "  s_mov_b64 s[8:9], 5\n  s_mov_b64 s[10:11], 3\n",
                    result = "  s_waitcnt lgkmcnt(0)\n  v_mov_b32 v2, s8\n"
                             "  global_store_dword v1, v2, s[4:5]\n";
  Device device;
  EXPECT_EQ(runBody(five +
                        "  s_store_dwordx4 s[8:11], s[4:5], 0x10\n"
                        "  s_atomic_add s8, s[4:5], 0x20\n  s_atomic_dec s8, s[4:5], 0x24\n" +
                        "  s_atomic_cmpswap_x2 s[8:11], s[4:5], 0x28\n  s_dcache_wb\n"
                        "  s_atomic_umax s10, s[4:5], 0x10 glc\n  s_waitcnt lgkmcnt(0)\n"
                        "  s_cmp_lg_u32 s10, 5\n  s_cbranch_scc1 .Lwrong\n  s_endpgm\n"
                        ".Lwrong:\n  s_store_dword s10, s[4:5], 0x4000\n",
                    64, 1024, &device),
            "");
  // An atomic that returns the old value delivers it at the wait.
  EXPECT_EQ(runBody(five + "  s_atomic_swap s8, s[4:5], 0x10 glc\n" + result), "");
  expectFault(runBody(five + "  s_atomic_swap s8, s[4:5], 0x10 glc\n  v_mov_b32 v2, s8\n"),
              "uses s8 while a load into it is under way");
  expectFault(runBody(five + "  s_store_dwordx2 s[8:9], s[4:5], 0xffc\n"), "writes 4 bytes at");
  expectFault(runBody("  s_store_dword s20, s[4:5], 0x0\n"), "stores an uninitialised value (s20)");
  expectFault(runBody(five + "  s_atomic_cmpswap s[12:13], s[4:5], 0x0\n"),
              "an atomic's operand is uninitialised (s12)");
  expectFault(runBody(five + "  s_atomic_add_x2 s[8:9], s[4:5], 0x14\n"),
              "is not aligned to 8 bytes");
  // A buffer's end: what lies behind it is not written, and an atomic gives 0.
  const std::string buffer = five + "  s_mov_b64 s[12:13], s[4:5]\n  s_movk_i32 s14, 0x18\n"
                                    "  s_mov_b32 s15, 0x27000\n";
  EXPECT_EQ(runBody(buffer + "  s_buffer_store_dwordx4 s[8:11], s[12:15], 0x10\n"
                             "  s_buffer_atomic_add s10, s[12:15], 0x18 glc\n"
                             "  s_waitcnt lgkmcnt(0)\n  s_load_dwordx4 s[16:19], s[4:5], 0x10\n"
                             "  s_waitcnt lgkmcnt(0)\n  s_sub_u32 s20, s16, 5\n"
                             "  s_sub_u32 s21, s18, 3\n  s_or_b32 s20, s20, s21\n"
                             "  s_or_b32 s20, s20, s17\n  s_or_b32 s20, s20, s10\n"
                             "  s_cmp_eq_u32 s20, 0\n  s_cbranch_scc1 .Lright\n"
                             "  s_store_dword s20, s[4:5], 0x4000\n.Lright:\n"),
            "");
}

TEST(PlantedBugs, MissingWaitForLds) {
  const std::string start = "  v_mov_b32 v2, 7\n  ds_write_b32 v1, v2\n  ds_read_b32 v3, v1\n",
                    use = "  v_add_u32 v4, v3, v3\n";
  EXPECT_EQ(runBody(start + "  s_waitcnt lgkmcnt(0)\n" + use), "");
  expectFault(runBody(start + use), "uses v3");
}

TEST(PlantedBugs, MissingBarrier) {
  // Each wave reads what the other one wrote.
  const std::string write = "  ds_write_b32 v1, v1\n  s_waitcnt lgkmcnt(0)\n",
                    barrier = "  s_barrier\n",
                    read =
                        "  v_xor_b32 v2, 0x100, v1\n  ds_read_b32 v3, v2\n  s_waitcnt lgkmcnt(0)\n";
  EXPECT_EQ(runBody(write + barrier + read, 128), "");
  expectFault(runBody(write + read, 128), "race");
}

TEST(PlantedBugs, BarrierWithoutWait) {
  const std::string
      write = "  ds_write_b32 v1, v1\n",
      read =
          "  s_barrier\n  v_xor_b32 v2, 0x100, v1\n  ds_read_b32 v3, v2\n  s_waitcnt lgkmcnt(0)\n";
  EXPECT_EQ(runBody(write + "  s_waitcnt lgkmcnt(0)\n" + read, 128), "");
  expectFault(runBody(write + read, 128), "race");
}

TEST(PlantedBugs, LdsReadBeforeALoadToLdsHasLanded) {
  const std::string dma = "  s_mov_b32 m0, 0\n  s_nop 0\n  global_load_lds_dword v1, s[4:5]\n",
                    read = "  ds_read_b32 v3, v1\n  s_waitcnt lgkmcnt(0)\n";
  EXPECT_EQ(runBody(dma + "  s_waitcnt vmcnt(0)\n" + read), "");
  expectFault(runBody(dma + read), "still under way");
}

TEST(PlantedBugs, TailOutOfBounds) {
  const std::string body = "  v_mov_b32 v2, 1\n  global_store_dword v1, v2, s[4:5]\n";
  EXPECT_EQ(runBody(body, 64, 64), "");
  std::string message = runBody(body, 64, 61);
  expectFault(message, "writes 4 bytes");
  EXPECT_NE(message.find("lane 61"), std::string::npos) << message;
  expectFault(runBody("  global_load_dwordx4 v[4:7], v1, s[4:5]\n  s_waitcnt vmcnt(0)\n", 64, 64),
              "past the end of an allocation of 256 bytes");
}

TEST(PlantedBugs, LdsOutOfBounds) {
  EXPECT_EQ(runBody("  v_mov_b32 v2, 65532\n  ds_write_b32 v2, v1\n"), "");
  expectFault(runBody("  v_mov_b32 v2, 65536\n  ds_write_b32 v2, v1\n"), "outside the 65536 bytes");
}

TEST(PlantedBugs, ScratchOutOfBounds) {
  for (int offset : {12, 16}) {
    std::string text =
        asmKernel("k", "  v_mov_b32 v2, 7\n  scratch_store_dword off, v2, off offset:" +
                           std::to_string(offset) + "\n");
    const std::string lds = "  .amdhsa_group_segment_fixed_size 65536\n";
    text.replace(text.find(lds), lds.size(), lds + "  .amdhsa_private_segment_fixed_size 16\n");
    Device device;
    ASSERT_TRUE(device.assemble(text));
    std::string message = device.launch("k", {1, 1, 1}, {64, 1, 1}, {});
    if (offset == 12)
      EXPECT_EQ(message, "");
    else
      expectFault(message, "scratch bytes 16 to ");
  }
}

TEST(PlantedBugs, Misaligned) {
  expectFault(runBody("  v_add_u32 v1, 2, v1\n  global_load_dword v2, v1, s[4:5]\n"),
              "not aligned");
  expectFault(runBody("  v_add_u32 v1, 2, v1\n  ds_read_b32 v2, v1\n"), "misaligned");
  expectFault(
      runBody("  v_mov_b32 v2, 0\n  v_mov_b32 v3, 0\n  global_atomic_add_x2 v1, v[2:3], s[4:5]\n"),
      "not aligned to 8");
}

TEST(PlantedBugs, UninitialisedRegisterReachesMemory) {
  EXPECT_EQ(
      runBody("  v_mov_b32 v9, 1\n  v_add_u32 v2, v9, v1\n  global_store_dword v1, v2, s[4:5]\n"),
      "");
  expectFault(runBody("  v_add_u32 v2, v9, v1\n  global_store_dword v1, v2, s[4:5]\n"),
              "uninitialised");
}

TEST(PlantedBugs, UninitialisedAddressBranchAndMatrix) {
  expectFault(runBody("  global_load_dword v2, v9, s[4:5]\n"), "the address is uninitialised");
  expectFault(runBody("  s_cmp_eq_u32 s20, 0\n  s_cbranch_scc1 0\n"),
              "a branch depends on an uninitialised value");
  expectFault(runBody("  v_cmp_eq_u32 vcc, v9, v1\n  s_cbranch_vccz 0\n"), "a branch depends");
}

/// Poison of one row of A is that of this row of the result alone: kernels leave rows behind the
/// last token as they are.
TEST(PlantedBugs, UninitialisedMatrixOperands) {
  const std::string zeros = "  v_mov_b32 v2, 0\n  v_mov_b32 v3, 0\n  v_mov_b32 v4, 0\n"
                            "  v_mov_b32 v5, 0\n  v_mov_b32 v6, 0x7f7f7f7f\n  s_nop 4\n";
  const std::string product = "  v_mfma_f32_16x16x16_f16 v[8:11], v[12:13], v[14:15], 0\n",
                    scaled = "  v_mfma_scale_f32_16x16x128_f8f6f4 v[8:11], v[12:15], v[2:5], 0, "
                             "v6, v16 op_sel:[0,1,0] op_sel_hi:[0,0,0] cbsz:4 blgp:4\n";
  const std::string clear = "  v_mov_b32 v12, 0\n  v_mov_b32 v13, 0\n  v_mov_b32 v14, 0\n"
                            "  v_mov_b32 v15, 0\n  v_mov_b32 v16, v6\n";
  // EXEC of the writes: all lanes but lane 21, which holds a part of row or column 5.
  const std::string hole = "  s_mov_b32 exec_lo, 0xffdfffff\n", all = "  s_mov_b32 exec_lo, -1\n";
  auto store = [&](unsigned reg, unsigned lane) {
    uint64_t mask = 1ull << lane;
    return "  s_nop 15\n  s_mov_b32 exec_lo, " + std::to_string(uint32_t(mask)) +
           "\n  s_mov_b32 exec_hi, " + std::to_string(uint32_t(mask >> 32)) +
           "\n  global_store_dword v1, v" + std::to_string(reg) + ", s[4:5]\n";
  };
  struct Place {
    unsigned reg, lane;
    bool row, column; // Whether it lies in row 5, in column 5.
  };
  for (Place p : {Place{9, 16, true, false},
                  {9, 31, true, false},
                  {9, 21, true, true},
                  {8, 5, false, true},
                  {11, 53, false, true},
                  {8, 16, false, false},
                  {10, 20, false, false}}) {
    const std::string at = std::to_string(p.reg) + "[" + std::to_string(p.lane) + "]";
    auto expect = [&](const std::string &body, bool fault, const char *what) {
      std::string message = runBody(zeros + body + store(p.reg, p.lane));
      EXPECT_EQ(message.find("uninitialised") != std::string::npos, fault)
          << what << " v" << at << ": " << message;
    };
    expect(clear + product, false, "all");
    expect("  v_mov_b32 v14, 0\n  v_mov_b32 v15, 0\n" + hole + clear + all + product, p.row, "A");
    expect("  v_mov_b32 v12, 0\n  v_mov_b32 v13, 0\n" + hole +
               "  v_mov_b32 v14, 0\n  v_mov_b32 v15, 0\n" + all + product,
           p.column, "B");
    expect(clear + scaled, false, "scaled");
    expect("  v_mov_b32 v16, v6\n" + hole + "  v_mov_b32 v12, 0\n" + all +
               "  v_mov_b32 v13, 0\n  v_mov_b32 v14, 0\n  v_mov_b32 v15, 0\n" + scaled,
           p.row, "scaled A");
    expect(hole + clear + all +
               "  v_mov_b32 v12, 0\n  v_mov_b32 v13, 0\n  v_mov_b32 v14, 0\n"
               "  v_mov_b32 v15, 0\n" +
               scaled,
           p.column, "scale B");
    // The byte of the scale that no product takes may be anything.
    expect("  v_mov_b32_sdwa v16, v6 dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE src0_sel:BYTE_0\n"
           "  v_mov_b32 v12, 0\n  v_mov_b32 v13, 0\n  v_mov_b32 v14, 0\n  v_mov_b32 v15, 0\n" +
               scaled,
           false, "other bytes of the scale");
    // The addend's poison stays where it is.
    expect(clear + "  v_mov_b32 v8, 0\n  v_mov_b32 v10, 0\n  v_mov_b32 v11, 0\n"
                   "  v_mfma_f32_16x16x16_f16 v[8:11], v[12:13], v[14:15], v[8:11]\n",
           p.reg == 9, "C");
  }
}

TEST(PlantedBugs, UninitialisedLds) {
  expectFault(
      runBody(
          "  ds_read_b32 v2, v1\n  s_waitcnt lgkmcnt(0)\n  global_store_dword v1, v2, s[4:5]\n"),
      "uninitialised");
}

TEST(PlantedBugs, PoisonStopsAtAMask) {
  // Only one byte of v2 is written; a store of that byte is fine, one of the dword is not.
  const std::string body =
      "  v_mov_b32_sdwa v2, v1 dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE src0_sel:BYTE_0\n";
  EXPECT_EQ(runBody(body + "  v_bfe_u32 v3, v2, 8, 8\n  global_store_dword v1, v3, s[4:5]\n"), "");
  EXPECT_EQ(runBody(body + "  v_and_b32 v3, 0xff00, v2\n  global_store_dword v1, v3, s[4:5]\n"),
            "");
  expectFault(runBody(body + "  global_store_dword v1, v2, s[4:5]\n"), "uninitialised");
}

const char *const kOperands =
    "  v_mov_b32 v8, 0\n  v_mov_b32 v9, 0\n  v_mov_b32 v10, 0\n  v_mov_b32 v11, 0\n  s_nop 4\n";

TEST(PlantedBugs, MatrixResultReadInItsWindow) {
  const std::string mfma =
      std::string(kOperands) + "  v_mfma_f32_16x16x32_bf16 v[16:19], v[8:11], v[8:11], 0\n";
  // 4 passes: 8 wait states before a vector instruction may read the result.
  EXPECT_EQ(runBody(mfma + "  s_nop 7\n  v_mov_b32 v2, v16\n"), "");
  expectFault(runBody(mfma + "  s_nop 6\n  v_mov_b32 v2, v16\n"), "8 are needed");
  expectFault(runBody(mfma + "  s_nop 1\n  global_store_dword v1, v17, s[4:5]\n"),
              "a result of an MFMA");
  // The next product may take it as its addend at once, but not as a factor.
  EXPECT_EQ(runBody(mfma + "  v_mfma_f32_16x16x32_bf16 v[16:19], v[8:11], v[8:11], v[16:19]\n"),
            "");
  expectFault(runBody(mfma + "  v_mfma_f32_16x16x32_bf16 v[20:23], v[16:19], v[8:11], 0\n"),
              "a result of an MFMA");
}

/// Of registers that a second product overwrites, its own window counts; of the others, the first
/// one's.
TEST(PlantedBugs, MatrixResultOverwrittenByAShorterProduct) {
  const std::string both = std::string(kOperands) +
                           "  v_mfma_f32_32x32x16_bf16 v[16:31], v[8:11], v[8:11], 0\n"
                           "  v_mfma_f32_16x16x32_bf16 v[16:19], v[8:11], v[8:11], 0\n  s_nop 7\n";
  EXPECT_EQ(runBody(both + "  v_mov_b32 v2, v16\n"), "");
  expectFault(runBody(both + "  v_mov_b32 v2, v20\n"), "12 are needed");
  EXPECT_EQ(runBody(both + "  s_nop 2\n  v_mov_b32 v2, v20\n"), "");
  const std::string end = std::string(kOperands) +
                          "  v_mfma_f32_32x32x16_bf16 v[16:31], v[8:11], v[8:11], 0\n"
                          "  v_mfma_f32_16x16x32_bf16 v[28:31], v[8:11], v[8:11], 0\n  s_nop 7\n";
  EXPECT_EQ(runBody(end + "  v_mov_b32 v2, v31\n"), "");
  expectFault(runBody(end + "  v_mov_b32 v2, v27\n"), "12 are needed");
}

TEST(PlantedBugs, MatrixResultOverwrittenInItsWindow) {
  const std::string mfma =
      std::string(kOperands) + "  v_mfma_f32_16x16x32_bf16 v[16:19], v[8:11], v[8:11], 0\n";
  expectFault(runBody(mfma + "  v_mov_b32 v17, 0\n"), "overwrites v16, a result of an MFMA");
  EXPECT_EQ(runBody(mfma + "  s_nop 7\n  v_mov_b32 v17, 0\n"), "");
}

TEST(PlantedBugs, RightTwinsOfUninitialisedValues) {
  EXPECT_EQ(runBody("  v_mov_b32 v9, 0\n  global_load_dword v2, v9, s[4:5]\n"), "");
  EXPECT_EQ(runBody("  s_mov_b32 s20, 0\n  s_cmp_eq_u32 s20, 0\n  s_cbranch_scc1 0\n"), "");
  EXPECT_EQ(runBody("  v_mov_b32 v9, 0\n  v_cmp_eq_u32 vcc, v9, v1\n  s_cbranch_vccz 0\n"), "");
  EXPECT_EQ(runBody("  v_mov_b32 v2, 0\n  v_mov_b32 v3, 0\n  s_nop 4\n  v_mfma_f32_16x16x16_f16 "
                    "v[8:11], v[2:3], v[2:3], 0\n"),
            "");
  EXPECT_EQ(runBody("  ds_write_b32 v1, v1\n  ds_read_b32 v2, v1\n  s_waitcnt lgkmcnt(0)\n  "
                    "global_store_dword v1, v2, s[4:5]\n"),
            "");
  EXPECT_EQ(runBody("  v_add_u32 v1, 4, v1\n  global_load_dword v2, v1, s[4:5]\n"
                    "  v_add_u32 v1, 4, v1\n  s_waitcnt vmcnt(0)\n  ds_write_b32 v1, v1\n"),
            "");
}

TEST(PlantedBugs, UninitialisedExecAndM0) {
  expectFault(runBody("  s_mov_b64 exec, s[20:21]\n  v_mov_b32 v2, 0\n"), "uninitialised");
  EXPECT_EQ(runBody("  s_mov_b64 s[20:21], -1\n  s_mov_b64 exec, s[20:21]\n  v_mov_b32 v2, 0\n"),
            "");
  expectFault(runBody("  global_load_lds_dword v1, s[4:5]\n"), "M0, the LDS address");
  EXPECT_EQ(runBody("  s_mov_b32 m0, 0\n  s_nop 0\n  global_load_lds_dword v1, s[4:5]\n"), "");
}

TEST(PlantedBugs, LoadToLdsOutOfBounds) {
  const std::string load = "  s_nop 0\n  global_load_lds_dword v1, s[4:5]\n";
  EXPECT_EQ(runBody("  s_mov_b32 m0, 0xff00\n" + load), "");
  expectFault(runBody("  s_mov_b32 m0, 0xff04\n" + load), "outside the 65536 bytes");
}

TEST(PlantedBugs, FreedMemory) {
  Device device;
  ASSERT_TRUE(device.assemble(
      asmKernel("k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n  s_waitcnt "
                     "lgkmcnt(0)\n  global_load_dword v2, v1, s[4:5]\n")));
  uint32_t *buffer = device.buffer(std::vector<uint32_t>(64));
  EXPECT_EQ(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(buffer)), "");
  ASSERT_TRUE(device.memory.release(buffer));
  expectFault(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(buffer)), "outside every allocation");
}

TEST(PlantedBugs, RegisterBeyondTheAllocation) {
  Device device;
  std::string text = asmKernel("k", "  v_mov_b32 v100, 0\n");
  for (auto [from, to] : {std::pair(".amdhsa_next_free_vgpr 512", ".amdhsa_next_free_vgpr 64"),
                          {".amdhsa_accum_offset 256", ".amdhsa_accum_offset 64"}})
    text.replace(text.find(from), strlen(from), to);
  ASSERT_TRUE(device.assemble(text));
  expectFault(device.launch("k", {1, 1, 1}, {64, 1, 1}, {}), "register v100 is beyond the 64");
  text.replace(text.find("v100"), 4, "v63");
  ASSERT_TRUE(device.assemble(text));
  EXPECT_EQ(device.launch("k", {1, 1, 1}, {64, 1, 1}, {}), "");
}

/// There is one file of registers, in which AGPRs begin at ACCUM_OFFSET.
TEST(PlantedBugs, OneFileOfRegisters) {
  auto run = [](const std::string &body) {
    Device device;
    std::string text =
        asmKernel("k", "  s_load_dwordx2 s[4:5], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n" + body +
                           "  s_waitcnt lgkmcnt(0)\n  global_store_dword v1, v2, s[4:5]\n");
    for (auto [from, to] : {std::pair(".amdhsa_next_free_vgpr 512", ".amdhsa_next_free_vgpr 128"),
                            {".amdhsa_accum_offset 256", ".amdhsa_accum_offset 64"}})
      text.replace(text.find(from), strlen(from), to);
    EXPECT_TRUE(device.assemble(text));
    uint32_t *out = device.buffer(std::vector<uint32_t>(64));
    std::string message = device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(out));
    return message.empty() ? std::to_string(out[5]) : message;
  };
  EXPECT_EQ(run("  v_mov_b32 v70, v0\n  v_accvgpr_read_b32 v2, a6\n"), "5");
  EXPECT_EQ(run("  v_accvgpr_write_b32 a63, v0\n  v_mov_b32 v2, v127\n"), "5");
  expectFault(run("  v_accvgpr_read_b32 v2, a6\n"), "uninitialised");
  expectFault(run("  v_mov_b32 v128, v0\n"), "register v128 is beyond the 128");
  expectFault(run("  v_accvgpr_write_b32 a64, v0\n"), "register a64 is beyond the 64");
  const std::string index = "  s_movk_i32 s20, 0x40\n  s_set_gpr_idx_on s20, gpr_idx(DST)\n";
  EXPECT_EQ(run("  v_mov_b32 v70, v0\n" + index +
                "  v_writelane_b32 v6, 7, 5\n  s_set_gpr_idx_off\n"
                "  v_accvgpr_read_b32 v2, a6\n"),
            "7");
  expectFault(run(index + "  v_writelane_b32 v64, 7, 5\n"), "register v128, which M0 indexes");
  // A wait for a register is one for its other name, too.
  const std::string load = "  s_waitcnt lgkmcnt(0)\n  global_load_dword v70, v1, s[4:5]\n";
  EXPECT_EQ(run(load + "  s_waitcnt vmcnt(0)\n  v_accvgpr_read_b32 v2, a6\n"), "0");
  expectFault(run(load + "  v_accvgpr_read_b32 v2, a6\n"), "uses a6 while a load into it");
}

TEST(PlantedBugs, IndexedRegisters) {
  const std::string index = "  s_movk_i32 s20, 0x40\n  s_set_gpr_idx_on s20, gpr_idx(SRC0,DST)\n";
  EXPECT_EQ(runBody(index + "  v_mov_b32 v10, v0\n  s_set_gpr_idx_off\n"), "");
  const std::string load = "  global_load_dword v74, v1, s[4:5]\n" + index;
  EXPECT_EQ(runBody(load + "  s_waitcnt vmcnt(0)\n  v_readlane_b32 s21, v10, 0\n"), "");
  expectFault(runBody(load + "  v_readlane_b32 s21, v10, 0\n"), "uses v74, which M0 indexes");
}

//===--- Wrong data layouts give wrong products
//------------------------------------------------------===//

double fp8Value(uint32_t code) {
  llvm::APFloat v(llvm::APFloat::Float8E4M3FN(), llvm::APInt(8, code));
  return double(v.convertToFloat());
}

/// A·B of 16×128 and 128×16 fp8 matrices, with the elements of a lane in K order `order(group, i)`
/// and scales that come from byte `scaleByte`; the largest error against the definition.
double productError(unsigned (*order)(unsigned, unsigned), unsigned scaleByte) {
  std::string sel = std::string(" op_sel:[") + char('0' + (scaleByte & 1)) + ",0,0] op_sel_hi:[" +
                    char('0' + (scaleByte >> 1)) + ",0,0]";
  SnippetRunner runner(
      {{"  v_mfma_scale_f32_16x16x128_f8f6f4 v[8:11], v[48:55], v[56:63], v[64:67], v68, v69" + sel,
        24, 4}});
  std::mt19937 rng(1);
  uint8_t a[16][128], b[128][16];
  for (auto &row : a)
    for (uint8_t &x : row)
      x = uint8_t(rng() % 0x60 | (rng() & 0x80));
  for (auto &row : b)
    for (uint8_t &x : row)
      x = uint8_t(rng() % 0x60 | (rng() & 0x80));
  std::vector<std::vector<uint32_t>> r(24, std::vector<uint32_t>(64, 0));
  for (unsigned lane = 0; lane < 64; ++lane)
    for (unsigned i = 0; i < 32; ++i) {
      unsigned k = order(lane / 16, i);
      r[i / 4][lane] |= uint32_t(a[lane % 16][k]) << (8 * (i % 4));
      r[8 + i / 4][lane] |= uint32_t(b[k][lane % 16]) << (8 * (i % 4));
    }
  std::fill(r[20].begin(), r[20].end(), 0x7f80817fu); // Byte 0 is one; bytes 1 and 2 are others.
  std::fill(r[21].begin(), r[21].end(), 0x7fu);
  auto got = runner(0, r);
  EXPECT_EQ(runner.message, "");
  double worst = 0;
  for (unsigned i = 0; i < 16 && !got.empty(); ++i)
    for (unsigned j = 0; j < 16; ++j) {
      double sum = 0;
      for (unsigned k = 0; k < 128; ++k)
        sum += fp8Value(a[i][k]) * fp8Value(b[k][j]);
      worst = std::max(worst,
                       std::fabs(sum - double(std::bit_cast<float>(got[i % 4][i / 4 * 16 + j]))));
    }
  return worst;
}

unsigned twoRuns(unsigned group, unsigned i) {
  return i < 16 ? 16 * group + i : 64 + 16 * group + i - 16;
}
/// A compiler that lays A out contiguously and B correctly, as several public tables would have it,
/// is wrong; when both are permuted alike the sum over K hides it, so only the scales' blocks show
/// it.
unsigned contiguous(unsigned group, unsigned i) { return 32 * group + i; }

TEST(PlantedBugs, WrongScaleByte) {
  EXPECT_LT(productError(twoRuns, 0), 0.05);
  EXPECT_GT(productError(twoRuns, 1), 1.0);
}

TEST(PlantedBugs, ContiguousFp8) {
  // With scales that differ by block of K, the contiguous order gives another product.
  SnippetRunner runner(
      {{"  v_mfma_scale_f32_16x16x128_f8f6f4 v[8:11], v[48:55], v[56:63], v[64:67], v68, v69", 24,
        4}});
  for (bool right : {true, false}) {
    std::vector<std::vector<uint32_t>> r(24, std::vector<uint32_t>(64, 0));
    double want = 0;
    for (unsigned lane = 0; lane < 64; ++lane) {
      for (unsigned i = 0; i < 32; ++i) {
        unsigned k = right ? twoRuns(lane / 16, i) : contiguous(lane / 16, i);
        uint32_t code = k < 32 ? 0x38 : 0x40; // 1 in the first block, 2 elsewhere.
        r[i / 4][lane] |= code << (8 * (i % 4));
        r[8 + i / 4][lane] |= 0x38u << (8 * (i % 4));
      }
      r[20][lane] = 127 + lane / 16; // Block g of K is scaled by 2^g.
      r[21][lane] = 127;
    }
    for (unsigned k = 0; k < 128; ++k)
      want += (k < 32 ? 1.0 : 2.0) * double(1 << (k / 32));
    auto got = runner(0, r);
    ASSERT_EQ(runner.message, "");
    if (right)
      EXPECT_EQ(std::bit_cast<float>(got[0][0]), want);
    else
      EXPECT_NE(std::bit_cast<float>(got[0][0]), want);
  }
}

} // namespace
} // namespace moec::gfx950::test
