//===- StatementScripts.cpp - Instructions that need company ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See StatementScripts.h.
//
//===----------------------------------------------------------------------===//

#include "StatementScripts.h"

#include <map>

namespace moec::gfx950::test {

using reference::Machine;

namespace {

/// A branch over one instruction of one dword.
Script branch(const std::string &name, std::function<bool(const Machine &)> taken,
              std::function<void(Machine &, unsigned)> prepare = nullptr) {
  return {"  " + name + " 1\n  s_movk_i32 s0, 0x123",
          [=](Machine &m) {
            if (!taken(m))
              m.state.scalar[0] = 0x123;
          },
          prepare};
}

void indexModes(std::map<std::string, Script> &s) {
  // s20 is the index; v10 and v20 move by it while the mode says so.
  auto index = [](Machine &m, unsigned wave) { m.state.scalar[20] = 0xa00 | (2 + wave); };
  auto move = [](Machine &m, bool source, bool result) {
    unsigned by = m.state.scalar[20] & 255;
    for (unsigned l = 0; l < 64; ++l)
      if (m.active(l))
        m.state.vector[10 + (result ? by : 0)][l] = m.state.vector[20 + (source ? by : 0)][l];
  };
  auto m0 = [](Machine &m, unsigned mode) {
    m.state.m0 = (m.state.m0 & 0xffff0f00) | (m.state.scalar[20] & 255) | mode << 12;
  };
  s["s_set_gpr_idx_on"] = {"  s_set_gpr_idx_on s20, gpr_idx(SRC0)\n  v_mov_b32 v10, v20\n"
                           "  s_set_gpr_idx_off",
                           [=](Machine &m) { move(m, true, false), m0(m, 1); }, index};
  s["s_set_gpr_idx_mode"] = {"  s_set_gpr_idx_on s20, gpr_idx(SRC0)\n  s_set_gpr_idx_mode "
                             "gpr_idx(DST)\n  v_mov_b32 v10, v20\n  s_set_gpr_idx_off",
                             [=](Machine &m) { move(m, false, true), m0(m, 8); }, index};
  s["s_set_gpr_idx_idx"] = {"  s_set_gpr_idx_on s21, gpr_idx(SRC0,DST)\n  s_set_gpr_idx_idx s20\n"
                            "  v_mov_b32 v10, v20\n  s_set_gpr_idx_off",
                            [=](Machine &m) { move(m, true, true), m0(m, 9); }, index};
  s["s_set_gpr_idx_off"] = {"  s_set_gpr_idx_on s20, gpr_idx(SRC0,DST)\n  s_set_gpr_idx_off\n"
                            "  v_mov_b32 v10, v20",
                            [=](Machine &m) { move(m, false, false), m0(m, 9); }, index};
  // v_readlane and its relatives are indexed like other vector operations.
  s["s_indexed_lanes"] = {"  s_set_gpr_idx_on s20, gpr_idx(SRC0)\n  v_readlane_b32 s2, v20, 5\n"
                          "  v_readfirstlane_b32 s3, v20\n  v_writelane_b32 v10, s2, 7\n"
                          "  s_set_gpr_idx_mode gpr_idx(DST)\n  v_writelane_b32 v10, s3, 9\n"
                          "  v_readlane_b32 s3, v20, 5\n  s_set_gpr_idx_off",
                          [=](Machine &m) {
                            unsigned by = m.state.scalar[20] & 255, first = 0;
                            while (first < 63 && !m.active(first))
                              ++first;
                            m.state.scalar[2] = m.state.vector[20 + by][5];
                            m.state.vector[10][7] = m.state.scalar[2];
                            m.state.vector[10 + by][9] = m.state.vector[20 + by][first];
                            m.state.scalar[3] = m.state.vector[20][5];
                            m0(m, 8);
                          },
                          index};
  s["s_setvskip"] = {"  s_setvskip s20, 3\n  v_mov_b32 v10, v20\n  s_setvskip 0, 0",
                     [=](Machine &m) {
                       if (!(m.state.scalar[20] >> 3 & 1))
                         move(m, false, false);
                     },
                     [](Machine &m, unsigned wave) { m.state.scalar[20] = wave % 2 * 8; }};
}

void programCounters(std::map<std::string, Script> &s) {
  auto zero = [](Machine &m, std::initializer_list<unsigned> registers) {
    for (unsigned r : registers)
      m.state.scalar[r] = 0;
  };
  // Differences of addresses: 4 bytes an instruction.
  const std::string subtract = "  s_sub_u32 s0, s0, s4\n  s_subb_u32 s1, s1, s5\n"
                               "  s_mov_b64 s[4:5], 0";
  auto four = [=](Machine &m) {
    zero(m, {1, 4, 5});
    m.state.scalar[0] = 4, m.state.scc = 0;
  };
  s["s_getpc_b64"] = {"  s_getpc_b64 s[4:5]\n  s_getpc_b64 s[0:1]\n" + subtract, four};
  s["s_call_b64"] = {
      "  s_getpc_b64 s[4:5]\n  s_call_b64 s[0:1], 1\n  s_movk_i32 s2, 0x123\n" + subtract, four};
  const std::string target = "  s_getpc_b64 s[2:3]\n  s_add_u32 s2, s2, 16\n"
                             "  s_addc_u32 s3, s3, 0\n";
  s["s_setpc_b64"] = {target + "  s_setpc_b64 s[2:3]\n  s_movk_i32 s0, 0x123\n"
                               "  s_mov_b64 s[2:3], 0",
                      [=](Machine &m) { zero(m, {2, 3}), m.state.scc = 0; }};
  s["s_swappc_b64"] = {target + "  s_swappc_b64 s[0:1], s[2:3]\n  s_movk_i32 s6, 0x123\n"
                                "  s_sub_u32 s0, s2, s0\n  s_subb_u32 s1, s3, s1\n"
                                "  s_mov_b64 s[2:3], 0",
                       [=](Machine &m) { // It returns to the instruction that was skipped.
                         zero(m, {1, 2, 3});
                         m.state.scalar[0] = 4, m.state.scc = 0;
                       }};
}

std::map<std::string, Script> makeScripts() {
  std::map<std::string, Script> s;
  auto scc = [](const Machine &m) { return m.state.scc != 0; };
  auto vccz = [](const Machine &m) { return !(m.state.vcc[0] | m.state.vcc[1]); };
  auto execz = [](const Machine &m) { return m.exec() == 0; };
  auto no = [](auto f) { return [f](const Machine &m) { return !f(m); }; };
  auto clearVcc = [](Machine &m, unsigned wave) {
    if (wave % 2)
      m.state.vcc[0] = m.state.vcc[1] = 0;
    else
      m.state.vcc[1] |= 1;
  };
  auto clearExec = [](Machine &m, unsigned wave) {
    if (wave % 2)
      m.state.exec[0] = m.state.exec[1] = 0;
  };
  s["s_branch"] = branch("s_branch", [](const Machine &) { return true; });
  s["s_cbranch_scc0"] = branch("s_cbranch_scc0", no(scc));
  s["s_cbranch_scc1"] = branch("s_cbranch_scc1", scc);
  s["s_cbranch_vccz"] = branch("s_cbranch_vccz", vccz, clearVcc);
  s["s_cbranch_vccnz"] = branch("s_cbranch_vccnz", no(vccz), clearVcc);
  s["s_cbranch_execz"] = branch("s_cbranch_execz", execz, clearExec);
  s["s_cbranch_execnz"] = branch("s_cbranch_execnz", no(execz), clearExec);
  for (const char *end : {"s_endpgm", "s_endpgm_saved"}) // Nothing behind it runs.
    s[end] = {std::string("  ") + end, [](Machine &) {}};
  s["s_setkill"] = {"  s_setkill 1", [](Machine &) {}};
  s["s_trap"] = {"  s_trap 8", [](Machine &) {}, nullptr, "s_trap 8"};
  s["s_sethalt"] = {"  s_sethalt 1", [](Machine &) {}, nullptr, "s_sethalt stops"};
  s["s_getreg_b32"] = {"  s_getreg_b32 s0, hwreg(HW_REG_MODE, 4, 5)",
                       [](Machine &m) { m.state.scalar[0] = m.state.mode >> 4 & 31; }};
  s["s_setreg_b32"] = {"  s_setreg_b32 hwreg(HW_REG_MODE, 2, 4), s0", [](Machine &m) {
                         m.state.mode = (m.state.mode & ~0x3cu) | (m.state.scalar[0] & 15) << 2;
                       }};
  s["s_setreg_imm32_b32"] = {"  s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0x6",
                             [](Machine &m) { m.state.mode = (m.state.mode & ~15u) | 6; }};
  for (const char *clock : {"s_memtime", "s_memrealtime"}) // A later reading is larger.
    s[clock] = {"  " + std::string(clock) + " s[0:1]\n  s_waitcnt lgkmcnt(0)\n  s_nop 15\n  " +
                    clock +
                    " s[4:5]\n  s_waitcnt lgkmcnt(0)\n  s_sub_u32 s0, s0, s4\n"
                    "  s_subb_u32 s1, s1, s5\n  s_ashr_i32 s0, s1, 31\n"
                    "  s_mov_b32 s1, 0\n  s_mov_b64 s[4:5], 0",
                [](Machine &m) {
                  m.state.scalar[0] = ~0u, m.state.scc = 1;
                  m.state.scalar[1] = m.state.scalar[4] = m.state.scalar[5] = 0;
                }};
  indexModes(s);
  programCounters(s);
  return s;
}

} // namespace

const Script *scriptFor(const std::string &mnemonic) {
  static const std::map<std::string, Script> scripts = makeScripts();
  auto it = scripts.find(mnemonic);
  return it == scripts.end() ? nullptr : &it->second;
}

} // namespace moec::gfx950::test
