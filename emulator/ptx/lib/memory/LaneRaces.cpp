//===- LaneRaces.cpp - Lanes of a warp that race on shared memory ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A dword has one time for its writes and one for its reads. Where accesses of several times share
// it the earliest one stands for all, so that a race may be missed behind barriers of some lanes of
// a warp, and none is made up.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/memory/LaneRaces.h"

#include <algorithm>
#include <bit>

namespace moec::ptx {

using emulator::AccessKind;

void LaneRaces::startBlock() {
  syncBlock();
  start = now;
}

void LaneRaces::syncBlock() {
  ++now;
  for (Order &order : orders)
    order.all = now, order.parted = false;
}

void LaneRaces::syncLanes(unsigned warp, uint32_t lanes, bool all) {
  ++now;
  Order &order = orders[warp];
  if (all) {
    order.all = now, order.parted = false;
    return;
  }
  if (!order.parted)
    order.known.assign(size_t(kLanes) * kLanes, order.all), order.parted = true;
  uint32_t together[kLanes] = {};
  for (uint32_t m = lanes; m; m &= m - 1)
    for (unsigned other = 0; other < kLanes; ++other)
      together[other] =
          std::max(together[other], order.known[unsigned(std::countr_zero(m)) * kLanes + other]);
  for (unsigned other = 0; other < kLanes; ++other)
    together[other] = lanes >> other & 1 ? now : together[other];
  for (uint32_t m = lanes; m; m &= m - 1)
    std::copy(together, together + kLanes,
              order.known.begin() + unsigned(std::countr_zero(m)) * kLanes);
}

static bool isOrdered(const LaneAccess &access) {
  return access.ordered || access.kind == AccessKind::Atomic;
}

/// Bytes that another lane wrote without an order.
uint8_t LaneRaces::findWriters(const Cell &cell, const LaneAccess &access, uint8_t mask,
                               const uint8_t *data, const uint8_t *memory) const {
  const Order &order = orders[access.warp];
  unsigned found = 0;
  for (unsigned m = cell.writeMask & mask; m; m &= m - 1) {
    const unsigned b = unsigned(std::countr_zero(m)), other = cell.writers[b];
    if (other == access.lane || (isOrdered(access) && cell.orderedMask >> b & 1) ||
        order.isBehind(access.lane, other, cell.writeTime))
      continue;
    // Which of the lanes of one instruction writes last is open, and nobody can tell here.
    bool alike = data && access.kind == AccessKind::Write &&
                 cell.writeInstruction == access.instruction && data[b] == memory[b];
    found |= alike ? 0 : 1u << b;
  }
  return uint8_t(found);
}

/// What is read and may be one lane's or another's.
std::optional<LaneRace> LaneRaces::findOpen(const Cell &cell, const LaneAccess &access,
                                            uint8_t mask) const {
  if (!(cell.openMask & mask) || cell.openTime < start || access.kind == AccessKind::Write)
    return std::nullopt;
  const unsigned writer = cell.writers[std::countr_zero(unsigned(cell.openMask & mask))];
  return LaneRace{cell.rival, LanePlace{cell.rival.warp, writer, cell.writeLine}};
}

/// A write over what others wrote, of some bytes without an order.
void LaneRaces::open(Cell &cell, const LaneAccess &access, uint8_t mask, uint8_t unordered) const {
  // What lies behind all that was open is certain again.
  if (cell.openMask & mask &&
      (cell.rival.warp != access.warp || cell.openTime < start ||
       orders[access.warp].isBehind(access.lane, cell.rival.lane, cell.openTime)))
    cell.openMask &= ~mask;
  if (!unordered)
    return;
  cell.rival = {access.warp, cell.writers[std::countr_zero(unsigned(unordered))], cell.writeLine};
  cell.openTime = now;
  cell.openMask |= unordered;
}

std::optional<LaneRace> LaneRaces::findReader(const Cell &cell, const LaneAccess &access,
                                              uint8_t mask) const {
  const Order &order = orders[access.warp];
  for (unsigned m = mask; m; m &= m - 1)
    for (uint32_t r = cell.readers[std::countr_zero(m)] & ~(1u << access.lane); r; r &= r - 1)
      if (unsigned other = unsigned(std::countr_zero(r));
          !order.isBehind(access.lane, other, cell.readTime))
        return LaneRace{{access.warp, other, cell.readLine}, {}};
  return std::nullopt;
}

void LaneRaces::remember(Cell &cell, const LaneAccess &access, uint8_t mask) const {
  if (access.kind == AccessKind::Read) {
    if (access.ordered)
      return;
    if (!(cell.readers[0] | cell.readers[1] | cell.readers[2] | cell.readers[3]))
      cell.readTime = now;
    cell.readLine = access.line;
    for (unsigned b = 0; b < 4; ++b)
      cell.readers[b] |= mask >> b & 1 ? 1u << access.lane : 0;
    return;
  }
  if (!cell.writeMask)
    cell.writeTime = now;
  cell.writeMask |= mask;
  cell.orderedMask = isOrdered(access) ? cell.orderedMask | mask : cell.orderedMask & ~mask;
  cell.writeLine = access.line, cell.writeInstruction = access.instruction;
  // Who comes behind this write comes behind the reads before it.
  for (unsigned b = 0; b < 4; ++b)
    if (mask >> b & 1)
      cell.writers[b] = uint8_t(access.lane), cell.readers[b] = 0;
}

bool LaneRaces::readUnwritten(const LaneAccess &access, uint32_t address, uint32_t bytes) {
  if (access.kind != AccessKind::Read || (address | bytes) & 3)
    return false;
  const uint32_t all = orders[access.warp].all;
  Cell *const begin = &cells[address / 4], *const end = begin + bytes / 4;
  const uint32_t own = access.lane * 0x01010101u;
  for (const Cell *cell = begin; cell != end; ++cell) {
    const bool mayRace =
        cell->writeMask && cell->writeTime >= all && std::bit_cast<uint32_t>(cell->writers) != own;
    if (mayRace || cell->openMask || cell->warp != access.warp)
      return false;
  }
  const uint32_t reader = uint32_t(!access.ordered) << access.lane;
  for (Cell *cell = begin; cell != end; ++cell) {
    const uint32_t kept = cell->readTime < all ? 0 : ~0u;
    cell->readTime = kept ? cell->readTime : now;
    cell->readLine = access.line;
    for (uint32_t &readers : cell->readers)
      readers = (readers & kept) | reader;
  }
  return true;
}

std::optional<LaneRace> LaneRaces::access(const LaneAccess &access, uint32_t address,
                                          uint32_t bytes, const uint8_t *memory) {
  std::optional<LaneRace> race;
  if (readUnwritten(access, address, bytes))
    return race;
  const uint32_t all = orders[access.warp].all, end = address + bytes, begin = address / 4 * 4;
  for (uint32_t dword = address / 4; dword * 4 < end; ++dword) {
    const uint32_t first = std::max(address, dword * 4) - dword * 4,
                   last = std::min(end, dword * 4 + 4) - dword * 4;
    const uint8_t mask = uint8_t(((1u << last) - 1) & ~((1u << first) - 1));
    Cell &cell = cells[dword];
    const bool isOther = cell.warp != access.warp;
    if (isOther || cell.writeTime < all)
      cell.writeMask = 0;
    if (isOther || cell.readTime < all)
      std::fill(std::begin(cell.readers), std::end(cell.readers), 0);
    cell.warp = uint8_t(access.warp);
    // Both begin with the dword.
    const uint8_t *data = access.data ? access.data + dword * 4 - address : nullptr;
    const uint8_t unordered = findWriters(cell, access, mask, data, memory + (dword * 4 - begin));
    if (access.kind == AccessKind::Write)
      open(cell, access, mask, unordered);
    else if (unordered && !race)
      race = LaneRace{
          {access.warp, cell.writers[std::countr_zero(unsigned(unordered))], cell.writeLine}, {}};
    if (!race)
      race = findOpen(cell, access, mask);
    if (!race && access.kind != AccessKind::Read)
      race = findReader(cell, access, mask);
    remember(cell, access, mask);
  }
  return race;
}

} // namespace moec::ptx
