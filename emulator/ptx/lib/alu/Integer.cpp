//===- Integer.cpp - Integer arithmetic -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Families.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <limits>
#include <type_traits>

namespace moec::ptx {

namespace {
template <typename T> using Un = std::make_unsigned_t<T>;

struct Add {
  template <typename T> static T run(T a, T b) { return T(Un<T>(a) + Un<T>(b)); }
};
struct AddSat {
  static int32_t run(int32_t a, int32_t b) {
    int64_t sum = int64_t(a) + b;
    return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : int32_t(sum);
  }
};
struct Sub {
  template <typename T> static T run(T a, T b) { return T(Un<T>(a) - Un<T>(b)); }
};
struct SubSat {
  static int32_t run(int32_t a, int32_t b) {
    int64_t sum = int64_t(a) - b;
    return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : int32_t(sum);
  }
};
template <typename T> T multiply(T a, T b) {
  // A product of 16 bits would be one of signed int.
  return T(uint64_t(a) * uint64_t(b));
}
template <> inline uint32_t multiply(uint32_t a, uint32_t b) { return a * b; }
template <> inline int32_t multiply(int32_t a, int32_t b) {
  return int32_t(uint32_t(a) * uint32_t(b));
}
struct MulLow {
  template <typename T> static T run(T a, T b) { return multiply(a, b); }
};
struct MulHigh {
  template <typename T> static T run(T a, T b) {
    if constexpr (sizeof(T) == 8) {
      using Wide = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
      return T(Wide(a) * Wide(b) >> 64);
    } else {
      using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
      return T(Wide(a) * Wide(b) >> (8 * sizeof(T)));
    }
  }
};
/// To twice the width.
template <typename W> struct MulWide {
  template <typename T> static W run(T a, T b) { return W(W(a) * W(b)); }
  template <typename T> static W run(T a, T b, W c) { return W(Un<W>(W(a) * W(b)) + Un<W>(c)); }
};
struct MadLow {
  template <typename T> static T run(T a, T b, T c) { return Add::run(multiply(a, b), c); }
};
struct MadHigh {
  template <typename T> static T run(T a, T b, T c) { return Add::run(MulHigh::run(a, b), c); }
};
// Division by zero gives all ones, as the machines do; PTX leaves it open.
struct Div {
  template <typename T> static T run(T a, T b) {
    if (b == 0)
      return T(~T(0));
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1))
        return Sub::run(T(0), a);
    return T(a / b);
  }
};
struct Rem {
  template <typename T> static T run(T a, T b) {
    if (b == 0)
      return a;
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1))
        return 0;
    return T(a % b);
  }
};
struct Min {
  template <typename T> static T run(T a, T b) { return a < b ? a : b; }
};
struct Max {
  template <typename T> static T run(T a, T b) { return a > b ? a : b; }
};
struct Abs {
  template <typename T> static T run(T a) { return a < 0 ? Sub::run(T(0), a) : a; }
};
struct Neg {
  template <typename T> static T run(T a) { return Sub::run(T(0), a); }
};
struct Mul24 {
  template <typename T> static T run(T a, T b) {
    constexpr unsigned up = 8;
    T x = T(Un<T>(a) << up) >> up, y = T(Un<T>(b) << up) >> up;
    return multiply(x, y);
  }
};
struct Sad {
  template <typename T> static T run(T a, T b, T c) {
    return Add::run(a < b ? Sub::run(b, a) : Sub::run(a, b), c);
  }
};

/// The executor of an operation whose rows all have one type.
template <class Op, template <class, typename...> class Shape> Executor pick(Ty type) {
  switch (type) {
  case Ty::U16:
    return Shape<Op, uint16_t>::executor;
  case Ty::U32:
    return Shape<Op, uint32_t>::executor;
  case Ty::U64:
    return Shape<Op, uint64_t>::executor;
  case Ty::S16:
    return Shape<Op, int16_t>::executor;
  case Ty::S32:
    return Shape<Op, int32_t>::executor;
  case Ty::S64:
    return Shape<Op, int64_t>::executor;
  default:
    return nullptr;
  }
}
template <class Op, typename T> struct One {
  static constexpr Executor executor = &unaryLanes<Op, T, T>;
};
template <class Op, typename T> struct Two {
  static constexpr Executor executor = &binaryLanes<Op, T, T>;
};
template <class Op, typename T> struct Three {
  static constexpr Executor executor = &ternaryLanes<Op, T, T>;
};
template <class Op> Executor one(Ty type) { return pick<Op, One>(type); }
template <class Op> Executor two(Ty type) { return pick<Op, Two>(type); }
template <class Op> Executor three(Ty type) { return pick<Op, Three>(type); }

