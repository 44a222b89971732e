//===- Profiler.h - Counting loop by loop -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Follows the workgroups of one host thread, instruction by instruction.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_WAVE_PROFILER_H
#define MOEC_EMULATOR_GFX950_LIB_WAVE_PROFILER_H

#include "Loops.h"
#include "moec/emulator/gfx950/Profile.h"
#include "moec/emulator/gfx950/Program.h"
#include "moec/emulator/gfx950/Wave.h"

#include <list>
#include <span>
#include <unordered_map>
#include <unordered_set>

namespace moec::gfx950 {

/// A cache of lines that gives up the least recently used one.
class LineCache {
public:
  explicit LineCache(uint32_t capacity) : capacity(capacity) {}
  /// Whether the line was there; now it is.
  bool touch(uint64_t line);
  void clear();

private:
  uint32_t capacity;
  std::list<uint64_t> order; ///< The latest first.
  std::unordered_map<uint64_t, std::list<uint64_t>::iterator> places;
};

/// The profile of the workgroups that run on one host thread, one after the other.
class Profiler {
public:
  Profiler(const Program &program, const LoopForest &forest);

  void beginGroup(size_t waves);
  void endGroup();
  /// Around the execution of an instruction.
  void before(const Wave &wave, const Instruction &inst);
  void after(const Wave &wave, const Instruction &inst);
  /// Different lines that an instruction loads, or stores to.
  void touch(std::span<const uint64_t> lines, bool store);
  /// A scalar load.
  void touchScalar(uint64_t address, uint64_t bytes);
  /// The profile so far, with loops as the forest has them.
  Profile take();

private:
  PartCounts &part(int32_t loop) {
    return loop < 0 ? profile.outside : profile.loops[size_t(loop)].own;
  }
  void countUnderWay(const Wave &wave, const Instruction &inst);

  const Program &program;
  const LoopForest &forest;
  Profile profile;
  PartCounts *current = nullptr;
  std::vector<int32_t> positions;    ///< The instruction that each wave ran last; −1: none.
  std::vector<uint64_t> waited;      ///< Wait states at which each wave waited last.
  std::vector<uint64_t> loadsBefore; ///< When the loads under way were issued, in order.
  Counters countersBefore;
  LineCache vectorCache{kVectorCacheLines}, scalarCache{kScalarCacheLines};
  std::unordered_set<uint64_t> read, written, groupRead, groupWritten;
};

/// Adds the profile of another host thread of the same launch; then `finishProfile` drops the loops
/// that did not run.
void addProfile(Profile &sum, const Profile &other);
void finishProfile(Profile &profile);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_WAVE_PROFILER_H
