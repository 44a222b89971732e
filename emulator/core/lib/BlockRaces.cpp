//===- BlockRaces.cpp - Races between blocks --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Of the readers of a byte the first and the last are remembered. A writer that has an order with
// these two, but none with another one, is not found; whatever is told is a race.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/BlockRaces.h"

namespace moec::emulator {

void BlockRaces::join(Times &into, const Times &from) {
  for (auto [group, time] : from)
    if (uint32_t &known = into[group]; known < time)
      known = time;
}

std::optional<uint32_t> BlockRaces::accessByte(AccessKind kind, Cell &c, unsigned b,
                                               uint32_t number) {
  const Group &group = groups[number];
  const Access self{number + 1, group.atomics};
  auto races = [&](const Access &other) {
    if (!other.group || other.group == self.group)
      return false;
    auto it = group.behind.find(other.group - 1);
    return it == group.behind.end() || it->second < other.time;
  };
  const bool synchronises = kind != AccessKind::Write && c.atomic[b];
  if (!synchronises && races(c.writer[b]))
    return c.writer[b].group - 1;
  if (kind == AccessKind::Read) {
    Access &reader = !c.first[b].group || c.first[b].group == self.group ? c.first[b] : c.last[b];
    reader = self;
    return std::nullopt;
  }
  for (const Access &reader : {c.first[b], c.last[b]})
    if (kind == AccessKind::Write && races(reader))
      return reader.group - 1;
  c.atomic[b] = kind == AccessKind::Atomic;
  c.writer[b] = self;
  return std::nullopt;
}

std::optional<uint32_t> BlockRaces::access(AccessKind kind, uint64_t address, unsigned bytes,
                                           uint32_t number) {
  std::lock_guard lock(mutex);
  Group &group = groups[number];
  std::optional<uint32_t> other;
  for (uint64_t at = address; at < address + bytes; ++at) {
    Cell &c = cells[at / 4];
    // A read of what a plain store wrote later finds nobody's release here, or one before that.
    if (kind != AccessKind::Write && (at == address || at % 4 == 0))
      join(group.behind, c.released);
    std::optional<uint32_t> with = accessByte(kind, c, unsigned(at % 4), number);
    other = other ? other : with;
  }
  if (kind != AccessKind::Atomic)
    return other;
  for (uint64_t dword = address / 4; dword <= (address + bytes - 1) / 4; ++dword) {
    Cell &c = cells[dword];
    join(c.released, group.behind);
    c.released[number] = group.atomics;
  }
  ++group.atomics;
  return other;
}

} // namespace moec::emulator
