//===- Float.cpp - Arithmetic of f32 and f64 ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rounded to nearest even, each instruction by itself: where PTX allows ptxas to fuse a product and
// a sum (neither says .rn), they stay two here.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Families.h"
#include "emulator/ptx/lib/alu/Half.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <bit>
#include <cmath>

namespace moec::ptx {

namespace {
struct FAdd {
  template <typename T> static T run(T a, T b) { return a + b; }
};
struct FSub {
  template <typename T> static T run(T a, T b) { return a - b; }
};
struct FMul {
  template <typename T> static T run(T a, T b) { return a * b; }
};
struct FDiv {
  template <typename T> static T run(T a, T b) { return a / b; }
};
struct Fma {
  static float run(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static double run(double a, double b, double c) { return __builtin_fma(a, b, c); }
};
template <typename T> bool isNegative(T a) {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<uint32_t>(a) >> 31;
  else
    return std::bit_cast<uint64_t>(a) >> 63;
}
/// −0 is less than +0; a number beats a NaN unless `keepsNan`.
template <bool isMin, bool keepsNan> struct Extreme {
  template <typename T> static T run(T a, T b) {
    bool first = isMin ? a < b : a > b;
    first |= a == b && isNegative(a) == isMin;
    T result = first || b != b ? a : b;
    return keepsNan && (a != a || b != b) ? T(NAN) : result;
  }
};
struct FAbs {
  static float run(float a) { return std::bit_cast<float>(std::bit_cast<uint32_t>(a) << 1 >> 1); }
  static double run(double a) {
    return std::bit_cast<double>(std::bit_cast<uint64_t>(a) << 1 >> 1);
  }
};
struct FNeg {
  static float run(float a) { return std::bit_cast<float>(std::bit_cast<uint32_t>(a) ^ 1u << 31); }
  static double run(double a) {
    return std::bit_cast<double>(std::bit_cast<uint64_t>(a) ^ uint64_t(1) << 63);
  }
};
/// The second operand with the sign of the first.
struct CopySign {
  static float run(float a, float b) { return __builtin_copysignf(b, a); }
  static double run(double a, double b) { return __builtin_copysign(b, a); }
};

/// A subnormal as a zero of its sign.
float flush(float a) {
  uint32_t bits = std::bit_cast<uint32_t>(a);
  return std::bit_cast<float>((bits & 0x7f800000u) == 0 ? bits & 0x80000000u : bits);
}
/// .ftz
template <class Op> struct Flushed {
  template <typename... T>
    requires requires(T... a) { Op::run(a...); }
  static float run(T... a) {
    return flush(Op::run(flush(a)...));
  }
};
/// .sat: to [0, 1], a NaN to 0.
template <class Op> struct Saturated {
  template <typename... T>
    requires requires(T... a) { Op::run(a...); }
  static float run(T... a) {
    float value = Op::run(a...);
    return value > 0 ? (value < 1 ? value : 1.0f) : 0.0f;
  }
};

template <class Op, typename T> Executor shapeOf(size_t sources) {
  if constexpr (requires(T a) { Op::run(a, a, a); })
    if (sources == 3)
      return &ternaryLanes<Op, T, T>;
  if constexpr (requires(T a) { Op::run(a, a); })
    if (sources == 2)
      return &binaryLanes<Op, T, T>;
  if constexpr (requires(T a) { Op::run(a); })
    if (sources == 1)
      return &unaryLanes<Op, T, T>;
  return nullptr;
}

/// The executor of an operation of f32 or f64 with what the modifiers say.
template <class Op> Executor shape(Ty type, size_t sources, bool flushes, bool saturates) {
  if (type == Ty::F64)
    return flushes || saturates ? nullptr : shapeOf<Op, double>(sources);
  if (type != Ty::F32)
    return nullptr;
  if (saturates)
    return flushes ? shapeOf<Saturated<Flushed<Op>>, float>(sources)
                   : shapeOf<Saturated<Op>, float>(sources);
  return flushes ? shapeOf<Flushed<Op>, float>(sources) : shapeOf<Op, float>(sources);
}

template <class Op> void decodeOp(Decoder &d, size_t sources) {
  const bool maySaturate = d.base != "min" && d.base != "max" && sources > 1;
  const bool flushes = d.take("ftz"), saturates = maySaturate && d.take("sat");
  Ty type = d.takeType();
  d.emitUniform(type, sources, shape<Op>(type, sources, flushes, saturates));
}

/// Two of f32 in a register of 64 bits.
template <class Op, unsigned sources> void pairLanes(Warp &w, const Instruction &inst) {
  const float *a = w.row<float>(inst.src[0]), *b = w.row<float>(inst.src[1]),
              *c = w.row<float>(inst.src[2]);
  float beside[2 * kLanes];
  for (unsigned i = 0; i < 2 * kLanes; ++i) {
    if constexpr (sources == 3)
      beside[i] = Op::run(a[i], b[i], c[i]);
    else
      beside[i] = Op::run(a[i], b[i]);
  }
  float *out = w.row<float>(inst.dst);
  traceParts<sources>(w, inst, 32, 2, [&] {
    const uint32_t mask = w.mask;
    for (unsigned i = 0; i < 2 * kLanes; ++i)
      out[i] = mask >> i / 2 & 1 ? beside[i] : out[i];
  });
}

template <class Op, unsigned sources> void decodePair(Decoder &d) {
  if (!d.take("rn"))
    return d.refuse();
  bool flushes = d.take("ftz");
  Ty type = d.takeType();
  if (!d.wantOperands(sources + 1))
    return;
  for (unsigned i = 0; i < sources; ++i)
    d.inst.src[i] = d.src(i + 1, type);
  d.inst.dst = d.dst(0, Ty::F32x2);
  d.emit(flushes ? &pairLanes<Flushed<Op>, sources> : &pairLanes<Op, sources>);
}

/// All operands but the last have 16 bits and become f32.
template <class Op, typename H> void mixedLanes(Warp &w, const Instruction &inst) {
  const H *a = w.row<H>(inst.src[0]);
  if constexpr (requires(float x) { Op::run(x, x, x); }) {
    const H *b = w.row<H>(inst.src[1]);
    const float *c = w.row<float>(inst.src[2]);
    writeLanes<float>(w, inst.dst,
                      [=](unsigned i) { return Op::run(toNumber(a[i]), toNumber(b[i]), c[i]); });
  } else {
    const float *c = w.row<float>(inst.src[1]);
    writeLanes<float>(w, inst.dst, [=](unsigned i) { return Op::run(toNumber(a[i]), c[i]); });
  }
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) |
                            w.poisonLanes(inst.src[inst.extra]));
}

template <class Op> void decodeMixed(Decoder &d, size_t sources) {
  d.take("rn");
  Ty result = d.takeType(), type = d.takeType();
  if (result != Ty::F32 || (type != Ty::F16 && type != Ty::BF16))
    return d.refuse();
  if (!d.wantOperands(sources + 1))
    return;
  for (size_t i = 0; i < sources; ++i)
    d.inst.src[i] = d.src(i + 1, i + 1 == sources ? Ty::F32 : type);
  d.inst.dst = d.dst(0, Ty::F32);
  d.inst.extra = uint32_t(sources - 1);
  d.emit(type == Ty::F16 ? &mixedLanes<Op, F16> : &mixedLanes<Op, BF16>);
}

/// Whether the statement's type, its last modifier, is one of f32 and f64, or of 16 bits.
enum class Class : uint8_t { Integer, Wide, Half, Pair, Mixed };
Class classOf(std::string_view opcode) {
  std::optional<Ty> type = typeNamed(opcode.substr(opcode.rfind('.') + 1));
  if (type == Ty::F32x2)
    return Class::Pair;
  if (!type || !isFloat(*type))
    return Class::Integer;
  if (opcode.find(".f32.") != std::string_view::npos)
    return Class::Mixed;
  return *type == Ty::F32 || *type == Ty::F64 ? Class::Wide : Class::Half;
}
} // namespace

