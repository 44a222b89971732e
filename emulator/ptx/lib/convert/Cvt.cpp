//===- Cvt.cpp - Conversions of lanes -------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The forms that kernels use all the time have loops of their own; all others convert lane by lane.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Half.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/convert/Convert.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <cmath>
#include <cstring>

namespace moec::ptx {

namespace {
/// A conversion in an instruction's fields.
void keep(Instruction &inst, const Conversion &c) {
  inst.imm = uint64_t(c.to) | uint64_t(c.from) << 8 | uint64_t(c.rounding) << 16;
  inst.extra = c.awayFromZero | c.integerValued << 1 | c.flushes << 2 | c.saturates << 3 |
               c.finite << 4 | c.relu << 5;
}
Conversion kept(const Instruction &inst) {
  Conversion c;
  c.to = Ty(inst.imm & 255), c.from = Ty(inst.imm >> 8 & 255);
  c.rounding = emulator::Rounding(inst.imm >> 16 & 255);
  c.awayFromZero = inst.extra & 1, c.integerValued = inst.extra >> 1 & 1;
  c.flushes = inst.extra >> 2 & 1, c.saturates = inst.extra >> 3 & 1;
  c.finite = inst.extra >> 4 & 1, c.relu = inst.extra >> 5 & 1;
  return c;
}

uint64_t loadLane(const Warp &w, Slot slot, unsigned bytes, unsigned lane) {
  uint64_t value = 0;
  std::memcpy(&value, w.row<std::byte>(slot) + lane * bytes, bytes);
  return value;
}
void storeLane(Warp &w, Slot slot, unsigned bytes, unsigned lane, uint64_t value) {
  std::memcpy(w.row<std::byte>(slot) + lane * bytes, &value, bytes);
}

void convertLanes(Warp &w, const Instruction &inst) {
  const Conversion c = kept(inst);
  const unsigned from = bitsOf(c.from) / 8, to = bitsOf(c.to) / 8;
  for (unsigned i = 0; i < kLanes; ++i)
    if (w.mask >> i & 1)
      storeLane(w, inst.dst, to, i, convert(c, loadLane(w, inst.src[0], from, i)));
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

/// The poison of two numbers of `width` bits that are made of two registers, the second one's below
/// the first's; then executes the instruction.
template <typename G> void traceTwo(Warp &w, const Instruction &inst, unsigned width, G execute) {
  const uint32_t high = w.poisonLanes(inst.src[0]), low = w.poisonLanes(inst.src[1]);
  const uint64_t number = (uint64_t(1) << width) - 1;
  auto bits = [&](unsigned i) {
    return (high >> i & 1 ? number << width : 0) | (low >> i & 1 ? number : 0);
  };
  tracePoison(w, inst.dst, 2 * width / 8, high | low, bits, execute);
}

/// Two numbers of two registers, the second one below the first.
void convertTwo(Warp &w, const Instruction &inst) {
  const Conversion c = kept(inst);
  const unsigned width = c.to == Ty::E2M1 ? 4 : bitsOf(c.to);
  traceTwo(w, inst, width, [&] {
    for (unsigned i = 0; i < kLanes; ++i) {
      if (!(w.mask >> i & 1))
        continue;
      uint64_t high = convert(c, loadLane(w, inst.src[0], 4, i));
      uint64_t low = convert(c, loadLane(w, inst.src[1], 4, i));
      storeLane(w, inst.dst, 2 * width / 8, i, high << width | low);
    }
  });
}

/// Two numbers of one register.
void convertPair(Warp &w, const Instruction &inst) {
  const Conversion c = kept(inst);
  const unsigned from = c.from == Ty::E2M1 ? 4 : bitsOf(c.from);
  const unsigned to = c.to == Ty::E2M1 ? 4 : bitsOf(c.to);
  const uint64_t fromNumber = (1u << from) - 1, toNumber = (1u << to) - 1;
  auto bits = [&](unsigned i) {
    uint64_t pair = w.poisonBits(inst.src[0], 2 * from / 8, i);
    return (pair & fromNumber ? toNumber : 0) | (pair >> from ? toNumber << to : 0);
  };
  tracePoison(w, inst.dst, 2 * to / 8, w.poisonLanes(inst.src[0]), bits, [&] {
    for (unsigned i = 0; i < kLanes; ++i) {
      if (!(w.mask >> i & 1))
        continue;
      uint64_t pair = loadLane(w, inst.src[0], 2 * from / 8, i);
      uint64_t low = convert(c, pair & fromNumber), high = convert(c, pair >> from);
      storeLane(w, inst.dst, 2 * to / 8, i, high << to | low);
    }
  });
}

// Frequent forms.
struct Widen {
  template <typename H> static float run(H a) { return toNumber(a); }
};
struct ToBf16 {
  static uint16_t run(float a) { return roundToBf16(a).code; }
};
struct ToF16 {
  static uint16_t run(float a) { return a != a ? kNan16 : emulator::floatToF16(a); }
};
struct FromInt {
  template <typename T> static float run(T a) { return float(a); }
};
struct Truncate {
  static int32_t run(float a) {
    float b = a != a ? 0 : a < -0x1p31f ? -0x1p31f : a;
    return b >= 0x1p31f ? INT32_MAX : int32_t(b);
  }
};
void twoBf16(Warp &w, const Instruction &inst) {
  const float *a = w.row<float>(inst.src[0]), *b = w.row<float>(inst.src[1]);
  traceTwo(w, inst, 16, [&] {
    writeLanes<uint32_t>(w, inst.dst, [=](unsigned i) {
      return uint32_t(roundToBf16(a[i]).code) << 16 | roundToBf16(b[i]).code;
    });
  });
}

/// A loop for the conversion, if it has one.
Executor frequent(const Conversion &c) {
  if (c.flushes || c.saturates || c.finite || c.relu || c.integerValued || c.awayFromZero)
    return nullptr;
  const bool nearest = c.rounding == emulator::Rounding::NearestEven;
  if (c.to == Ty::F32 && c.from == Ty::BF16)
    return &unaryLanes<Widen, float, BF16>;
  if (c.to == Ty::F32 && c.from == Ty::F16)
    return &unaryLanes<Widen, float, F16>;
  if (c.to == Ty::BF16 && c.from == Ty::F32 && nearest)
    return &unaryLanes<ToBf16, uint16_t, float>;
  if (c.to == Ty::F16 && c.from == Ty::F32 && nearest)
    return &unaryLanes<ToF16, uint16_t, float>;
  if (c.to == Ty::F32 && c.from == Ty::S32 && nearest)
    return &unaryLanes<FromInt, float, int32_t>;
  if (c.to == Ty::F32 && c.from == Ty::U32 && nearest)
    return &unaryLanes<FromInt, float, uint32_t>;
  if (c.to == Ty::S32 && c.from == Ty::F32 && c.rounding == emulator::Rounding::TowardZero)
    return &unaryLanes<Truncate, int32_t, float>;
  return nullptr;
}

/// The number of which a pair is made.
std::optional<Ty> halfOf(Ty type) {
  switch (type) {
  case Ty::F16x2:
    return Ty::F16;
  case Ty::BF16x2:
    return Ty::BF16;
  case Ty::E4M3x2:
    return Ty::E4M3;
  case Ty::E5M2x2:
    return Ty::E5M2;
  case Ty::E2M3x2:
    return Ty::E2M3;
  case Ty::E3M2x2:
    return Ty::E3M2;
  case Ty::E2M1x2:
    return Ty::E2M1;
  case Ty::UE8M0x2:
    return Ty::UE8M0;
  default:
    return std::nullopt;
  }
}

/// What the modifiers in front of the types say; false if they contradict.
bool takeModifiers(Decoder &d, Conversion &c, bool &rounds) {
  struct Mode {
    std::string_view name;
    emulator::Rounding rounding;
    bool whole;
  };
  using emulator::Rounding;
  constexpr Mode kModes[] = {
      {"rn", Rounding::NearestEven, false}, {"rz", Rounding::TowardZero, false},
      {"rm", Rounding::Down, false},        {"rp", Rounding::Up, false},
      {"rni", Rounding::NearestEven, true}, {"rzi", Rounding::TowardZero, true},
      {"rmi", Rounding::Down, true},        {"rpi", Rounding::Up, true}};
  for (const Mode &mode : kModes) {
    if (!d.take(mode.name))
      continue;
    if (rounds)
      return false;
    c.rounding = mode.rounding, c.integerValued = mode.whole, rounds = true;
  }
  c.awayFromZero = d.take("rna");
  rounds |= c.awayFromZero;
  c.flushes = d.take("ftz"), c.saturates = d.take("sat"), c.finite = d.take("satfinite");
  c.relu = d.take("relu");
  return true;
}

void decodePairs(Decoder &d, Conversion c, Ty to, Ty from) {
  std::optional<Ty> toHalf = halfOf(to), fromHalf = halfOf(from);
  bool two = from == Ty::F32;
  if (!toHalf || (!two && !fromHalf) || c.integerValued || c.awayFromZero || c.saturates ||
      c.flushes)
    return d.refuse();
  const bool narrows = facts(to).kind == 'x';
  // Narrow numbers come from f32, f16 or bf16, and go to f16 or bf16.
  if (narrows ? facts(from).kind != 'f' : !two && facts(from).kind != 'x')
    return d.refuse();
  if (narrows && to != Ty::UE8M0x2 && !c.finite)
    return d.refuse();
  if (!d.wantOperands(two ? 3 : 2))
    return;
  c.to = *toHalf, c.from = two ? Ty::F32 : *fromHalf;
  d.inst.src[0] = d.src(1, from);
  if (two)
    d.inst.src[1] = d.src(2, from);
  d.inst.dst = d.dst(0, to);
  keep(d.inst, c);
  bool fast = to == Ty::BF16x2 && two && !c.finite && !c.relu &&
              c.rounding == emulator::Rounding::NearestEven;
  d.emit(fast ? &twoBf16 : two ? &convertTwo : &convertPair);
}

void emitConversion(Decoder &d, const Conversion &c) {
  // Where bf16 or tf32 takes part no register is wider than what it holds.
  auto isNarrowed = [](Ty type) { return type == Ty::BF16 || type == Ty::TF32; };
  const bool exact = isNarrowed(c.from) || isNarrowed(c.to);
  d.inst.src[0] = exact ? d.src(1, c.from) : d.srcOfWider(d.operand(1), c.from);
  d.inst.dst = exact ? d.dst(0, c.to) : d.dstOfWider(d.operand(0), c.to);
  if (isInteger(c.to) && isInteger(c.from) && !c.saturates)
    return d.emit(resizeLanes(bitsOf(c.from), bitsOf(c.to), isSigned(c.from)));
  keep(d.inst, c);
  Executor fast = frequent(c);
  d.emit(fast ? fast : &convertLanes);
}

void decodeCvt(Decoder &d) {
  Conversion c;
  bool rounds = false;
  if (!takeModifiers(d, c, rounds))
    return d.refuse();
  Ty to = d.takeType(), from = d.takeType();
  if (d.failed())
    return;
  if (halfOf(to) || halfOf(from))
    return decodePairs(d, c, to, from);
  c.to = to, c.from = from;
  bool known =
      (isInteger(to) || isFloat(to) || to == Ty::TF32) && (isInteger(from) || isFloat(from));
  if (to == Ty::TF32)
    known &= from == Ty::F32 && rounds && !c.integerValued;
  else
    known &= !c.awayFromZero;
  if (isInteger(to) && isInteger(from))
    known &= !rounds;
  else if (isInteger(to))
    known &= rounds && c.integerValued;
  else if (isInteger(from))
    known &= rounds && !c.integerValued;
  else if (to != Ty::TF32 && bitsOf(to) < bitsOf(from))
    known &= rounds && !c.integerValued;
  else if (c.integerValued)
    known &= to == from;
  // To f64 from integers of 64 bits a rounding other than to nearest is not made.
  known &= !(to == Ty::F64 && bitsOf(from) == 64 && isInteger(from));
  known &= !(c.finite || c.relu) || to == Ty::F16 || to == Ty::BF16 || to == Ty::TF32;
  if (!known)
    return d.refuse();
  if (d.wantOperands(2)) {
    c.integerValued &= !isInteger(to);
    emitConversion(d, c);
  }
}
} // namespace

void addConversions(FamilyTable &table) { table["cvt"] = &decodeCvt; }

} // namespace moec::ptx
