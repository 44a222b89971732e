//===- VectorMemory.cpp - Vector memory, lane by lane -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Loads read memory when they issue and deliver at the wait. Stores and atomics act when they
// issue. Scratch holds registers' contents, so it keeps their poison; poison in a store to anything
// else is a fault.
//
//===----------------------------------------------------------------------===//

#include "VectorMemory.h"

#include "emulator/gfx950/lib/wave/Workgroup.h"

#include <algorithm>
#include <cstring>

namespace moec::gfx950 {

static std::string hex(uint64_t v) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(v));
  return text;
}

// Scalar operands are checked where they are read, so here only vector registers count. A byte of
// poison is enough: an address or an operand of an atomic is used as a whole.
uint64_t poisonedLanes(const Wave &w, const Operand &o, unsigned count) {
  uint64_t p = 0;
  if (o.isVector())
    for (unsigned i = 0; i < count; ++i)
      p |= w.vectorPoison[o.reg + i].any();
  return p;
}

// Lanes that are off access nothing, so their addresses may be anything.
bool checkAddressPoison(Wave &w, uint64_t poison) {
  if (!(poison & w.exec()))
    return true;
  return w.finding(FindingClass::Poison, std::countr_zero(poison & w.exec()),
                   "the address is uninitialised");
}

bool checkGlobal(Wave &w, unsigned lane, uint64_t address, unsigned bytes, unsigned alignment,
                 bool write) {
  // Consecutive lanes and instructions mostly stay in one allocation, so each wave keeps the last
  // one found, and most lanes are answered without the lock of the table. The generation says
  // whether any allocation came or went since.
  AllocationTable &memory = w.group->context.memory;
  if (w.lastGeneration != memory.generation() || !w.lastAllocation.contains(address, bytes))
      [[unlikely]] {
    w.lastGeneration = memory.generation();
    w.lastAllocation = memory.find(address);
    if (!w.lastAllocation.contains(address, bytes)) {
      // Three cases, for the sentence alone: a vector that starts inside of an allocation and ends
      // behind it, one that starts at most 256 bytes (the guard) behind one, and any other.
      const Allocation &a = w.lastAllocation;
      std::string text =
          (write ? "writes " : "reads ") + std::to_string(bytes) + " bytes at " + hex(address);
      if (a.end)
        text += ", " + std::to_string(address + bytes - a.end) +
                " bytes past the end of an allocation of " + std::to_string(a.end - a.begin) +
                " bytes";
      else if (Allocation before = memory.find(address - 256); before.end)
        text += ", " + std::to_string(address - before.end) + " bytes behind an allocation of " +
                std::to_string(before.end - before.begin) + " bytes";
      else
        text += ", outside every allocation";
      // What contains the address does not contain the access, so it must not be taken for an
      // answer by the next lane.
      w.lastAllocation = {};
      w.fail(int(lane), text);
      return false;
    }
  }
  if (write && w.lastAllocation.readOnly) {
    w.fail(int(lane),
           "writes " + std::to_string(bytes) + " bytes of read-only memory at " + hex(address));
    return false;
  }
  // Loads and stores of 8 and 16 bytes need an alignment of a dword only, as in the unaligned mode
  // that HSA sets; atomics that of their size.
  if (address % alignment) {
    w.fail(int(lane), "address " + hex(address) + " is not aligned to " +
                          std::to_string(alignment) + " bytes");
    return false;
  }
  return true;
}

void countLines(Wave &w, const LaneAddresses &lanes, const MemoryOp &op) {
  // A line is 128 bytes. Lanes whose bytes lie in one line share its transfer, whatever their
  // order, so what an access costs is the number of different lines. At most 16 bytes a lane touch
  // at most two lines, hence twice as many places as lanes.
  //
  // Lanes with rising addresses, which is nearly all there is, give the lines in order: each is
  // then compared with the one before it, and nothing is sorted.
  uint64_t lines[2 * kLanes];
  unsigned count = 0;
  bool sorted = true;
  for (uint64_t m = lanes.exec & ~lanes.dropped; m; m &= m - 1) {
    uint64_t address = lanes.address[std::countr_zero(m)];
    for (uint64_t line = address >> 7; line <= (address + op.bytes - 1) >> 7; ++line)
      if (count == 0 || lines[count - 1] != line) {
        sorted = sorted && (count == 0 || lines[count - 1] < line);
        if (count < 2 * kLanes)
          lines[count++] = line;
      }
  }
  if (!sorted) {
    std::sort(lines, lines + count);
    count = unsigned(std::unique(lines, lines + count) - lines);
  }
  w.counters.globalLines += count;
  if (Profiler *profiler = w.group->profiler.get()) [[unlikely]]
    profiler->touch({lines, count}, op.action == Action::Store || op.action == Action::Atomic);
}

