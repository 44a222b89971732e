//===- Functions.cpp - Approximate functions ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The f64 result rounded once. A card answers within the error that PTX states, which
// LaunchOptions:: perturb draws from: a function of seed, operation and operand, as a card's answer
// is one of operation and operand.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Families.h"
#include "emulator/ptx/lib/alu/Half.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"
#include "emulator/ptx/lib/warp/Block.h"

#include <bit>
#include <cmath>

namespace moec::ptx {

namespace {
/// In the order of kFunctions.
enum class Function : uint8_t { Ex2, Lg2, Rcp, Sqrt, Rsqrt, Sin, Cos, Tanh, Div };

struct FunctionFacts {
  std::string_view name;
  double relative, absolute; ///< What the result of .approx.f32 may be off.
};
/// By the tables of the PTX ISA. One ulp is taken as 2^−24 of the result, which it is at least. The
/// logarithm's error is absolute near one, and relative elsewhere: the smaller one is drawn.
constexpr FunctionFacts kFunctions[] = {
    {"ex2", 0x1p-22, 0},  {"lg2", 0x1p-22, 0x1p-22}, {"rcp", 0x1p-24, 0},
    {"sqrt", 0x1p-23, 0}, {"rsqrt", 0x1p-23, 0},     {"sin", 0, 0x1p-20},
    {"cos", 0, 0x1p-20},  {"tanh", 0x1p-11, 0},      {"div", 0x1p-23, 0}};

double evaluate(Function f, double a, double b) {
  switch (f) {
  case Function::Ex2:
    return std::exp2(a);
  case Function::Lg2:
    return std::log2(a);
  case Function::Rcp:
    return 1 / a;
  case Function::Sqrt:
    return std::sqrt(a);
  case Function::Rsqrt:
    return 1 / std::sqrt(a);
  case Function::Sin:
    return std::sin(a);
  case Function::Cos:
    return std::cos(a);
  case Function::Tanh:
    return std::tanh(a);
  case Function::Div:
    return a / b;
  }
  return 0;
}

uint64_t mix(uint64_t x) {
  x ^= x >> 30, x *= 0xbf58476d1ce4e5b9ull;
  x ^= x >> 27, x *= 0x94d049bb133111ebull;
  return x ^ x >> 31;
}

/// A number in (−1, 1).
double drawFrom(uint64_t seed, Function f, float a, float b) {
  uint64_t bits = std::bit_cast<uint32_t>(a) | uint64_t(std::bit_cast<uint32_t>(b)) << 32;
  uint64_t drawn = mix(mix(seed + 0x9e3779b97f4a7c15ull * (uint64_t(f) + 1)) ^ bits);
  return double(int64_t(drawn)) * 0x1p-63;
}

/// What a card may answer. Special results, and those of operands that have an exact one, stay.
double perturbed(Function f, double exact, uint64_t seed, float a, float b) {
  if (!(std::abs(exact) > 0x1p-126) || std::isinf(exact) || double(float(exact)) == exact)
    return exact;
  const FunctionFacts &facts = kFunctions[unsigned(f)];
  double error = facts.relative * std::abs(exact);
  if (facts.absolute != 0)
    error = facts.relative != 0 ? std::min(error, facts.absolute) : facts.absolute;
  return exact + error * drawFrom(seed, f, a, b);
}

float flushed(float a) {
  uint32_t bits = std::bit_cast<uint32_t>(a);
  return (bits & 0x7f800000u) == 0 ? std::bit_cast<float>(bits & 0x80000000u) : a;
}

/// The f32 nearest to a double, whose last bit says whether it is exact.
float answer(Function f, float a, float b, const std::optional<uint64_t> &seed) {
  double exact = evaluate(f, a, b);
  return float(seed ? perturbed(f, exact, *seed, a, b) : exact);
}

template <Function f, bool flushes> void functionLanes(Warp &w, const Instruction &inst) {
  const float *a = w.row<float>(inst.src[0]);
  const float *b = w.row<float>(f == Function::Div ? inst.src[1] : inst.src[0]);
  const auto &seed = w.block->context.options.perturb;
  float out[kLanes];
  for (unsigned i = 0; i < kLanes; ++i) {
    if (!(w.mask >> i & 1))
      continue;
    float x = flushes ? flushed(a[i]) : a[i], y = flushes ? flushed(b[i]) : b[i];
    out[i] = answer(f, x, y, seed);
    out[i] = flushes ? flushed(out[i]) : out[i];
  }
  uint32_t poison = w.poisonLanes(inst.src[0]);
  if (f == Function::Div)
    poison |= w.poisonLanes(inst.src[1]);
  writeLanes<float>(w, inst.dst, [&](unsigned i) { return out[i]; });
  w.setPoison(inst.dst, poison);
}

template <Function f> Executor approximate(bool flushes) {
  return flushes ? &functionLanes<f, true> : &functionLanes<f, false>;
}

Executor pickApproximate(std::string_view name, bool flushes) {
  constexpr Executor (*table[])(bool) = {
      &approximate<Function::Ex2>,  &approximate<Function::Lg2>,   &approximate<Function::Rcp>,
      &approximate<Function::Sqrt>, &approximate<Function::Rsqrt>, &approximate<Function::Sin>,
      &approximate<Function::Cos>,  &approximate<Function::Tanh>,  &approximate<Function::Div>};
  for (unsigned i = 0; i < std::size(kFunctions); ++i)
    if (kFunctions[i].name == name)
      return table[i](flushes);
  return nullptr;
}

/// rcp.rn and sqrt.rn: rounded right.
template <typename T, bool isRoot, bool flushes> struct Rounded {
  static T run(T a) {
    if constexpr (flushes)
      a = flushed(a);
    T value = isRoot ? T(std::sqrt(a)) : 1 / a;
    if constexpr (flushes)
      value = flushed(value);
    return value;
  }
};
template <typename T, bool isRoot, bool flushes> void roundedLanes(Warp &w, const Instruction &i) {
  unaryLanes<Rounded<T, isRoot, flushes>, T, T>(w, i);
}

/// ex2 and tanh of 16 bits: from f32's.
template <Function f, typename H, unsigned width>
void halfFunction(Warp &w, const Instruction &inst) {
  const H *a = w.row<H>(inst.src[0]);
  H *out = w.row<H>(inst.dst);
  const auto &seed = w.block->context.options.perturb;
  traceParts<1>(w, inst, 16, width, [&] {
    for (unsigned i = 0; i < kLanes * width; ++i)
      if (w.mask >> i / width & 1)
        out[i] = roundTo<H>(answer(f, toNumber(a[i]), 0, seed));
  });
}

template <Function f> Executor pickHalf(Ty type) {
  switch (type) {
  case Ty::F16:
    return &halfFunction<f, F16, 1>;
  case Ty::F16x2:
    return &halfFunction<f, F16, 2>;
  case Ty::BF16:
    return &halfFunction<f, BF16, 1>;
  case Ty::BF16x2:
    return &halfFunction<f, BF16, 2>;
  default:
    return nullptr;
  }
}

void decodeFunction(Decoder &d) {
  bool approx = d.take("approx"), rounds = !approx && d.take("rn");
  bool flushes = d.take("ftz");
  Ty type = d.takeType();
  const bool isRoot = d.base == "sqrt";
  if (rounds && (isRoot || d.base == "rcp")) {
    Executor executor = nullptr;
    if (type == Ty::F32)
      executor =
          isRoot
              ? (flushes ? &roundedLanes<float, true, true> : &roundedLanes<float, true, false>)
              : (flushes ? &roundedLanes<float, false, true> : &roundedLanes<float, false, false>);
    else if (type == Ty::F64 && !flushes)
      executor = isRoot ? &roundedLanes<double, true, false> : &roundedLanes<double, false, false>;
    return d.emitUniform(type, 1, executor);
  }
  if (!approx)
    return d.refuse();
  if (type == Ty::F32)
    return d.emitUniform(type, 1, pickApproximate(d.base, flushes));
  d.emitUniform(type, 1,
                d.base == "ex2"    ? pickHalf<Function::Ex2>(type)
                : d.base == "tanh" ? pickHalf<Function::Tanh>(type)
                                   : nullptr);
}

template <typename T> void testLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]);
  writePredicate(w, inst.dst, [&](unsigned i) {
    int c = std::fpclassify(a[i]);
    switch (inst.mode) {
    case 0:
      return c != FP_NAN && c != FP_INFINITE;
    case 1:
      return c == FP_INFINITE;
    case 2:
      return c != FP_NAN;
    case 3:
      return c == FP_NAN;
    case 4:
      return c == FP_NORMAL;
    default:
      return c == FP_SUBNORMAL;
    }
  });
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

