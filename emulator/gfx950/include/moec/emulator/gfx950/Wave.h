//===- Wave.h - State of one wave -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers with their poison, outstanding memory operations, and the first fault of one wave of 64
// lanes. Semantics are free functions over this state.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_WAVE_H
#define MOEC_EMULATOR_GFX950_WAVE_H

#include "moec/emulator/gfx950/Counters.h"
#include "moec/emulator/gfx950/Findings.h"
#include "moec/emulator/gfx950/Instruction.h"
#include "moec/emulator/gfx950/Lds.h"
#include "moec/emulator/gfx950/Memory.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace moec::gfx950 {

class Workgroup;

/// One vector register: a dword for each lane.
using VectorRow = uint32_t[kLanes];
/// Poison of one vector register: a lane mask for each of the four bytes.
struct PoisonRow {
  uint64_t byte[4];
  uint64_t any() const { return byte[0] | byte[1] | byte[2] | byte[3]; }
};

/// What a wave does next.
enum class WaveStatus : uint8_t { Running, AtBarrier, Ended, Failed };

/// A memory operation whose result has not landed. Results land in the order of their queue.
struct Outstanding {
  enum Kind : uint8_t { Load, Store, LdsRead, LdsWrite, Scalar, Dma } kind = Load;
  bool alsoOther = false; ///< A flat operation also counts in the other queue.
  uint8_t dwords = 0;     ///< Result registers; 0 for stores.
  uint8_t byteMask = 15;  ///< Bytes of each result register that are written.
  uint16_t reg = 0;       ///< First result register.
  uint8_t ldsBytes = 0;   ///< Bytes a lane of an LDS access or of a load to LDS.
  uint8_t ldsParts = 0;   ///< Addresses a lane (two for ds_read2 and the like).
  LdsAccess ldsAccess = LdsAccess::Read;
  bool late = false;       ///< Was outstanding at a barrier.
  uint32_t askedBytes = 0; ///< Bytes that its active lanes ask of global memory.
  uint64_t issued = 0;     ///< Wait states of the wave at issue.
  uint64_t exec = 0;       ///< Lanes that take part.
  const Instruction *instruction = nullptr;
  PoisonRow poison[4];
  alignas(64) uint32_t data[4][kLanes]; ///< Scalar loads use data[0][0…15].
  uint32_t ldsAddress[2][kLanes];
};

/// A first-in first-out queue of outstanding operations with a fixed capacity.
class OutstandingQueue {
public:
  explicit OutstandingQueue(unsigned capacity)
      : slots(std::make_unique<Outstanding[]>(capacity)), capacity(capacity) {}
  unsigned size() const { return count; }
  bool full() const { return count == capacity; }
  Outstanding &at(unsigned i) { return slots[(head + i) % capacity]; }
  /// The next free slot; not counted until `commit`.
  Outstanding &free() { return slots[(head + count) % capacity]; }
  void commit() { ++count; }
  void pop() { head = (head + 1) % capacity, --count; }
  void clear() { head = count = 0; }

private:
  std::unique_ptr<Outstanding[]> slots;
  unsigned capacity, head = 0, count = 0;
};

/// An MFMA's result inside its hazard window.
struct MfmaResult {
  uint16_t reg = 0;
  uint16_t count = 0;
  uint16_t passes = 0;
  bool xdl = true;     ///< Of the pipeline with the longer windows.
  uint64_t issued = 0; ///< Wait states of the wave at issue.
};

/// One wave of 64 lanes.
class Wave {
public:
  Wave();
  Wave(const Wave &) = delete;
  ~Wave();

  /// Forgets everything: all registers poisoned, nothing outstanding. `vgprs` architected and
  /// `agprs` accumulation registers are allocated.
  void reset(Workgroup &owner, unsigned index, unsigned vgprs, unsigned agprs);

  // Registers.
  VectorRow *vector = nullptr;       ///< 512 rows: VGPRs, then, as far as allocated, AGPRs.
  PoisonRow *vectorPoison = nullptr; ///< The same rows.
  alignas(64) uint32_t scalar[128];
  uint32_t scalarPoison[128]; ///< By bit.
  bool scc = false, sccPoison = true;
  uint32_t mode = 0;
  unsigned vgprCount = 0, agprCount = 0; ///< AGPRs lie behind the VGPRs.
  unsigned registerCount() const { return vgprCount + agprCount; }

  uint64_t scalar64(unsigned reg) const {
    return scalar[reg] | static_cast<uint64_t>(scalar[reg + 1]) << 32;
  }
  uint64_t scalarPoison64(unsigned reg) const {
    return scalarPoison[reg] | static_cast<uint64_t>(scalarPoison[reg + 1]) << 32;
  }
  void setScalar(unsigned reg, uint32_t value, uint32_t poison = 0) {
    scalar[reg] = value, scalarPoison[reg] = poison;
  }
  void setScalar64(unsigned reg, uint64_t value, uint64_t poison = 0) {
    setScalar(reg, static_cast<uint32_t>(value), static_cast<uint32_t>(poison));
    setScalar(reg + 1, static_cast<uint32_t>(value >> 32), static_cast<uint32_t>(poison >> 32));
  }
  uint64_t exec() const { return scalar64(kExec); }

  // Control.
  const Instruction *pc = nullptr; ///< The instruction that runs; `next` is where it goes on.
  const Instruction *next = nullptr;
  WaveStatus status = WaveStatus::Running;
  Workgroup *group = nullptr;
  unsigned index = 0;              ///< Of this wave in its workgroup.
  uint32_t groupId[3] = {0, 0, 0}; ///< Of its workgroup.
  bool skipVector = false;         ///< s_setvskip.
  uint32_t gprIndexMode = 0;       ///< s_set_gpr_idx_on: bits of enabled operands, or 0.

  // Memory operations under way.
  OutstandingQueue vmem{64}, lgkm{32};
  uint8_t pendingVector[512];
  uint8_t pendingScalar[128];
  unsigned pending = 0; ///< Registers pending in total.
  /// Lands the operations that s_waitcnt with these limits guarantees to be finished.
  void waitVmem(unsigned limit);
  void waitLgkm(unsigned limit);
  /// Lands what is under way to a register, with all that finishes before it.
  void landRegister(unsigned reg, bool isScalar);
  /// A slot for a new operation, after making room as the machine would, by waiting.
  Outstanding &issue(OutstandingQueue &queue, Outstanding::Kind kind);
  /// Enters the operation of the last `issue` into `queue` and marks its result registers pending.
  void commit(OutstandingQueue &queue, Outstanding &operation);

  // Hazards.
  uint64_t waitStates = 0;
  uint64_t hazardUntil = 0; ///< No MFMA result is in its window from this wait state on.
  MfmaResult mfma[32];
  unsigned mfmaHead = 0;

  // Scratch: `privateBytes` bytes for each lane, one after the other, and a poison flag for each
  // byte.
  std::vector<uint8_t> scratch, scratchPoison;
  uint32_t privateBytes = 0;

  // Faults.
  std::string message;
  int faultLane = -1;
  /// Records the first fault and stops the wave.
  void fail(int lane, std::string text);
  /// Notes a finding of a class that the launch allows, and answers true; else fails.
  bool finding(FindingClass c, int lane, std::string text);
  bool failed() const { return status == WaveStatus::Failed; }

  Counters counters;
  Allocation lastAllocation; ///< Cache of the last allocation found.
  uint64_t lastGeneration = ~0ull;

private:
  void land(Outstanding &operation);
  std::unique_ptr<std::byte[]> registerStorage;
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_WAVE_H
