//===- ValuExecute.cpp - Operands of vector operations ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Fetches sources (modifiers, op_sel, SDWA, DPP, lane masks), calls the lane function, and commits
// results under EXEC with their poison.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"
#include "emulator/gfx950/lib/wave/Execute.h"
#include "moec/emulator/gfx950/Wave.h"

#include <algorithm>
#include <array>

namespace moec::gfx950 {

namespace {

/// One source, fetched: 64 lanes of one or two dwords, and its poison by byte of the (selected)
/// value.
struct Fetched {
  const uint32_t *data = nullptr;
  PoisonRow poison = {}, high = {}; ///< Of the first and the second dword.
  uint64_t any() const { return poison.any() | high.any(); }
  alignas(64) uint32_t buffer[2 * kLanes];
  void own(unsigned dwords) {
    if (data != buffer) {
      std::memcpy(buffer, data, dwords * sizeof(VectorRow));
      data = buffer;
    }
  }
};

void broadcast(uint32_t *out, uint32_t value) {
  for (unsigned l = 0; l < kLanes; ++l)
    out[l] = value;
}

bool isFloatType(char type) {
  return type == 'f' || type == 'h' || type == 'd' || type == 'P' || type == 'Q' || type == 'x' ||
         type == 'B';
}

unsigned dwordsOf(char type) {
  return type == 'q' || type == 'd' || type == 'Q' || type == 'R' ? 2 : 1;
}

/// The operand as it lies in registers.
void fetchRaw(Wave &w, const Operand &o, unsigned dwords, unsigned position, Fetched &f) {
  if (o.isVector()) {
    unsigned row = rowOfOperand(w, o, position);
    f.data = w.vector[row];
    f.poison = w.vectorPoison[row];
    if (dwords == 2)
      f.high = w.vectorPoison[row + 1];
    return;
  }
  f.data = f.buffer;
  ScalarValue v = readScalar(w, o, dwords);
  broadcast(f.buffer, uint32_t(v.value));
  if (dwords == 2)
    broadcast(f.buffer + kLanes, uint32_t(v.value >> 32));
  uint64_t lanes = uint32_t(v.poison) ? ~0ull : 0, upper = v.poison >> 32 ? ~0ull : 0;
  f.poison = {{lanes, lanes, lanes, lanes}};
  if (dwords == 2)
    f.high = {{upper, upper, upper, upper}};
}

void fetchMask(Wave &w, const Operand &o, Fetched &f) {
  ScalarValue v = readScalar(w, o, 2);
  for (unsigned l = 0; l < kLanes; ++l)
    f.buffer[l] = (v.value >> l & 1) ? ~0u : 0u;
  f.data = f.buffer;
  f.poison = {{v.poison, v.poison, v.poison, v.poison}};
}

/// Chooses a byte or word (SDWA) of each lane.
void selectSdwa(Fetched &f, unsigned sel, bool sext) {
  f.own(1);
  PoisonRow p = f.poison;
  if (sel < 4) {
    for (unsigned l = 0; l < kLanes; ++l) {
      uint32_t v = f.buffer[l] >> (8 * sel) & 0xff;
      f.buffer[l] = sext ? uint32_t(int32_t(int8_t(v))) : v;
    }
    f.poison = {{p.byte[sel], 0, 0, 0}};
    if (sext)
      f.poison = {{p.byte[sel], p.byte[sel], p.byte[sel], p.byte[sel]}};
  } else if (sel < 6) {
    unsigned shift = (sel - 4) * 16;
    for (unsigned l = 0; l < kLanes; ++l) {
      uint32_t v = f.buffer[l] >> shift & 0xffff;
      f.buffer[l] = sext ? uint32_t(int32_t(int16_t(v))) : v;
    }
    uint64_t lo = p.byte[(sel - 4) * 2], hi = p.byte[(sel - 4) * 2 + 1];
    f.poison = {{lo, hi, sext ? hi : 0, sext ? hi : 0}};
  }
}

/// The half that op_sel chooses, in the low 16 bits.
void selectHalf(Fetched &f, bool high) {
  f.own(1);
  for (unsigned l = 0; l < kLanes; ++l)
    f.buffer[l] = high ? f.buffer[l] >> 16 : f.buffer[l] & 0xffff;
  f.poison = high ? PoisonRow{{f.poison.byte[2], f.poison.byte[3], 0, 0}}
                  : PoisonRow{{f.poison.byte[0], f.poison.byte[1], 0, 0}};
}

/// Packs the halves that op_sel and op_sel_hi choose.
void selectPacked(Fetched &f, bool lowFromHigh, bool highFromHigh) {
  if (!lowFromHigh && highFromHigh)
    return;
  f.own(1);
  for (unsigned l = 0; l < kLanes; ++l) {
    uint32_t v = f.buffer[l];
    uint32_t lo = lowFromHigh ? v >> 16 : v & 0xffff, hi = highFromHigh ? v >> 16 : v & 0xffff;
    f.buffer[l] = lo | hi << 16;
  }
  PoisonRow p = f.poison;
  unsigned lo = lowFromHigh ? 2 : 0, hi = highFromHigh ? 2 : 0;
  f.poison = {{p.byte[lo], p.byte[lo + 1], p.byte[hi], p.byte[hi + 1]}};
}

/// Packs the dwords of a register pair that op_sel and op_sel_hi choose. A 32-bit constant or
/// scalar fills both.
void selectPair(Fetched &f, bool lowFromHigh, bool highFromHigh) {
  uint32_t out[2 * kLanes];
  std::memcpy(out, f.data + (lowFromHigh ? kLanes : 0), sizeof(VectorRow));
  std::memcpy(out + kLanes, f.data + (highFromHigh ? kLanes : 0), sizeof(VectorRow));
  std::memcpy(f.buffer, out, sizeof out);
  f.data = f.buffer;
  PoisonRow low = lowFromHigh ? f.high : f.poison, high = highFromHigh ? f.high : f.poison;
  f.poison = low, f.high = high;
}

void applyFloatModifiers(Fetched &f, char type, uint8_t mods) {
  uint32_t sign[2] = {0x80000000u, 0};
  unsigned dwords = dwordsOf(type);
  f.own(dwords);
  if (type == 'P' || type == 'B' || type == 'Q') { // neg_lo, neg_hi.
    if (type == 'Q') {
      for (unsigned l = 0; l < kLanes; ++l) {
        f.buffer[l] ^= (mods & kNeg) ? 0x80000000u : 0;
        f.buffer[l + kLanes] ^= (mods & kAbs) ? 0x80000000u : 0;
      }
      return;
    }
    uint32_t flip = ((mods & kNeg) ? 0x8000u : 0) | ((mods & kAbs) ? 0x80000000u : 0);
    for (unsigned l = 0; l < kLanes; ++l)
      f.buffer[l] ^= flip;
    return;
  }
  uint32_t *top = type == 'd' ? f.buffer + kLanes : f.buffer;
  if (type == 'h')
    sign[0] = 0x8000u;
  for (unsigned l = 0; l < kLanes; ++l) {
    uint32_t v = top[l];
    if (mods & kAbs)
      v &= ~sign[0];
    if (mods & kNeg)
      v ^= sign[0];
    top[l] = v;
  }
}

/// A mixed operand: f16 (either half) when op_sel_hi is set, else f32; delivered as f32.
void selectMixed(Fetched &f, uint8_t mods) {
  if (!(mods & kOpSelHi))
    return;
  f.own(1);
  bool high = mods & kOpSel;
  for (unsigned l = 0; l < kLanes; ++l)
    f.buffer[l] = lanes::bitsOf(f16ToFloat(uint16_t(high ? f.buffer[l] >> 16 : f.buffer[l])));
  f.poison = {{f.poison.byte[high ? 2 : 0] | f.poison.byte[high ? 3 : 1], 0, 0, 0}};
}

void fetch(Wave &w, const Instruction &inst, unsigned i, char type, Fetched &f) {
  const Operand &o = inst.src[i];
  if (type == 'm')
    return fetchMask(w, o, f);
  if (type == 'n') {
    fetchRaw(w, o, 1, i, f);
    if (o.isVector())
      for (unsigned r = 1; r < o.dwords; ++r)
        for (unsigned b = 0; b < 4; ++b)
          f.poison.byte[b] |= w.vectorPoison[o.reg + r].byte[b];
    return;
  }
  unsigned dwords = dwordsOf(type);
  fetchRaw(w, o, dwords, i, f);
  if (type == 'Q' || type == 'R') {
    if (!o.isVector() && o.dwords < 2) // A constant is the low dword; the high one is zero.
      broadcast(f.buffer + kLanes, 0);
    selectPair(f, o.mods & kOpSel, o.mods & kOpSelHi);
  }
  if (inst.encoding == Encoding::Dpp && i == 0) {
    f.own(dwords);
    applyDpp(inst, w.exec(), f.buffer, f.poison, 1);
    if (dwords == 2)
      applyDpp(inst, w.exec(), f.buffer + kLanes, f.high, 1);
  } else if (inst.encoding == Encoding::Sdwa && o.sdwa != 6) {
    selectSdwa(f, o.sdwa, o.mods & kSext);
  }
  if (type == 'h' || type == 'w') {
    if (inst.encoding != Encoding::Sdwa || o.sdwa == 6)
      selectHalf(f, inst.encoding != Encoding::Sdwa && (o.mods & kOpSel));
  } else if (type == 'p' || type == 'P' || type == 'B') {
    selectPacked(f, o.mods & kOpSel, o.mods & kOpSelHi);
  } else if (type == 'x') {
    selectMixed(f, o.mods);
  }
  if ((o.mods & (kNeg | kAbs)) && isFloatType(type))
    applyFloatModifiers(f, type, o.mods);
}

float clampUnit(float v) { return v > 0 ? (v < 1 ? v : 1) : 0; }

/// Output modifier and clamp of floating point results.
void applyOutput(const Instruction &inst, char type, uint32_t *d) {
  static constexpr float kFactor[4] = {1, 2, 4, 0.5f};
  float factor = kFactor[inst.omod];
  for (unsigned l = 0; l < kLanes; ++l) {
    if (type == 'f') {
      float v = lanes::as<float>(d[l]) * factor;
      d[l] = lanes::bitsOf(inst.clamp ? clampUnit(v) : v);
    } else if (type == 'h') {
      float v = f16ToFloat(uint16_t(d[l])) * factor;
      d[l] = floatToF16(inst.clamp ? clampUnit(v) : v);
    } else if (type == 'P') {
      uint32_t lo = floatToF16(clampUnit(f16ToFloat(uint16_t(d[l]))));
      d[l] = lo | uint32_t(floatToF16(clampUnit(f16ToFloat(uint16_t(d[l] >> 16))))) << 16;
    } else if (type == 'Q') {
      d[l] = lanes::bitsOf(clampUnit(lanes::as<float>(d[l])));
      d[l + kLanes] = lanes::bitsOf(clampUnit(lanes::as<float>(d[l + kLanes])));
    } else if (type == 'd') {
      double v = lanes::wideFloat(d, l) * double(factor);
      lanes::putDouble(d, l, inst.clamp ? (v > 0 ? (v < 1 ? v : 1) : 0) : v);
    }
  }
}

/// Places a 16-bit result, or an SDWA selection, among the bits that stay; the mask of bytes
/// written.
uint8_t placePartial(const ValuOp &op, const Instruction &inst, char type, const uint32_t *old,
                     uint32_t *d, PoisonRow &poison) {
  if (inst.encoding == Encoding::Sdwa && inst.dstSel != 6) {
    bool byte = inst.dstSel < 4;
    unsigned shift = byte ? 8 * inst.dstSel : 16 * (inst.dstSel - 4);
    uint32_t mask = byte ? 0xffu : 0xffffu;
    for (unsigned l = 0; l < kLanes; ++l) {
      uint32_t v = (d[l] & mask) << shift, rest = 0;
      if (inst.dstUnused == 2)
        rest = old[l] & ~(mask << shift);
      else if (inst.dstUnused == 1 && (d[l] & (byte ? 0x80u : 0x8000u)))
        rest = ~uint32_t((uint64_t(1) << (shift + (byte ? 8 : 16))) - 1);
      d[l] = v | rest;
    }
    uint8_t bytes = uint8_t((byte ? 1 : 3) << (shift / 8));
    uint64_t any = poison.byte[0] | (byte ? 0 : poison.byte[1]);
    for (unsigned b = 0; b < 4; ++b)
      poison.byte[b] = (bytes >> b & 1) || inst.dstUnused == 1 ? any : 0;
    return inst.dstUnused == 2 ? bytes : 15;
  }
  if (type != 'h' && type != 'w')
    return 15;
  bool high = inst.dstHigh;
  uint64_t any = poison.byte[0] | poison.byte[1];
  if (!high && !op.keepHigh) {
    poison = {{any, any, 0, 0}};
    return 15;
  }
  for (unsigned l = 0; l < kLanes; ++l)
    d[l] = high ? (old[l] & 0xffff) | d[l] << 16 : (old[l] & 0xffff0000u) | (d[l] & 0xffff);
  poison = {{any, any, any, any}};
  return high ? 12 : 3;
}

/// Bytewise poison of data-moving operations: the operation itself, run on masks of poisoned bytes.
std::array<PoisonRow, 2> shadowPoison(const ValuOp &op, LaneArgs args, Fetched *sources,
                                      unsigned count, unsigned dwords) {
  alignas(64) uint32_t masks[4][2 * kLanes];
  uint64_t control = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (!(op.shadow >> i & 1)) {
      control |= sources[i].any();
      continue;
    }
    for (unsigned l = 0; l < kLanes; ++l) {
      uint32_t m = 0, high = 0;
      for (unsigned b = 0; b < 4; ++b) {
        m |= (sources[i].poison.byte[b] >> l & 1) ? 0xffu << (8 * b) : 0;
        high |= (sources[i].high.byte[b] >> l & 1) ? 0xffu << (8 * b) : 0;
      }
      masks[i][l] = m, masks[i][l + kLanes] = high;
    }
  }
  const uint32_t *real[4];
  std::copy(args.s, args.s + 4, real);
  alignas(64) uint32_t out[2 * kLanes], total[2 * kLanes] = {};
  args.d = out;
  auto run = [&](unsigned which) {
    for (unsigned i = 0; i < count; ++i)
      args.s[i] = (which >> i & 1) ? masks[i] : real[i];
    op.run(args);
    for (unsigned l = 0; l < dwords * kLanes; ++l)
      total[l] |= out[l];
  };
  if (op.rule == PoisonRule::And) {
    run(1);
    run(2);
    run(3);
  } else {
    run(op.shadow);
  }
  std::array<PoisonRow, 2> p;
  p.fill({{control, control, control, control}});
  for (unsigned d = 0; d < dwords; ++d)
    for (unsigned l = 0; l < kLanes; ++l)
      for (unsigned b = 0; b < 4; ++b)
        if (total[d * kLanes + l] >> (8 * b) & 0xff)
          p[d].byte[b] |= 1ull << l;
  return p;
}

/// Poison of results by dword, from that of the sources. `any` has the lanes in which a source
/// holds poison.
std::array<PoisonRow, 2> resultPoison(const ValuOp &op, const LaneArgs &args, Fetched *sources,
                                      unsigned count, unsigned dwords, uint64_t any) {
  if (op.rule == PoisonRule::Bytes || op.rule == PoisonRule::And)
    return shadowPoison(op, args, sources, count, dwords);
  std::array<PoisonRow, 2> p;
  p.fill({{any, any, any, any}});
  char type = op.signature[0];
  uint64_t first = 0, second = 0, low = 0, high = 0;
  for (unsigned i = 0; i < count; ++i) {
    const PoisonRow &s = sources[i].poison;
    first |= s.any(), second |= sources[i].high.any();
    low |= s.byte[0] | s.byte[1], high |= s.byte[2] | s.byte[3];
  }
  if (op.rule == PoisonRule::LowFirst || type == 'Q')
    p[0] = {{first, first, first, first}};
  if (type == 'Q')
    p[1] = {{second, second, second, second}};
  if (type == 'p' || type == 'P')
    p[0] = {{low, low, high, high}};
  return p;
}

} // namespace

