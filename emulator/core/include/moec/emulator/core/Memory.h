//===- Memory.h - Device memory and its allocations -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Device memory is host memory: an address on the emulated device is the address in this process.
// The table of live allocations answers whether an access stays inside one of them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_MEMORY_H
#define MOEC_EMULATOR_CORE_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>

namespace moec::emulator {

/// A range [begin, end) of addresses.
struct Allocation {
  uint64_t begin = 0, end = 0;
  bool readOnly = false;
  bool contains(uint64_t address, uint64_t bytes) const {
    return address >= begin && address + bytes <= end && address + bytes >= address;
  }
};

/// The live allocations of one device. Thread-safe.
class AllocationTable {
public:
  AllocationTable() = default;
  AllocationTable(const AllocationTable &) = delete;
  ~AllocationTable();

  /// Memory of `bytes` bytes, aligned to 256 bytes, not initialised; null when the host has no
  /// more.
  void *allocate(size_t bytes);
  /// False if `pointer` is not the start of an allocation made by `allocate`.
  bool release(void *pointer);
  /// Makes memory that somebody else owns visible to kernels.
  void expose(const void *pointer, size_t bytes, bool readOnly);
  /// Takes back what `expose` did.
  void hide(const void *pointer);
  /// The allocation that holds `address`, or an empty one.
  Allocation find(uint64_t address) const;
  /// Bytes in live allocations made by `allocate`.
  size_t bytesInUse() const;
  /// Changes whenever an allocation is added or removed; lets subgroups keep the last answer of
  /// `find`.
  uint64_t generation() const { return changes; }

private:
  struct Entry {
    Allocation range;
    bool owned = false;
  };
  mutable std::shared_mutex mutex;
  std::map<uint64_t, Entry> entries;
  size_t used = 0;
  uint64_t changes = 0;
};

} // namespace moec::emulator

#endif // MOEC_EMULATOR_CORE_MEMORY_H
