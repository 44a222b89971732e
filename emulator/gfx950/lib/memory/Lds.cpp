//===- Lds.cpp - Local data share with checks -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Race detection between two barriers: a byte written by one wave may not be touched by another
// one, and a byte read by one wave may not be written by another one. Two waves that write
// different bytes of one dword share its record; the record then no longer says which wave wrote
// which byte, and accesses to it are not judged.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Lds.h"

#include <algorithm>

namespace moec::gfx950 {

namespace {
/// Stands for several waves in a cell's `writer` or `reader`.
constexpr uint8_t kMixed = 255;
} // namespace

// A cell keeps the record of one dword.
Lds::Lds(uint32_t bytes) : size(bytes), store((bytes + 15) / 16 * 16), cells((bytes + 3) / 4) {}

LdsFault Lds::access(LdsAccess kind, uint32_t address, uint32_t count, uint32_t alignment,
                     unsigned wave) {
  if (uint64_t(address) + count > size)
    return LdsFault::OutOfRange;
  if (address % alignment)
    return LdsFault::Misaligned;
  // Several loads to LDS may be under way to one dword, so this is a count.
  for (uint32_t dword = address / 4; dword <= (address + count - 1) / 4; ++dword)
    if (cells[dword].dma)
      return LdsFault::PendingDma;
  return stamp(kind, address, count, wave);
}

LdsFault Lds::stamp(LdsAccess kind, uint32_t address, uint32_t count, unsigned wave) {
  // Barriers divide the time of a workgroup into epochs, in which waves have no order. So two
  // accesses of one epoch by two waves, of which one writes, are a race in every schedule, also
  // where the emulator, which runs the waves in turn, happens to compute the right thing. Records
  // of earlier epochs are not erased but told by their epoch, so a barrier costs nothing.
  uint32_t end = address + count;
  for (uint32_t dword = address / 4; dword * 4 < end; ++dword) {
    uint32_t first = std::max(address, dword * 4) - dword * 4,
             last = std::min(end, dword * 4 + 4) - dword * 4;
    uint8_t mask = uint8_t(((1u << last) - 1) & ~((1u << first) - 1));
    Cell &c = cells[dword];
    bool written = c.writeEpoch == epoch, read = c.readEpoch == epoch;
    // Atomics do not race with each other, as long as every write of the dword in this epoch was
    // one.
    bool atomics = kind == LdsAccess::Atomic && c.atomic;
    if (written && !atomics && c.writer != wave && c.writer != kMixed && (c.writeMask & mask)) {
      conflict = c.writer;
      return LdsFault::Race;
    }
    // Several readers are no race. Where there are two, no wave may write any more, which kMixed
    // says: no wave has that number.
    if (kind == LdsAccess::Read) {
      if (!read) {
        c.readEpoch = epoch, c.reader = uint8_t(wave), c.readMask = mask;
      } else {
        c.reader = c.reader == wave ? c.reader : kMixed;
        c.readMask |= mask;
      }
      continue;
    }
    // A write behind a read of another wave: the read may not have happened yet.
    if (read && c.reader != wave && (c.readMask & mask)) {
      conflict = c.reader;
      return LdsFault::Race;
    }
    if (!written) {
      c.writeEpoch = epoch, c.writer = uint8_t(wave), c.writeMask = mask,
      c.atomic = kind == LdsAccess::Atomic;
    } else {
      c.writer = c.writer == wave ? c.writer : kMixed;
      c.writeMask |= mask;
      c.atomic = c.atomic && kind == LdsAccess::Atomic;
    }
  }
  return LdsFault::None;
}

uint32_t Lds::poison(uint32_t address, uint32_t count) const {
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

void Lds::setPoison(uint32_t address, uint32_t count, bool poisoned) {
  for (uint32_t i = 0; i < count;) {
    Cell &c = cells[(address + i) / 4];
    uint32_t shift = (address + i) % 4, take = std::min(4 - shift, count - i);
    uint8_t mask = uint8_t(((1u << take) - 1) << shift);
    c.poison = poisoned ? c.poison | mask : c.poison & ~mask;
    i += take;
  }
}

void Lds::beginDma(uint32_t address, uint32_t count) {
  for (uint32_t dword = address / 4; dword <= (address + count - 1) / 4; ++dword)
    ++cells[dword].dma;
}

void Lds::endDma(uint32_t address, uint32_t count) {
  for (uint32_t dword = address / 4; dword <= (address + count - 1) / 4; ++dword)
    --cells[dword].dma;
}

} // namespace moec::gfx950