std::string describeLdsFault(const Wave &w, LdsFault fault, uint32_t address, unsigned bytes) {
  std::string at = "LDS bytes " + std::to_string(address) + " to " +
                   std::to_string(uint64_t(address) + bytes - 1);
  switch (fault) {
  case LdsFault::OutOfRange:
    return at + " are outside the " + std::to_string(w.group->lds.bytes()) +
           " bytes of the workgroup";
  case LdsFault::Misaligned:
    return "LDS address " + std::to_string(address) + " is misaligned for " +
           std::to_string(bytes) + " bytes";
  case LdsFault::Race:
    return "race on " + at + " with wave " + std::to_string(w.group->lds.otherSubgroup()) +
           ": no barrier in between";
  case LdsFault::PendingCopy:
    return at + " are used while a load to LDS is still under way to them";
  case LdsFault::None:
    break;
  }
  return at;
}

bool checkGroups(Wave &w, unsigned lane, LdsAccess access, uint64_t address, unsigned bytes) {
  emulator::BlockRaces *races = w.group->context.races.get();
  if (!races) [[likely]]
    return true;
  // A store with the scope of the device is how kernels raise flags without an atomic.
  constexpr unsigned kSc1 = 16; // LLVM's CPol::SC1.
  if (access == LdsAccess::Write && (w.pc->cachePolicy & kSc1))
    access = LdsAccess::Atomic;
  std::optional<uint32_t> other = races->access(access, address, bytes, w.group->number());
  if (!other)
    return true;
  const uint32_t *grid = w.group->context.shape.grid;
  return w.finding(FindingClass::Race, int(lane),
                   "race on " + std::to_string(bytes) + " bytes of global memory at " +
                       hex(address) + " with workgroup " + std::to_string(*other % grid[0]) + "," +
                       std::to_string(*other / grid[0] % grid[1]) + "," +
                       std::to_string(*other / grid[0] / grid[1]) + ": no atomic in between");
}

bool checkLds(Wave &w, LdsAccess access, unsigned lane, uint32_t address, unsigned bytes,
              unsigned alignment) {
  for (;;) {
    LdsFault fault = w.group->lds.access(access, address, bytes, alignment, w.index);
    if (fault == LdsFault::None)
      return true;
    std::string text = describeLdsFault(w, fault, address, bytes);
    if (fault == LdsFault::Race)
      return w.finding(FindingClass::Race, int(lane), text);
    if (fault != LdsFault::PendingCopy) {
      w.fail(int(lane), text);
      return false;
    }
    if (!w.finding(FindingClass::Wait, int(lane), text))
      return false;
    w.group->landDma(address, bytes);
  }
}

