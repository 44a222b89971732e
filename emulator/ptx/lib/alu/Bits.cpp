//===- Bits.cpp - Logic, shifts and fields --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace moec::ptx {

namespace {
struct And {
  template <typename T> static T run(T a, T b) { return a & b; }
};
struct Or {
  template <typename T> static T run(T a, T b) { return a | b; }
};
struct Xor {
  template <typename T> static T run(T a, T b) { return a ^ b; }
};
struct Not {
  template <typename T> static T run(T a) { return T(~a); }
};
/// cnot
struct IsZero {
  template <typename T> static T run(T a) { return a == 0; }
};
// Amounts beyond the width count as the width.
struct Shl {
  template <typename T> static T run(T a, uint32_t n) {
    return n >= 8 * sizeof(T) ? T(0) : T(a << n);
  }
};
struct Shr {
  template <typename T> static T run(T a, uint32_t n) {
    constexpr uint32_t most = 8 * sizeof(T) - 1;
    if (n > most)
      return a < T(0) ? T(-1) : T(0);
    return T(a >> n);
  }
};
template <bool left, bool wraps> struct Funnel {
  static uint32_t run(uint32_t low, uint32_t high, uint32_t n) {
    n = wraps ? n & 31 : std::min(n, 32u);
    uint64_t both = uint64_t(high) << 32 | low;
    return left ? uint32_t(both << n >> 32) : uint32_t(both >> n);
  }
};
/// Beyond the width the sign fills a field.
struct Extract {
  template <typename T> static T run(T a, uint32_t position, uint32_t length) {
    constexpr unsigned bits = 8 * sizeof(T);
    using U = std::make_unsigned_t<T>;
    unsigned pos = position & 255, len = length & 255;
    if (len == 0)
      return 0;
    U sign = 0;
    if constexpr (std::is_signed_v<T>)
      sign = U(a) >> std::min(pos + len - 1, bits - 1) & 1;
    U field = pos < bits ? U(U(a) >> pos) : U(0);
    unsigned valid = pos < bits ? std::min(len, bits - pos) : 0;
    U keep = valid >= bits ? U(~U(0)) : U((U(1) << valid) - 1);
    return T((field & keep) | (sign ? U(~keep) : U(0)));
  }
};
template <typename T> T insertField(T a, T b, uint32_t position, uint32_t length) {
  constexpr unsigned bits = 8 * sizeof(T);
  unsigned pos = position & 255, len = length & 255;
  if (pos >= bits || len == 0)
    return b;
  T field = len >= bits ? T(~T(0)) : T((T(1) << len) - 1);
  return T((b & ~T(field << pos)) | T((a & field) << pos));
}
struct CountOnes {
  template <typename T> static uint32_t run(T a) { return uint32_t(std::popcount(a)); }
};
struct LeadingZeros {
  template <typename T> static uint32_t run(T a) { return uint32_t(std::countl_zero(a)); }
};
struct Reverse {
  template <typename T> static T run(T a) {
    if constexpr (sizeof(T) == 4)
      return __builtin_bitreverse32(a);
    else
      return __builtin_bitreverse64(a);
  }
};
/// Position of the highest bit that differs from the sign; all ones if there is none.
template <bool shift> struct FindHigh {
  template <typename T> static uint32_t run(T a) {
    using U = std::make_unsigned_t<T>;
    U value = a < T(0) ? U(~U(a)) : U(a);
    if (!value)
      return ~0u;
    unsigned zeros = unsigned(std::countl_zero(value));
    return shift ? zeros : 8 * sizeof(T) - 1 - zeros;
  }
};
/// One byte of eight, or its sign.
uint32_t permutedByte(uint64_t bytes, uint32_t selector) {
  uint32_t value = uint32_t(bytes >> (8 * (selector & 7))) & 255;
  return selector & 8 ? (value & 128 ? 255 : 0) : value;
}
struct Permute {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t selector) {
    uint64_t bytes = uint64_t(b) << 32 | a;
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
      value |= permutedByte(bytes, selector >> 4 * i) << 8 * i;
    return value;
  }
};

