//===- Lanes.cpp - Moving data between lanes --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// DPP permutations, v_readlane and its relatives, and the permlane swaps. Where
// s_set_gpr_idx_on is in force, v_readlane and its relatives follow it like every vector operation:
// AMD's fused MoE kernels for this machine set up tables by v_writelane that way.
//
//===----------------------------------------------------------------------===//

#include "emulator/gfx950/lib/wave/Execute.h"

#include <algorithm>
#include <array>

namespace moec::gfx950 {

/// The lane that `lane` reads under a DPP control, or −1.
static int dppSource(unsigned ctrl, int lane) {
  int row = lane & ~15, in = lane & 15, amount = int(ctrl & 15);
  if (ctrl < 0x100)
    return (lane & ~3) | int(ctrl >> (2 * (lane & 3)) & 3);
  if (ctrl >= 0x101 && ctrl <= 0x10f) // row_shl
    return in + amount < 16 ? lane + amount : -1;
  if (ctrl >= 0x111 && ctrl <= 0x11f) // row_shr
    return in >= amount ? lane - amount : -1;
  if (ctrl >= 0x121 && ctrl <= 0x12f) // row_ror
    return row | ((in - amount) & 15);
  if (ctrl >= 0x150 && ctrl <= 0x15f) // row_newbcast
    return row | amount;
  switch (ctrl) {
  case 0x130: // wave_shl
    return lane < 63 ? lane + 1 : -1;
  case 0x134: // wave_rol
    return (lane + 1) & 63;
  case 0x138: // wave_shr
    return lane - 1;
  case 0x13c: // wave_ror
    return (lane - 1) & 63;
  case 0x140: // row_mirror
    return row | (15 - in);
  case 0x141: // row_half_mirror
    return (lane & ~7) | (7 - (lane & 7));
  case 0x142: // row_bcast:15
    return row >= 16 ? row - 1 : -1;
  case 0x143: // row_bcast:31
    return lane >= 32 ? 31 : -1;
  default:
    return -1;
  }
}

/// A lane's source, −1 if it has none or if the source is switched off.
static std::array<int8_t, kLanes> dppMap(unsigned ctrl, uint64_t exec) {
  std::array<int8_t, kLanes> map;
  for (int lane = 0; lane < int(kLanes); ++lane) {
    int s = dppSource(ctrl, lane);
    map[size_t(lane)] = int8_t(s >= 0 && (exec >> s & 1) ? s : -1);
  }
  return map;
}

void applyDpp(const Instruction &inst, uint64_t exec, uint32_t *data, PoisonRow &poison,
              unsigned dwords) {
  auto map = dppMap(inst.dpp, exec);
  PoisonRow before = poison;
  poison = {};
  for (unsigned d = 0; d < dwords; ++d) {
    VectorRow old;
    std::memcpy(old, data + d * kLanes, sizeof old);
    for (unsigned l = 0; l < kLanes; ++l)
      data[d * kLanes + l] = map[l] >= 0 ? old[size_t(map[l])] : 0;
  }
  for (unsigned b = 0; b < 4; ++b)
    for (unsigned l = 0; l < kLanes; ++l)
      if (map[l] >= 0)
        poison.byte[b] |= (before.byte[b] >> map[l] & 1) << l;
}

uint64_t dppWriteMask(const Instruction &inst, uint64_t exec) {
  uint64_t mask = 0;
  auto map = dppMap(inst.dpp, exec);
  for (unsigned l = 0; l < kLanes; ++l) {
    bool row = inst.rowMask >> (l / 16) & 1, bank = inst.bankMask >> (l % 16 / 4) & 1;
    if (row && bank && (map[l] >= 0 || inst.boundCtrl))
      mask |= 1ull << l;
  }
  return mask;
}

unsigned rowOfOperand(Wave &w, const Operand &o, unsigned position) {
  if (!(w.gprIndexMode & (1u << position))) [[likely]]
    return o.reg;
  unsigned row = o.reg + (w.scalar[kM0] & 0xff);
  if (row + std::max<unsigned>(o.dwords, 1) > w.registerCount())
    w.fail(-1, "register v" + std::to_string(row) + ", which M0 indexes, is beyond the " +
                   std::to_string(w.registerCount()) + " that the kernel allocates");
  else if (!w.pendingVector[row])
    return row;
  else if (w.finding(FindingClass::Wait, -1,
                     "uses v" + std::to_string(row) +
                         ", which M0 indexes, while a load into it is "
                         "under way: an s_waitcnt is missing")) {
    w.landRegister(row, false);
    return row;
  }
  return o.reg;
}

/// One lane of a source, with poison.
static ScalarValue laneOf(Wave &w, const Operand &o, unsigned lane) {
  if (!o.isVector())
    return readScalar(w, o, 1);
  unsigned row = rowOfOperand(w, o, 0);
  const PoisonRow &p = w.vectorPoison[row];
  uint32_t poison = 0;
  for (unsigned b = 0; b < 4; ++b)
    poison |= (p.byte[b] >> lane & 1) ? 0xffu << (8 * b) : 0;
  return {w.vector[row][lane], poison};
}

void executeReadLane(Wave &w, const Instruction &inst) {
  ScalarValue lane = readScalar(w, inst.src[1], 1);
  if (lane.poison && !w.finding(FindingClass::Poison, -1, "the lane number is uninitialised"))
    return;
  ScalarValue v = laneOf(w, inst.src[0], lane.value & 63);
  writeScalar(w, inst.dst, v.value, v.poison, 1);
}

void executeReadFirstLane(Wave &w, const Instruction &inst) {
  uint64_t exec = w.exec();
  ScalarValue v = laneOf(w, inst.src[0], exec ? unsigned(std::countr_zero(exec)) : 0);
  writeScalar(w, inst.dst, v.value, v.poison, 1);
}

void executeWriteLane(Wave &w, const Instruction &inst) {
  ScalarValue value = readScalar(w, inst.src[0], 1), lane = readScalar(w, inst.src[1], 1);
  if (lane.poison && !w.finding(FindingClass::Poison, -1, "the lane number is uninitialised"))
    return;
  unsigned row = rowOfOperand(w, inst.dst, 3);
  uint64_t bit = 1ull << (lane.value & 63);
  w.vector[row][lane.value & 63] = uint32_t(value.value);
  for (unsigned b = 0; b < 4; ++b) {
    uint64_t &p = w.vectorPoison[row].byte[b];
    // Lane masks are saved here with the bits of other lanes undefined: a byte that is defined in
    // part counts as defined.
    p = (value.poison >> (8 * b) & 0xff) == 0xff ? p | bit : p & ~bit;
  }
}

void executePermlaneSwap(Wave &w, const Instruction &inst) {
  // Rows of 16 (or halves of 32): odd ones of the first register change places with even ones of
  // the second.
  unsigned width = inst.imm;
  unsigned first = inst.dst.reg, second = inst.src[0].reg;
  uint64_t exec = w.exec();
  bool fetchInactive = inst.imm2 != 0;
  VectorRow a, b;
  std::memcpy(a, w.vector[first], sizeof a);
  std::memcpy(b, w.vector[second], sizeof b);
  PoisonRow pa = w.vectorPoison[first], pb = w.vectorPoison[second];
  auto move = [&](unsigned reg, unsigned lane, const VectorRow &from, const PoisonRow &poison,
                  unsigned source) {
    uint64_t bit = 1ull << lane;
    if (!(exec & bit))
      return;
    bool active = fetchInactive || (exec >> source & 1);
    if (!active && !inst.boundCtrl)
      return;
    w.vector[reg][lane] = active ? from[source] : 0;
    for (unsigned i = 0; i < 4; ++i) {
      uint64_t &p = w.vectorPoison[reg].byte[i];
      p = active && (poison.byte[i] >> source & 1) ? p | bit : p & ~bit;
    }
  };
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (lane / width % 2)
      move(first, lane, b, pb, lane - width);
    else
      move(second, lane, a, pa, lane + width);
  }
}

void executeSwap(Wave &w, const Instruction &inst) {
  VectorRow a, b;
  std::memcpy(a, w.vector[inst.dst.reg], sizeof a);
  std::memcpy(b, w.vector[inst.src[0].reg], sizeof b);
  PoisonRow pa = w.vectorPoison[inst.dst.reg], pb = w.vectorPoison[inst.src[0].reg];
  storeVector(w, inst.dst.reg, b, w.exec(), pb, 15);
  storeVector(w, inst.src[0].reg, a, w.exec(), pa, 15);
}

void executeNothing(Wave &, const Instruction &) {}

} // namespace moec::gfx950
