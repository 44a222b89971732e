//===- Narrow.cpp - Conversions to and from 4, 6 and 8 bits -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_cvt_scalef32_* in all forms, and the unscaled conversions to fp8 with stochastic rounding. One
// description of an opcode gives element types, counts and where scale and random bits come from.
//
//===----------------------------------------------------------------------===//

#include "Narrow.h"

#include "emulator/gfx950/lib/wave/Execute.h"
#include "moec/emulator/gfx950/Numbers.h"

#include <algorithm>

namespace moec::gfx950 {

namespace {

using E = Element;
// {name, from, to, count, scaled, stochastic, two sources}
constexpr NarrowOp kOps[] = {
    {"V_CVT_SCALEF32_PK_F32_FP8", E::Fp8, E::F32, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_F32_BF8", E::Bf8, E::F32, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_F32_FP4", E::Fp4, E::F32, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_F16_FP8", E::Fp8, E::F16, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_F16_BF8", E::Bf8, E::F16, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_F16_FP4", E::Fp4, E::F16, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_BF16_FP8", E::Fp8, E::Bf16, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_BF16_BF8", E::Bf8, E::Bf16, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_BF16_FP4", E::Fp4, E::Bf16, 2, true, false, false},
    {"V_CVT_SCALEF32_F32_FP8", E::Fp8, E::F32, 1, true, false, false},
    {"V_CVT_SCALEF32_F32_BF8", E::Bf8, E::F32, 1, true, false, false},
    {"V_CVT_SCALEF32_F16_FP8", E::Fp8, E::F16, 1, true, false, false},
    {"V_CVT_SCALEF32_F16_BF8", E::Bf8, E::F16, 1, true, false, false},
    {"V_CVT_SCALEF32_PK32_F32_FP6", E::Fp6, E::F32, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_F32_BF6", E::Bf6, E::F32, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_F16_FP6", E::Fp6, E::F16, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_F16_BF6", E::Bf6, E::F16, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_BF16_FP6", E::Fp6, E::Bf16, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_BF16_BF6", E::Bf6, E::Bf16, 32, true, false, false},
    {"V_CVT_SCALEF32_PK_FP8_F32", E::F32, E::Fp8, 2, true, false, true},
    {"V_CVT_SCALEF32_PK_BF8_F32", E::F32, E::Bf8, 2, true, false, true},
    {"V_CVT_SCALEF32_PK_FP8_F16", E::F16, E::Fp8, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_BF8_F16", E::F16, E::Bf8, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_FP8_BF16", E::Bf16, E::Fp8, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_BF8_BF16", E::Bf16, E::Bf8, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_FP4_F32", E::F32, E::Fp4, 2, true, false, true},
    {"V_CVT_SCALEF32_PK_FP4_F16", E::F16, E::Fp4, 2, true, false, false},
    {"V_CVT_SCALEF32_PK_FP4_BF16", E::Bf16, E::Fp4, 2, true, false, false},
    {"V_CVT_SCALEF32_SR_FP8_F32", E::F32, E::Fp8, 1, true, true, false},
    {"V_CVT_SCALEF32_SR_BF8_F32", E::F32, E::Bf8, 1, true, true, false},
    {"V_CVT_SCALEF32_SR_FP8_F16", E::F16, E::Fp8, 1, true, true, false},
    {"V_CVT_SCALEF32_SR_BF8_F16", E::F16, E::Bf8, 1, true, true, false},
    {"V_CVT_SCALEF32_SR_FP8_BF16", E::Bf16, E::Fp8, 1, true, true, false},
    {"V_CVT_SCALEF32_SR_BF8_BF16", E::Bf16, E::Bf8, 1, true, true, false},
    {"V_CVT_SCALEF32_SR_PK_FP4_F32", E::F32, E::Fp4, 2, true, true, false},
    {"V_CVT_SCALEF32_SR_PK_FP4_F16", E::F16, E::Fp4, 2, true, true, false},
    {"V_CVT_SCALEF32_SR_PK_FP4_BF16", E::Bf16, E::Fp4, 2, true, true, false},
    {"V_CVT_SCALEF32_PK32_FP6_F16", E::F16, E::Fp6, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_BF6_F16", E::F16, E::Bf6, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_FP6_BF16", E::Bf16, E::Fp6, 32, true, false, false},
    {"V_CVT_SCALEF32_PK32_BF6_BF16", E::Bf16, E::Bf6, 32, true, false, false},
    {"V_CVT_SCALEF32_2XPK16_FP6_F32", E::F32, E::Fp6, 32, true, false, true},
    {"V_CVT_SCALEF32_2XPK16_BF6_F32", E::F32, E::Bf6, 32, true, false, true},
    {"V_CVT_SCALEF32_SR_PK32_FP6_F32", E::F32, E::Fp6, 32, true, true, false},
    {"V_CVT_SCALEF32_SR_PK32_BF6_F32", E::F32, E::Bf6, 32, true, true, false},
    {"V_CVT_SCALEF32_SR_PK32_FP6_F16", E::F16, E::Fp6, 32, true, true, false},
    {"V_CVT_SCALEF32_SR_PK32_BF6_F16", E::F16, E::Bf6, 32, true, true, false},
    {"V_CVT_SCALEF32_SR_PK32_FP6_BF16", E::Bf16, E::Fp6, 32, true, true, false},
    {"V_CVT_SCALEF32_SR_PK32_BF6_BF16", E::Bf16, E::Bf6, 32, true, true, false},
    {"V_CVT_PK_FP8_F32", E::F32, E::Fp8, 2, false, false, true},
    {"V_CVT_PK_BF8_F32", E::F32, E::Bf8, 2, false, false, true},
    {"V_CVT_SR_FP8_F32", E::F32, E::Fp8, 1, false, true, false},
    {"V_CVT_SR_BF8_F32", E::F32, E::Bf8, 1, false, true, false},
    {"V_CVT_SR_F16_F32", E::F32, E::F16, 1, false, true, false},
    {"V_CVT_SR_BF16_F32", E::F32, E::Bf16, 1, false, true, false},
};

unsigned bitsOf(Element e) {
  switch (e) {
  case E::F32:
    return 32;
  case E::F16:
  case E::Bf16:
    return 16;
  case E::Fp8:
  case E::Bf8:
    return 8;
  case E::Fp6:
  case E::Bf6:
    return 6;
  case E::Fp4:
    return 4;
  }
  return 0;
}

MiniFormat formatOf(Element e) {
  switch (e) {
  case E::F16:
    return kF16;
  case E::Bf16:
    return kBf16;
  case E::Fp8:
    return kFp8;
  case E::Bf8:
    return kBf8;
  case E::Fp6:
    return kFp6;
  case E::Bf6:
    return kBf6;
  case E::Fp4:
  case E::F32:
    break;
  }
  return kFp4;
}

/// `count` bits at bit `at` of a lane's registers.
uint32_t extract(const uint32_t *registers, unsigned at, unsigned count) {
  uint64_t pair = registers[at / 32];
  if (at % 32 + count > 32)
    pair |= uint64_t(registers[at / 32 + 1]) << 32;
  return uint32_t(pair >> (at % 32)) & uint32_t((uint64_t(1) << count) - 1);
}

void insert(uint32_t *registers, unsigned at, unsigned count, uint32_t value) {
  uint64_t mask = ((uint64_t(1) << count) - 1) << (at % 32), bits = uint64_t(value) << (at % 32);
  registers[at / 32] = uint32_t((registers[at / 32] & ~mask) | bits);
  if (at % 32 + count > 32)
    registers[at / 32 + 1] = uint32_t((registers[at / 32 + 1] & ~(mask >> 32)) | bits >> 32);
}

float valueOf(Element e, uint32_t bits) {
  return e == E::F32 ? std::bit_cast<float>(bits) : decodeMini(formatOf(e), bits);
}

/// A source's registers, one lane at a time, and its poison.
struct Source {
  const uint32_t *rows = nullptr;
  uint32_t constant = 0;
  uint32_t at(unsigned reg, unsigned lane) const {
    return rows ? rows[reg * kLanes + lane] : constant;
  }
};

Source open(const Wave &w, const Operand &o, unsigned dwords, uint64_t &poison) {
  Source s;
  if (o.isVector()) {
    s.rows = w.vector[o.reg];
    for (unsigned i = 0; i < dwords; ++i)
      poison |= w.vectorPoison[o.reg + i].any();
    return s;
  }
  ScalarValue v = readScalar(w, o, 1);
  s.constant = uint32_t(v.value);
  poison |= v.poison ? ~0ull : 0;
  return s;
}

float modified(float v, uint8_t mods) {
  if (mods & kAbs)
    v = std::fabs(v);
  return mods & kNeg ? -v : v;
}

/// The bits of a source and of the result at which a conversion's elements start.
struct Parts {
  unsigned readAt = 0, writeAt = 0;
};

/// What op_sel chooses: for widening the part of the source (element index), for narrowing the part
/// of the result.
Parts partsOf(const NarrowOp &op, const Instruction &inst) {
  unsigned fromBits = bitsOf(op.from), toBits = bitsOf(op.to), part = 0;
  bool widening = fromBits < toBits;
  bool lowBit = inst.src[widening ? 0 : 2].mods & kOpSel;
  bool highBit = inst.src[0].mods & kOpSelHi;
  if (widening && op.count <= 2) {
    part = (lowBit ? 1u : 0u) + (op.count * fromBits == 16     ? 0u
                                 : (inst.src[1].mods & kOpSel) ? 2u
                                                               : 0u);
  } else if (!widening && op.count <= 2) {
    part = op.count * toBits == 16 ? (highBit ? 1u : 0u) : (lowBit ? 1u : 0u) + (highBit ? 2u : 0u);
  }
  if (!widening)
    return {0, part * op.count * toBits};
  bool half = op.to == E::F16 && op.count == 1;
  return {part * op.count * fromBits, half && highBit ? 16u : 0u};
}

/// Bytes of the result's registers that elements lie in have the sources' poison, the others keep
/// theirs.
void poisonResult(Wave &w, const Operand &result, unsigned registers, unsigned firstBit,
                  unsigned bits, uint64_t poison) {
  uint64_t exec = w.exec();
  for (unsigned b = firstBit / 8; b < std::min((firstBit + bits + 7) / 8, 4 * registers); ++b) {
    uint64_t &p = w.vectorPoison[result.reg + b / 4].byte[b % 4];
    p = (p & ~exec) | (poison & exec);
  }
}

} // namespace

std::span<const NarrowOp> narrowOps() { return kOps; }

void executeNarrow(Wave &w, const Instruction &inst) {
  const NarrowOp &op = *static_cast<const NarrowOp *>(inst.op);
  unsigned fromBits = bitsOf(op.from), toBits = bitsOf(op.to);
  unsigned perSource = op.twoSources ? op.count / 2 : op.count;
  unsigned sourceRegisters = (perSource * fromBits + 31) / 32,
           resultRegisters = (op.count * toBits + 31) / 32;
  uint64_t poison = 0;
  Source source[2] = {open(w, inst.src[0], sourceRegisters, poison), {}};
  unsigned next = 1;
  if (op.twoSources)
    source[1] = open(w, inst.src[next++], sourceRegisters, poison);
  Source random, scale;
  if (op.stochastic)
    random = open(w, inst.src[next++], 1, poison);
  if (op.scaled)
    scale = open(w, inst.src[next++], 1, poison);
  bool widening = fromBits < toBits;
  auto [readAt, writeAt] = partsOf(op, inst);
  bool saturate = op.to == E::Fp4 || op.to == E::Fp6 || op.to == E::Bf6 ||
                  ((op.to == E::Fp8 || op.to == E::Bf8) && (w.mode >> 23 & 1));
  MiniFormat format = formatOf(op.to);
  Rounding rounding = op.stochastic ? Rounding::Stochastic : Rounding::NearestEven;
  for (uint64_t lanes = w.exec(); lanes; lanes &= lanes - 1) {
    unsigned lane = unsigned(std::countr_zero(lanes));
    uint32_t in[2][32], out[32];
    for (unsigned s = 0; s <= op.twoSources; ++s)
      for (unsigned r = 0; r < sourceRegisters; ++r)
        in[s][r] = source[s].at(r, lane);
    for (unsigned r = 0; r < resultRegisters; ++r)
      out[r] = w.vector[inst.dst.reg + r][lane];
    double factor = op.scaled ? scaleOf(scale.at(0, lane)) : 1.0;
    for (unsigned i = 0; i < op.count; ++i) {
      unsigned s = i / perSource;
      float v = valueOf(op.from, extract(in[s], readAt + (i % perSource) * fromBits, fromBits));
      if (op.from == E::F32)
        v = modified(v, inst.src[s].mods);
      double exact = widening ? double(v) * factor : double(v) / factor;
      uint32_t code = op.to == E::F32 ? std::bit_cast<uint32_t>(float(exact))
                                      : encodeMini(format, exact, saturate, rounding,
                                                   op.stochastic ? random.at(0, lane) : 0);
      insert(out, writeAt + i * toBits, toBits, code);
    }
    for (unsigned r = 0; r < resultRegisters; ++r)
      w.vector[inst.dst.reg + r][lane] = out[r];
  }
  poisonResult(w, inst.dst, resultRegisters, writeAt, op.count * toBits, poison);
}

} // namespace moec::gfx950