Executor wide(Ty type, bool adds) {
  switch (type) {
  case Ty::U16:
    return adds ? &ternaryLanes<MulWide<uint32_t>, uint32_t, uint16_t>
                : &binaryLanes<MulWide<uint32_t>, uint32_t, uint16_t>;
  case Ty::S16:
    return adds ? &ternaryLanes<MulWide<int32_t>, int32_t, int16_t>
                : &binaryLanes<MulWide<int32_t>, int32_t, int16_t>;
  case Ty::U32:
    return adds ? &ternaryLanes<MulWide<uint64_t>, uint64_t, uint32_t>
                : &binaryLanes<MulWide<uint64_t>, uint64_t, uint32_t>;
  case Ty::S32:
    return adds ? &ternaryLanes<MulWide<int64_t>, int64_t, int32_t>
                : &binaryLanes<MulWide<int64_t>, int64_t, int32_t>;
  default:
    return nullptr;
  }
}

void decodeWide(Decoder &d, bool adds) {
  Ty type = d.takeType();
  Executor executor = wide(type, adds);
  if (!executor)
    return d.refuse();
  if (!d.wantOperands(adds ? 4 : 3))
    return;
  Ty twice = bitsOf(type) == 16 ? Ty::U32 : Ty::U64;
  d.inst.src[0] = d.src(1, type), d.inst.src[1] = d.src(2, type);
  if (adds)
    d.inst.src[2] = d.src(3, twice);
  d.inst.dst = d.dst(0, twice);
  d.emit(executor);
}
} // namespace

// add, sub, mul, min and the like have float forms, too; those are in Float.cpp.
void decodeIntegerAdd(Decoder &d) {
  bool adds = d.base == "add";
  if (d.take("sat")) {
    if (d.takeType() != Ty::S32)
      return d.refuse();
    return d.emitUniform(Ty::S32, 2,
                         adds ? &binaryLanes<AddSat, int32_t, int32_t>
                              : &binaryLanes<SubSat, int32_t, int32_t>);
  }
  Ty type = d.takeType();
  d.emitUniform(type, 2, adds ? two<Add>(type) : two<Sub>(type));
}

void decodeIntegerMul(Decoder &d) {
  bool adds = d.base == "mad";
  if (d.take("wide"))
    return decodeWide(d, adds);
  bool high = d.take("hi");
  if (!high && !d.take("lo"))
    return d.refuse();
  Ty type = d.takeType();
  if (adds)
    d.emitUniform(type, 3, high ? three<MadHigh>(type) : three<MadLow>(type));
  else
    d.emitUniform(type, 2, high ? two<MulHigh>(type) : two<MulLow>(type));
}

void decodeIntegerMinMax(Decoder &d) {
  Ty type = d.takeType();
  d.emitUniform(type, 2, d.base == "min" ? two<Min>(type) : two<Max>(type));
}

void decodeIntegerDiv(Decoder &d) {
  Ty type = d.takeType();
  d.emitUniform(type, 2, d.base == "div" ? two<Div>(type) : two<Rem>(type));
}

void decodeIntegerSign(Decoder &d) {
  Ty type = d.takeType();
  if (!isSigned(type))
    return d.refuse();
  d.emitUniform(type, 1, d.base == "abs" ? one<Abs>(type) : one<Neg>(type));
}

void addInteger(FamilyTable &table) {
  table["rem"] = &decodeIntegerDiv;
  table["sad"] = [](Decoder &d) {
    Ty type = d.takeType();
    d.emitUniform(type, 3, three<Sad>(type));
  };
  table["mul24"] = [](Decoder &d) {
    if (!d.take("lo"))
      return d.refuse();
    Ty type = d.takeType();
    d.emitUniform(type, 2,
                  type == Ty::S32   ? Executor(&binaryLanes<Mul24, int32_t, int32_t>)
                  : type == Ty::U32 ? Executor(&binaryLanes<Mul24, uint32_t, uint32_t>)
                                    : nullptr);
  };
}

} // namespace moec::ptx