void storeVector(Wave &w, unsigned row, const uint32_t *data, uint64_t exec,
                 const PoisonRow &poison, uint8_t bytes) {
  uint32_t *out = w.vector[row];
  PoisonRow &p = w.vectorPoison[row];
  if (exec == ~0ull) {
    std::memcpy(out, data, sizeof(VectorRow));
  } else {
    for (unsigned l = 0; l < kLanes; ++l) {
      uint32_t take = 0u - uint32_t(exec >> l & 1);
      out[l] = (data[l] & take) | (out[l] & ~take);
    }
  }
  for (unsigned b = 0; b < 4; ++b)
    if (bytes >> b & 1)
      p.byte[b] = (p.byte[b] & ~exec) | (poison.byte[b] & exec);
}

/// A bit for each lane whose dword is not zero.
static uint64_t packMask(const uint32_t *lanes) {
  uint64_t mask = 0;
  for (unsigned l = 0; l < kLanes; ++l)
    mask |= uint64_t(lanes[l] != 0) << l;
  return mask;
}

static void commitMask(Wave &w, const Operand &o, const uint32_t *lanes, uint64_t exec,
                       uint64_t poison) {
  uint64_t p = poison & exec;
  w.setScalar64(o.reg, packMask(lanes) & exec & ~p, p);
}