/// A bit of the result is clean if it comes out the same whatever its poison sources were.
template <class Op, typename T> T logicPoison(T a, T b, T poisonA, T poisonB) {
  if (std::is_same_v<Op, And>)
    return (poisonA | poisonB) & (a | poisonA) & (b | poisonB);
  if (std::is_same_v<Op, Or>)
    return (poisonA | poisonB) & (T(~a) | poisonA) & (T(~b) | poisonB);
  return poisonA | poisonB;
}
template <class Op, typename T> void logicLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]), *b = w.row<T>(inst.src[1]);
  auto bits = [&](unsigned i) {
    return logicPoison<Op, T>(a[i], b[i], T(w.poisonBits(inst.src[0], sizeof(T), i)),
                              T(w.poisonBits(inst.src[1], sizeof(T), i)));
  };
  tracePoison(w, inst.dst, sizeof(T), w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]), bits,
              [&] { writeLanes<T>(w, inst.dst, [=](unsigned i) { return Op::run(a[i], b[i]); }); });
}

/// What only moves bits moves their poison alike.
template <class Op, typename T> void moveBits(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]);
  tracePoison(
      w, inst.dst, sizeof(T), w.poisonLanes(inst.src[0]),
      [&](unsigned i) { return Op::run(T(w.poisonBits(inst.src[0], sizeof(T), i))); },
      [&] { writeLanes<T>(w, inst.dst, [=](unsigned i) { return Op::run(a[i]); }); });
}

/// The copies of a sign are poison if it is, as with the operation itself.
template <class Op, typename T> void shiftLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]);
  const uint32_t *n = w.row<uint32_t>(inst.src[1]);
  const uint32_t unknown = w.poisonLanes(inst.src[1]);
  auto bits = [&](unsigned i) -> uint64_t {
    return unknown >> i & 1 ? T(-1) : Op::run(T(w.poisonBits(inst.src[0], sizeof(T), i)), n[i]);
  };
  tracePoison(w, inst.dst, sizeof(T), w.poisonLanes(inst.src[0]) | unknown, bits,
              [&] { writeLanes<T>(w, inst.dst, [=](unsigned i) { return Op::run(a[i], n[i]); }); });
}

void predicateLogic(Warp &w, const Instruction &inst) {
  uint32_t a = *w.row<uint32_t>(inst.src[0]), b = *w.row<uint32_t>(inst.src[1]);
  uint32_t p = w.poisonLanes(inst.src[0]), q = w.poisonLanes(inst.src[1]);
  uint32_t value = inst.mode == 0 ? a & b : inst.mode == 1 ? a | b : a ^ b;
  uint32_t poison = p | q;
  if (inst.mode == 0)
    poison &= ~((~p & ~a) | (~q & ~b));
  if (inst.mode == 1)
    poison &= ~((~p & a) | (~q & b));
  uint32_t &out = *w.row<uint32_t>(inst.dst);
  out = (out & ~w.mask) | (value & w.mask);
  w.setPoison(inst.dst, poison);
}

template <unsigned bits> struct Uint;
template <> struct Uint<16> {
  using type = uint16_t;
};
template <> struct Uint<32> {
  using type = uint32_t;
};
template <> struct Uint<64> {
  using type = uint64_t;
};

void decodeLogic(Decoder &d) {
  Ty type = d.takeType();
  if (!d.wantOperands(3))
    return;
  unsigned which = d.base == "and" ? 0 : d.base == "or" ? 1 : 2;
  if (type == Ty::Pred) {
    bool first = false, second = false;
    d.inst.src[0] = d.predicate(d.operand(1), first);
    d.inst.src[1] = d.predicate(d.operand(2), second);
    d.inst.dst = d.predicateResult(d.operand(0).name);
    d.inst.mode = uint8_t(which);
    return first || second ? d.refuse() : d.emit(&predicateLogic);
  }
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, type);
  d.inst.dst = d.dst(0, type);
  auto pick = [&]<unsigned bits>() -> Executor {
    using T = typename Uint<bits>::type;
    return which == 0 ? &logicLanes<And, T> : which == 1 ? &logicLanes<Or, T> : &logicLanes<Xor, T>;
  };
  if (facts(type).kind != 'b')
    return d.refuse();
  if (bitsOf(type) == 16)
    return d.emit(pick.operator()<16>());
  if (bitsOf(type) == 32)
    return d.emit(pick.operator()<32>());
  if (bitsOf(type) == 64)
    return d.emit(pick.operator()<64>());
  d.refuse();
}

