//===- Lds.h - Local data share with checks ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The LDS of one workgroup. Every dword remembers who wrote and read it since which barrier, which
// of its bytes were never written, and whether a load to LDS is still under way to it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LDS_H
#define MOEC_EMULATOR_GFX950_LDS_H

#include <cstdint>
#include <vector>

namespace moec::gfx950 {

/// What was wrong with an LDS access.
enum class LdsFault : uint8_t { None, OutOfRange, Misaligned, Race, PendingDma };

/// Kinds of access for the race check; atomics do not race with atomics.
enum class LdsAccess : uint8_t { Read, Write, Atomic };

/// LDS of one workgroup.
class Lds {
public:
  explicit Lds(uint32_t bytes);
  uint32_t bytes() const { return size; }
  uint8_t *data() { return store.data(); }

  /// Bounds, alignment and pending loads of [address, address + count); then the race check of an
  /// access by `wave`, which is remembered for later ones. On a race `otherWave` says with whom.
  LdsFault access(LdsAccess kind, uint32_t address, uint32_t count, uint32_t alignment,
                  unsigned wave);
  /// Repeats the race check of an access that was not waited for before the barrier that just
  /// ended.
  LdsFault stamp(LdsAccess kind, uint32_t address, uint32_t count, unsigned wave);
  /// The other wave of the last race.
  unsigned otherWave() const { return conflict; }

  /// Bit i is set if byte address + i is poison; count is at most 32.
  uint32_t poison(uint32_t address, uint32_t count) const;
  /// Marks bytes as poison or not.
  void setPoison(uint32_t address, uint32_t count, bool poisoned);
  /// A load to LDS is under way to these bytes, or has landed.
  void beginDma(uint32_t address, uint32_t count);
  void endDma(uint32_t address, uint32_t count);
  /// All waves have passed a barrier.
  void nextEpoch() { ++epoch; }

private:
  struct Cell {
    uint32_t writeEpoch = 0, readEpoch = 0;
    uint8_t writer = 0, writeMask = 0, reader = 0, readMask = 0;
    uint8_t poison = 15, dma = 0;
    bool atomic = false;
  };
  uint32_t size;
  uint32_t epoch = 1;
  unsigned conflict = 0;
  std::vector<uint8_t> store;
  std::vector<Cell> cells;
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LDS_H
