//===- Lanes.h - Operations on the lanes of a warp --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An operation is a struct with a static `run` on one lane's numbers; these loops over 32 lanes are
// what the host compiler turns into vector instructions. With all lanes active a result is written
// where it belongs, else into a row beside it, of which the active lanes are taken.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_ALU_LANES_H
#define MOEC_EMULATOR_PTX_LIB_ALU_LANES_H

#include "moec/emulator/ptx/Warp.h"

#include <bit>
#include <cstring>

namespace moec::ptx {

/// Bytes of shared memory that a kernel may have statically, as in Launch.h.
constexpr uint64_t kMaxSharedBytes = kMaxShared;

/// Writes f(i) to the active lanes of a row. A source row and the result may be the same row, lane
/// by lane, and never overlap otherwise.
template <typename D, typename F> inline void writeLanes(Warp &w, Slot dst, F f) {
  D *out = w.row<D>(dst);
  if (w.mask == ~0u) {
#pragma clang loop vectorize(assume_safety)
    for (unsigned i = 0; i < kLanes; ++i)
      out[i] = f(i);
    return;
  }
  D beside[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    beside[i] = f(i);
  const uint32_t mask = w.mask;
#pragma clang loop vectorize(assume_safety)
  for (unsigned i = 0; i < kLanes; ++i)
    out[i] = mask >> i & 1 ? beside[i] : out[i];
}

/// Writes f(i), a truth, to the active lanes of a predicate.
template <typename F> inline void writePredicate(Warp &w, Slot dst, F f) {
  uint32_t bits = 0;
#pragma clang loop vectorize(enable)
  for (unsigned i = 0; i < kLanes; ++i)
    bits |= uint32_t(f(i)) << i;
  uint32_t &out = *w.row<uint32_t>(dst);
  out = (out & ~w.mask) | (bits & w.mask);
}

/// Executes an instruction whose result of `bytes` bytes gets the poison bits that `bits(i)` says
/// of lane i. `lanes` are those of which a source is poison; only they are asked, before the result
/// is written, as it may be a source.
template <typename F, typename G>
inline void tracePoison(Warp &w, Slot dst, unsigned bytes, uint32_t lanes, F bits, G execute) {
  lanes &= w.mask;
  if (!lanes) {
    execute();
    return w.setPoison(dst, 0);
  }
  uint64_t poison[kLanes] = {};
  for (; lanes; lanes &= lanes - 1) {
    unsigned i = unsigned(std::countr_zero(lanes));
    poison[i] = bits(i);
  }
  execute();
  w.setPoisonBits(dst, bytes, poison);
}

/// Poison of a register of parts that have nothing to do with each other: of each part all bits or
/// none.
inline uint64_t wholeParts(uint64_t bits, unsigned partBits) {
  uint64_t result = 0;
  const uint64_t part = ~0ull >> (64 - partBits);
  for (unsigned at = 0; at < 64; at += partBits)
    result |= bits & part << at ? part << at : 0;
  return result;
}

/// The same for an instruction on numbers of `partBits` bits, one or two in each of its registers.
template <unsigned sources, typename G>
inline void traceParts(Warp &w, const Instruction &inst, unsigned partBits, unsigned parts,
                       G execute) {
  uint32_t lanes = 0;
  for (unsigned k = 0; k < sources; ++k)
    lanes |= w.poisonLanes(inst.src[k]);
  const unsigned bytes = partBits * parts / 8;
  auto bits = [&](unsigned i) {
    uint64_t all = 0;
    for (unsigned k = 0; k < sources; ++k)
      all |= w.poisonBits(inst.src[k], bytes, i);
    return wholeParts(all, partBits);
  };
  tracePoison(w, inst.dst, bytes, lanes, bits, execute);
}

template <class Op, typename D, typename A> void unaryLanes(Warp &w, const Instruction &inst) {
  const A *a = w.row<A>(inst.src[0]);
  writeLanes<D>(w, inst.dst, [=](unsigned i) { return D(Op::run(a[i])); });
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

template <class Op, typename D, typename A, typename B = A>
void binaryLanes(Warp &w, const Instruction &inst) {
  const A *a = w.row<A>(inst.src[0]);
  const B *b = w.row<B>(inst.src[1]);
  writeLanes<D>(w, inst.dst, [=](unsigned i) { return D(Op::run(a[i], b[i])); });
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]));
}

template <class Op, typename D, typename A, typename B = A, typename C = D>
void ternaryLanes(Warp &w, const Instruction &inst) {
  const A *a = w.row<A>(inst.src[0]);
  const B *b = w.row<B>(inst.src[1]);
  const C *c = w.row<C>(inst.src[2]);
  writeLanes<D>(w, inst.dst, [=](unsigned i) { return D(Op::run(a[i], b[i], c[i])); });
  w.setPoison(inst.dst,
              w.poisonLanes(inst.src[0]) | w.poisonLanes(inst.src[1]) | w.poisonLanes(inst.src[2]));
}

/// The executor that moves numbers of `from` bits to rows of `to` bits: the low bits, or extended.
Executor resizeLanes(unsigned from, unsigned to, bool isSigned);
/// The executor that copies rows of `bits` bits.
Executor copyLanes(unsigned bits);

/// exit and ret.
void exitLanes(Warp &w, const Instruction &inst);
/// brx.idx
void branchByIndex(Warp &w, const Instruction &inst);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_ALU_LANES_H
