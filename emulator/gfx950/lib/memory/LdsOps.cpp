//===- LdsOps.cpp - LDS instructions ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads, writes and atomics of the local data share.
//
//===----------------------------------------------------------------------===//

#include "VectorMemory.h"
#include "emulator/gfx950/lib/wave/Workgroup.h"

#include <algorithm>

namespace moec::gfx950 {

namespace {

/// Fills an outstanding LDS operation's addresses; false after a fault.
bool prepare(Wave &w, const Instruction &inst, const MemoryOp &op, Outstanding &o,
             LdsAccess access) {
  // Address = vector register + immediate, in bytes within the workgroup's LDS. The two offsets of
  // read2 and write2 count elements, those of the st64 forms 64 elements.
  const Operand &addr = inst.src[0];
  if (addr.isVector() && !checkAddressPoison(w, poisonedLanes(w, addr, 1)))
    return false;
  uint32_t m0 = 0;
  if (op.addTid) {
    if (w.scalarPoison[kM0] && !w.finding(FindingClass::Poison, -1, "M0 is uninitialised"))
      return false;
    m0 = w.scalar[kM0] & 0xffff;
  }
  uint32_t unit = op.accesses == 2 ? op.bytes * op.stride : 1;
  uint32_t offsets[2] = {inst.imm * unit, inst.imm2 * unit};
  o.ldsAccess = access;
  o.ldsParts = op.accesses;
  o.ldsBytes = op.bytes;
  // As for global memory: HSA sets the unaligned mode, so wide accesses need a dword's alignment
  // only.
  unsigned alignment = op.action == Action::Atomic ? op.bytes : std::min<unsigned>(op.bytes, 4);
  for (unsigned part = 0; part < op.accesses; ++part) {
    for (uint64_t m = o.exec; m; m &= m - 1) {
      unsigned lane = unsigned(std::countr_zero(m));
      uint32_t base = op.addTid ? m0 + 4 * lane : w.vector[addr.reg][lane];
      uint64_t full = uint64_t(base) + offsets[part];
      // A sum beyond 32 bits must not come back into range: it becomes an address that no workgroup
      // has.
      uint32_t address = uint32_t(std::min<uint64_t>(full, 0xffffff00u));
      o.ldsAddress[part][lane] = address;
      // The access counts for the race check when it issues. If it is still outstanding at the next
      // barrier, it is judged once more as part of what comes behind that.
      if (!checkLds(w, access, lane, address, op.bytes, alignment))
        return false;
    }
    countBanks(w, o.ldsAddress[part], o.exec, op.bytes, access);
  }
  return true;
}

// What LDS holds now is what the registers receive at the wait: DS instructions of a wave execute
// in order, and another wave that wrote in between would be a race.
void read(Wave &w, const Instruction &inst, const MemoryOp &op, Outstanding &o) {
  Lds &lds = w.group->lds;
  unsigned width = op.dwords();
  o.dwords = uint8_t(width * op.accesses);
  o.reg = inst.dst.reg;
  o.byteMask = op.half ? (op.high ? 12 : 3) : 15;
  for (unsigned d = 0; d < o.dwords; ++d)
    o.poison[d] = {};
  for (unsigned part = 0; part < op.accesses; ++part)
    for (uint64_t m = o.exec; m; m &= m - 1) {
      unsigned lane = unsigned(std::countr_zero(m));
      uint32_t address = o.ldsAddress[part][lane], poison = lds.poison(address, op.bytes);
      const uint8_t *bytes = lds.data() + address;
      if (op.bytes < 4) {
        uint32_t v = op.bytes == 1 ? bytes[0] : bytes[0] | uint32_t(bytes[1]) << 8;
        if (op.signExtend)
          v = op.bytes == 1 ? uint32_t(int32_t(int8_t(v))) : uint32_t(int32_t(int16_t(v)));
        o.data[0][lane] = op.half ? (op.high ? v << 16 : v & 0xffff) : v;
        if (poison)
          for (unsigned b = 0; b < 4; ++b)
            o.poison[0].byte[b] |= 1ull << lane;
        continue;
      }
      for (unsigned d = 0; d < width; ++d)
        std::memcpy(&o.data[part * width + d][lane], bytes + 4 * d, 4);
      for (unsigned i = 0; poison && i < op.bytes; ++i)
        if (poison >> i & 1)
          o.poison[part * width + i / 4].byte[i % 4] |= 1ull << lane;
    }
}

void write(Wave &w, const Instruction &inst, const MemoryOp &op, Outstanding &o) {
  Lds &lds = w.group->lds;
  // Poison stops here: what is in LDS was computed, or was never written at all. A read of the
  // latter delivers poison, which is a fault where it is used.
  unsigned firstByte = op.high ? 2 : 0;
  for (unsigned part = 0; part < op.accesses; ++part) {
    unsigned row = inst.src[1 + part].reg;
    for (uint64_t m = o.exec; m; m &= m - 1) {
      unsigned lane = unsigned(std::countr_zero(m));
      uint32_t address = o.ldsAddress[part][lane];
      for (unsigned i = 0; i < op.bytes; ++i) {
        unsigned at = firstByte + i;
        bool poison = w.vectorPoison[row + at / 4].byte[at % 4] >> lane & 1;
        if (poison &&
            !w.finding(FindingClass::Poison, int(lane),
                       "writes an uninitialised value to LDS (v" + std::to_string(row + at / 4) +
                           ", byte " + std::to_string(at % 4) + ")"))
          return;
        lds.setPoison(address + i, 1, poison);
        lds.data()[address + i] = uint8_t(w.vector[row + at / 4][lane] >> (at % 4 * 8));
      }
    }
  }
}

void atomic(Wave &w, const Instruction &inst, const MemoryOp &op, Outstanding &o) {
  Lds &lds = w.group->lds;
  // A masked-or takes its mask from the first data register and the bits to set from the second.
  unsigned width = op.bytes / 4;
  bool two = op.function == AtomicFunction::CompareSwap || op.function == AtomicFunction::MaskOr;
  if (op.returns) {
    o.dwords = uint8_t(width);
    o.reg = inst.dst.reg;
    for (unsigned d = 0; d < width; ++d)
      o.poison[d] = {};
  }
  // Unlike a read, an atomic cannot carry poison on: its result is in LDS for every wave.
  uint64_t poison =
      poisonedLanes(w, inst.src[1], width) | (two ? poisonedLanes(w, inst.src[2], width) : 0);
  if ((poison & o.exec) && !w.finding(FindingClass::Poison, std::countr_zero(poison & o.exec),
                                      "an atomic's operand is uninitialised"))
    return;
  auto word = [&](const Operand &operand, unsigned lane) -> uint64_t {
    uint64_t v = w.vector[operand.reg][lane];
    return width == 2 ? v | uint64_t(w.vector[operand.reg + 1][lane]) << 32 : v;
  };
  for (uint64_t m = o.exec; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    uint32_t address = o.ldsAddress[0][lane];
    if (lds.poison(address, op.bytes) &&
        !w.finding(FindingClass::Poison, int(lane),
                   "an atomic on LDS byte " + std::to_string(address) +
                       ", which was never written"))
      return;
    uint64_t old = 0, data = word(inst.src[1], lane), second = two ? word(inst.src[2], lane) : 0;
    std::memcpy(&old, lds.data() + address, op.bytes);
    // A compare-and-store has the comparison first, then the new value.
    bool compares = op.function == AtomicFunction::CompareSwap;
    uint64_t now = compares ? applyAtomic(op.function, width == 2, old, second, data)
                            : applyAtomic(op.function, width == 2, old, data, second);
    std::memcpy(lds.data() + address, &now, op.bytes);
    if (op.returns) {
      o.data[0][lane] = uint32_t(old);
      if (width == 2)
        o.data[1][lane] = uint32_t(old >> 32);
    }
  }
}

} // namespace

void executeDs(Wave &w, const Instruction &inst) {
  const MemoryOp &op = *static_cast<const MemoryOp *>(inst.op);
  // Without an active lane nothing is accessed, but lgkmcnt still counts the instruction.
  if (!w.exec()) {
    Outstanding &o = w.issue(w.lgkm, Outstanding::LdsWrite);
    w.commit(w.lgkm, o);
    return;
  }
  bool returns = op.action == Action::Load || op.returns;
  Outstanding &o = w.issue(w.lgkm, returns ? Outstanding::LdsRead : Outstanding::LdsWrite);
  LdsAccess access = op.action == Action::Load    ? LdsAccess::Read
                     : op.action == Action::Store ? LdsAccess::Write
                                                  : LdsAccess::Atomic;
  if (!prepare(w, inst, op, o, access))
    return;
  uint64_t bytes = uint64_t(std::popcount(o.exec)) * op.bytes * op.accesses;
  switch (access) {
  case LdsAccess::Read:
    w.counters.ldsReadBytes += bytes;
    read(w, inst, op, o);
    break;
  case LdsAccess::Write:
    w.counters.ldsWriteBytes += bytes;
    write(w, inst, op, o);
    break;
  case LdsAccess::Atomic:
    w.counters.ldsAtomicBytes += bytes;
    atomic(w, inst, op, o);
    break;
  }
  if (!w.failed())
    w.commit(w.lgkm, o);
}

} // namespace moec::gfx950
