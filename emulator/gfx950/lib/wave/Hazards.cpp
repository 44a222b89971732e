//===- Hazards.cpp - Checks before an instruction ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers with a load under way may not be touched, and an MFMA's result may not be used inside
// its hazard window. Windows are those that LLVM's hazard recognizer keeps on this machine, in wait
// states: an instruction is one, s_nop N is N + 1.
//
//===----------------------------------------------------------------------===//

#include "Execute.h"
#include "emulator/gfx950/lib/matrix/Mfma.h"

namespace moec::gfx950 {

static std::string registerName(const Wave &w, unsigned reg, bool scalar) {
  if (scalar)
    return "s" + std::to_string(reg);
  return reg >= w.vgprCount ? "a" + std::to_string(reg - w.vgprCount) : "v" + std::to_string(reg);
}

static bool isMfma(const Instruction &inst) { return inst.cls == InstructionClass::Mfma; }

static bool overlaps(const MfmaResult &m, unsigned first, unsigned count) {
  return first < unsigned(m.reg) + m.count && m.reg < first + count;
}

/// Wait states that must lie between an MFMA and the use of its result as an addend.
static unsigned addendWindow(const MfmaResult &m, const RegisterRange &r, bool userXdl) {
  if (r.first == m.reg && r.count == m.count)
    return m.passes == 2 ? 2 : 0; // The same tile is forwarded.
  if (userXdl && !m.xdl)
    return 0;
  return m.xdl ? m.passes + 1u + (m.passes != 2) : m.passes;
}

/// Wait states before any other use or overwriting.
static unsigned useWindow(const MfmaResult &m) {
  return m.xdl ? m.passes + 3u + (m.passes != 2) : m.passes + 2u;
}

static bool checkMfmaWindows(Wave &w, const Instruction &inst) {
  bool mfma = isMfma(inst);
  bool userXdl = mfma && static_cast<const MfmaOp *>(inst.op)->xdl;
  unsigned ranges = inst.reads + inst.writes;
  for (const MfmaResult &m : w.mfma) {
    if (!m.count)
      continue;
    uint64_t since = w.waitStates - m.issued - 1;
    if (since >= 24)
      continue;
    for (unsigned i = 0; i < ranges; ++i) {
      const RegisterRange &r = inst.ranges[i];
      if (r.scalar || !overlaps(m, r.first, r.count))
        continue;
      bool write = i >= inst.reads;
      if (mfma && write)
        continue; // Results of the pipeline are written in order.
      bool addend = mfma && inst.src[2].isVector() && r.first == inst.src[2].reg && i >= 2;
      unsigned need = addend ? addendWindow(m, r, userXdl) : useWindow(m);
      if (since < need)
        return w.finding(FindingClass::Window, -1,
                         std::string(write ? "overwrites " : "reads ") +
                             registerName(w, m.reg, false) + ", a result of an MFMA, " +
                             std::to_string(since) + " wait states after it; " +
                             std::to_string(need) + " are needed");
    }
  }
  return true;
}

static bool checkPending(Wave &w, const Instruction &inst) {
  unsigned ranges = inst.reads + inst.writes;
  bool loads = inst.cls == InstructionClass::Vmem || inst.cls == InstructionClass::Lds ||
               inst.cls == InstructionClass::Flat;
  for (unsigned i = 0; i < ranges; ++i) {
    const RegisterRange &r = inst.ranges[i];
    if (i >= inst.reads && loads)
      continue; // Two loads of one kind into one register land in order.
    const uint8_t *pending = r.scalar ? w.pendingScalar : w.pendingVector;
    for (unsigned k = r.first; k < unsigned(r.first) + r.count && (!r.scalar || k < 128); ++k)
      if (pending[k]) {
        if (!w.finding(FindingClass::Wait, -1,
                       std::string(i >= inst.reads ? "overwrites " : "uses ") +
                           registerName(w, k, r.scalar) +
                           " while a load into it is under way: an s_waitcnt is missing"))
          return false;
        w.landRegister(k, r.scalar);
      }
  }
  return true;
}

bool checkRegisters(Wave &w, const Instruction &inst) {
  // A VGPR may lie beyond ACCUM_OFFSET: it then is an AGPR by another name.
  if (inst.vgprEnd > w.registerCount() || inst.agprEnd > w.agprCount) [[unlikely]] {
    bool acc = inst.agprEnd > w.agprCount;
    w.fail(-1, std::string("register ") + (acc ? "a" : "v") +
                   std::to_string((acc ? inst.agprEnd : inst.vgprEnd) - 1) + " is beyond the " +
                   std::to_string(acc ? w.agprCount : w.registerCount()) +
                   " that the kernel allocates");
    return false;
  }
  if (w.pending && !checkPending(w, inst))
    return false;
  return w.waitStates >= w.hazardUntil || checkMfmaWindows(w, inst);
}

void noteMfma(Wave &w, const Instruction &inst) {
  const MfmaOp &op = *static_cast<const MfmaOp *>(inst.op);
  MfmaResult &m = w.mfma[w.mfmaHead];
  w.mfmaHead = (w.mfmaHead + 1) % std::size(w.mfma);
  // Of registers that a newer result overwrites, its own window counts, not that of the older one.
  unsigned first = inst.dst.reg, end = first + inst.dst.dwords;
  for (MfmaResult &old : w.mfma) {
    if (!old.count || !overlaps(old, first, end - first))
      continue;
    unsigned oldEnd = unsigned(old.reg) + old.count;
    if (first <= old.reg) {
      unsigned kept = oldEnd > end ? oldEnd - end : 0;
      old.reg = uint16_t(oldEnd - kept);
      old.count = uint16_t(kept);
    } else if (end >= oldEnd) {
      old.count = uint16_t(first - old.reg);
    }
  }
  m = {inst.dst.reg, inst.dst.dwords, inst.passes, op.xdl, w.waitStates};
  w.hazardUntil = w.waitStates + 24;
}

} // namespace moec::gfx950
