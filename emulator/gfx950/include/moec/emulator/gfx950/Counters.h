//===- Counters.h - What a launch did ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counts of one launch. Cycles follow the simplified issue model of docs/Emulator.md, so that every
// number means the same thing; they are not a prediction of time.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_COUNTERS_H
#define MOEC_EMULATOR_GFX950_COUNTERS_H

#include "moec/emulator/gfx950/Instruction.h"

#include <cstdint>
#include <string>

namespace moec::gfx950 {

/// Counters of one kernel launch, summed over its waves.
struct Counters {
  uint64_t waves = 0, workgroups = 0;
  uint64_t instructions[kInstructionClasses] = {}; ///< Wave instructions by InstructionClass.
  uint64_t issueCycles[kInstructionClasses] = {};  ///< Issue slots of a SIMD, by InstructionClass.
  uint64_t mfmaCycles = 0;                         ///< Cycles that the matrix cores are occupied.
  uint64_t mfmaFlops = 0;                          ///< 2·M·N·K of the MFMAs issued.
  uint64_t globalLoadBytes = 0; ///< Bytes that active lanes asked of global memory.
  uint64_t globalStoreBytes = 0;
  uint64_t globalAtomicBytes = 0;
  uint64_t globalLines = 0;  ///< Lines of 128 bytes touched, counted once an instruction.
  uint64_t dmaBytes = 0;     ///< Bytes loaded to LDS directly.
  uint64_t scalarBytes = 0;  ///< Bytes of scalar loads.
  uint64_t scratchBytes = 0; ///< Bytes of scratch loads and stores.
  uint64_t ldsReadBytes = 0, ldsWriteBytes = 0, ldsAtomicBytes = 0;
  uint64_t ldsCycles = 0;         ///< Cycles of the LDS banks, conflicts included.
  uint64_t ldsConflictCycles = 0; ///< Those that conflicts added.
  uint64_t barriers = 0;
  uint64_t activeLanes = 0; ///< Active lanes summed over vector instructions.
  uint64_t vectorInstructions = 0;

  /// Adds the counts of `other`.
  void add(const Counters &other);
};

/// How many waves of a kernel one SIMD and one compute unit hold.
struct Occupancy {
  uint32_t vgprs = 0, ldsBytes = 0, wavesPerGroup = 0;
  uint32_t wavesPerSimdByRegisters = 0;
  uint32_t groupsPerCuByLds = 0;
  uint32_t wavesPerSimd = 0; ///< The smaller of both limits.
  uint32_t groupsPerCu = 0;  ///< Workgroups that a compute unit holds at once.
};

/// Occupancy of groups of `wavesPerGroup` waves with `vgprs` registers a lane and `ldsBytes` of
/// LDS.
Occupancy occupancyOf(uint32_t vgprs, uint32_t ldsBytes, uint32_t wavesPerGroup);

/// The counters as one JSON object; `more` has further members, without braces.
std::string countersJson(const std::string &kernel, const Counters &counters,
                         const Occupancy &occupancy, const std::string &more = "");
/// The counters as a table for people.
std::string countersTable(const std::string &kernel, const Counters &counters,
                          const Occupancy &occupancy);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_COUNTERS_H