namespace {

/// Where one lane's access goes.
struct Place {
  enum Kind { Global, Lds, Scratch } kind = Global;
  uint64_t offset = 0; ///< Address, or offset inside LDS or scratch.
};

// A flat address says by its upper half what it means: two apertures of 4 GiB stand for the LDS of
// the workgroup and the scratch of the lane, everything else is global memory. Other instructions
// name their space.
Place placeOf(const MemoryOp &op, uint64_t address) {
  if (op.space == Space::Scratch)
    return {Place::Scratch, address};
  if (op.space == Space::Flat && address >> 32 == kSharedAperture >> 32)
    return {Place::Lds, address & 0xffffffff};
  if (op.space == Space::Flat && address >> 32 == kPrivateAperture >> 32)
    return {Place::Scratch, address & 0xffffffff};
  return {Place::Global, address};
}

/// Checks one lane's access; answers a pointer to its bytes, or null after a fault.
uint8_t *locate(Wave &w, const MemoryOp &op, unsigned lane, const Place &p, bool write,
                LdsAccess access) {
  unsigned alignment = op.action == Action::Atomic ? op.bytes : std::min<unsigned>(op.bytes, 4);
  switch (p.kind) {
  case Place::Global:
    return checkGlobal(w, lane, p.offset, op.bytes, alignment, write) &&
                   checkGroups(w, lane, access, p.offset, op.bytes)
               ? reinterpret_cast<uint8_t *>(p.offset)
               : nullptr;
  // Here only flat accesses arrive; DS instructions have their own path in LdsOps.cpp, and both go
  // through the race check.
  case Place::Lds: {
    if (!checkLds(w, access, lane, uint32_t(p.offset), op.bytes, alignment))
      return nullptr;
    return w.group->lds.data() + p.offset;
  }
  case Place::Scratch:
    // Scratch is one range of bytes for each lane, one lane behind the other.
    if (p.offset + op.bytes > w.privateBytes) {
      w.fail(int(lane), "scratch bytes " + std::to_string(p.offset) + " to " +
                            std::to_string(p.offset + op.bytes - 1) + " are outside the " +
                            std::to_string(w.privateBytes) + " bytes of a lane");
      return nullptr;
    }
    return w.scratch.data() + uint64_t(lane) * w.privateBytes + p.offset;
  }
  return nullptr;
}

uint8_t *scratchPoisonAt(Wave &w, unsigned lane, uint64_t offset) {
  return w.scratchPoison.data() + uint64_t(lane) * w.privateBytes + offset;
}

// Poison, one bit a byte. Global memory has none, since stores to it refuse poison.
uint32_t poisonOf(Wave &w, const MemoryOp &op, unsigned lane, const Place &p) {
  if (p.kind == Place::Lds)
    return w.group->lds.poison(uint32_t(p.offset), op.bytes);
  uint32_t bits = 0;
  if (p.kind == Place::Scratch)
    for (unsigned i = 0; i < op.bytes; ++i)
      bits |= uint32_t(scratchPoisonAt(w, lane, p.offset)[i]) << i;
  return bits;
}

void load(Wave &w, const Instruction &inst, const MemoryOp &op, const LaneAddresses &lanes) {
  // The bytes are read now but reach the registers when s_waitcnt says so, which is the latest time
  // that the machine may take. Until then the registers are pending, and to touch them is a fault:
  // a missing wait cannot pass by luck.
  Outstanding &o = w.issue(w.vmem, Outstanding::Load);
  o.dwords = op.dwords();
  o.reg = inst.dst.reg;
  o.exec = lanes.exec;
  // A D16 load writes two bytes of its register; the other two keep value and poison.
  o.byteMask = op.half ? (op.high ? 12 : 3) : 15;
  for (unsigned d = 0; d < o.dwords; ++d)
    o.poison[d] = {};
  for (uint64_t m = lanes.exec; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    // Out of a buffer's range a lane receives zeros, and nothing is accessed: that is how kernels
    // mask the edges of a tile.
    if (lanes.dropped >> lane & 1) {
      for (unsigned d = 0; d < o.dwords; ++d)
        o.data[d][lane] = 0;
      continue;
    }
    Place place = placeOf(op, lanes.address[lane]);
    const uint8_t *bytes = locate(w, op, lane, place, false, LdsAccess::Read);
    if (!bytes)
      return;
    if (op.bytes >= 4) {
      for (unsigned d = 0; d < o.dwords; ++d)
        std::memcpy(&o.data[d][lane], bytes + 4 * d, 4);
    } else {
      uint32_t v = bytes[0];
      if (op.bytes == 2)
        v |= uint32_t(bytes[1]) << 8;
      if (op.signExtend)
        v = op.bytes == 1 ? uint32_t(int32_t(int8_t(v))) : uint32_t(int32_t(int16_t(v)));
      o.data[0][lane] = op.half ? (op.high ? v << 16 : v & 0xffff) : v;
    }
    if (place.kind == Place::Global)
      continue;
    uint32_t poison = poisonOf(w, op, lane, place);
    if (!poison)
      continue;
    // A narrow load extends its value over the register, by its sign maybe, so poison of a byte is
    // poison of all four. Wider ones keep it byte by byte: spilled registers come back as they
    // were.
    if (op.bytes < 4) {
      for (unsigned b = 0; b < 4; ++b)
        o.poison[0].byte[b] |= 1ull << lane;
    } else {
      for (unsigned i = 0; i < op.bytes; ++i)
        if (poison >> i & 1)
          o.poison[i / 4].byte[i % 4] |= 1ull << lane;
    }
  }
  w.commit(w.vmem, o);
}

void store(Wave &w, const Instruction &inst, const MemoryOp &op, const LaneAddresses &lanes) {
  // Memory is written at once, so that other waves may see it early but never late; that a value
  // arrives too late is what the wait of its reader is checked for. The store still counts in vmcnt
  // until it is waited for.
  unsigned row = inst.src[1].reg, firstByte = op.high ? 2 : 0;
  for (uint64_t m = lanes.exec & ~lanes.dropped; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    Place place = placeOf(op, lanes.address[lane]);
    uint8_t *bytes = locate(w, op, lane, place, true, LdsAccess::Write);
    if (!bytes)
      return;
    for (unsigned i = 0; i < op.bytes; ++i) {
      unsigned at = firstByte + i;
      bytes[i] = uint8_t(w.vector[row + at / 4][lane] >> (at % 4 * 8));
      bool poison = w.vectorPoison[row + at / 4].byte[at % 4] >> lane & 1;
      if (place.kind == Place::Scratch)
        scratchPoisonAt(w, lane, place.offset)[i] = poison;
      else if (poison &&
               !w.finding(FindingClass::Poison, int(lane),
                          "stores an uninitialised value (v" + std::to_string(row + at / 4) +
                              ", byte " + std::to_string(at % 4) + ")"))
        return;
    }
    if (place.kind == Place::Lds)
      w.group->lds.setPoison(uint32_t(place.offset), op.bytes, false);
  }
  Outstanding &o = w.issue(w.vmem, Outstanding::Store);
  w.commit(w.vmem, o);
}

void atomic(Wave &w, const Instruction &inst, const MemoryOp &op, const LaneAddresses &lanes) {
  // Width in registers, 1 or 2. A compare-and-swap has the new value in the first of its data
  // registers and the value to compare with behind it.
  unsigned width = op.bytes / 4, row = inst.src[1].reg;
  bool compares = op.function == AtomicFunction::CompareSwap;
  uint64_t poison = poisonedLanes(w, inst.src[1], compares ? 2 * width : width) & lanes.exec;
  if (poison && !w.finding(FindingClass::Poison, std::countr_zero(poison),
                           "an atomic's operand is uninitialised"))
    return;
  // One that returns the old value counts as a load: its result lands at the wait.
  Outstanding &o = w.issue(w.vmem, op.returns ? Outstanding::Load : Outstanding::Store);
  o.dwords = op.returns ? uint8_t(width) : 0;
  o.reg = inst.dst.reg;
  o.exec = lanes.exec;
  for (unsigned d = 0; d < o.dwords; ++d)
    o.poison[d] = {};
  // Lanes that name one address act one after the other, in ascending order.
  for (uint64_t m = lanes.exec; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    uint64_t old = 0;
    if (!(lanes.dropped >> lane & 1)) {
      Place place = placeOf(op, lanes.address[lane]);
      uint8_t *bytes = locate(w, op, lane, place, true, LdsAccess::Atomic);
      if (!bytes)
        return;
      auto word = [&](unsigned i) -> uint64_t {
        uint64_t v = w.vector[row + i * width][lane];
        return width == 2 ? v | uint64_t(w.vector[row + i * width + 1][lane]) << 32 : v;
      };
      uint64_t data = word(0), compare = compares ? word(1) : 0;
      old = atomicOnMemory(bytes, width == 2, op.function, data, compare);
    }
    if (op.returns) {
      o.data[0][lane] = uint32_t(old);
      if (width == 2)
        o.data[1][lane] = uint32_t(old >> 32);
    }
  }
  w.commit(w.vmem, o);
}

void loadToLds(Wave &w, const Instruction &inst, const MemoryOp &op, const LaneAddresses &lanes) {
  // A load to LDS goes past registers: lane l's bytes land at M0 + offset + l times its width,
  // whatever global address it named. So a swizzle of LDS has to permute which global bytes a lane
  // asks for.
  if (w.scalarPoison[kM0] &&
      !w.finding(FindingClass::Poison, -1, "M0, the LDS address, is uninitialised"))
    return;
  Lds &lds = w.group->lds;
  Outstanding &o = w.issue(w.vmem, Outstanding::Dma);
  o.exec = lanes.exec;
  unsigned width = std::max<unsigned>(op.bytes, 4); // Bytes and shorts fill a dword.
  o.ldsBytes = uint8_t(width);
  // M0 has 18 bits for an address. The offset is 12 bits without a sign in a buffer instruction and
  // 13 with one in a global instruction.
  uint32_t base = w.scalar[kM0] & 0x3ffff;
  uint32_t offset = op.space == Space::Buffer ? inst.imm : uint32_t(int32_t(inst.imm << 19) >> 19);
  for (uint64_t m = lanes.exec; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    uint32_t data[4] = {};
    if (!(lanes.dropped >> lane & 1)) {
      Place place = placeOf(op, lanes.address[lane]);
      const uint8_t *bytes = locate(w, op, lane, place, false, LdsAccess::Read);
      if (!bytes)
        return;
      if (place.kind == Place::Scratch && poisonOf(w, op, lane, place) &&
          !w.finding(FindingClass::Poison, int(lane), "loads uninitialised scratch to LDS"))
        return;
      std::memcpy(data, bytes, op.bytes);
      if (op.signExtend)
        data[0] = op.bytes == 1 ? uint32_t(int32_t(int8_t(data[0])))
                                : uint32_t(int32_t(int16_t(data[0])));
    }
    uint32_t address = base + offset + lane * width;
    if (uint64_t(address) + width > lds.bytes())
      return w.fail(int(lane), describeLdsFault(w, LdsFault::OutOfRange, address, width));
    if (address % 4)
      return w.fail(int(lane), describeLdsFault(w, LdsFault::Misaligned, address, width));
    o.ldsAddress[0][lane] = address;
    for (unsigned d = 0; d < width / 4; ++d)
      o.data[d][lane] = data[d];
  }
  countBanks(w, o.ldsAddress[0], lanes.exec, width, LdsAccess::Write);
  // Marked only when all lanes have passed their checks, so that a fault leaves no marks. From here
  // on to touch the bytes is a fault, until the wait lands them.
  for (uint64_t m = lanes.exec; m; m &= m - 1)
    lds.beginCopy(o.ldsAddress[0][std::countr_zero(m)], width);
  w.commit(w.vmem, o);
}

} // namespace

