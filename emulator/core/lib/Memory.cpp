//===- Memory.cpp - Device memory and its allocations -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A sorted table of allocations. The gap that the host's allocator leaves is widened to at least
// 256 bytes on both sides, so that an access just past the end never falls into a neighbour.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/Memory.h"

#include <cstdlib>

namespace moec::emulator {

namespace {
constexpr size_t kAlignment = 256;
constexpr size_t kGuard = 256;
} // namespace

// What the host's allocator gave, for the pointer that the device has.
static void *startOfBlock(uint64_t begin) { return reinterpret_cast<void *>(begin - kGuard); }

AllocationTable::~AllocationTable() {
  for (const auto &[begin, entry] : entries)
    if (entry.owned)
      std::free(startOfBlock(begin));
}

// The block has a guard on both sides. Pointers are aligned to 256 bytes, more than any access asks
// for.
void *AllocationTable::allocate(size_t bytes) {
  size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void *block = std::aligned_alloc(kAlignment, rounded + 2 * kGuard);
  if (!block)
    return nullptr;
  uint64_t begin = reinterpret_cast<uint64_t>(block) + kGuard;
  std::unique_lock lock(mutex);
  // The range ends where the caller asked, not where the rounding does: a byte past it is a fault.
  entries[begin] = {{begin, begin + bytes, false}, true};
  used += bytes;
  ++changes;
  return reinterpret_cast<void *>(begin);
}

bool AllocationTable::release(void *pointer) {
  std::unique_lock lock(mutex);
  auto it = entries.find(reinterpret_cast<uint64_t>(pointer));
  if (it == entries.end() || !it->second.owned)
    return false;
  used -= it->second.range.end - it->second.range.begin;
  entries.erase(it);
  ++changes;
  std::free(startOfBlock(reinterpret_cast<uint64_t>(pointer)));
  return true;
}

// Code objects and kernel arguments belong to somebody else, but kernels read them.
void AllocationTable::expose(const void *pointer, size_t bytes, bool readOnly) {
  uint64_t begin = reinterpret_cast<uint64_t>(pointer);
  std::unique_lock lock(mutex);
  entries[begin] = {{begin, begin + bytes, readOnly}, false};
  ++changes;
}

void AllocationTable::hide(const void *pointer) {
  std::unique_lock lock(mutex);
  entries.erase(reinterpret_cast<uint64_t>(pointer));
  ++changes;
}

Allocation AllocationTable::find(uint64_t address) const {
  std::shared_lock lock(mutex);
  // Ranges do not overlap, so the last one that starts at or before the address is the only one
  // that may hold it.
  auto it = entries.upper_bound(address);
  if (it == entries.begin())
    return {};
  --it;
  return address < it->second.range.end ? it->second.range : Allocation{};
}

size_t AllocationTable::bytesInUse() const {
  std::shared_lock lock(mutex);
  return used;
}

} // namespace moec::emulator