void notPredicate(Warp &w, const Instruction &inst) {
  uint32_t &out = *w.row<uint32_t>(inst.dst);
  out = (out & ~w.mask) | (~*w.row<uint32_t>(inst.src[0]) & w.mask);
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

template <typename T> void flipBits(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]);
  tracePoison(
      w, inst.dst, sizeof(T), w.poisonLanes(inst.src[0]),
      [&](unsigned i) { return w.poisonBits(inst.src[0], sizeof(T), i); },
      [&] { writeLanes<T>(w, inst.dst, [=](unsigned i) { return Not::run(a[i]); }); });
}

void emitOne(Decoder &d, Ty type, Ty result, Executor executor) {
  if (!executor)
    return d.refuse();
  if (!d.wantOperands(2))
    return;
  d.inst.src[0] = d.src(1, type);
  d.inst.dst = d.dst(0, result);
  d.emit(executor);
}

void decodeNot(Decoder &d) {
  Ty type = d.takeType();
  if (type == Ty::Pred) {
    if (!d.wantOperands(2))
      return;
    bool negated = false;
    d.inst.src[0] = d.predicate(d.operand(1), negated);
    d.inst.dst = d.predicateResult(d.operand(0).name);
    return negated ? d.refuse() : d.emit(&notPredicate);
  }
  bool isNot = d.base == "not";
  switch (type) {
  case Ty::B16:
    return emitOne(d, type, type,
                   isNot ? &flipBits<uint16_t> : &unaryLanes<IsZero, uint16_t, uint16_t>);
  case Ty::B32:
    return emitOne(d, type, type,
                   isNot ? &flipBits<uint32_t> : &unaryLanes<IsZero, uint32_t, uint32_t>);
  case Ty::B64:
    return emitOne(d, type, type,
                   isNot ? &flipBits<uint64_t> : &unaryLanes<IsZero, uint64_t, uint64_t>);
  default:
    d.refuse();
  }
}

Executor shiftExecutor(Ty type, bool left) {
  switch (bitsOf(type)) {
  case 16:
    return left             ? &shiftLanes<Shl, uint16_t>
           : isSigned(type) ? &shiftLanes<Shr, int16_t>
                            : &shiftLanes<Shr, uint16_t>;
  case 32:
    return left             ? &shiftLanes<Shl, uint32_t>
           : isSigned(type) ? &shiftLanes<Shr, int32_t>
                            : &shiftLanes<Shr, uint32_t>;
  case 64:
    return left             ? &shiftLanes<Shl, uint64_t>
           : isSigned(type) ? &shiftLanes<Shr, int64_t>
                            : &shiftLanes<Shr, uint64_t>;
  default:
    return nullptr;
  }
}

void decodeShift(Decoder &d) {
  Ty type = d.takeType();
  const bool isLeft = d.base == "shl";
  const bool known = facts(type).kind == 'b' || (isInteger(type) && !isLeft);
  Executor executor = known ? shiftExecutor(type, isLeft) : nullptr;
  if (!executor)
    return d.refuse();
  if (!d.wantOperands(3))
    return;
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, Ty::U32);
  d.inst.dst = d.dst(0, type);
  d.emit(executor);
}

template <bool left, bool wraps> void funnelLanes(Warp &w, const Instruction &inst) {
  using Op = Funnel<left, wraps>;
  const uint32_t *low = w.row<uint32_t>(inst.src[0]), *high = w.row<uint32_t>(inst.src[1]),
                 *n = w.row<uint32_t>(inst.src[2]);
  const uint32_t unknown = w.poisonLanes(inst.src[2]);
  auto bits = [&](unsigned i) -> uint64_t {
    return unknown >> i & 1 ? ~0u
                            : Op::run(uint32_t(w.poisonBits(inst.src[0], 4, i)),
                                      uint32_t(w.poisonBits(inst.src[1], 4, i)), n[i]);
  };
  tracePoison(w, inst.dst, 4, w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) | unknown,
              bits, [&] {
                writeLanes<uint32_t>(w, inst.dst,
                                     [=](unsigned i) { return Op::run(low[i], high[i], n[i]); });
              });
}

void decodeFunnel(Decoder &d) {
  bool left = d.take("l");
  if (!left && !d.take("r"))
    return d.refuse();
  bool wraps = d.take("wrap");
  if ((!wraps && !d.take("clamp")) || d.takeType() != Ty::B32)
    return d.refuse();
  if (!d.wantOperands(4))
    return;
  for (unsigned i = 0; i < 3; ++i)
    d.inst.src[i] = d.src(i + 1, Ty::B32);
  d.inst.dst = d.dst(0, Ty::B32);
  d.emit(left ? (wraps ? &funnelLanes<true, true> : &funnelLanes<true, false>)
              : (wraps ? &funnelLanes<false, true> : &funnelLanes<false, false>));
}