void accessMemory(Wave &w, const Instruction &inst, const MemoryOp &op,
                  const LaneAddresses &lanes) {
  // Without an active lane nothing is accessed and no register written, but vmcnt counts the
  // instruction; lgkmcnt does so for LDS (executeDs).
  if (!lanes.exec) {
    w.commit(w.vmem, w.issue(w.vmem, Outstanding::Store));
    if (op.space == Space::Flat)
      w.commit(w.lgkm, w.issue(w.lgkm, Outstanding::Store));
    return;
  }
  // Bytes that lanes asked for, not bytes that a cache moved; lines say how well the lanes of an
  // instruction share those.
  uint64_t bytes = uint64_t(std::popcount(lanes.exec & ~lanes.dropped)) * op.bytes;
  if (op.space == Space::Scratch) {
    w.counters.scratchBytes += bytes;
  } else {
    uint64_t &counter = op.action == Action::Load     ? w.counters.globalLoadBytes
                        : op.action == Action::Store  ? w.counters.globalStoreBytes
                        : op.action == Action::Atomic ? w.counters.globalAtomicBytes
                                                      : w.counters.dmaBytes;
    counter += bytes;
    countLines(w, lanes, op);
  }
  switch (op.action) {
  case Action::Load:
    load(w, inst, op, lanes);
    break;
  case Action::Store:
    store(w, inst, op, lanes);
    break;
  case Action::Atomic:
    atomic(w, inst, op, lanes);
    break;
  case Action::LoadToLds:
    loadToLds(w, inst, op, lanes);
    break;
  }
  if (!w.failed() && op.space != Space::Scratch)
    w.vmem.at(w.vmem.size() - 1).askedBytes = uint32_t(bytes);
  if (op.space == Space::Flat && !w.failed()) { // Counts in both queues.
    Outstanding &o = w.issue(w.lgkm, Outstanding::Store);
    w.commit(w.lgkm, o);
  }
}

