//===- SharedMemory.cpp - Shared memory with checks -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Race detection between two barriers: a byte written by one subgroup may not be touched by another
// one, and a byte read by one subgroup may not be written by another one. Two subgroups that write
// different bytes of one dword share its record; the record then no longer says which subgroup
// wrote which byte, and accesses to it are not judged.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/SharedMemory.h"

#include <algorithm>

namespace moec::emulator {

namespace {
/// Stands for several subgroups in a cell's `writer` or `reader`.
constexpr uint8_t kMixed = 255;
} // namespace

// A cell keeps the record of one dword.
SharedMemory::SharedMemory(uint32_t bytes)
    : size(bytes), store((bytes + 15) / 16 * 16), cells((bytes + 3) / 4) {}

SharedFault SharedMemory::access(AccessKind kind, uint32_t address, uint32_t count,
                                 uint32_t alignment, unsigned subgroup) {
  if (uint64_t(address) + count > size)
    return SharedFault::OutOfRange;
  if (address % alignment)
    return SharedFault::Misaligned;
  // Several copies may be under way to one dword, so this is a count.
  for (uint32_t dword = address / 4; dword <= (address + count - 1) / 4; ++dword)
    if (cells[dword].copies)
      return SharedFault::PendingCopy;
  return stamp(kind, address, count, subgroup);
}

SharedFault SharedMemory::stamp(AccessKind kind, uint32_t address, uint32_t count,
                                unsigned subgroup) {
  // Barriers divide the time of a block into epochs, in which subgroups have no order. So two
  // accesses of one epoch by two subgroups, of which one writes, are a race in every schedule, also
  // where the emulator, which runs the subgroups in turn, happens to compute the right thing.
  // Records of earlier epochs are not erased but told by their epoch, so a barrier costs nothing.
  uint32_t end = address + count;
  for (uint32_t dword = address / 4; dword * 4 < end; ++dword) {
    uint32_t first = std::max(address, dword * 4) - dword * 4,
             last = std::min(end, dword * 4 + 4) - dword * 4;
    uint8_t mask = uint8_t(((1u << last) - 1) & ~((1u << first) - 1));
    Cell &c = cells[dword];
    bool written = c.writeEpoch == epoch, read = c.readEpoch == epoch;
    // Atomics do not race with each other, as long as every write of the dword in this epoch was
    // one.
    bool atomics = kind == AccessKind::Atomic && c.atomic;
    if (written && !atomics && c.writer != subgroup && c.writer != kMixed && (c.writeMask & mask)) {
      conflict = c.writer;
      return SharedFault::Race;
    }
    // Several readers are no race. Where there are two, no subgroup may write any more, which
    // kMixed says: no subgroup has that number.
    if (kind == AccessKind::Read) {
      if (!read) {
        c.readEpoch = epoch, c.reader = uint8_t(subgroup), c.readMask = mask;
      } else {
        c.reader = c.reader == subgroup ? c.reader : kMixed;
        c.readMask |= mask;
      }
      continue;
    }
    // A write behind a read of another subgroup: the read may not have happened yet.
    if (read && c.reader != subgroup && (c.readMask & mask)) {
      conflict = c.reader;
      return SharedFault::Race;
    }
    if (!written) {
      c.writeEpoch = epoch, c.writer = uint8_t(subgroup), c.writeMask = mask,
      c.atomic = kind == AccessKind::Atomic;
    } else {
      c.writer = c.writer == subgroup ? c.writer : kMixed;
      c.writeMask |= mask;
      c.atomic = c.atomic && kind == AccessKind::Atomic;
    }
  }
  return SharedFault::None;
}

uint32_t SharedMemory::poison(uint32_t address, uint32_t count) const {
  // Dword by dword, four bits of a cell at a time.
  uint32_t result = 0;
  for (uint32_t i = 0; i < count;) {
    const Cell &c = cells[(address + i) / 4];
    uint32_t shift = (address + i) % 4, take = std::min(4 - shift, count - i);
    result |= ((c.poison >> shift) & ((1u << take) - 1)) << i;
    i += take;
  }
  return result;
}

void SharedMemory::setPoison(uint32_t address, uint32_t count, bool poisoned) {
  for (uint32_t i = 0; i < count;) {
    Cell &c = cells[(address + i) / 4];
    uint32_t shift = (address + i) % 4, take = std::min(4 - shift, count - i);
    uint8_t mask = uint8_t(((1u << take) - 1) << shift);
    c.poison = poisoned ? c.poison | mask : c.poison & ~mask;
    i += take;
  }
}

void SharedMemory::beginCopy(uint32_t address, uint32_t count) {
  for (uint32_t dword = address / 4; dword <= (address + count - 1) / 4; ++dword)
    ++cells[dword].copies;
}

void SharedMemory::endCopy(uint32_t address, uint32_t count) {
  for (uint32_t dword = address / 4; dword <= (address + count - 1) / 4; ++dword)
    --cells[dword].copies;
}

} // namespace moec::emulator
