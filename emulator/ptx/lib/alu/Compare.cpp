//===- Compare.cpp - Comparisons and selections ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Half.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <cmath>
#include <iterator>

namespace moec::ptx {

namespace {
struct Eq {
  template <typename T> static bool run(T a, T b) { return a == b; }
};
struct Ne {
  template <typename T> static bool run(T a, T b) { return a != b && a == a && b == b; }
};
struct Lt {
  template <typename T> static bool run(T a, T b) { return a < b; }
};
struct Le {
  template <typename T> static bool run(T a, T b) { return a <= b; }
};
struct Gt {
  template <typename T> static bool run(T a, T b) { return a > b; }
};
struct Ge {
  template <typename T> static bool run(T a, T b) { return a >= b; }
};
/// The same, or one is not a number.
template <class Op> struct Unordered {
  template <typename T> static bool run(T a, T b) { return a != a || b != b || Op::run(a, b); }
};
struct Num {
  template <typename T> static bool run(T a, T b) { return a == a && b == b; }
};
struct Nan {
  template <typename T> static bool run(T a, T b) { return a != a || b != b; }
};

/// How a comparison goes into its result.
enum Combine : uint8_t { Alone, WithAnd, WithOr, WithXor };

/// p and q take the comparison and its contrary, each combined with c.
void storeTruth(Warp &w, const Instruction &inst, uint32_t truth, uint32_t poison) {
  uint32_t other = ~truth;
  if (inst.mode != Alone) {
    uint32_t c = *w.row<uint32_t>(inst.src[2]);
    c = inst.isSigned ? ~c : c;
    poison |= w.poisonLanes(inst.src[2]);
    auto combine = [&](uint32_t x) {
      return inst.mode == WithAnd ? x & c : inst.mode == WithOr ? x | c : x ^ c;
    };
    truth = combine(truth), other = combine(other);
  }
  uint32_t &p = *w.row<uint32_t>(inst.dst);
  p = (p & ~w.mask) | (truth & w.mask);
  w.setPoison(inst.dst, poison);
  if (inst.extra) {
    uint32_t &q = *w.row<uint32_t>(inst.src[3]);
    q = (q & ~w.mask) | (other & w.mask);
    w.setPoison(inst.src[3], poison);
  }
}

template <class Op, typename T> void compareLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]), *b = w.row<T>(inst.src[1]);
  uint8_t each[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    each[i] = Op::run(toNumber(a[i]), toNumber(b[i]));
  uint32_t truth = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    truth |= uint32_t(each[i]) << i;
  storeTruth(w, inst, truth, w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]));
}

template <class Op> Executor pickInteger(Ty type) {
  switch (type) {
  case Ty::B16:
  case Ty::U16:
    return &compareLanes<Op, uint16_t>;
  case Ty::B32:
  case Ty::U32:
    return &compareLanes<Op, uint32_t>;
  case Ty::B64:
  case Ty::U64:
    return &compareLanes<Op, uint64_t>;
  case Ty::S16:
    return &compareLanes<Op, int16_t>;
  case Ty::S32:
    return &compareLanes<Op, int32_t>;
  case Ty::S64:
    return &compareLanes<Op, int64_t>;
  default:
    return nullptr;
  }
}

template <class Op> Executor pickFloat(Ty type) {
  switch (type) {
  case Ty::F16:
    return &compareLanes<Op, F16>;
  case Ty::BF16:
    return &compareLanes<Op, BF16>;
  case Ty::F32:
    return &compareLanes<Op, float>;
  case Ty::F64:
    return &compareLanes<Op, double>;
  default:
    return nullptr;
  }
}

struct Comparison {
  std::string_view name;
  Executor (*integer)(Ty);
  Executor (*floating)(Ty);
};
constexpr Comparison kComparisons[] = {
    {"eq", &pickInteger<Eq>, &pickFloat<Eq>},    {"ne", &pickInteger<Ne>, &pickFloat<Ne>},
    {"lt", &pickInteger<Lt>, &pickFloat<Lt>},    {"le", &pickInteger<Le>, &pickFloat<Le>},
    {"gt", &pickInteger<Gt>, &pickFloat<Gt>},    {"ge", &pickInteger<Ge>, &pickFloat<Ge>},
    {"lo", &pickInteger<Lt>, nullptr},           {"ls", &pickInteger<Le>, nullptr},
    {"hi", &pickInteger<Gt>, nullptr},           {"hs", &pickInteger<Ge>, nullptr},
    {"equ", nullptr, &pickFloat<Unordered<Eq>>}, {"neu", nullptr, &pickFloat<Unordered<Ne>>},
    {"ltu", nullptr, &pickFloat<Unordered<Lt>>}, {"leu", nullptr, &pickFloat<Unordered<Le>>},
    {"gtu", nullptr, &pickFloat<Unordered<Gt>>}, {"geu", nullptr, &pickFloat<Unordered<Ge>>},
    {"num", nullptr, &pickFloat<Num>},           {"nan", nullptr, &pickFloat<Nan>}};

