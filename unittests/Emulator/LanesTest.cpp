//===- LanesTest.cpp - Moving data, memory and selections -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// DPP, SDWA, op_sel, lane exchanges, transposed reads, buffers, atomics: each against a formula of
// a line or two.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <random>

namespace moec::gfx950::test {
namespace {

TEST(Lanes, Dpp) {
  auto from = [](std::function<int(int)> source, bool zero) {
    return [=](const std::vector<Row> &in, unsigned lane) {
      int s = source(int(lane));
      return s < 0 ? (zero ? 0u : kOld) : in[0][size_t(s)];
    };
  };
  const std::string mov = "v_mov_b32_dpp v8, v48 ", all = " row_mask:0xf bank_mask:0xf";
  auto inRow = [](int lane, int to) { return to >= (lane & ~15) && to <= (lane | 15) ? to : -1; };
  check(
      {{mov + "quad_perm:[3,0,2,1]" + all,
        from([](int l) { return (l & ~3) + std::array{3, 0, 2, 1}[size_t(l & 3)]; }, false)},
       {mov + "row_shl:3" + all, from([=](int l) { return inRow(l, l + 3); }, false)},
       {mov + "row_shl:3" + all + " bound_ctrl:1",
        from([=](int l) { return inRow(l, l + 3); }, true)},
       {mov + "row_shr:5" + all, from([=](int l) { return inRow(l, l - 5); }, false)},
       {mov + "row_ror:4" + all, from([](int l) { return (l & ~15) + (l + 12) % 16; }, false)},
       {mov + "wave_shl:1" + all, from([](int l) { return l == 63 ? -1 : l + 1; }, false)},
       {mov + "wave_rol:1" + all, from([](int l) { return (l + 1) % 64; }, false)},
       {mov + "wave_shr:1" + all, from([](int l) { return l - 1; }, false)},
       {mov + "wave_ror:1" + all, from([](int l) { return (l + 63) % 64; }, false)},
       {mov + "row_mirror" + all, from([](int l) { return (l & ~15) + 15 - l % 16; }, false)},
       {mov + "row_half_mirror" + all, from([](int l) { return (l & ~7) + 7 - l % 8; }, false)},
       {mov + "row_bcast:15" + all, from([](int l) { return l < 16 ? -1 : (l & ~15) - 1; }, false)},
       {mov + "row_bcast:31" + all, from([](int l) { return l < 32 ? -1 : 31; }, false)},
       {mov + "row_newbcast:6" + all, from([](int l) { return (l & ~15) + 6; }, false)},
       {mov + "row_newbcast:6 row_mask:0x5 bank_mask:0x9",
        [](const std::vector<Row> &in, unsigned l) {
          bool on = l / 16 % 2 == 0 && (l % 16 < 4 || l % 16 >= 12);
          return on ? in[0][(l & ~15u) + 6] : kOld;
        }},
       {"v_sub_u32_dpp v8, v48, v49 row_ror:8" + all,
        [](const std::vector<Row> &in, unsigned l) {
          return in[0][(l & ~15u) + (l + 8) % 16] - in[1][l];
        }}},
      1);
}

TEST(Lanes, Sdwa) {
  auto byte = [](uint32_t v, unsigned i) { return v >> (8 * i) & 0xff; };
  check({{"v_add_u32_sdwa v8, v48, v49 dst_sel:DWORD src0_sel:BYTE_2 src1_sel:WORD_1",
          [=](const std::vector<Row> &in, unsigned l) {
            return byte(in[0][l], 2) + (in[1][l] >> 16);
          }},
         {"v_add_u32_sdwa v8, sext(v48), sext(v49) dst_sel:DWORD src0_sel:BYTE_3 src1_sel:WORD_0",
          [](const std::vector<Row> &in, unsigned l) {
            return uint32_t(int8_t(in[0][l] >> 24)) + uint32_t(int16_t(in[1][l]));
          }},
         {"v_mov_b32_sdwa v8, v48 dst_sel:BYTE_1 dst_unused:UNUSED_PRESERVE src0_sel:BYTE_3",
          [=](const std::vector<Row> &in, unsigned l) {
            return (kOld & 0xffff00ff) | byte(in[0][l], 3) << 8;
          }},
         {"v_mov_b32_sdwa v8, v48 dst_sel:BYTE_2 dst_unused:UNUSED_PAD src0_sel:BYTE_1",
          [=](const std::vector<Row> &in, unsigned l) { return byte(in[0][l], 1) << 16; }},
         {"v_mov_b32_sdwa v8, v48 dst_sel:WORD_0 dst_unused:UNUSED_SEXT src0_sel:WORD_1",
          [](const std::vector<Row> &in, unsigned l) { return uint32_t(int16_t(in[0][l] >> 16)); }},
         {"v_cmp_lt_u32_sdwa vcc, v48, v49 src0_sel:BYTE_0 src1_sel:BYTE_0\n  v_cndmask_b32 v8, "
          "v50, v51, vcc",
          [=](const std::vector<Row> &in, unsigned l) {
            return byte(in[0][l], 0) < byte(in[1][l], 0) ? in[3][l] : in[2][l];
          }}},
        2);
}

TEST(Lanes, SelectedHalves) {
  auto lo = [](uint32_t v) { return v & 0xffff; };
  auto hi = [](uint32_t v) { return v >> 16; };
  check({{"v_pk_add_u16 v8, v48, v49",
          [=](auto &in, unsigned l) {
            return lo(in[0][l] + in[1][l]) | (hi(in[0][l]) + hi(in[1][l])) << 16;
          }},
         {"v_pk_add_u16 v8, v48, v49 op_sel:[1,0] op_sel_hi:[0,1]",
          [=](auto &in, unsigned l) {
            return lo(hi(in[0][l]) + in[1][l]) | (lo(in[0][l]) + hi(in[1][l])) << 16;
          }},
         {"v_pk_sub_u16 v8, v48, v49 op_sel_hi:[1,0]",
          [=](auto &in, unsigned l) {
            return lo(in[0][l] - in[1][l]) | (hi(in[0][l]) - lo(in[1][l])) << 16;
          }},
         {"v_add_i16 v8, v48, v49 op_sel:[1,0,1]",
          [=](auto &in, unsigned l) {
            return (kOld & 0xffff) | (hi(in[0][l]) + lo(in[1][l])) << 16;
          }},
         {"v_mad_u16 v8, v48, v49, v50 op_sel:[0,1,1,0]",
          [=](auto &in, unsigned l) {
            return (kOld & 0xffff0000) | lo(lo(in[0][l]) * hi(in[1][l]) + hi(in[2][l]));
          }},
         {"v_pack_b32_f16 v8, v48, v49 op_sel:[1,0]",
          [=](auto &in, unsigned l) { return hi(in[0][l]) | in[1][l] << 16; }},
         {"v_pk_mov_b32 v[8:9], v[48:49], v[50:51] op_sel:[1,0]",
          [=](auto &in, unsigned l) { return in[1][l]; }},
         {"v_pk_mov_b32 v[10:11], v[48:49], v[50:51] op_sel:[1,1]\n  v_mov_b32 v8, v11",
          [=](auto &in, unsigned l) { return in[3][l]; }},
         {"v_perm_b32 v8, v48, v49, v50",
          [](auto &in, unsigned l) {
            uint32_t r = 0;
            for (unsigned i = 0; i < 4; ++i) {
              unsigned s = in[2][l] >> (8 * i) & 0xff;
              uint64_t v = uint64_t(in[0][l]) << 32 | in[1][l];
              uint32_t b = s < 8     ? uint32_t(v >> (8 * s)) & 0xff
                           : s < 12  ? ((v >> (16 * (s - 8) + 15) & 1) ? 0xffu : 0u)
                           : s == 12 ? 0u
                                     : 0xffu;
              r |= b << (8 * i);
            }
            return r;
          }},
         {"v_bitop3_b32 v8, v48, v49, v50 bitop3:0xca",
          [](auto &in, unsigned l) { return (in[0][l] & in[1][l]) | (~in[0][l] & in[2][l]); }},
         {"v_dot4_i32_i8 v8, v48, v49, v50",
          [](auto &in, unsigned l) {
            uint32_t sum = in[2][l];
            for (unsigned i = 0; i < 4; ++i)
              sum += uint32_t(int8_t(in[0][l] >> (8 * i)) * int8_t(in[1][l] >> (8 * i)));
            return sum;
          }},
         {"v_dot8_u32_u4 v8, v48, v49, v50",
          [](auto &in, unsigned l) {
            uint32_t sum = in[2][l];
            for (unsigned i = 0; i < 8; ++i)
              sum += (in[0][l] >> (4 * i) & 15) * (in[1][l] >> (4 * i) & 15);
            return sum;
          }},
         {"v_mbcnt_lo_u32_b32 v8, -1, 0\n  v_mbcnt_hi_u32_b32 v8, -1, v8",
          [](auto &, unsigned l) { return l; }}},
        3);
}

TEST(Lanes, Exchanges) {
  check(
      {{"v_readlane_b32 s20, v48, 37\n  v_mov_b32 v8, s20",
        [](auto &in, unsigned) { return in[0][37]; }},
       {"v_readfirstlane_b32 s20, v48\n  v_mov_b32 v8, s20",
        [](auto &in, unsigned) { return in[0][0]; }},
       {"s_mov_b64 exec, 0xff00\n  v_readfirstlane_b32 s20, v48\n  s_mov_b64 exec, -1\n  v_mov_b32 "
        "v8, s20",
        [](auto &in, unsigned) { return in[0][8]; }},
       {"s_movk_i32 s20, 0x777\n  v_writelane_b32 v8, s20, 5",
        [](auto &, unsigned l) { return l == 5 ? 0x777u : kOld; }},
       {"v_permlane32_swap_b32 v48, v49\n  v_mov_b32 v8, v48",
        [](auto &in, unsigned l) { return l < 32 ? in[0][l] : in[1][l - 32]; }},
       {"v_permlane32_swap_b32 v48, v49\n  v_mov_b32 v8, v49",
        [](auto &in, unsigned l) { return l < 32 ? in[0][l + 32] : in[1][l]; }},
       {"v_permlane16_swap_b32 v48, v49\n  v_mov_b32 v8, v48",
        [](auto &in, unsigned l) { return l / 16 % 2 ? in[1][l - 16] : in[0][l]; }},
       {"v_permlane16_swap_b32 v48, v49\n  v_mov_b32 v8, v49",
        [](auto &in, unsigned l) { return l / 16 % 2 ? in[1][l] : in[0][l + 16]; }},
       {"v_swap_b32 v48, v49\n  v_mov_b32 v8, v48", [](auto &in, unsigned l) { return in[1][l]; }},
       {"v_lshlrev_b32 v60, 2, v49\n  ds_bpermute_b32 v8, v60, v48",
        [](auto &in, unsigned l) { return in[0][in[1][l] & 63]; }},
       {"v_xor_b32 v3, 21, v0\n  v_lshlrev_b32 v3, 2, v3\n  ds_permute_b32 v8, v3, v48",
        [](auto &in, unsigned l) { return in[0][l ^ 21]; }},
       {"ds_swizzle_b32 v8, v48 offset:swizzle(SWAP,8)",
        [](auto &in, unsigned l) { return in[0][l ^ 8]; }},
       {"ds_swizzle_b32 v8, v48 offset:swizzle(QUAD_PERM,1,0,3,2)",
        [](auto &in, unsigned l) { return in[0][l ^ 1]; }},
       {"ds_swizzle_b32 v8, v48 offset:swizzle(BROADCAST,32,7)",
        [](auto &in, unsigned l) { return in[0][(l & 32) + 7]; }},
       {"ds_swizzle_b32 v8, v48 offset:swizzle(REVERSE,16)",
        [](auto &in, unsigned l) { return in[0][l ^ 15]; }}},
      4);
}

/// LDS[byte address] holds its own element's number; a transposed read must give lane i the column
/// i of its block.
TEST(Lanes, TransposedReads) {
  struct Shape {
    const char *name;
    unsigned bits, dwords;
  };
  for (Shape s : {Shape{"ds_read_b64_tr_b16", 16, 2}, Shape{"ds_read_b64_tr_b8", 8, 2},
                  Shape{"ds_read_b64_tr_b4", 4, 2}, Shape{"ds_read_b96_tr_b6", 6, 3}}) {
    // Each lane stores its row piece (v48…) and reads it back transposed.
    std::string wide = s.dwords == 2 ? "b64" : "b96", range = s.dwords == 2 ? "v[8:9]" : "v[8:10]",
                source = s.dwords == 2 ? "v[48:49]" : "v[48:50]";
    SnippetRunner runner({{"  v_lshlrev_b32 v60, 4, v0\n  ds_write_" + wide + " v60, " + source +
                               "\n  s_waitcnt lgkmcnt(0)\n  " + s.name + " " + range + ", v60",
                           4, s.dwords}});
    ASSERT_TRUE(runner.ok());
    std::mt19937 rng(6);
    std::vector<Row> in(4, Row(64));
    for (Row &row : in)
      for (uint32_t &v : row)
        v = uint32_t(rng());
    auto got = runner(0, in);
    ASSERT_EQ(runner.message, "") << s.name;
    auto element = [&](const std::vector<Row> &rows, unsigned lane, unsigned i) {
      uint32_t v = 0;
      for (unsigned b = 0; b < s.bits; ++b)
        v |= (rows[(i * s.bits + b) / 32][lane] >> ((i * s.bits + b) % 32) & 1) << b;
      return v;
    };
    unsigned perLane = s.dwords * 32 / s.bits;
    // A block of 16 lanes holds a matrix of perLane rows and 16 columns, row by row.
    for (unsigned lane = 0; lane < 64; ++lane)
      for (unsigned row = 0; row < perLane; ++row) {
        unsigned flat = row * 16 + lane % 16;
        EXPECT_EQ(element(got, lane, row),
                  element(in, (lane & ~15u) + flat / perLane, flat % perLane))
            << s.name << " lane " << lane;
      }
  }
}

TEST(Lanes, BufferRangeChecks) {
  Device device;
  // 40 dwords are in range: later lanes load 0 and store nothing. The descriptor's record count is
  // in bytes.
  std::string body =
      "  s_load_dwordx4 s[4:7], s[0:1], 0x0\n  v_lshlrev_b32 v1, 2, v0\n  s_waitcnt lgkmcnt(0)\n"
      "  s_mov_b32 s8, s4\n  s_and_b32 s9, s5, 0xffff\n  s_mov_b32 s10, 160\n  s_mov_b32 s11, "
      "0x27000\n"
      "  buffer_load_dword v2, v1, s[8:11], 0 offen\n  s_waitcnt vmcnt(0)\n  global_store_dword "
      "v1, v2, s[6:7]\n"
      "  v_mov_b32 v3, 7\n  s_mov_b32 s12, 8\n  buffer_store_dword v3, v1, s[8:11], s12 offen "
      "offset:4\n"
      // Structured: records of 12 bytes, three of them.
      "  s_or_b32 s9, s9, 0xc0000\n  s_mov_b32 s10, 3\n  buffer_load_dword v4, v0, s[8:11], 0 "
      "idxen offset:4\n"
      "  s_waitcnt vmcnt(0)\n  global_store_dword v1, v4, s[6:7] offset:256\n";
  ASSERT_TRUE(device.assemble(asmKernel("k", body)));
  std::vector<uint32_t> x(64);
  for (unsigned i = 0; i < 64; ++i)
    x[i] = 100 + i;
  uint32_t *in = device.buffer(x), *out = device.buffer(std::vector<uint32_t>(128, 1));
  ASSERT_EQ(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(in, out)), "");
  for (unsigned i = 0; i < 64; ++i) {
    EXPECT_EQ(out[i], i < 40 ? 100 + i : 0) << i;
    EXPECT_EQ(in[i], i >= 3 && i < 40 ? 7 : 100 + i) << i;
    // The structured load comes after the store: records start at 0, 12 and 24; dword 1, 4 and 7.
    EXPECT_EQ(out[64 + i], i == 0 ? 101u : i < 3 ? 7u : 0u) << i;
  }
}

TEST(Lanes, LoadsToLds) {
  for (const char *text : {"global_load_lds_dwordx4 v1, s[4:5] offset:16",
                           "buffer_load_dwordx4 v1, s[8:11], 0 offen offset:16 lds"}) {
    Device device;
    // M0 + offset + 16·lane, whatever the lane's address: here the lanes are reversed.
    std::string body = "  s_load_dwordx4 s[4:7], s[0:1], 0x0\n  v_sub_u32 v1, 63, v0\n  "
                       "v_lshlrev_b32 v1, 4, v1\n  v_lshlrev_b32 v2, 4, v0\n"
                       "  s_waitcnt lgkmcnt(0)\n  s_mov_b32 s8, s4\n  s_and_b32 s9, s5, 0xffff\n  "
                       "s_mov_b32 s10, -1\n  s_mov_b32 s11, 0x27000\n"
                       "  s_movk_i32 m0, 0x100\n  s_nop 0\n  " +
                       std::string(text) +
                       "\n  s_waitcnt vmcnt(0)\n  ds_read_b128 v[4:7], v2 offset:0x110\n"
                       "  s_waitcnt lgkmcnt(0)\n  global_store_dwordx4 v2, v[4:7], s[6:7]\n";
    ASSERT_TRUE(device.assemble(asmKernel("k", body)));
    std::vector<uint32_t> x(260);
    for (unsigned i = 0; i < 260; ++i)
      x[i] = i * 3;
    uint32_t *out = device.buffer(std::vector<uint32_t>(256));
    ASSERT_EQ(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(device.buffer(x), out)), "");
    for (unsigned i = 0; i < 256; ++i)
      EXPECT_EQ(out[i], ((63 - i / 4) * 4 + i % 4 + 4) * 3) << text << " " << i;
    EXPECT_EQ(device.counters.dmaBytes, 1024u);
  }
}