void executeGlobal(Wave &w, const Instruction &inst) {
  const MemoryOp &op = *static_cast<const MemoryOp *>(inst.op);
  const Operand &vaddr = inst.src[0], &saddr = inst.src[2];
  LaneAddresses lanes;
  lanes.exec = w.exec();
  if (vaddr.isVector() && !checkAddressPoison(w, poisonedLanes(w, vaddr, vaddr.dwords)))
    return;
  // Address = vector register + scalar register + immediate, each of which but the last may be
  // absent. Global: a 64-bit base in scalar registers goes with 32-bit offsets of lanes, else lanes
  // have 64 bits. Scratch: all are offsets within the lane's scratch, 32 bits.
  uint64_t base = uint64_t(int64_t(int32_t(inst.imm << 19) >> 19)); // 13 bits, signed.
  bool scratch = op.space == Space::Scratch;
  if (!saddr.isNone()) {
    ScalarValue s = readScalar(w, saddr, scratch ? 1 : 2);
    if (s.poison && !w.finding(FindingClass::Poison, -1, "the scalar address is uninitialised"))
      return;
    base += scratch ? uint64_t(int64_t(int32_t(uint32_t(s.value)))) : s.value;
  }
  for (unsigned l = 0; l < kLanes; ++l) {
    uint64_t v = 0;
    if (vaddr.isVector()) {
      v = w.vector[vaddr.reg][l];
      if (vaddr.dwords == 2)
        v |= uint64_t(w.vector[vaddr.reg + 1][l]) << 32;
    }
    lanes.address[l] = scratch ? uint64_t(uint32_t(base + v)) : base + v;
  }
  accessMemory(w, inst, op, lanes);
}