void executeValu(Wave &w, const Instruction &inst) {
  const ValuOp &op = *static_cast<const ValuOp *>(inst.op);
  uint64_t exec = w.exec();
  Fetched sources[4];
  alignas(64) uint32_t out[2 * kLanes], out2[kLanes];
  LaneArgs args;
  args.d = out, args.d2 = out2, args.inst = &inst, args.mode = w.mode;
  const char *signature = op.signature;
  char first = signature[0], second = signature[1] == ':' ? 0 : signature[1];
  const char *types = signature + (second ? 3 : 2);
  uint64_t any = 0;
  std::array<PoisonRow, 2> poison = {};
  for (unsigned i = 0; types[i]; ++i) {
    if (inst.simple && types[i] != 'm')
      fetchRaw(w, inst.src[i], 1, i, sources[i]);
    else
      fetch(w, inst, i, types[i], sources[i]);
    args.s[i] = sources[i].data;
    any |= sources[i].any();
  }
  op.run(args);
  unsigned dwords = dwordsOf(first);
  if (!inst.simple && first != 'm' && (inst.omod || (inst.clamp && isFloatType(first))))
    applyOutput(inst, first, out);
  if (any & exec) [[unlikely]]
    poison = resultPoison(op, args, sources, unsigned(std::strlen(types)), dwords, any);
  if (first == 'm') {
    commitMask(w, inst.dst, out, exec, poison[0].any());
    if (inst.imm2 == 1) // v_cmpx also writes EXEC.
      w.setScalar64(kExec, w.scalar64(inst.dst.reg), w.scalarPoison64(inst.dst.reg));
    return;
  }
  unsigned row = rowOfOperand(w, inst.dst, 3);
  if (inst.encoding == Encoding::Dpp)
    exec &= dppWriteMask(inst, w.exec());
  uint8_t bytes = 15;
  if (!inst.simple)
    bytes = placePartial(op, inst, first, w.vector[row], out, poison[0]);
  storeVector(w, row, out, exec, poison[0], bytes);
  for (unsigned i = 1; i < dwords; ++i)
    storeVector(w, row + i, out + i * kLanes, exec, poison[i], 15);
  if (second == 'm')
    commitMask(w, inst.dst2, out2, w.exec(), poison[1].any() | poison[0].any());
}

} // namespace moec::gfx950
