//===- Moves.cpp - Moves, packing and addresses of spaces -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <algorithm>

namespace moec::ptx {

namespace {

template <typename T> void copyRow(Warp &w, const Instruction &inst) {
  const T *a = w.row<T>(inst.src[0]);
  tracePoison(
      w, inst.dst, sizeof(T), w.poisonLanes(inst.src[0]),
      [&](unsigned i) { return w.poisonBits(inst.src[0], sizeof(T), i); },
      [&] { writeLanes<T>(w, inst.dst, [=](unsigned i) { return a[i]; }); });
}

template <typename D, typename A> void resizeRow(Warp &w, const Instruction &inst) {
  const A *a = w.row<A>(inst.src[0]);
  // Bits that fall away take their poison with them; that of a sign goes to all its copies.
  tracePoison(
      w, inst.dst, sizeof(D), w.poisonLanes(inst.src[0]),
      [&](unsigned i) { return uint64_t(D(A(w.poisonBits(inst.src[0], sizeof(A), i)))); },
      [&] { writeLanes<D>(w, inst.dst, [=](unsigned i) { return D(a[i]); }); });
}

template <typename D> Executor resizeTo(unsigned from, bool isSigned) {
  switch (from) {
  case 8:
    return isSigned ? &resizeRow<D, int8_t> : &resizeRow<D, uint8_t>;
  case 16:
    return isSigned ? &resizeRow<D, int16_t> : &resizeRow<D, uint16_t>;
  case 32:
    return isSigned ? &resizeRow<D, int32_t> : &resizeRow<D, uint32_t>;
  default:
    return &resizeRow<D, uint64_t>;
  }
}
} // namespace

Executor copyLanes(unsigned bits) {
  switch (bits) {
  case 8:
    return &copyRow<uint8_t>;
  case 16:
    return &copyRow<uint16_t>;
  case 32:
    return &copyRow<uint32_t>;
  default:
    return &copyRow<uint64_t>;
  }
}

Executor resizeLanes(unsigned from, unsigned to, bool isSigned) {
  switch (to) {
  case 8:
    return resizeTo<uint8_t>(from, isSigned);
  case 16:
    return resizeTo<uint16_t>(from, isSigned);
  case 32:
    return resizeTo<uint32_t>(from, isSigned);
  default:
    return resizeTo<uint64_t>(from, isSigned);
  }
}

namespace {
template <typename Whole, typename Part> void unpackRow(Warp &w, const Instruction &inst) {
  const Part *parts = w.row<Part>(inst.src[0]);
  constexpr unsigned count = sizeof(Whole) / sizeof(Part);
  // The whole may be one of the results.
  Part copy[kLanes * count];
  std::copy(parts, parts + kLanes * count, copy);
  uint64_t bits[kLanes] = {};
  const uint32_t poison = w.poisonLanes(inst.src[0]);
  for (unsigned i = 0; poison && i < kLanes; ++i)
    bits[i] = w.poisonBits(inst.src[0], sizeof(Whole), i);
  for (unsigned k = 0; k < count; ++k)
    tracePoison(
        w, inst.list[k], sizeof(Part), poison,
        [&](unsigned i) { return bits[i] >> (8 * sizeof(Part) * k); },
        [&] {
          writeLanes<Part>(w, inst.list[k], [&](unsigned i) { return copy[i * count + k]; });
        });
}

template <typename Whole, typename Part> void packRow(Warp &w, const Instruction &inst) {
  constexpr unsigned count = sizeof(Whole) / sizeof(Part);
  Whole whole[kLanes] = {};
  uint32_t poison = 0;
  for (unsigned k = 0; k < count; ++k) {
    const Part *part = w.row<Part>(inst.list[k]);
    for (unsigned i = 0; i < kLanes; ++i)
      whole[i] |= Whole(Whole(part[i]) << (8 * sizeof(Part) * k));
    poison |= w.poisonLanes(inst.list[k]);
  }
  auto bits = [&](unsigned i) {
    uint64_t all = 0;
    for (unsigned k = 0; k < count; ++k)
      all |= w.poisonBits(inst.list[k], sizeof(Part), i) << (8 * sizeof(Part) * k);
    return all;
  };
  tracePoison(w, inst.dst, sizeof(Whole), poison, bits,
              [&] { writeLanes<Whole>(w, inst.dst, [&](unsigned i) { return whole[i]; }); });
}

template <template <typename, typename> class Op> Executor pickParts(unsigned bits, size_t parts) {
  if (bits == 16 && parts == 2)
    return Op<uint16_t, uint8_t>::executor;
  if (bits == 32 && parts == 2)
    return Op<uint32_t, uint16_t>::executor;
  if (bits == 32 && parts == 4)
    return Op<uint32_t, uint8_t>::executor;
  if (bits == 64 && parts == 2)
    return Op<uint64_t, uint32_t>::executor;
  if (bits == 64 && parts == 4)
    return Op<uint64_t, uint16_t>::executor;
  return nullptr;
}
template <typename W, typename P> struct Unpack {
  static constexpr Executor executor = &unpackRow<W, P>;
};
template <typename W, typename P> struct Pack {
  static constexpr Executor executor = &packRow<W, P>;
};

void copyPredicate(Warp &w, const Instruction &inst) {
  uint32_t value = *w.row<uint32_t>(inst.src[0]);
  uint32_t &out = *w.row<uint32_t>(inst.dst);
  out = (out & ~w.mask) | ((inst.isSigned ? ~value : value) & w.mask);
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

void decodeParts(Decoder &d, Ty type) {
  const unsigned bits = bitsOf(type);
  bool unpacks = d.operand(0).form == Form::Vector;
  const std::vector<SyntaxOperand> &parts = d.operand(unpacks ? 0 : 1).parts;
  Executor executor =
      unpacks ? pickParts<Unpack>(bits, parts.size()) : pickParts<Pack>(bits, parts.size());
  if (!executor || facts(type).kind != 'b')
    return d.refuse();
  const unsigned partBits = bits / unsigned(parts.size());
  Ty partType = partBits == 8 ? Ty::B8 : partBits == 16 ? Ty::B16 : Ty::B32;
  std::vector<Slot> slots;
  for (const SyntaxOperand &part : parts)
    slots.push_back(unpacks ? d.dst(part, partType) : d.src(part, partType));
  if (unpacks)
    d.inst.src[0] = d.src(1, type);
  else
    d.inst.dst = d.dst(0, type);
  d.setList(slots, {});
  d.emit(executor);
}

void decodeMov(Decoder &d) {
  Ty type = d.takeType();
  if (!d.wantOperands(2))
    return;
  if (type == Ty::Pred) {
    d.inst.src[0] = d.predicate(d.operand(1), d.inst.isSigned);
    d.inst.dst = d.predicateResult(d.operand(0).name);
    return d.emit(&copyPredicate);
  }
  if (d.operand(0).form == Form::Vector || d.operand(1).form == Form::Vector)
    return decodeParts(d, type);
  const unsigned bits = bitsOf(type);
  const bool known =
      facts(type).kind == 'b' || isInteger(type) || type == Ty::F32 || type == Ty::F64;
  if (!known || bits < 16 || bits > 64)
    return d.refuse();
  d.inst.src[0] = d.src(1, type);
  d.inst.dst = d.dst(0, type);
  d.emit(copyLanes(bits));
}

void addImmediate(Warp &w, const Instruction &inst) {
  const uint64_t *a = w.row<uint64_t>(inst.src[0]);
  const uint64_t imm = inst.imm;
  writeLanes<uint64_t>(w, inst.dst, [=](unsigned i) { return a[i] + imm; });
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

void testSpace(Warp &w, const Instruction &inst) {
  const uint64_t *a = w.row<uint64_t>(inst.src[0]);
  writePredicate(w, inst.dst, [&](unsigned i) {
    bool shared = a[i] >> 32 == kSharedWindow >> 32, local = a[i] >> 32 == kLocalWindow >> 32;
    return inst.space == Space::Shared  ? shared
           : inst.space == Space::Local ? local
                                        : !shared && !local;
  });
  w.setPoison(inst.dst, w.poisonLanes(inst.src[0]));
}

/// The space that is named next; a cluster of one block has no shared memory but the block's.
bool takeSpace(Decoder &d, Space &space) {
  if (d.take("shared") || d.take("shared::cta") || d.take("shared::cluster"))
    space = Space::Shared;
  else if (d.take("local"))
    space = Space::Local;
  else if (d.take("global") || d.take("const"))
    space = Space::Global;
  else
    return false;
  return true;
}

void decodeCvta(Decoder &d) {
  bool toSpace = d.take("to");
  Space space;
  if (!takeSpace(d, space) || bitsOf(d.takeType()) != 64)
    return d.refuse();
  if (!d.wantOperands(2))
    return;
  uint64_t window = space == Space::Shared  ? kSharedWindow
                    : space == Space::Local ? kLocalWindow
                                            : 0;
  d.inst.src[0] = d.src(1, Ty::U64), d.inst.dst = d.dst(0, Ty::U64);
  d.inst.imm = toSpace ? 0 - window : window;
  d.emit(&addImmediate);
}
} // namespace

void addMoves(FamilyTable &table) {
  table["mov"] = &decodeMov;
  table["cvta"] = &decodeCvta;
  table["isspacep"] = [](Decoder &d) {
    if (!takeSpace(d, d.inst.space))
      return d.refuse();
    if (!d.wantOperands(2))
      return;
    d.inst.src[0] = d.src(1, Ty::U64);
    d.inst.dst = d.predicateResult(d.operand(0).name);
    d.emit(&testSpace);
  };
}

} // namespace moec::ptx
