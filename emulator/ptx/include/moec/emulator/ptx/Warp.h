//===- Warp.h - State of one warp -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers with their poison, the lanes that go together, copies under way, and the first fault of
// one warp. Semantics are free functions over this state.
//
// Lanes that part at a branch become groups. The group with the least block order runs; groups meet
// again at the first instruction of a block, and an instruction that names lanes (.sync) holds its
// group until all of them are there.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_WARP_H
#define MOEC_EMULATOR_PTX_WARP_H

#include "moec/emulator/core/Memory.h"
#include "moec/emulator/ptx/Findings.h"
#include "moec/emulator/ptx/Instruction.h"
#include "moec/emulator/ptx/Launch.h"
#include "moec/emulator/ptx/Module.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace moec::ptx {

class Block;

enum class WarpStatus : uint8_t { Running, AtBarrier, Ended, Failed };

/// Lanes at one place.
struct LaneGroup {
  uint32_t pc = 0;
  uint32_t mask = 0;
  bool waits = false; ///< For other lanes.
};

/// A cp.async whose bytes have not landed.
struct AsyncCopy {
  uint32_t mask = 0; ///< Lanes whose bytes are under way.
  uint32_t bytes = 0;
  uint32_t line = 0;
  uint32_t group[kLanes];   ///< Of each lane.
  uint32_t address[kLanes]; ///< In shared memory.
  uint8_t data[kLanes][16];
};

/// One warp of 32 lanes.
class Warp {
public:
  /// Forgets everything: registers poisoned, nothing under way, `lanes` lanes at the first
  /// instruction.
  void reset(Block &owner, unsigned number, uint32_t lanes);
  /// Runs until the warp waits at a barrier, ends or fails, or `budget` instructions have run.
  void run(uint64_t budget);

  // Registers.
  template <typename T> T *row(Slot slot) { return reinterpret_cast<T *>(file + slot.offset); }
  template <typename T> const T *row(Slot slot) const {
    return reinterpret_cast<const T *>(file + slot.offset);
  }
  /// Lanes of a register of which any bit is poison.
  uint32_t poisonLanes(Slot slot) const { return uint32_t(poison[slot.index]); }
  /// The poison bits of one lane of a register of `bytes` bytes.
  uint64_t poisonBits(Slot slot, unsigned bytes, unsigned lane) const;
  /// The active lanes of a result are poison where `lanes` says, all of their bits, and clean
  /// elsewhere.
  void setPoison(Slot dst, uint32_t lanes) {
    uint64_t both = mask | uint64_t(mask) << 32;
    poison[dst.index] = (poison[dst.index] & ~both) | (lanes & mask);
  }
  /// The active lanes of a result of `bytes` bytes get these poison bits.
  void setPoisonBits(Slot dst, unsigned bytes, const uint64_t (&bits)[kLanes]);
  /// False, and a finding, if an active lane of a register that is used now is poison.
  bool checkPoison(Slot slot, const char *use);

  // Control.
  uint32_t mask = 0;   ///< Lanes that execute the current instruction.
  uint32_t active = 0; ///< Lanes of the current group.
  uint32_t live = 0;   ///< Lanes that have not ended.
  uint32_t began = 0;  ///< Lanes that the warp began with.
  uint32_t pc = 0, next = 0;
  WarpStatus status = WarpStatus::Running;
  uint32_t barrier = 0; ///< The barrier at which the warp waits.
  Block *block = nullptr;
  unsigned index = 0; ///< In its block.
  uint64_t executed = 0;
  /// The instruction that runs or at which the warp waits.
  const Instruction &current() const;
  /// Active lanes go to an instruction, the others on.
  void part(uint32_t target, uint32_t lanes);
  /// Active lanes end.
  void exitLanes(uint32_t lanes);

  // Copies under way: of each lane the number of its groups, and what has not landed.
  uint32_t committed[kLanes];
  std::deque<AsyncCopy> copies;

  // Local memory, lane by lane, and a flag for each poisoned byte.
  std::vector<uint8_t> local, localPoison;

  // Faults.
  std::string message;
  int faultLane = -1;
  /// Records the first fault and stops the warp.
  void fail(int lane, std::string text);
  /// Notes a finding of a class that the launch allows, and answers true; else fails.
  bool finding(FindingClass c, int lane, std::string text);
  bool failed() const { return status == WarpStatus::Failed; }

  Counters counters;
  emulator::Allocation lastAllocation; ///< Cache of the last allocation found.
  uint64_t lastGeneration = ~0ull;

private:
  bool applyGuard(const Instruction &inst);
  bool gatherLanes(const Instruction &inst);
  uint32_t wantedLanes(const Instruction &inst);
  void meet();
  void switchGroup();
  void rotate();
  void failWaiting();
  void startFile();

  std::byte *file = nullptr;
  /// By register: lanes that are poison, and above them those of which only some bits are. These
  /// have their bits in `poisonFile`, where the register has its number in `file`.
  uint64_t *poison = nullptr;
  std::byte *poisonFile = nullptr;
  std::unique_ptr<std::byte[]> storage, poisonFileStorage;
  std::unique_ptr<uint64_t[]> poisonStorage;
  std::vector<LaneGroup> others;
  bool inOrder = true; ///< The least block order goes first.
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_WARP_H
