//===- Smem.cpp - Scalar memory ---------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scalar loads, stores and atomics, also through buffer descriptors. Results land when lgkmcnt
// reaches zero; stores and atomics act when they issue.
//
//===----------------------------------------------------------------------===//

#include "Smem.h"

#include "emulator/gfx950/lib/wave/Execute.h"
#include "emulator/gfx950/lib/wave/Workgroup.h"

#include <algorithm>
#include <cstring>
#include <string>

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

std::optional<SmemOp> parseScalarWrite(std::string_view name) {
  bool buffer = name.starts_with("S_BUFFER_");
  std::string_view rest = name.substr(std::min(name.size(), size_t(buffer ? 9 : 2)));
  if (!name.starts_with("S_") || (!rest.starts_with("STORE_") && !rest.starts_with("ATOMIC_")))
    return std::nullopt;
  // Functions and widths are those of vector memory, under the same names.
  std::optional<MemoryOp> op = parseMemoryOp("GLOBAL_" + std::string(rest));
  if (!op || op->bytes % 4)
    return std::nullopt;
  return SmemOp{name.data(), op->dwords(), buffer, op->action, op->returns, op->function};
}

namespace {

/// Where a scalar access goes.
struct ScalarPlace {
  uint64_t base = 0, offset = 0;
  uint64_t limit = ~0ull; ///< Bytes of the buffer.
  uint64_t address() const { return base + offset; }
  bool contains(uint64_t bytes) const { return offset + bytes <= limit; }
};

/// Nothing after a fault.
std::optional<ScalarPlace> placeOf(Wave &w, const Instruction &inst, bool buffer) {
  ScalarValue base = readScalar(w, inst.src[0], 2);
  ScalarValue index = inst.src[1].isNone() ? ScalarValue{} : readScalar(w, inst.src[1], 1);
  if ((base.poison || index.poison) &&
      !w.finding(FindingClass::Poison, -1, "the scalar address is uninitialised"))
    return std::nullopt;
  uint64_t offset = uint64_t(int64_t(int32_t(inst.imm)) + int64_t(index.value));
  if (!buffer) // The sum is aligned, not its parts.
    return ScalarPlace{(base.value + offset) & ~3ull, 0};
  Operand upper = inst.src[0];
  upper.reg += 2;
  ScalarValue hi = readScalar(w, upper, 2);
  if (hi.poison && !w.finding(FindingClass::Poison, -1, "the buffer resource is uninitialised"))
    return std::nullopt;
  uint64_t stride = base.value >> 48 & 0x3fff, records = uint32_t(hi.value);
  return ScalarPlace{base.value & 0xffffffffffffull, offset & ~3ull,
                     stride ? stride * records : records};
}

void load(Wave &w, const Instruction &inst, const SmemOp &op, const ScalarPlace &place) {
  Outstanding &o = w.issue(w.lgkm, Outstanding::Scalar);
  o.dwords = op.dwords;
  o.reg = inst.dst.reg;
  for (unsigned i = 0; i < op.dwords; ++i) {
    uint64_t at = place.address() + 4 * i;
    if (!place.contains(4 * i + 4)) {
      o.data[0][i] = 0;
      continue;
    }
    if (!checkGlobal(w, 0, at, 4, 4, false) || !checkGroups(w, 0, LdsAccess::Read, at, 4))
      return;
    std::memcpy(&o.data[0][i], reinterpret_cast<const void *>(at), 4);
  }
  w.commit(w.lgkm, o);
}

/// Whether `dwords` registers from that of the data on have values.
bool checkData(Wave &w, const Operand &data, unsigned dwords, const char *what) {
  for (unsigned i = 0; i < dwords; ++i)
    if (w.scalarPoison[data.reg + i] &&
        !w.finding(FindingClass::Poison, -1,
                   std::string(what) + " (s" + std::to_string(data.reg + i) + ")"))
      return false;
  return true;
}

void store(Wave &w, const Instruction &inst, const SmemOp &op, const ScalarPlace &place) {
  const Operand &data = inst.src[2];
  if (!checkData(w, data, op.dwords, "stores an uninitialised value"))
    return;
  for (unsigned i = 0; i < op.dwords && place.contains(4 * i + 4); ++i) {
    uint64_t at = place.address() + 4 * i;
    if (!checkGlobal(w, 0, at, 4, 4, true) || !checkGroups(w, 0, LdsAccess::Write, at, 4))
      return;
    std::memcpy(reinterpret_cast<void *>(at), &w.scalar[data.reg + i], 4);
  }
  w.commit(w.lgkm, w.issue(w.lgkm, Outstanding::Scalar));
}

void atomic(Wave &w, const Instruction &inst, const SmemOp &op, const ScalarPlace &place) {
  const Operand &data = inst.src[2];
  bool wide = op.dwords == 2, compares = op.function == AtomicFunction::CompareSwap;
  if (!checkData(w, data, compares ? 2 * op.dwords : op.dwords,
                 "an atomic's operand is uninitialised"))
    return;
  auto word = [&](unsigned i) {
    unsigned reg = data.reg + i * op.dwords;
    return wide ? w.scalar64(reg) : uint64_t(w.scalar[reg]);
  };
  unsigned bytes = 4 * op.dwords;
  uint64_t at = place.address(), old = 0;
  if (place.contains(bytes)) {
    if (!checkGlobal(w, 0, at, bytes, bytes, true) ||
        !checkGroups(w, 0, LdsAccess::Atomic, at, bytes))
      return;
    old = atomicOnMemory(reinterpret_cast<uint8_t *>(at), wide, op.function, word(0),
                         compares ? word(1) : 0);
  }
  Outstanding &o = w.issue(w.lgkm, Outstanding::Scalar);
  o.dwords = op.returns ? op.dwords : 0;
  o.reg = inst.dst.reg;
  o.data[0][0] = uint32_t(old), o.data[0][1] = uint32_t(old >> 32);
  w.commit(w.lgkm, o);
}

} // namespace

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
  std::optional<ScalarPlace> place = placeOf(w, inst, op.buffer);
  if (!place)
    return;
  if (op.action == Action::Store)
    store(w, inst, op, *place);
  else if (op.action == Action::Atomic)
    atomic(w, inst, op, *place);
  else
    load(w, inst, op, *place);
  if (w.failed())
    return;
  uint64_t &counter = op.action == Action::Store    ? w.counters.globalStoreBytes
                      : op.action == Action::Atomic ? w.counters.globalAtomicBytes
                                                    : w.counters.scalarBytes;
  counter += 4u * op.dwords;
  Profiler *profiler = w.group->profiler.get();
  if (profiler && op.action == Action::Load) [[unlikely]]
    profiler->touchScalar(place->address(), 4u * op.dwords);
}

} // namespace moec::gfx950