static void decodeArithmetic(Decoder &d) {
  Class c = classOf(d.opcode());
  if (c == Class::Half)
    return decodeHalf(d);
  if (c == Class::Integer)
    return d.base == "mul" ? decodeIntegerMul(d) : decodeIntegerAdd(d);
  if (c == Class::Pair)
    return d.base == "mul"   ? decodePair<FMul, 2>(d)
           : d.base == "add" ? decodePair<FAdd, 2>(d)
                             : decodePair<FSub, 2>(d);
  if (c == Class::Mixed)
    return d.base == "mul"   ? d.refuse()
           : d.base == "add" ? decodeMixed<FAdd>(d, 2)
                             : decodeMixed<FSub>(d, 2);
  d.take("rn");
  d.base == "mul"   ? decodeOp<FMul>(d, 2)
  : d.base == "add" ? decodeOp<FAdd>(d, 2)
                    : decodeOp<FSub>(d, 2);
}

static void decodeFma(Decoder &d) {
  Class c = classOf(d.opcode());
  if (c == Class::Half)
    return decodeHalf(d);
  if (c == Class::Integer)
    return decodeIntegerMul(d);
  if (c == Class::Pair)
    return decodePair<Fma, 3>(d);
  if (c == Class::Mixed)
    return decodeMixed<Fma>(d, 3);
  if (!d.take("rn"))
    return d.refuse();
  decodeOp<Fma>(d, 3);
}

static void decodeExtreme(Decoder &d) {
  Class c = classOf(d.opcode());
  if (c == Class::Half)
    return decodeHalf(d);
  if (c == Class::Integer)
    return decodeIntegerMinMax(d);
  bool keepsNan = d.take("NaN");
  bool three = d.operandCount() == 4;
  if (three)
    return d.refuse();
  if (d.base == "min")
    keepsNan ? decodeOp<Extreme<true, true>>(d, 2) : decodeOp<Extreme<true, false>>(d, 2);
  else
    keepsNan ? decodeOp<Extreme<false, true>>(d, 2) : decodeOp<Extreme<false, false>>(d, 2);
}

static void decodeSign(Decoder &d) {
  Class c = classOf(d.opcode());
  if (c == Class::Half)
    return decodeHalf(d);
  if (c == Class::Integer)
    return decodeIntegerSign(d);
  d.base == "abs" ? decodeOp<FAbs>(d, 1) : decodeOp<FNeg>(d, 1);
}

static void decodeDiv(Decoder &d) {
  if (classOf(d.opcode()) == Class::Integer)
    return decodeIntegerDiv(d);
  if (d.take("rn"))
    return decodeOp<FDiv>(d, 2);
  decodeApproximateDiv(d);
}

void addFloat(FamilyTable &table) {
  table["add"] = table["sub"] = table["mul"] = &decodeArithmetic;
  table["fma"] = table["mad"] = &decodeFma;
  table["min"] = table["max"] = &decodeExtreme;
  table["abs"] = table["neg"] = &decodeSign;
  table["div"] = &decodeDiv;
  table["copysign"] = [](Decoder &d) { decodeOp<CopySign>(d, 2); };
}

} // namespace moec::ptx
