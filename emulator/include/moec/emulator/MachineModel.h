//===- MachineModel.h - Workgroups of kernels, counted ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A machine whose emulator counts what single workgroups of a launch do, for the formula of
// moec/CostModel/Time.h.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_MACHINEMODEL_H
#define MOEC_EMULATOR_MACHINEMODEL_H

#include "moec/CostModel/Time.h"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::emulator {

/// A launch of a kernel of the code object that was loaded.
struct LaunchRequest {
  std::string symbol;
  uint32_t threads = 0;     ///< Of a workgroup.
  uint64_t sharedBytes = 0; ///< Dynamically sized.
  std::span<const uint64_t> words;
  std::array<uint32_t, 3> grid{1, 1, 1};
};

/// Addresses [begin, end).
struct AddressRange {
  uint64_t begin = 0, end = 0;
};

/// What one workgroup did.
struct GroupCounts {
  cost::GroupWork work;
  double groupsPerUnit = 1;
  uint64_t issueSlots = 0; ///< All of its waves'.
  /// Bytes of different lines, by range.
  std::vector<double> readBytes, writtenBytes;
};

/// A machine with memory of its own and one code object.
class MachineModel {
public:
  virtual ~MachineModel();
  /// Memory that reads as zeros, and of which only what is written takes any of the host's. The
  /// address is one of this process.
  virtual Expected<uint64_t> reserve(uint64_t bytes) = 0;
  /// Loads a code object in place of the one before; `name` is for messages.
  virtual Error load(std::span<const std::byte> code, const std::string &name) = 0;
  /// Runs workgroup x + grid x · (y + grid y · z) and counts. Fails where the emulator does.
  virtual Expected<GroupCounts> run(const LaunchRequest &launch, uint64_t group,
                                    std::span<const AddressRange> ranges) = 0;
};

/// The targets that have one.
std::vector<std::string> modelledTargets();
/// The model of a target's machine; null for one that has none.
std::unique_ptr<MachineModel> createMachineModel(const std::string &target);

/// What the counters of one kernel say, which the emulator's program wrote as JSON. Bytes of memory
/// are those of all workgroups, if all were run; else `readBytes` and `writtenBytes` must say them.
/// Errors name the field that is missing; `name` is for them.
Expected<cost::LaunchWork> readCounters(std::string_view json, const std::string &name,
                                        double readBytes = -1, double writtenBytes = -1);

} // namespace moec::emulator

#endif // MOEC_EMULATOR_MACHINEMODEL_H