/// Of a signed field the copies of its sign are poison if that is, as with the operation itself.
template <typename T> void extractLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]);
  const uint32_t *position = w.row<uint32_t>(inst.src[1]), *length = w.row<uint32_t>(inst.src[2]);
  const uint32_t unknown = w.poisonLanes(inst.src[1]) | w.poisonLanes(inst.src[2]);
  auto bits = [&](unsigned i) -> uint64_t {
    return unknown >> i & 1
               ? T(-1)
               : Extract::run(T(w.poisonBits(inst.src[0], sizeof(T), i)), position[i], length[i]);
  };
  tracePoison(w, inst.dst, sizeof(T), w.poisonLanes(inst.src[0]) | unknown, bits, [&] {
    writeLanes<T>(w, inst.dst,
                  [=](unsigned i) { return Extract::run(a[i], position[i], length[i]); });
  });
}

void decodeExtract(Decoder &d) {
  Ty type = d.takeType();
  if (!d.wantOperands(4))
    return;
  d.inst.src[0] = d.src(1, type);
  d.inst.src[1] = d.src(2, Ty::U32), d.inst.src[2] = d.src(3, Ty::U32);
  d.inst.dst = d.dst(0, type);
  if (type == Ty::U32)
    d.emit(&extractLanes<uint32_t>);
  else if (type == Ty::S32)
    d.emit(&extractLanes<int32_t>);
  else if (type == Ty::U64)
    d.emit(&extractLanes<uint64_t>);
  else if (type == Ty::S64)
    d.emit(&extractLanes<int64_t>);
  else
    d.refuse();
}

template <typename T> void insertLanes(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]), *b = w.row<T>(inst.src[1]);
  const uint32_t *position = w.row<uint32_t>(inst.src[2]), *length = w.row<uint32_t>(inst.src[3]);
  const uint32_t unknown = w.poisonLanes(inst.src[2]) | w.poisonLanes(inst.src[3]);
  auto bits = [&](unsigned i) -> uint64_t {
    return unknown >> i & 1
               ? T(-1)
               : insertField(T(w.poisonBits(inst.src[0], sizeof(T), i)),
                             T(w.poisonBits(inst.src[1], sizeof(T), i)), position[i], length[i]);
  };
  const uint32_t fields = w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]);
  tracePoison(w, inst.dst, sizeof(T), fields | unknown, bits, [&] {
    writeLanes<T>(w, inst.dst,
                  [=](unsigned i) { return insertField(a[i], b[i], position[i], length[i]); });
  });
}

void decodeInsert(Decoder &d) {
  Ty type = d.takeType();
  if (type != Ty::B32 && type != Ty::B64)
    return d.refuse();
  if (!d.wantOperands(5))
    return;
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, type);
  d.inst.src[2] = d.src(3, Ty::U32), d.inst.src[3] = d.src(4, Ty::U32);
  d.inst.dst = d.dst(0, type);
  d.emit(type == Ty::B32 ? &insertLanes<uint32_t> : &insertLanes<uint64_t>);
}

void lookupLanes(Warp &w, const Instruction &inst) {
  const uint32_t *a = w.row<uint32_t>(inst.src[0]), *b = w.row<uint32_t>(inst.src[1]),
                 *c = w.row<uint32_t>(inst.src[2]);
  // Each bit of the table is a product of the three inputs or their complements.
  uint32_t on[8];
  for (unsigned i = 0; i < 8; ++i)
    on[i] = inst.extra >> i & 1 ? ~0u : 0;
  // A poison bit may be either; the result is clean where it cannot be both.
  auto bits = [&](unsigned i) -> uint64_t {
    const uint32_t values[3] = {a[i], b[i], c[i]};
    uint32_t may[2] = {0, 0};
    for (unsigned k = 0; k < 8; ++k) {
      uint32_t reached = ~0u;
      for (unsigned s = 0; s < 3; ++s)
        reached &=
            (k >> (2 - s) & 1 ? values[s] : ~values[s]) | uint32_t(w.poisonBits(inst.src[s], 4, i));
      may[inst.extra >> k & 1] |= reached;
    }
    return may[0] & may[1];
  };
  const uint32_t lanes =
      w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) | w.poisonLanes(inst.src[2]);
  tracePoison(w, inst.dst, 4, lanes, bits, [&] {
    writeLanes<uint32_t>(w, inst.dst, [=](unsigned i) {
      uint32_t x = a[i], y = b[i], z = c[i];
      return (on[0] & ~x & ~y & ~z) | (on[1] & ~x & ~y & z) | (on[2] & ~x & y & ~z) |
             (on[3] & ~x & y & z) | (on[4] & x & ~y & ~z) | (on[5] & x & ~y & z) |
             (on[6] & x & y & ~z) | (on[7] & x & y & z);
    });
  });
}

