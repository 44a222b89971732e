//===- Access.cpp - Addresses of lanes and their checks -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Mostly all lanes of an instruction are in one allocation, which the span of their addresses
// shows.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/memory/Access.h"

#include "emulator/ptx/lib/warp/Block.h"

#include <algorithm>
#include <bit>

namespace moec::ptx {

using emulator::AccessKind;
using emulator::SharedFault;

static std::string hex(uint64_t value) {
  std::string text;
  do
    text.insert(text.begin(), "0123456789abcdef"[value & 15]);
  while (value >>= 4);
  return "0x" + text;
}

bool readAddresses(Warp &w, Slot slot, unsigned registerBytes, uint64_t offset, Addresses &out) {
  if ((w.poisonLanes(slot) & w.mask) && !w.checkPoison(slot, "an address"))
    return false;
  if (registerBytes == 8) {
    const uint64_t *base = w.row<uint64_t>(slot);
    for (unsigned i = 0; i < kLanes; ++i)
      out.at[i] = base[i] + offset;
  } else {
    // Offsets are signed, and an address of 32 bits wraps.
    const uint32_t *base = w.row<uint32_t>(slot);
    for (unsigned i = 0; i < kLanes; ++i)
      out.at[i] = base[i] + uint32_t(offset);
  }
  if (w.mask != ~0u) {
    uint64_t some = out.at[std::countr_zero(w.mask)];
    for (unsigned i = 0; i < kLanes; ++i)
      out.at[i] = w.mask >> i & 1 ? out.at[i] : some;
  }
  return true;
}

Space resolveSpace(uint64_t &address) {
  uint64_t window = address >> 32 << 32;
  if (window != kSharedWindow && window != kLocalWindow)
    return Space::Global;
  address -= window;
  return window == kSharedWindow ? Space::Shared : Space::Local;
}

static const char *accessName(AccessKind kind) {
  return kind == AccessKind::Read ? "load" : kind == AccessKind::Write ? "store" : "atomic";
}

/// What is wrong with one lane's access, if anything is.
static bool checkLane(Warp &w, int lane, uint64_t address, unsigned bytes, AccessKind kind) {
  emulator::AllocationTable &memory = w.block->context.memory;
  emulator::Allocation allocation = memory.find(address);
  if (!allocation.contains(address, bytes)) {
    std::string text = strCat(accessName(kind), " of ", bytes, " bytes at ", hex(address));
    emulator::Allocation before;
    for (uint64_t back = 8; back <= 4096 && !before.end; back *= 2)
      before = memory.find(address - back);
    if (allocation.end)
      text += strCat(" ends ", address + bytes - allocation.end, " bytes behind an allocation of ",
                     allocation.end - allocation.begin);
    else if (before.end)
      text += strCat(" is ", address - before.end, " bytes behind an allocation of ",
                     before.end - before.begin);
    else
      text += " is in no allocation";
    w.fail(lane, text);
    return false;
  }
  if (kind != AccessKind::Read && allocation.readOnly) {
    w.fail(lane, strCat(accessName(kind), " at ", hex(address), " to memory that may not change"));
    return false;
  }
  w.lastAllocation = allocation;
  return true;
}

static bool checkRaces(Warp &w, const Addresses &addresses, unsigned bytes, AccessKind kind) {
  emulator::BlockRaces &races = *w.block->context.races;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int lane = std::countr_zero(m);
    auto other = races.access(kind, addresses.at[lane], bytes, uint32_t(w.block->number()));
    if (other && !w.finding(FindingClass::Race, lane,
                            strCat("race on ", bytes, " bytes at ", hex(addresses.at[lane]),
                                   " with block ", *other)))
      return false;
  }
  return true;
}