uint8_t takeCombine(Decoder &d) {
  return d.take("and") ? WithAnd : d.take("or") ? WithOr : d.take("xor") ? WithXor : Alone;
}

Executor takeComparison(Decoder &d, Ty &type) {
  std::string_view name = d.takeNext();
  d.inst.mode = takeCombine(d);
  type = d.takeType();
  for (const Comparison &each : kComparisons) {
    if (each.name != name)
      continue;
    // Bits are equal or not; the names of unsigned comparisons are not those of signed ones.
    const bool isSame = name == "eq" || name == "ne", isUnsigned = !each.floating;
    const char kind = facts(type).kind;
    if ((kind == 'b' && !isSame) || (isUnsigned && kind != 'u'))
      return nullptr;
    auto pick = isFloat(type) ? each.floating : each.integer;
    return pick ? pick(type) : nullptr;
  }
  return nullptr;
}

void decodeSetp(Decoder &d) {
  Ty type = Ty::None;
  Executor executor = takeComparison(d, type);
  if (!executor)
    return d.refuse();
  if (!d.wantOperands(d.inst.mode == Alone ? 3 : 4))
    return;
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, type);
  if (d.inst.mode != Alone)
    d.inst.src[2] = d.predicate(d.operand(3), d.inst.isSigned);
  d.inst.dst = d.predicateResult(d.operand(0).name);
  if (!d.operand(0).second.empty()) {
    d.inst.src[3] = d.predicateResult(d.operand(0).second);
    d.inst.extra = 1;
  }
  d.emit(executor);
}

template <typename T> void selectLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]), *b = w.row<T>(inst.src[1]);
  uint32_t p = *w.row<uint32_t>(inst.src[2]);
  p = inst.isSigned ? ~p : p;
  const uint32_t unknown = w.poisonLanes(inst.src[2]);
  auto bits = [&](unsigned i) {
    return unknown >> i & 1 ? ~0ull : w.poisonBits(inst.src[p >> i & 1 ? 0 : 1], sizeof(T), i);
  };
  tracePoison(w, inst.dst, sizeof(T),
              w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) | unknown, bits, [&] {
                writeLanes<T>(w, inst.dst, [=](unsigned i) { return p >> i & 1 ? a[i] : b[i]; });
              });
}

void decodeSelp(Decoder &d) {
  Ty type = d.takeType();
  if (!isInteger(type) && facts(type).kind != 'b' && type != Ty::F32 && type != Ty::F64)
    return d.refuse();
  if (!d.wantOperands(4))
    return;
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, type);
  d.inst.src[2] = d.predicate(d.operand(3), d.inst.isSigned);
  d.inst.dst = d.dst(0, type);
  switch (bitsOf(type)) {
  case 16:
    return d.emit(&selectLanes<uint16_t>);
  case 32:
    return d.emit(&selectLanes<uint32_t>);
  case 64:
    return d.emit(&selectLanes<uint64_t>);
  default:
    d.refuse();
  }
}

template <typename T, typename C> void selectBySign(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]), *b = w.row<T>(inst.src[1]);
  const C *c = w.row<C>(inst.src[2]);
  writeLanes<T>(w, inst.dst, [=](unsigned i) { return c[i] >= C(0) ? a[i] : b[i]; });
  w.setPoison(inst.dst,
              w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) | w.poisonLanes(inst.src[2]));
}

void decodeSlct(Decoder &d) {
  Ty type = d.takeType(), by = d.takeType();
  if ((by != Ty::S32 && by != Ty::F32) || (bitsOf(type) != 32 && bitsOf(type) != 64))
    return d.refuse();
  if (!d.wantOperands(4))
    return;
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, type), d.inst.src[2] = d.src(3, by);
  d.inst.dst = d.dst(0, type);
  if (bitsOf(type) == 32)
    d.emit(by == Ty::S32 ? &selectBySign<uint32_t, int32_t> : &selectBySign<uint32_t, float>);
  else
    d.emit(by == Ty::S32 ? &selectBySign<uint64_t, int32_t> : &selectBySign<uint64_t, float>);
}
} // namespace

void addCompare(FamilyTable &table) {
  table["setp"] = &decodeSetp;
  table["selp"] = &decodeSelp;
  table["slct"] = &decodeSlct;
}

} // namespace moec::ptx
