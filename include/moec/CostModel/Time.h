//===- Time.h - Time from counts --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A formula with a few measured constants gives the time of a launch from counts of one of its
// workgroups: an emulator's, or what is known of a kernel before it is built. It knows nothing of
// artifacts, nor of any instruction.
//
//   step  = max(matrix cycles / f_m, issue slots / f_i, bytes · L / bytes under way,
//               bytes of lines · active groups / B_L2)
//   group = L + code outside of loops + trips · step of each loop
//   time  = c + max(rounds · group, bytes of memory / B_memory) + o · min(of the two)
//
// Where workgroups differ and a unit holds one, units take them by number as they come free, and
// the last to end takes the place of rounds · group.
//
// docs/Emulator.md says what each term means and what was measured.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_COSTMODEL_TIME_H
#define MOEC_COSTMODEL_TIME_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moec::cost {

/// The constants of one machine, and where they come from.
struct TimeConstants {
  std::string machine;
  std::string source;              ///< What was measured.
  std::string fit;                 ///< How far the formula is off, and on what.
  std::string powerCaveat;         ///< What holds for launches that the matrix cores limit.
  double launchMicroseconds = 0;   ///< c: a launch by itself.
  double graphGapMicroseconds = 0; ///< In its place, of a launch in a graph.
  double latencyMicroseconds = 0;  ///< L: a load.
  double cacheBytesPerSecond = 0;  ///< B_L2, of the whole machine.
  double memoryBytesPerSecond = 0; ///< B_memory.
  double matrixHertz = 0;          ///< f_m: cycles of a matrix core.
  double issueHertz = 0;           ///< f_i: issue slots of an emulator.
  double overlap = 0;              ///< o.
  unsigned units = 0, simds = 0;   ///< Compute units, and SIMDs of each.
  unsigned caches = 0;             ///< Second-level caches, to which groups go in turn.

  /// Reads a table; `name` is for messages, which name the field that is missing or wrong.
  static Expected<TimeConstants> parse(std::string_view json, const std::string &name);
};

/// The table of constants of a target's machine, as JSON; empty for one that has none.
std::string_view machineConstants(const std::string &target);

/// What a part of the code does in one trip, summed over the waves of a workgroup.
struct WorkPart {
  double trips = 1; ///< Of a wave.
  double matrixCycles = 0;
  double issueSlots = 0;
  double loadBytes = 0; ///< That loads ask for.
  double underWay = 0;  ///< Bytes of them under way, as a mean over the trip.
  double waits = 0;     ///< Waits of one wave for loads, one after the other.
  double lineBytes = 0; ///< Bytes of lines that loads take from the second-level cache.
};

/// What one workgroup does.
struct GroupWork {
  double waves = 1;
  WorkPart outside;            ///< Code in no loop, once.
  std::vector<WorkPart> loops; ///< Each without the loops in it.
};

/// What a launch does.
struct LaunchWork {
  double groups = 0;              ///< Workgroups that have work.
  double groupsPerUnit = 1;       ///< That a unit holds at once, by registers and shared memory.
  std::vector<GroupWork> samples; ///< Workgroups, as examples.
  /// Of each workgroup, by its number, the sample that it is like; empty: each sample counts the
  /// same.
  std::vector<uint16_t> likes;
  double readBytes = 0, writtenBytes = 0; ///< Of memory: different lines of all workgroups.
  /// Different lines that the second-level caches read, each for itself; in no term.
  double fillBytes = 0;

  /// Which part of the workgroups each sample stands for.
  std::vector<double> shares() const;
  /// Whether units take workgroups as they come free, not in rounds.
  bool areTakenInOrder() const { return !likes.empty() && groupsPerUnit <= 1; }
};

/// What a time is limited by.
enum class TimeLimit : uint8_t { Launch, Matrix, Issue, Latency, Cache, Memory };
/// matrix, issue, latency, L2, memory, launch.
const char *limitName(TimeLimit limit);

/// A launch by the formula, in microseconds.
struct LaunchTime {
  double total = 0;
  double group = 0;  ///< Of a workgroup, as many on its unit as there are in a whole round.
  double rounds = 0; ///< How often units are filled.
  double compute = 0, memory = 0; ///< What `total` is the larger of, mostly.
  /// What no launch with this work could be faster than, by the same constants: its bytes of memory
  /// and its matrix cycles spread over all units.
  double floor = 0;
  TimeLimit limit = TimeLimit::Launch;
};

/// The time of a launch. One without workgroups that work takes the launch itself.
LaunchTime predictTime(const TimeConstants &machine, const LaunchWork &work);

} // namespace moec::cost

#endif // MOEC_COSTMODEL_TIME_H