/// Each byte comes with its poison, or that of its sign; where its selector is poison, all of it
/// is.
void permuteLanes(Warp &w, const Instruction &inst) {
  const uint32_t *a = w.row<uint32_t>(inst.src[0]), *b = w.row<uint32_t>(inst.src[1]),
                 *selector = w.row<uint32_t>(inst.src[2]);
  auto bits = [&](unsigned i) -> uint64_t {
    uint32_t moved = Permute::run(uint32_t(w.poisonBits(inst.src[0], 4, i)),
                                  uint32_t(w.poisonBits(inst.src[1], 4, i)), selector[i]);
    const uint64_t unknown = w.poisonBits(inst.src[2], 4, i);
    for (unsigned k = 0; k < 4; ++k)
      moved |= unknown >> 4 * k & 15 ? 255u << 8 * k : 0;
    return moved;
  };
  const uint32_t lanes =
      w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) | w.poisonLanes(inst.src[2]);
  tracePoison(w, inst.dst, 4, lanes, bits, [&] {
    writeLanes<uint32_t>(w, inst.dst,
                         [=](unsigned i) { return Permute::run(a[i], b[i], selector[i]); });
  });
}

void decodeThree(Decoder &d) {
  bool isLookup = d.base == "lop3";
  if (d.takeType() != Ty::B32)
    return d.refuse();
  if (!d.wantOperands(isLookup ? 5 : 4))
    return;
  for (unsigned i = 0; i < 3; ++i)
    d.inst.src[i] = d.src(i + 1, Ty::B32);
  d.inst.dst = d.dst(0, Ty::B32);
  if (isLookup)
    d.inst.extra = uint32_t(d.number(4)) & 255;
  d.emit(isLookup ? &lookupLanes : &permuteLanes);
}

template <class Op> void decodeCount(Decoder &d) {
  Ty type = d.takeType();
  emitOne(d, type, Ty::U32,
          type == Ty::B32   ? Executor(&unaryLanes<Op, uint32_t, uint32_t>)
          : type == Ty::B64 ? Executor(&unaryLanes<Op, uint32_t, uint64_t>)
                            : nullptr);
}

template <bool shift> Executor findExecutor(Ty type) {
  using Op = FindHigh<shift>;
  return type == Ty::U32   ? Executor(&unaryLanes<Op, uint32_t, uint32_t>)
         : type == Ty::S32 ? Executor(&unaryLanes<Op, uint32_t, int32_t>)
         : type == Ty::U64 ? Executor(&unaryLanes<Op, uint32_t, uint64_t>)
         : type == Ty::S64 ? Executor(&unaryLanes<Op, uint32_t, int64_t>)
                           : nullptr;
}
} // namespace

void addBits(FamilyTable &table) {
  table["and"] = table["or"] = table["xor"] = &decodeLogic;
  table["not"] = table["cnot"] = &decodeNot;
  table["shl"] = table["shr"] = &decodeShift;
  table["shf"] = &decodeFunnel;
  table["bfe"] = &decodeExtract;
  table["bfi"] = &decodeInsert;
  table["lop3"] = table["prmt"] = &decodeThree;
  table["popc"] = &decodeCount<CountOnes>;
  table["clz"] = &decodeCount<LeadingZeros>;
  table["brev"] = [](Decoder &d) {
    Ty type = d.takeType();
    emitOne(d, type, type,
            type == Ty::B32   ? Executor(&moveBits<Reverse, uint32_t>)
            : type == Ty::B64 ? Executor(&moveBits<Reverse, uint64_t>)
                              : nullptr);
  };
  table["bfind"] = [](Decoder &d) {
    bool shift = d.take("shiftamt");
    Ty type = d.takeType();
    emitOne(d, type, Ty::U32, shift ? findExecutor<true>(type) : findExecutor<false>(type));
  };
}

} // namespace moec::ptx