TEST(Lanes, CountersAndConflicts) {
  Device device;
  // Stride 64 dwords: all lanes hit one bank; a linear read has no conflicts.
  std::string body = "  v_lshlrev_b32 v1, 8, v0\n  v_lshlrev_b32 v2, 2, v0\n  v_mov_b32 v3, 0\n  "
                     "ds_write_b32 v1, v3\n  ds_write_b32 v2, v3\n  s_waitcnt lgkmcnt(0)\n";
  ASSERT_TRUE(device.assemble(asmKernel("k", body)));
  ASSERT_EQ(device.launch("k", {2, 1, 1}, {64, 1, 1}, {}), "");
  EXPECT_EQ(device.counters.ldsCycles, 2 * (64u + 2));
  EXPECT_EQ(device.counters.ldsConflictCycles, 2 * 62u);
  EXPECT_EQ(device.counters.ldsWriteBytes, 2 * 512u);
  EXPECT_EQ(device.counters.instructions[unsigned(InstructionClass::Lds)], 4u);
  EXPECT_EQ(device.counters.issueCycles[unsigned(InstructionClass::Valu)], 2 * 3 * 4u);
  EXPECT_EQ(device.counters.waves, 2u);
  Occupancy o = occupancyOf(128, 65536, 4);
  EXPECT_EQ(o.wavesPerSimdByRegisters, 4u);
  EXPECT_EQ(o.groupsPerCuByLds, 2u);
  EXPECT_EQ(o.wavesPerSimd, 2u);
}

} // namespace
} // namespace moec::gfx950::test
