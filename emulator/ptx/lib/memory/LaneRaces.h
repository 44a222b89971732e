//===- LaneRaces.h - Lanes of a warp that race on shared memory -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lanes of a warp have no order among each other but what bar.warp.sync and barriers of the block
// make, however they are grouped: that they mostly go together is no promise. So a lane that reads
// and one that writes a byte race unless such a barrier lies between. Where two lanes write it,
// which of them is last is open, but for lanes of one instruction that write the same; that is a
// race once somebody reads it. Races of warps are emulator/core's.
//
// Barriers are numbered. Each lane knows of each other one the last barrier before which all of
// that lane's accesses lie before what it does now; an access has the number of the last barrier.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_MEMORY_LANERACES_H
#define MOEC_EMULATOR_PTX_LIB_MEMORY_LANERACES_H

#include "moec/emulator/core/SharedMemory.h"
#include "moec/emulator/ptx/Module.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace moec::ptx {

/// An access of one lane to bytes of shared memory.
struct LaneAccess {
  emulator::AccessKind kind = emulator::AccessKind::Read;
  bool ordered = false; ///< Volatile, relaxed, acquire, release: does not race with its like.
  unsigned warp = 0, lane = 0;
  uint32_t line = 0;             ///< Of the PTX text.
  uint32_t instruction = 0;      ///< Number of the instruction in the warp's run.
  const uint8_t *data = nullptr; ///< What is written, where that is known.
};

/// A lane that touched a byte without an order, and where: a line of an access to the dword.
struct LanePlace {
  unsigned warp = 0, lane = 0;
  uint32_t line = 0;
};

/// With whom an access races; or, where what it reads is what `first` or `second` wrote, who knows,
/// these two.
struct LaneRace {
  LanePlace first;
  std::optional<LanePlace> second;
};

/// Who touched the bytes of one block's shared memory.
class LaneRaces {
public:
  LaneRaces(uint32_t bytes, size_t warps) : cells((bytes + 3) / 4), orders(warps) {}
  /// Another block begins: nothing has been touched.
  void startBlock();
  /// All lanes of all warps come behind everything that was before.
  void syncBlock();
  /// These lanes of a warp wait for each other; `all` says whether there are no others.
  void syncLanes(unsigned warp, uint32_t lanes, bool all);
  /// Remembers an access to [address, address + bytes) and answers a lane with which it races.
  /// `memory` is what is there now, from the access's first dword on.
  std::optional<LaneRace> access(const LaneAccess &access, uint32_t address, uint32_t bytes,
                                 const uint8_t *memory);

private:
  /// What is known of one dword: accesses of one warp, older ones only as far as they may race.
  struct alignas(64) Cell {
    uint32_t writeTime = 0, readTime = 0;
    uint32_t writeLine = 0, readLine = 0;
    uint32_t writeInstruction = 0;
    uint32_t readers[4] = {}; ///< Lanes, by byte.
    std::array<uint8_t, 4> writers{};
    uint8_t writeMask = 0;   ///< Bytes that have a writer.
    uint8_t orderedMask = 0; ///< Of these, those with an atomic or ordered one.
    uint8_t warp = 0;
    uint8_t openMask = 0; ///< Bytes of which the last writer is open: see `rival`.
    uint32_t openTime = 0;
    LanePlace rival; ///< The other one than the writer.
  };
  /// What lanes of a warp know of each other.
  struct Order {
    uint32_t all = 0;    ///< Every lane of every other one.
    bool parted = false; ///< Whether some know more.
    std::vector<uint32_t> known;
    bool isBehind(unsigned lane, unsigned other, uint32_t time) const {
      return time < all || (parted && time < known[lane * kLanes + other]);
    }
  };
  /// The same for whole dwords that no other lane may have written, which nearly all reads are of;
  /// false if it is no such access.
  bool readUnwritten(const LaneAccess &access, uint32_t address, uint32_t bytes);
  uint8_t findWriters(const Cell &cell, const LaneAccess &access, uint8_t mask, const uint8_t *data,
                      const uint8_t *memory) const;
  std::optional<LaneRace> findOpen(const Cell &cell, const LaneAccess &access, uint8_t mask) const;
  void open(Cell &cell, const LaneAccess &access, uint8_t mask, uint8_t unordered) const;
  std::optional<LaneRace> findReader(const Cell &cell, const LaneAccess &access,
                                     uint8_t mask) const;
  void remember(Cell &cell, const LaneAccess &access, uint8_t mask) const;

  std::vector<Cell> cells;
  std::vector<Order> orders; ///< Of each warp.
  uint32_t now = 0;          ///< Number of the last barrier.
  uint32_t start = 0;        ///< That with which the block began.
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_MEMORY_LANERACES_H
