//===- LdsCross.cpp - LDS instructions that cross lanes ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Permutes through the LDS crossbar, which touch no memory, and the transposing reads of matrix
// operands.
//
//===----------------------------------------------------------------------===//

#include "LdsCross.h"

#include "VectorMemory.h"
#include "emulator/gfx950/lib/wave/Workgroup.h"

namespace moec::gfx950 {

namespace {

constexpr CrossOp kOps[] = {
    {"DS_BPERMUTE_B32", CrossKind::BackwardPermute, 0, 4},
    {"DS_PERMUTE_B32", CrossKind::ForwardPermute, 0, 4},
    {"DS_SWIZZLE_B32", CrossKind::Swizzle, 0, 4},
    {"DS_READ_B64_TR_B16", CrossKind::TransposedRead, 16, 8},
    {"DS_READ_B64_TR_B8", CrossKind::TransposedRead, 8, 8},
    {"DS_READ_B64_TR_B4", CrossKind::TransposedRead, 4, 8},
    {"DS_READ_B96_TR_B6", CrossKind::TransposedRead, 6, 12},
};

// Permutes move whole dwords, so poison of a byte becomes that of the dword.
bool bytePoison(const PoisonRow &p, unsigned lane) { return p.any() >> lane & 1; }

// The address is a byte address of a dword for each lane, so lane = address / 4, modulo 64.
// Backward: each lane names the lane that it reads; forward: the lane that it writes, where of
// several that name one lane the highest wins.
void permute(Wave &w, const Instruction &inst, bool backward, Outstanding &o) {
  const Operand &addr = inst.src[0], &data = inst.src[1];
  // A lane that nobody writes receives 0.
  uint64_t exec = w.exec();
  for (unsigned l = 0; l < kLanes; ++l)
    o.data[0][l] = 0;
  o.poison[0] = {};
  for (uint64_t m = exec; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    unsigned other = (w.vector[addr.reg][lane] + inst.imm) / 4 & 63;
    unsigned from = backward ? other : lane, to = backward ? lane : other;
    if (backward && !(exec >> from & 1))
      continue; // A lane that is off delivers 0.
    o.data[0][to] = w.vector[data.reg][from];
    if (bytePoison(w.vectorPoison[data.reg], from))
      for (uint64_t &p : o.poison[0].byte)
        p |= 1ull << to;
  }
}

/// The lane that `lane` reads under a swizzle pattern.
unsigned swizzleSource(uint32_t pattern, unsigned lane) {
  if (pattern >= 0xc000) { // Rotation inside 32 lanes, with a mask of bits that stay.
    unsigned mask = pattern & 31, amount = pattern >> 5 & 31;
    unsigned rotated = (pattern >> 10 & 1) ? lane + 32 - amount : lane + amount;
    return (lane & 32) | ((lane & mask) | (rotated & 31 & ~mask));
  }
  if (pattern & 0x8000) // Quads.
    return (lane & ~3u) | (pattern >> (2 * (lane & 3)) & 3);
  unsigned andMask = pattern & 31, orMask = pattern >> 5 & 31, xorMask = pattern >> 10 & 31;
  return (lane & 32) | (((lane & andMask) | orMask) ^ xorMask);
}

void swizzle(Wave &w, const Instruction &inst, Outstanding &o) {
  // The pattern is in the immediate, the same for all lanes; a source that is off reads as 0.
  const Operand &data = inst.src[0];
  uint64_t exec = w.exec();
  o.poison[0] = {};
  for (unsigned l = 0; l < kLanes; ++l) {
    unsigned from = swizzleSource(inst.imm, l);
    o.data[0][l] = (exec >> from & 1) ? w.vector[data.reg][from] : 0;
    if ((exec >> from & 1) && bytePoison(w.vectorPoison[data.reg], from))
      for (uint64_t &p : o.poison[0].byte)
        p |= 1ull << l;
  }
}

/// Sixteen lanes read the rows of a block and receive its columns. A row of 16 elements takes
/// 16·bits/64 lanes (one for 4 and 6 bits), so lane i holds column i of the group's rows.
void transposed(Wave &w, const Instruction &inst, const CrossOp &op, Outstanding &o) {
  Lds &lds = w.group->lds;
  const Operand &addr = inst.src[0];
  uint64_t exec = w.exec();
  if (!checkAddressPoison(w, poisonedLanes(w, addr, 1)))
    return;
  // Each lane receives pieces of what others read, so an inactive one would leave holes.
  if (exec != ~0ull)
    return w.fail(-1, "a transposing read with inactive lanes");
  uint32_t raw[kLanes][4] = {};
  uint32_t poison[kLanes];
  for (unsigned l = 0; l < kLanes; ++l) {
    uint32_t address = w.vector[addr.reg][l] + inst.imm;
    o.ldsAddress[0][l] = address;
    // Eight bytes ask for an alignment of eight; the twelve of six-bit elements have only four.
    if (!checkLds(w, LdsAccess::Read, l, address, op.bytes, op.bytes == 12 ? 4 : 8))
      return;
    std::memcpy(raw[l], lds.data() + address, op.bytes);
    poison[l] = lds.poison(address, op.bytes);
  }
  o.ldsAccess = LdsAccess::Read, o.ldsParts = 1, o.ldsBytes = op.bytes;
  countBanks(w, o.ldsAddress[0], exec, op.bytes, LdsAccess::Read);
  w.counters.ldsReadBytes += uint64_t(kLanes) * op.bytes;
  // Elements of six bits do not end at dwords, so they are taken from and put into pairs of dwords;
  // poison is kept by byte, and an element that straddles two bytes has that of both.
  unsigned bits = op.elementBits, perLane = op.bytes * 8 / bits, lanesPerRow = 16 / perLane;
  for (unsigned d = 0; d < op.bytes / 4u; ++d) {
    o.poison[d] = {};
    for (unsigned l = 0; l < kLanes; ++l)
      o.data[d][l] = 0;
  }
  for (unsigned l = 0; l < kLanes; ++l) {
    unsigned block = l & ~15u, column = l & 15;
    for (unsigned j = 0; j < perLane; ++j) {
      // Element j of this lane is in row j of the group, in the lane of that row that holds this
      // lane's column.
      unsigned from = block + j * lanesPerRow + column / perLane, at = column % perLane * bits;
      uint64_t pair = raw[from][at / 32] | uint64_t(at / 32 < 3 ? raw[from][at / 32 + 1] : 0) << 32;
      uint32_t element = uint32_t(pair >> (at % 32)) & ((1u << bits) - 1);
      unsigned to = j * bits;
      o.data[to / 32][l] |= element << (to % 32);
      if (to % 32 + bits > 32)
        o.data[to / 32 + 1][l] |= element >> (32 - to % 32);
      if (poison[from] >> (at / 8) & 1 || poison[from] >> ((at + bits - 1) / 8) & 1) {
        o.poison[to / 32].byte[to % 32 / 8] |= 1ull << l;
        o.poison[(to + bits - 1) / 32].byte[(to + bits - 1) % 32 / 8] |= 1ull << l;
      }
    }
  }
}

} // namespace

std::span<const CrossOp> crossOps() { return kOps; }

void executeDsCross(Wave &w, const Instruction &inst) {
  const CrossOp &op = *static_cast<const CrossOp *>(inst.op);
  Outstanding &o = w.issue(w.lgkm, Outstanding::LdsRead);
  o.dwords = op.bytes / 4;
  o.reg = inst.dst.reg;
  bool addressed = op.kind == CrossKind::BackwardPermute || op.kind == CrossKind::ForwardPermute;
  if (addressed && !checkAddressPoison(w, poisonedLanes(w, inst.src[0], 1)))
    return;
  switch (op.kind) {
  case CrossKind::BackwardPermute:
    permute(w, inst, true, o);
    break;
  case CrossKind::ForwardPermute:
    permute(w, inst, false, o);
    break;
  case CrossKind::Swizzle:
    swizzle(w, inst, o);
    break;
  case CrossKind::TransposedRead:
    transposed(w, inst, op, o);
    break;
  }
  if (!w.failed())
    w.commit(w.lgkm, o);
}

} // namespace moec::gfx950
