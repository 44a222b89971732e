//===- Exchange.cpp - Between the lanes of a warp -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// shfl, vote, match, redux and activemask.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"

#include <algorithm>
#include <bit>

namespace moec::ptx {

namespace {
enum Shuffle : uint8_t { Up, Down, Butterfly, Index };

/// The lane that lane `i` reads from; `inRange` says whether it is in i's segment.
unsigned sourceLane(uint8_t mode, unsigned i, uint32_t b, uint32_t c, bool &inRange) {
  const unsigned segment = c >> 8 & 31, clamp = c & 31, distance = b & 31;
  const int most = int((i & segment) | (clamp & ~segment)), least = int(i & segment);
  int from = 0;
  switch (mode) {
  case Up:
    from = int(i) - int(distance);
    inRange = from >= most;
    break;
  case Down:
    from = int(i) + int(distance);
    inRange = from <= most;
    break;
  case Butterfly:
    from = int(i ^ distance);
    inRange = from <= most;
    break;
  default:
    from = least | int(distance & ~segment);
    inRange = from <= most;
  }
  return inRange ? unsigned(from) : i;
}

void shuffle(Warp &w, const Instruction &inst) {
  if (!w.checkPoison(inst.src[1], "the distance of an exchange") ||
      !w.checkPoison(inst.src[2], "the segments of an exchange"))
    return;
  const uint32_t *a = w.row<uint32_t>(inst.src[0]), *b = w.row<uint32_t>(inst.src[1]),
                 *c = w.row<uint32_t>(inst.src[2]);
  uint32_t taken[kLanes], ranges = 0;
  uint64_t bits[kLanes];
  uint32_t poison = 0;
  const uint32_t from = w.poisonLanes(inst.src[0]);
  for (unsigned i = 0; i < kLanes; ++i) {
    bool inRange = false;
    unsigned lane = sourceLane(inst.mode, i, b[i], c[i], inRange);
    taken[i] = a[lane];
    ranges |= uint32_t(inRange) << i;
    // What a lane that is not here has is not known.
    bool here = w.mask >> lane & 1;
    poison |= (here ? from >> lane & 1 : 1) << i;
    bits[i] = here ? w.poisonBits(inst.src[0], 4, lane) : ~0ull;
  }
  writeLanes<uint32_t>(w, inst.dst, [&](unsigned i) { return taken[i]; });
  (poison & w.mask) ? w.setPoisonBits(inst.dst, 4, bits) : w.setPoison(inst.dst, 0);
  if (inst.extra) {
    uint32_t &p = *w.row<uint32_t>(inst.src[3]);
    p = (p & ~w.mask) | (ranges & w.mask);
    w.setPoison(inst.src[3], 0);
  }
}

void decodeShuffle(Decoder &d) {
  constexpr std::string_view kModes[] = {"up", "down", "bfly", "idx"};
  if (!d.take("sync"))
    return d.refuse();
  auto mode = std::find(std::begin(kModes), std::end(kModes), d.takeNext());
  if (mode == std::end(kModes) || d.takeType() != Ty::B32)
    return d.refuse();
  if (!d.wantOperands(5))
    return;
  d.inst.mode = uint8_t(mode - std::begin(kModes));
  for (unsigned i = 0; i < 3; ++i)
    d.inst.src[i] = d.src(i + 1, Ty::B32);
  d.inst.members = d.src(4, Ty::B32);
  d.inst.gather = Gather::Members;
  d.inst.dst = d.dst(0, Ty::B32);
  if (!d.operand(0).second.empty())
    d.inst.src[3] = d.predicateResult(d.operand(0).second), d.inst.extra = 1;
  d.emit(&shuffle);
}

/// Gives all active lanes one number.
void broadcast(Warp &w, Slot dst, uint32_t value) {
  writeLanes<uint32_t>(w, dst, [=](unsigned) { return value; });
  w.setPoison(dst, 0);
}
void setTruth(Warp &w, Slot dst, bool value) {
  uint32_t &p = *w.row<uint32_t>(dst);
  p = value ? p | w.mask : p & ~w.mask;
  w.setPoison(dst, 0);
}

enum Vote : uint8_t { All, Any, Uniform, Ballot };
void vote(Warp &w, const Instruction &inst) {
  if (!w.checkPoison(inst.src[0], "what is voted on"))
    return;
  uint32_t p = *w.row<uint32_t>(inst.src[0]);
  p = (inst.isSigned ? ~p : p) & w.mask;
  if (inst.mode == Ballot)
    return broadcast(w, inst.dst, p);
  bool all = p == w.mask;
  setTruth(w, inst.dst, inst.mode == All ? all : inst.mode == Any ? p != 0 : all || p == 0);
}

void decodeVote(Decoder &d) {
  constexpr std::string_view kModes[] = {"all", "any", "uni", "ballot"};
  if (!d.take("sync"))
    return d.refuse();
  auto mode = std::find(std::begin(kModes), std::end(kModes), d.takeNext());
  if (mode == std::end(kModes))
    return d.refuse();
  d.inst.mode = uint8_t(mode - std::begin(kModes));
  if (d.takeType() != (d.inst.mode == Ballot ? Ty::B32 : Ty::Pred))
    return d.refuse();
  if (!d.wantOperands(3))
    return;
  d.inst.src[0] = d.predicate(d.operand(1), d.inst.isSigned);
  d.inst.dst = d.inst.mode == Ballot ? d.dst(0, Ty::B32) : d.predicateResult(d.operand(0).name);
  d.inst.members = d.src(2, Ty::B32);
  d.inst.gather = Gather::Members;
  d.emit(&vote);
}

template <typename T> void matchLanes(Warp &w, const Instruction &inst) {
  if (!w.checkPoison(inst.src[0], "what is matched"))
    return;
  const T *a = w.row<T>(inst.src[0]);
  uint32_t alike[kLanes] = {};
  bool all = true;
  for (unsigned i = 0; i < kLanes; ++i)
    for (uint32_t m = w.mask; m; m &= m - 1)
      alike[i] |= a[std::countr_zero(m)] == a[i] ? m & -m : 0;
  for (uint32_t m = w.mask; m; m &= m - 1)
    all &= alike[std::countr_zero(m)] == w.mask;
  if (inst.mode) {
    broadcast(w, inst.dst, all ? w.mask : 0);
    if (inst.extra)
      setTruth(w, inst.src[3], all);
    return;
  }
  writeLanes<uint32_t>(w, inst.dst, [&](unsigned i) { return alike[i]; });
  w.setPoison(inst.dst, 0);
}

void decodeMatch(Decoder &d) {
  d.inst.mode = d.take("all");
  if ((!d.inst.mode && !d.take("any")) || !d.take("sync"))
    return d.refuse();
  Ty type = d.takeType();
  if (type != Ty::B32 && type != Ty::B64)
    return d.refuse();
  if (!d.wantOperands(3))
    return;
  d.inst.src[0] = d.src(1, type);
  d.inst.members = d.src(2, Ty::B32);
  d.inst.gather = Gather::Members;
  d.inst.dst = d.dst(0, Ty::B32);
  if (!d.operand(0).second.empty())
    d.inst.src[3] = d.predicateResult(d.operand(0).second), d.inst.extra = 1;
  d.emit(type == Ty::B32 ? &matchLanes<uint32_t> : &matchLanes<uint64_t>);
}

enum Reduction : uint8_t { Sum, Least, Most, And, Or, Xor };
template <typename T> void reduceLanes(Warp &w, const Instruction &inst) {
  if (!w.checkPoison(inst.src[0], "what is reduced"))
    return;
  const T *a = w.row<T>(inst.src[0]);
  T value = a[std::countr_zero(w.mask)];
  for (uint32_t m = w.mask & (w.mask - 1); m; m &= m - 1) {
    T next = a[std::countr_zero(m)];
    switch (inst.mode) {
    case Sum:
      value = T(uint32_t(value) + uint32_t(next));
      break;
    case Least:
      value = std::min(value, next);
      break;
    case Most:
      value = std::max(value, next);
      break;
    case And:
      value &= next;
      break;
    case Or:
      value |= next;
      break;
    default:
      value ^= next;
    }
  }
  broadcast(w, inst.dst, uint32_t(value));
}

void decodeRedux(Decoder &d) {
  constexpr std::string_view kNames[] = {"add", "min", "max", "and", "or", "xor"};
  if (!d.take("sync"))
    return d.refuse();
  auto name = std::find(std::begin(kNames), std::end(kNames), d.takeNext());
  Ty type = d.takeType();
  if (name == std::end(kNames))
    return d.refuse();
  d.inst.mode = uint8_t(name - std::begin(kNames));
  bool isLogic = d.inst.mode >= And;
  if (isLogic ? type != Ty::B32 : type != Ty::U32 && type != Ty::S32)
    return d.refuse();
  if (!d.wantOperands(3))
    return;
  d.inst.src[0] = d.src(1, type);
  d.inst.members = d.src(2, Ty::B32);
  d.inst.gather = Gather::Members;
  d.inst.dst = d.dst(0, type);
  d.emit(type == Ty::S32 ? &reduceLanes<int32_t> : &reduceLanes<uint32_t>);
}

void activeMask(Warp &w, const Instruction &inst) { broadcast(w, inst.dst, w.mask); }
} // namespace

void addExchange(FamilyTable &table) {
  table["shfl"] = &decodeShuffle;
  table["vote"] = &decodeVote;
  table["match"] = &decodeMatch;
  table["redux"] = &decodeRedux;
  table["activemask"] = [](Decoder &d) {
    if (d.takeType() != Ty::B32 || !d.wantOperands(1))
      return d.refuse();
    d.inst.dst = d.dst(0, Ty::B32);
    d.emit(&activeMask);
  };
}

} // namespace moec::ptx