void executeBuffer(Wave &w, const Instruction &inst) {
  const MemoryOp &op = *static_cast<const MemoryOp *>(inst.op);
  const Operand &vaddr = inst.src[0], &resource = inst.src[2];
  uint64_t exec = w.exec();
  if (vaddr.isVector() && !checkAddressPoison(w, poisonedLanes(w, vaddr, vaddr.dwords)))
    return;
  ScalarValue lo = readScalar(w, resource, 2), soffset = readScalar(w, inst.src[3], 1);
  Operand upper = resource;
  upper.reg += 2;
  ScalarValue hi = readScalar(w, upper, 2);
  if ((lo.poison || hi.poison || soffset.poison) &&
      !w.finding(FindingClass::Poison, -1, "the buffer resource or its offset is uninitialised"))
    return;
  // The descriptor: 48 bits of address, 14 of stride in bytes, the swizzle bit; then the number of
  // records; then word 3, whose format fields matter to formatted accesses alone, which are not
  // supported.
  uint64_t base = lo.value & 0xffffffffffffull;
  uint32_t stride = uint32_t(lo.value >> 48) & 0x3fff, records = uint32_t(hi.value),
           word3 = uint32_t(hi.value >> 32);
  bool swizzle = lo.value >> 63, addTid = word3 >> 23 & 1;
  uint32_t indexStride = 8u << (word3 >> 21 & 3), elementSize = 4;
  LaneAddresses lanes;
  lanes.exec = exec;
  for (uint64_t m = exec; m; m &= m - 1) {
    unsigned l = unsigned(std::countr_zero(m));
    // Index and offset each have a register if the instruction says so, the index first. With
    // add_tid the lane is an index, too.
    uint64_t index = 0, offset = inst.imm;
    unsigned next = 0;
    if (inst.idxen)
      index = w.vector[vaddr.reg + next++][l];
    if (inst.offen)
      offset += w.vector[vaddr.reg + next][l];
    if (addTid)
      index += l;
    uint64_t place = index * stride + offset;
    // Records are interleaved in groups of `indexStride`: elements of four bytes of neighbouring
    // records are neighbours, so that lanes with neighbouring records share lines.
    if (swizzle)
      place = (index / indexStride * stride + offset / elementSize * elementSize) * indexStride +
              index % indexStride * elementSize + offset % elementSize;
    // Raw buffers count bytes (the scalar offset takes part), structured ones count records.
    bool outside =
        stride == 0 || !inst.idxen ? place + soffset.value + op.bytes > records : index >= records;
    if (outside)
      lanes.dropped |= 1ull << l;
    lanes.address[l] = base + soffset.value + place;
  }
  accessMemory(w, inst, op, lanes);
}

} // namespace moec::gfx950
