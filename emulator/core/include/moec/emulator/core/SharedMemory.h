//===- SharedMemory.h - Shared memory with checks ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The shared memory of one block. Every dword remembers who wrote and read it since which barrier,
// which of its bytes were never written, and whether a asynchronous copy is still under way to it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_SHAREDMEMORY_H
#define MOEC_EMULATOR_CORE_SHAREDMEMORY_H

#include <cstdint>
#include <vector>

namespace moec::emulator {

/// What was wrong with an access.
enum class SharedFault : uint8_t { None, OutOfRange, Misaligned, Race, PendingCopy };

/// Kinds of access for the race check; atomics do not race with atomics.
enum class AccessKind : uint8_t { Read, Write, Atomic };

/// Shared memory of one block.
class SharedMemory {
public:
  explicit SharedMemory(uint32_t bytes);
  uint32_t bytes() const { return size; }
  uint8_t *data() { return store.data(); }

  /// Bounds, alignment and pending copies of [address, address + count); then the race check of an
  /// access by `subgroup`, which is remembered for later ones. On a race `otherSubgroup` says with
  /// whom.
  SharedFault access(AccessKind kind, uint32_t address, uint32_t count, uint32_t alignment,
                     unsigned subgroup);
  /// Repeats the race check of an access that was not waited for before the barrier that just
  /// ended.
  SharedFault stamp(AccessKind kind, uint32_t address, uint32_t count, unsigned subgroup);
  /// The other subgroup of the last race.
  unsigned otherSubgroup() const { return conflict; }

  /// Bit i is set if byte address + i is poison; count is at most 32.
  uint32_t poison(uint32_t address, uint32_t count) const;
  /// Marks bytes as poison or not.
  void setPoison(uint32_t address, uint32_t count, bool poisoned);
  /// An asynchronous copy is under way to these bytes, or has landed.
  void beginCopy(uint32_t address, uint32_t count);
  void endCopy(uint32_t address, uint32_t count);
  /// All subgroups have passed a barrier.
  void nextEpoch() { ++epoch; }

private:
  struct Cell {
    uint32_t writeEpoch = 0, readEpoch = 0;
    uint8_t writer = 0, writeMask = 0, reader = 0, readMask = 0;
    uint8_t poison = 15, copies = 0;
    bool atomic = false;
  };
  uint32_t size;
  uint32_t epoch = 1;
  unsigned conflict = 0;
  std::vector<uint8_t> store;
  std::vector<Cell> cells;
};

} // namespace moec::emulator

#endif // MOEC_EMULATOR_CORE_SHAREDMEMORY_H
