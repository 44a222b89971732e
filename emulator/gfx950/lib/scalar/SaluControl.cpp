//===- SaluControl.cpp - Control flow and machine state ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Branches, EXEC masks, waits, barriers, hardware registers and the end of a program.
//
//===----------------------------------------------------------------------===//

#include "Salu.h"
#include "emulator/gfx950/lib/wave/Execute.h"
#include "emulator/gfx950/lib/wave/Workgroup.h"

namespace moec::gfx950 {

using C = SaluContext;

/// Goes to the instruction's target. A poisoned condition is a fault.
static void branch(C &c, bool taken, bool poisoned) {
  if (poisoned &&
      !c.wave.finding(FindingClass::Poison, -1, "a branch depends on an uninitialised value"))
    return;
  if (!taken)
    return;
  const auto &list = c.wave.group->context.program.instructions();
  if (c.inst.target < 0)
    return c.wave.fail(-1, "a branch leaves the code");
  c.wave.next = &list[size_t(c.inst.target)];
}

/// The mode of indexing, which M0 shows in its bits 15 to 12.
static void setIndexMode(C &c) {
  c.wave.gprIndexMode = c.inst.imm & 15;
  c.wave.setScalar(kM0, (c.wave.scalar[kM0] & ~0xf000u) | (c.inst.imm & 15) << 12,
                   c.wave.scalarPoison[kM0] & ~0xf000u);
}

/// Goes to an absolute address.
static void jump(C &c, uint64_t address, bool poisoned) {
  if (poisoned && !c.wave.finding(FindingClass::Poison, -1, "a branch target is uninitialised"))
    return;
  const LaunchContext &launch = c.wave.group->context;
  const Instruction *target = launch.program.at(address - launch.module.object().base());
  if (!target)
    return c.wave.fail(-1, "a branch target is not an instruction of the code object");
  c.wave.next = target;
}

static uint64_t addressAfter(C &c) {
  return c.wave.group->context.module.object().base() + c.inst.address + c.inst.size;
}

/// EXEC = f(EXEC, source), with EXEC before it kept in the result.
template <typename F> static constexpr auto saveExec(F) {
  return [](C &c) {
    uint64_t exec = c.wave.exec();
    if (c.poisonA &&
        !c.wave.finding(FindingClass::Poison, -1, "EXEC is set from an uninitialised value"))
      return;
    c.d = exec;
    c.poison = 0;
    uint64_t now = F{}(c.a, exec);
    c.wave.setScalar64(kExec, now);
    c.scc = now != 0;
  };
}

/// The same with the new EXEC as the result.
template <typename F> static constexpr auto writeExec(F) {
  return [](C &c) {
    saveExec(F{})(c);
    c.d = c.wave.exec();
  };
}

static uint32_t readHardwareRegister(C &c, unsigned id) {
  const Wave &w = c.wave;
  switch (id) {
  case 1: // MODE.
    return w.mode;
  case 4: // HW_ID: wave slot, SIMD and compute unit of a deterministic place.
    return (w.index & 15) | (w.index & 3) << 4 | (w.group->groupId[0] & 15) << 8;
  case 5: // GPR_ALLOC.
    return (w.registerCount() / 8) << 8;
  case 6: // LDS_ALLOC.
    return (w.group->lds.bytes() / 4) << 12;
  case 15: // MEM_BASES.
    return 0;
  case 20: // XCC_ID: workgroups go round robin over eight.
    return w.group->groupId[0] % 8;
  default:
    return 0;
  }
}

static void getRegister(C &c) {
  unsigned id = c.inst.imm & 63, offset = c.inst.imm >> 6 & 31, width = (c.inst.imm >> 11 & 31) + 1;
  uint64_t mask = (uint64_t(1) << width) - 1;
  c.d = readHardwareRegister(c, id) >> offset & mask;
  c.poison = 0;
}

static void setRegister(C &c, uint32_t value) {
  unsigned id = c.inst.imm & 63, offset = c.inst.imm >> 6 & 31, width = (c.inst.imm >> 11 & 31) + 1;
  if (c.poisonA && !c.wave.finding(FindingClass::Poison, -1,
                                   "a hardware register is set from an uninitialised value"))
    return;
  if (id != 1)
    return;
  uint32_t mask = uint32_t(((uint64_t(1) << width) - 1) << offset);
  c.wave.mode = (c.wave.mode & ~mask) | (value << offset & mask);
}

static void waitCounters(C &c) {
  unsigned vm = (c.inst.imm & 15) | (c.inst.imm >> 14 & 3) << 4, lgkm = c.inst.imm >> 8 & 15;
  c.wave.waitVmem(vm);
  if (lgkm < 15)
    c.wave.waitLgkm(lgkm);
}

// clang-format off
static constexpr SaluOp kOps[] = {
    {"S_BRANCH", "-:", [](C &c) { branch(c, true, false); }},
    {"S_CBRANCH_SCC0", "-:", [](C &c) { branch(c, !c.scc, c.wave.sccPoison); }},
    {"S_CBRANCH_SCC1", "-:", [](C &c) { branch(c, c.scc, c.wave.sccPoison); }},
    {"S_CBRANCH_VCCZ", "-:", [](C &c) { branch(c, !c.wave.scalar64(kVcc), c.wave.scalarPoison64(kVcc) != 0); }},
    {"S_CBRANCH_VCCNZ", "-:", [](C &c) { branch(c, c.wave.scalar64(kVcc), c.wave.scalarPoison64(kVcc) != 0); }},
    {"S_CBRANCH_EXECZ", "-:", [](C &c) { branch(c, !c.wave.exec(), false); }},
    {"S_CBRANCH_EXECNZ", "-:", [](C &c) { branch(c, c.wave.exec(), false); }},
    {"S_GETPC_B64", "q:", [](C &c) { c.d = addressAfter(c); }},
    {"S_SETPC_B64", "-:q", [](C &c) { jump(c, c.a, c.poisonA); }},
    {"S_SWAPPC_B64", "q:q", [](C &c) { c.d = addressAfter(c); jump(c, c.a, c.poisonA); }},
    {"S_CALL_B64", "q:", [](C &c) { c.d = addressAfter(c); branch(c, true, false); }},
    {"S_AND_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return s & e; }), true, false, false, true},
    {"S_OR_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return s | e; }), true, false, false, true},
    {"S_XOR_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return s ^ e; }), true, false, false, true},
    {"S_ANDN1_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return ~s & e; }), true, false, false, true},
    {"S_ANDN2_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return s & ~e; }), true, false, false, true},
    {"S_ORN1_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return ~s | e; }), true, false, false, true},
    {"S_ORN2_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return s | ~e; }), true, false, false, true},
    {"S_NAND_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return ~(s & e); }), true, false, false, true},
    {"S_NOR_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return ~(s | e); }), true, false, false, true},
    {"S_XNOR_SAVEEXEC_B64", "q:q", saveExec([](uint64_t s, uint64_t e) { return ~(s ^ e); }), true, false, false, true},
    {"S_ANDN1_WREXEC_B64", "q:q", writeExec([](uint64_t s, uint64_t e) { return ~s & e; }), true, false, false, true},
    {"S_ANDN2_WREXEC_B64", "q:q", writeExec([](uint64_t s, uint64_t e) { return s & ~e; }), true, false, false, true},
    {"S_MOVRELS_B32", "u:", [](C &c) { c.d = c.wave.scalar[(c.inst.src[0].reg + c.wave.scalar[kM0]) & 127]; }},
    {"S_MOVRELS_B64", "q:", [](C &c) { c.d = c.wave.scalar64((c.inst.src[0].reg + c.wave.scalar[kM0]) & 126); }},
    {"S_MOVRELD_B32", "-:uu", [](C &c) { c.wave.setScalar((c.inst.src[0].reg + c.wave.scalar[kM0]) & 127, uint32_t(c.b), uint32_t(c.poisonB)); }},
    {"S_MOVRELD_B64", "-:qq", [](C &c) { c.wave.setScalar64((c.inst.src[0].reg + c.wave.scalar[kM0]) & 126, c.b, c.poisonB); }},
    {"S_GETREG_B32", "u:", getRegister, false, false, false, true},
    {"S_SETREG_B32", "-:u", [](C &c) { setRegister(c, uint32_t(c.a)); }},
    {"S_SETREG_IMM32_B32", "-:u", [](C &c) { setRegister(c, uint32_t(c.a)); }},
    {"S_SETVSKIP", "-:uu", [](C &c) { c.wave.skipVector = c.a >> (c.b & 31) & 1; }},
    {"S_SET_GPR_IDX_ON", "-:u", [](C &c) { setIndexMode(c); c.wave.setScalar(kM0, (c.wave.scalar[kM0] & ~0xffu) | (c.a & 0xff)); }},
    {"S_SET_GPR_IDX_OFF", "-:", [](C &c) { c.wave.gprIndexMode = 0; }},
    {"S_SET_GPR_IDX_MODE", "-:", setIndexMode},
    {"S_SET_GPR_IDX_IDX", "-:u", [](C &c) { c.wave.setScalar(kM0, (c.wave.scalar[kM0] & ~0xffu) | (c.a & 0xff)); }},
    {"S_WAITCNT", "-:", waitCounters},
    {"S_BARRIER", "-:", [](C &c) { c.wave.status = WaveStatus::AtBarrier; }},
    {"S_ENDPGM", "-:", [](C &c) { c.wave.waitVmem(0); c.wave.waitLgkm(0); if (!c.wave.failed()) c.wave.status = WaveStatus::Ended; }},
    {"S_ENDPGM_SAVED", "-:", [](C &c) { c.wave.status = WaveStatus::Ended; }},
    {"S_TRAP", "-:", [](C &c) { c.wave.fail(-1, "s_trap " + std::to_string(c.inst.imm)); }},
    {"S_SETHALT", "-:", [](C &c) { if (c.inst.imm & 1) c.wave.fail(-1, "s_sethalt stops the wave for ever"); }},
    {"S_SETKILL", "-:", [](C &c) { if (c.inst.imm & 1) c.wave.status = WaveStatus::Ended; }},
    {"S_NOP", "-:", [](C &) {}},
    {"S_SLEEP", "-:", [](C &) {}},
    {"S_SETPRIO", "-:", [](C &) {}},
    {"S_WAKEUP", "-:", [](C &) {}},
    {"S_SENDMSG", "-:", [](C &) {}},
    {"S_ICACHE_INV", "-:", [](C &) {}},
    {"S_INCPERFLEVEL", "-:", [](C &) {}},
    {"S_DECPERFLEVEL", "-:", [](C &) {}},
    {"S_TTRACEDATA", "-:", [](C &) {}},
};
// clang-format on

std::span<const SaluOp> saluControlOps() { return kOps; }

} // namespace moec::gfx950
