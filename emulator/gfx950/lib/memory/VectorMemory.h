//===- VectorMemory.h - Vector memory, lane by lane -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What global, flat, scratch and buffer instructions share once each lane has its address.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_MEMORY_VECTORMEMORY_H
#define MOEC_EMULATOR_GFX950_LIB_MEMORY_VECTORMEMORY_H

#include "MemoryOps.h"
#include "emulator/gfx950/lib/wave/Execute.h"

namespace moec::gfx950 {

/// Addresses of one vector memory instruction.
struct LaneAddresses {
  uint64_t address[kLanes];
  uint64_t exec = 0;    ///< Lanes that take part.
  uint64_t dropped = 0; ///< Lanes outside a buffer's range: loads read 0, stores do nothing.
};

/// Performs `op` at the addresses: checks, moves data and enters the outstanding operation.
void accessMemory(Wave &wave, const Instruction &inst, const MemoryOp &op,
                  const LaneAddresses &lanes);

/// Lanes of `exec` whose register `reg` … `reg + count − 1` holds poison.
uint64_t poisonedLanes(const Wave &wave, const Operand &operand, unsigned count);

/// Faults the wave if an address register of an active lane is poison.
bool checkAddressPoison(Wave &wave, uint64_t poison);

/// Counts the lines of 128 bytes that active lanes touch.
void countLines(Wave &wave, const LaneAddresses &lanes, const MemoryOp &op);

/// Counts the cycles that the LDS banks need for one access of `bytes` bytes a lane; loads to LDS
/// write.
void countBanks(Wave &wave, const uint32_t *addresses, uint64_t exec, unsigned bytes,
                LdsAccess access);

/// Bounds, alignment, loads under way and races of an access of one lane to LDS; false after a
/// fault.
bool checkLds(Wave &wave, LdsAccess access, unsigned lane, uint32_t address, unsigned bytes,
              unsigned alignment);

/// Text of an LDS fault for a message.
std::string describeLdsFault(const Wave &wave, LdsFault fault, uint32_t address, unsigned bytes);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_MEMORY_VECTORMEMORY_H
