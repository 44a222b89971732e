//===- Profile.h - What a launch did, loop by loop --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counts of the loops of a kernel, of the lines that its workgroups touch, and of the loads that
// they have under way: what a formula of time needs beside Counters. A launch is slower when it is
// asked for them, and not otherwise.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_PROFILE_H
#define MOEC_EMULATOR_GFX950_PROFILE_H

#include <cstdint>
#include <string>
#include <vector>

namespace moec::gfx950 {

/// Bytes of a line of the vector caches.
constexpr uint64_t kLineBytes = 128;
/// Lines that the cache of a workgroup's unit holds (32 KiB), and the scalar cache (16 KiB).
constexpr uint32_t kVectorCacheLines = 256, kScalarCacheLines = 128;

/// Counts of one part of a kernel's code, summed over waves.
struct PartCounts {
  uint64_t instructions = 0;
  uint64_t slots = 0;        ///< Issue slots.
  uint64_t mfmaCycles = 0;   ///< Cycles of the matrix cores.
  uint64_t loads = 0;        ///< Vector loads, to registers and to LDS.
  uint64_t loadBytes = 0;    ///< Bytes that they ask for.
  uint64_t storeBytes = 0;   ///< Of stores and atomics.
  uint64_t scalarBytes = 0;  ///< Of scalar loads.
  uint64_t readLines = 0;    ///< Lines asked of the second-level cache: loads that miss the first.
  uint64_t writtenLines = 0; ///< Lines that stores and atomics send there, once an instruction.
  /// s_waitcnt that had to land a vector load which was issued after the last one of these: waits
  /// for loads that were under way together are one.
  uint64_t waits = 0;
  uint64_t weight = 0;     ///< Of the means below: slots, of an MFMA the cycles of the matrix core.
  uint64_t underLoads = 0; ///< Vector loads under way, times weight.
  uint64_t underBytes = 0; ///< Their bytes, times weight.
  uint64_t mostLoads = 0;  ///< Most loads that one wave had under way at once; not a sum.
  uint64_t mostBytes = 0;  ///< Most bytes.
  uint64_t barriers = 0;
  uint64_t ldsCycles = 0, ldsConflictCycles = 0;

  /// Adds the counts of `other`.
  void add(const PartCounts &other);
  /// Means of a wave over the part.
  double meanLoads() const { return weight ? double(underLoads) / double(weight) : 0; }
  double meanBytes() const { return weight ? double(underBytes) / double(weight) : 0; }
};

/// A loop: the code from the target of a backward branch to the last such branch.
struct LoopProfile {
  uint64_t begin = 0;              ///< Virtual address of its first instruction.
  uint64_t end = 0;                ///< One past its last instruction.
  int parent = -1;                 ///< The loop around it, an index; −1: none.
  uint64_t entries = 0, trips = 0; ///< Summed over waves.
  PartCounts own;                  ///< Without the loops in it.
};

/// What a launch did. Lines are addresses divided by kLineBytes.
struct Profile {
  uint64_t groups = 0, waves = 0;
  PartCounts outside;             ///< Code in no loop.
  std::vector<LoopProfile> loops; ///< Those that ran, by address; a loop comes before those in it.
  uint64_t groupReadLines = 0;    ///< Different lines that a workgroup reads, summed over them.
  uint64_t groupWrittenLines = 0;
  std::vector<uint64_t> readLines; ///< Different lines of all workgroups, ascending.
  std::vector<uint64_t> writtenLines;

  /// Counts of the whole code.
  PartCounts total() const;
};

/// The profile as the members of a JSON object, without braces.
std::string profileJson(const Profile &profile);
/// The loops as a table for people.
std::string profileTable(const Profile &profile);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_PROFILE_H