bool checkGlobal(Warp &w, const Addresses &addresses, unsigned bytes, AccessKind kind) {
  uint64_t low = ~0ull, high = 0, bits = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    low = std::min(low, addresses.at[i]), high = std::max(high, addresses.at[i]);
    bits |= addresses.at[i];
  }
  if (bits & (bytes - 1))
    for (uint32_t m = w.mask; m; m &= m - 1)
      if (int lane = std::countr_zero(m); addresses.at[lane] & (bytes - 1)) {
        w.fail(lane, strCat(accessName(kind), " of ", bytes, " bytes at ", hex(addresses.at[lane]),
                            " is not aligned to its size"));
        return false;
      }
  uint64_t generation = w.block->context.memory.generation();
  if (w.lastGeneration != generation)
    w.lastAllocation = {}, w.lastGeneration = generation;
  const uint64_t span = high - low + bytes;
  bool inLast = w.lastAllocation.contains(low, span) &&
                (kind == AccessKind::Read || !w.lastAllocation.readOnly);
  if (!inLast)
    for (uint32_t m = w.mask; m; m &= m - 1) {
      int lane = std::countr_zero(m);
      uint64_t address = addresses.at[lane];
      if (!w.lastAllocation.contains(address, bytes) ||
          (kind != AccessKind::Read && w.lastAllocation.readOnly))
        if (!checkLane(w, lane, address, bytes, kind))
          return false;
    }
  return !w.block->context.races || checkRaces(w, addresses, bytes, kind);
}

bool checkShared(Warp &w, int lane, uint64_t address, unsigned bytes, AccessKind kind) {
  emulator::SharedMemory &shared = w.block->shared;
  SharedFault fault = address >> 32 ? SharedFault::OutOfRange
                                    : shared.access(kind, uint32_t(address), bytes, bytes, w.index);
  auto what = [&] {
    return strCat(accessName(kind), " of ", bytes, " bytes at ", hex(address), " of shared memory");
  };
  switch (fault) {
  case SharedFault::None:
    return true;
  case SharedFault::OutOfRange:
    w.fail(lane, strCat(what(), ", which has ", shared.bytes(), " bytes"));
    return false;
  case SharedFault::Misaligned:
    w.fail(lane, strCat(what(), " is not aligned to its size"));
    return false;
  case SharedFault::Race:
    return w.finding(FindingClass::Race, lane,
                     strCat(what(), " races with warp ", shared.otherSubgroup()));
  case SharedFault::PendingCopy:
    return w.finding(FindingClass::Wait, lane,
                     strCat(what(), ": a cp.async to it has not been waited for"));
  }
  return true;
}

bool checkLanes(Warp &w, int lane, uint64_t address, unsigned bytes, AccessKind kind, bool ordered,
                const uint8_t *data) {
  Block &block = *w.block;
  LaneAccess access{kind, ordered, w.index, unsigned(lane), w.current().line, uint32_t(w.executed),
                    data};
  auto race = block.laneRaces.access(access, uint32_t(address), bytes,
                                     block.shared.data() + address / 4 * 4);
  if (!race)
    return true;
  auto tell = [&](const LanePlace &place) {
    return strCat("lane ", place.lane, place.warp == w.index ? "" : strCat(" of warp ", place.warp),
                  ", ", block.lineText(place.line));
  };
  std::string text =
      strCat(accessName(kind), " of ", bytes, " bytes at ", hex(address), " of shared memory ");
  text += race->second ? strCat("races: who wrote there last is open, ", tell(race->first), ", or ",
                                tell(*race->second))
                       : strCat("races with ", tell(race->first), ", of its warp");
  return w.finding(FindingClass::Race, lane,
                   text + ": no bar.warp.sync or barrier of both lies between");
}

bool checkLocal(Warp &w, int lane, uint64_t address, unsigned bytes) {
  uint32_t size = w.block->context.kernel.localBytes;
  if (address + bytes > size || address + bytes < address) {
    w.fail(lane, strCat("access of ", bytes, " bytes at ", hex(address),
                        " of local memory, which has ", size, " bytes"));
    return false;
  }
  if (address & (bytes - 1)) {
    w.fail(lane, strCat("access of ", bytes, " bytes at ", hex(address),
                        " of local memory is not aligned to its size"));
    return false;
  }
  return true;
}

} // namespace moec::ptx
