//===- BlockRaces.h - Races between blocks ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Blocks of a launch have no order but the one that they make by atomics. For each byte of
// global memory this keeps who wrote and who read it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_BLOCKRACES_H
#define MOEC_EMULATOR_CORE_BLOCKRACES_H

#include "moec/emulator/core/SharedMemory.h"

#include <mutex>
#include <optional>
#include <unordered_map>

namespace moec::emulator {

/// The accesses of one launch. Thread-safe.
class BlockRaces {
public:
  /// Enters an access of block `group` and answers another block with which it races. An
  /// atomic, and a read of what only atomics wrote, come behind all that the blocks did which
  /// wrote there by atomics before.
  std::optional<uint32_t> access(AccessKind kind, uint64_t address, unsigned bytes, uint32_t group);

private:
  /// A block plus one (0 is nobody) and how many atomics it had made.
  struct Access {
    uint32_t group = 0, time = 0;
  };
  /// By block: how many atomics of it something comes behind.
  using Times = std::unordered_map<uint32_t, uint32_t>;
  struct Cell {
    Access writer[4], first[4], last[4]; ///< By byte; two of the readers.
    bool atomic[4] = {};                 ///< Only atomics wrote.
    Times released;                      ///< Of atomics here.
  };
  struct Group {
    uint32_t atomics = 1;
    Times behind;
  };
  std::optional<uint32_t> accessByte(AccessKind kind, Cell &cell, unsigned byte, uint32_t number);
  static void join(Times &into, const Times &from);

  std::mutex mutex;
  std::unordered_map<uint64_t, Cell> cells; ///< By dword.
  std::unordered_map<uint32_t, Group> groups;
};

} // namespace moec::emulator

#endif // MOEC_EMULATOR_CORE_BLOCKRACES_H
