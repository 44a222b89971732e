//===- Atomics.cpp - atom and red -----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lanes act one after the other, in their order. On global memory the host's compare-and-swap makes
// them atomic among host threads, which run the blocks.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Half.h"
#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"
#include "emulator/ptx/lib/memory/Access.h"
#include "emulator/ptx/lib/warp/Block.h"

#include <bit>
#include <cstring>

namespace moec::ptx {

using emulator::AccessKind;

namespace {
/// What memory holds afterwards, of what it holds and of the operands.
struct AtomicAdd {
  template <typename T> static T run(T old, T b, T) { return T(old + b); }
  static BF16 run(BF16 old, BF16 b, BF16) { return roundToBf16(toNumber(old) + toNumber(b)); }
  static F16 run(F16 old, F16 b, F16) { return roundTo<F16>(double(toNumber(old)) + toNumber(b)); }
};
/// Two of 16 bits.
template <typename H> struct AtomicAddPair {
  static uint32_t run(uint32_t old, uint32_t b, uint32_t) {
    auto half = [&](unsigned shift) {
      H x{uint16_t(old >> shift)}, y{uint16_t(b >> shift)};
      return uint32_t(AtomicAdd::run(x, y, y).code) << shift;
    };
    return half(0) | half(16);
  }
};
struct AtomicMin {
  template <typename T> static T run(T old, T b, T) { return b < old ? b : old; }
};
struct AtomicMax {
  template <typename T> static T run(T old, T b, T) { return b > old ? b : old; }
};
struct AtomicAnd {
  template <typename T> static T run(T old, T b, T) { return old & b; }
};
struct AtomicOr {
  template <typename T> static T run(T old, T b, T) { return old | b; }
};
struct AtomicXor {
  template <typename T> static T run(T old, T b, T) { return old ^ b; }
};
struct AtomicExchange {
  template <typename T> static T run(T, T b, T) { return b; }
};
struct AtomicCas {
  template <typename T> static T run(T old, T b, T c) { return old == b ? c : old; }
};
struct AtomicInc {
  template <typename T> static T run(T old, T b, T) { return old >= b ? T(0) : T(old + 1); }
};
struct AtomicDec {
  template <typename T> static T run(T old, T b, T) { return old == 0 || old > b ? b : T(old - 1); }
};

template <unsigned bytes> struct Bits;
template <> struct Bits<2> {
  using type = uint16_t;
};
template <> struct Bits<4> {
  using type = uint32_t;
};
template <> struct Bits<8> {
  using type = uint64_t;
};

/// One lane's change of host memory; answers what was there.
template <class Op, typename T> T change(uint8_t *place, T b, T c) {
  using U = typename Bits<sizeof(T)>::type;
  U *at = reinterpret_cast<U *>(place);
  U seen = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (true) {
    U wanted = std::bit_cast<U>(Op::run(std::bit_cast<T>(seen), b, c));
    if (__atomic_compare_exchange_n(at, &seen, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      return std::bit_cast<T>(seen);
  }
}

/// The lane's place in memory, after the checks; null after a fault.
uint8_t *atomicPlace(Warp &w, int lane, Space space, uint64_t address, unsigned bytes,
                     bool &poisoned) {
  poisoned = false;
  if (space == Space::Generic)
    space = resolveSpace(address);
  if (space != Space::Shared) {
    w.counters.globalAtomicBytes += bytes;
    return reinterpret_cast<uint8_t *>(address);
  }
  if (!checkShared(w, lane, address, bytes, AccessKind::Atomic) ||
      !checkLanes(w, lane, address, bytes, AccessKind::Atomic))
    return nullptr;
  emulator::SharedMemory &shared = w.block->shared;
  poisoned = shared.poison(uint32_t(address), bytes) != 0;
  w.counters.sharedAtomicBytes += bytes;
  return shared.data() + address;
}

template <class Op, typename T> void atomicLanes(Warp &w, const Instruction &inst) {
  Addresses addresses;
  if (!readAddresses(w, inst.src[0], inst.addressBytes, inst.imm, addresses))
    return;
  if (!w.checkPoison(inst.src[1], "an operand of an atomic") ||
      !w.checkPoison(inst.src[2], "an operand of an atomic"))
    return;
  const T *b = w.row<T>(inst.src[1]), *c = w.row<T>(inst.src[2]);
  // All lanes of one instruction are in shared memory, or none.
  uint64_t first = addresses.at[0];
  bool shared = inst.space == Space::Shared ||
                (inst.space == Space::Generic && resolveSpace(first) == Space::Shared);
  if (!shared && !checkGlobal(w, addresses, sizeof(T), AccessKind::Atomic))
    return;
  T old[kLanes] = {};
  uint32_t poison = 0;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    bool poisoned;
    Space space = shared ? inst.space : Space::Global;
    uint8_t *place = atomicPlace(w, i, space, addresses.at[i], sizeof(T), poisoned);
    if (!place)
      return;
    poison |= uint32_t(poisoned) << i;
    // What is exchanged for a value that nothing wrote is a value that something wrote.
    if (poisoned && std::is_same_v<Op, AtomicExchange>)
      w.block->shared.setPoison(uint32_t(place - w.block->shared.data()), sizeof(T), false);
    old[i] = change<Op, T>(place, b[i], c[i]);
  }
  if (!inst.mode)
    return;
  writeLanes<T>(w, inst.dst, [&](unsigned i) { return old[i]; });
  w.setPoison(inst.dst, poison);
}

template <class Op> Executor pickBits(Ty type) {
  return type == Ty::B32 || type == Ty::U32   ? Executor(&atomicLanes<Op, uint32_t>)
         : type == Ty::B64 || type == Ty::U64 ? Executor(&atomicLanes<Op, uint64_t>)
                                              : nullptr;
}

template <class Op> Executor pickNumber(Ty type) {
  switch (type) {
  case Ty::U32:
    return &atomicLanes<Op, uint32_t>;
  case Ty::S32:
    return &atomicLanes<Op, int32_t>;
  case Ty::U64:
    return &atomicLanes<Op, uint64_t>;
  case Ty::S64:
    return &atomicLanes<Op, int64_t>;
  default:
    return nullptr;
  }
}

Executor pickAdd(Ty type) {
  switch (type) {
  case Ty::S32:
    return &atomicLanes<AtomicAdd, uint32_t>; // Wraps.
  case Ty::F32:
    return &atomicLanes<AtomicAdd, float>;
  case Ty::F64:
    return &atomicLanes<AtomicAdd, double>;
  case Ty::F16:
    return &atomicLanes<AtomicAdd, F16>;
  case Ty::BF16:
    return &atomicLanes<AtomicAdd, BF16>;
  case Ty::F16x2:
    return &atomicLanes<AtomicAddPair<F16>, uint32_t>;
  case Ty::BF16x2:
    return &atomicLanes<AtomicAddPair<BF16>, uint32_t>;
  default:
    return pickBits<AtomicAdd>(type);
  }
}

Executor pickOperation(std::string_view op, Ty type) {
  if (op == "add")
    return pickAdd(type);
  if (op == "min")
    return pickNumber<AtomicMin>(type);
  if (op == "max")
    return pickNumber<AtomicMax>(type);
  if (op == "and")
    return pickBits<AtomicAnd>(type);
  if (op == "or")
    return pickBits<AtomicOr>(type);
  if (op == "xor")
    return pickBits<AtomicXor>(type);
  if (op == "exch")
    return pickBits<AtomicExchange>(type);
  if (op == "cas")
    return type == Ty::B16 ? &atomicLanes<AtomicCas, uint16_t> : pickBits<AtomicCas>(type);
  if (op == "inc")
    return type == Ty::U32 ? &atomicLanes<AtomicInc, uint32_t> : nullptr;
  if (op == "dec")
    return type == Ty::U32 ? &atomicLanes<AtomicDec, uint32_t> : nullptr;
  return nullptr;
}

void decodeAtomic(Decoder &d) {
  for (std::string_view each :
       {"relaxed", "acquire", "release", "acq_rel", "cta", "cluster", "gpu", "sys"})
    d.take(each);
  Space space = Space::Generic;
  if (d.take("global"))
    space = Space::Global;
  else if (d.take("shared") || d.take("shared::cta"))
    space = Space::Shared;
  std::string_view op = d.takeNext();
  const bool keepsSmall = d.take("noftz");
  Ty type = d.takeType();
  // Numbers of 16 bits are added without flushing, and the text has to say so.
  if (isFloat(type) &&
      (bitsOf(type) == 16 || type == Ty::F16x2 || type == Ty::BF16x2) != keepsSmall)
    return d.refuse();
  Executor executor = pickOperation(op, type);
  if (!executor)
    return d.refuse();
  const bool answers = d.base == "atom", compares = op == "cas";
  const size_t first = answers ? 1 : 0;
  if (!d.wantOperands(first + 2 + compares))
    return;
  d.address(d.operand(first), space);
  d.inst.src[1] = d.src(first + 1, type);
  d.inst.src[2] = compares ? d.src(first + 2, type) : d.inst.src[1];
  if (answers)
    d.inst.dst = d.dst(0, type);
  d.inst.mode = answers;
  d.inst.bytes = uint8_t(bitsOf(type) / 8);
  d.emit(executor);
}
} // namespace

void addAtomics(FamilyTable &table) { table["atom"] = table["red"] = &decodeAtomic; }

} // namespace moec::ptx
