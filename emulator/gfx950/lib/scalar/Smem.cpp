//===- Smem.cpp - Scalar memory ---------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scalar loads, also through buffer descriptors. Results land when lgkmcnt reaches zero.
//
//===----------------------------------------------------------------------===//

#include "Smem.h"

#include "emulator/gfx950/lib/wave/Execute.h"

#include <cstring>

namespace moec::gfx950 {

static constexpr SmemOp kOps[] = {
    {"S_LOAD_DWORD", 1, false},
    {"S_LOAD_DWORDX2", 2, false},
    {"S_LOAD_DWORDX4", 4, false},
    {"S_LOAD_DWORDX8", 8, false},
    {"S_LOAD_DWORDX16", 16, false},
    {"S_BUFFER_LOAD_DWORD", 1, true},
    {"S_BUFFER_LOAD_DWORDX2", 2, true},
    {"S_BUFFER_LOAD_DWORDX4", 4, true},
    {"S_BUFFER_LOAD_DWORDX8", 8, true},
    {"S_BUFFER_LOAD_DWORDX16", 16, true},
    {"S_MEMTIME", 0, false},
    {"S_MEMREALTIME", 0, false},
    {"S_DCACHE_INV", 0, false},
    {"S_DCACHE_WB", 0, false},
    {"S_DCACHE_INV_VOL", 0, false},
    {"S_DCACHE_WB_VOL", 0, false},
};

std::span<const SmemOp> smemOps() { return kOps; }

void executeSmem(Wave &w, const Instruction &inst) {
  const SmemOp &op = *static_cast<const SmemOp *>(inst.op);
  if (op.dwords == 0) {
    if (inst.dst.isNone())
      return; // Caches are coherent here.
    Outstanding &o = w.issue(w.lgkm, Outstanding::Scalar);
    o.dwords = 2, o.reg = inst.dst.reg;
    o.data[0][0] = uint32_t(w.waitStates), o.data[0][1] = uint32_t(w.waitStates >> 32);
    w.commit(w.lgkm, o);
    return;
  }
  ScalarValue base = readScalar(w, inst.src[0], 2);
  ScalarValue index = inst.src[1].isNone() ? ScalarValue{} : readScalar(w, inst.src[1], 1);
  if ((base.poison || index.poison) &&
      !w.finding(FindingClass::Poison, -1, "the scalar address is uninitialised"))
    return;
  int64_t offset = int64_t(int32_t(inst.imm)) + int64_t(index.value);
  uint64_t address, limit = ~0ull;
  if (op.buffer) {
    Operand upper = inst.src[0];
    upper.reg += 2;
    ScalarValue hi = readScalar(w, upper, 2);
    if (hi.poison && !w.finding(FindingClass::Poison, -1, "the buffer resource is uninitialised"))
      return;
    uint64_t stride = base.value >> 48 & 0x3fff, records = uint32_t(hi.value);
    limit = stride ? stride * records : records;
    address = (base.value & 0xffffffffffffull) + (uint64_t(offset) & ~3ull);
  } else {
    address = (base.value + uint64_t(offset)) & ~3ull;
  }
  Outstanding &o = w.issue(w.lgkm, Outstanding::Scalar);
  o.dwords = op.dwords;
  o.reg = inst.dst.reg;
  for (unsigned i = 0; i < op.dwords; ++i) {
    uint64_t at = address + 4 * i;
    if (op.buffer && uint64_t(offset) + 4 * i + 4 > limit) {
      o.data[0][i] = 0;
      continue;
    }
    if (!checkGlobal(w, 0, at, 4, 4, false) || !checkGroups(w, 0, LdsAccess::Read, at, 4))
      return;
    std::memcpy(&o.data[0][i], reinterpret_cast<const void *>(at), 4);
  }
  w.counters.scalarBytes += 4u * op.dwords;
  w.commit(w.lgkm, o);
}

} // namespace moec::gfx950