void decodeTestp(Decoder &d) {
  constexpr std::string_view kTests[] = {"finite",     "infinite", "number",
                                         "notanumber", "normal",   "subnormal"};
  std::string_view test = d.takeNext();
  Ty type = d.takeType();
  if (type != Ty::F32 && type != Ty::F64)
    return d.refuse();
  for (unsigned i = 0; i < std::size(kTests); ++i) {
    if (kTests[i] != test || !d.wantOperands(2))
      continue;
    d.inst.mode = uint8_t(i);
    d.inst.src[0] = d.src(1, type);
    d.inst.dst = d.predicateResult(d.operand(0).name);
    d.emit(type == Ty::F32 ? &testLanes<float> : &testLanes<double>);
  }
}
} // namespace

void decodeApproximateDiv(Decoder &d) {
  if (!d.take("approx") && !d.take("full"))
    return d.refuse();
  bool flushes = d.take("ftz");
  Ty type = d.takeType();
  d.emitUniform(type, 2, type == Ty::F32 ? pickApproximate("div", flushes) : nullptr);
}

void addFunctions(FamilyTable &table) {
  for (std::string_view name : {"ex2", "lg2", "rcp", "sqrt", "rsqrt", "sin", "cos", "tanh"})
    table[name] = &decodeFunction;
  table["testp"] = &decodeTestp;
}

} // namespace moec::ptx
