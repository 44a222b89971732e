//===- Half.cpp - Arithmetic of f16 and bf16 ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A pair in a register is two lanes of the loop. f32 is wide enough that a sum or product of bf16
// rounded to it and then to bf16 is rounded right (24 ≥ 2·8 + 2), but for products below the least
// normal number.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Half.h"

#include "emulator/ptx/lib/alu/Families.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <cmath>

namespace moec::ptx {

namespace {
struct HAdd {
  static BF16 run(BF16 a, BF16 b) { return roundToBf16(toNumber(a) + toNumber(b)); }
  static F16 run(F16 a, F16 b) { return roundTo<F16>(double(toNumber(a)) + toNumber(b)); }
};
struct HSub {
  static BF16 run(BF16 a, BF16 b) { return roundToBf16(toNumber(a) - toNumber(b)); }
  static F16 run(F16 a, F16 b) { return roundTo<F16>(double(toNumber(a)) - toNumber(b)); }
};
struct HMul {
  template <typename H> static H run(H a, H b) {
    return roundTo<H>(double(toNumber(a)) * toNumber(b));
  }
};
struct HFma {
  template <typename H> static H run(H a, H b, H c) {
    return roundTo<H>(addOdd(double(toNumber(a)) * toNumber(b), toNumber(c)));
  }
};
/// fma.relu: at least 0, a NaN as it is.
struct HFmaRelu {
  template <typename H> static H run(H a, H b, H c) {
    H value = HFma::run(a, b, c);
    return value.code >> 15 ? H{uint16_t(value.code == kNan16 ? kNan16 : 0)} : value;
  }
};
template <bool isMin, bool keepsNan> struct HExtreme {
  template <typename H> static H run(H a, H b) {
    float x = toNumber(a), y = toNumber(b);
    if (x != x && y != y)
      return {kNan16};
    if (x != x || y != y)
      return keepsNan ? H{kNan16} : x != x ? b : a;
    if (x == y)
      return (a.code >> 15) == isMin ? a : b;
    return (x < y) == isMin ? a : b;
  }
};
struct HNeg {
  template <typename H> static H run(H a) { return {uint16_t(a.code ^ 0x8000)}; }
};
struct HAbs {
  template <typename H> static H run(H a) { return {uint16_t(a.code & 0x7fff)}; }
};

/// Lanes of one number or of two.
template <unsigned width, typename H, typename F> void writeHalves(Warp &w, Slot dst, F f) {
  H beside[kLanes * width];
  for (unsigned i = 0; i < kLanes * width; ++i)
    beside[i] = f(i);
  H *out = w.row<H>(dst);
  const uint32_t mask = w.mask;
  for (unsigned i = 0; i < kLanes * width; ++i)
    out[i].code = mask >> i / width & 1 ? beside[i].code : out[i].code;
}

template <class Op, typename H, unsigned width, unsigned sources>
void halfLanes(Warp &w, const Instruction &inst) {
  const H *a = w.row<H>(inst.src[0]), *b = w.row<H>(inst.src[1]), *c = w.row<H>(inst.src[2]);
  // The numbers of a pair have nothing to do with each other.
  traceParts<sources>(w, inst, 16, width, [&] {
    writeHalves<width, H>(w, inst.dst, [=](unsigned i) {
      if constexpr (sources == 1)
        return Op::run(a[i]);
      else if constexpr (sources == 2)
        return Op::run(a[i], b[i]);
      else
        return Op::run(a[i], b[i], c[i]);
    });
  });
}

template <unsigned width> void multiplyBf16(Warp &w, const Instruction &inst) {
  const BF16 *a = w.row<BF16>(inst.src[0]), *b = w.row<BF16>(inst.src[1]);
  uint16_t codes[kLanes * width];
  uint32_t small = 0;
  for (unsigned i = 0; i < kLanes * width; ++i) {
    float product = toNumber(a[i]) * toNumber(b[i]);
    uint32_t bits = std::bit_cast<uint32_t>(product);
    uint32_t magnitude = bits & 0x7fffffffu;
    small |= uint32_t(magnitude < 0x00800000u) & uint32_t((a[i].code & 0x7fff) != 0) &
             uint32_t((b[i].code & 0x7fff) != 0);
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    codes[i] = uint16_t(magnitude > 0x7f800000u ? kNan16 : rounded);
  }
  if (small)
    return halfLanes<HMul, BF16, width, 2>(w, inst);
  traceParts<2>(w, inst, 16, width, [&] {
    writeHalves<width, BF16>(w, inst.dst, [&](unsigned i) { return BF16{codes[i]}; });
  });
}

template <class Op, unsigned sources> Executor pick(Ty type) {
  switch (type) {
  case Ty::F16:
    return &halfLanes<Op, F16, 1, sources>;
  case Ty::F16x2:
    return &halfLanes<Op, F16, 2, sources>;
  case Ty::BF16:
    return &halfLanes<Op, BF16, 1, sources>;
  case Ty::BF16x2:
    return &halfLanes<Op, BF16, 2, sources>;
  default:
    return nullptr;
  }
}

Executor pickMul(Ty type) {
  return type == Ty::BF16     ? &multiplyBf16<1>
         : type == Ty::BF16x2 ? &multiplyBf16<2>
                              : pick<HMul, 2>(type);
}

} // namespace

void decodeHalf(Decoder &d) {
  std::string_view base = d.base;
  if (base == "min" || base == "max") {
    bool keepsNan = d.take("NaN");
    Ty type = d.takeType();
    Executor executor = base == "min" ? (keepsNan ? pick<HExtreme<true, true>, 2>(type)
                                                  : pick<HExtreme<true, false>, 2>(type))
                                      : (keepsNan ? pick<HExtreme<false, true>, 2>(type)
                                                  : pick<HExtreme<false, false>, 2>(type));
    return d.emitUniform(type, 2, executor);
  }
  if (base == "neg" || base == "abs") {
    Ty type = d.takeType();
    return d.emitUniform(type, 1, base == "neg" ? pick<HNeg, 1>(type) : pick<HAbs, 1>(type));
  }
  bool rounds = d.take("rn");
  if (base == "fma") {
    bool relu = d.take("relu");
    Ty type = d.takeType();
    return d.emitUniform(type, 3,
                         !rounds ? nullptr
                         : relu  ? pick<HFmaRelu, 3>(type)
                                 : pick<HFma, 3>(type));
  }
  Ty type = d.takeType();
  d.emitUniform(type, 2,
                base == "add"   ? pick<HAdd, 2>(type)
                : base == "sub" ? pick<HSub, 2>(type)
                : base == "mul" ? pickMul(type)
                                : nullptr);
}

} // namespace moec::ptx
