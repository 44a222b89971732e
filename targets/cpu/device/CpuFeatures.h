//===- CpuFeatures.h - What this processor has ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Features by the names that LLVM uses, so that an artifact can say what its kernels need. They are
// what the processor and the operating system say themselves, never what a processor of some name
// has: hypervisors take features away, and names do not change with them.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_CPU_DEVICE_CPUFEATURES_H
#define TARGETS_CPU_DEVICE_CPUFEATURES_H

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moec::cpu {

/// What a processor and its operating system answer.
struct ProcessorState {
  /// EAX, EBX, ECX and EDX of CPUID, by leaf and subleaf; those that there are.
  std::map<std::pair<uint32_t, uint32_t>, std::array<uint32_t, 4>> leaves;
  /// XCR0: the parts of the registers' state that the operating system saves, a bit for each.
  uint64_t saved = 0;
  /// arch_prctl(ARCH_GET_XCOMP_SUPP): the parts that a process may have, or may ask for.
  uint64_t permitted = 0;

  /// That of the processor this runs on; without leaves if it is no x86.
  static ProcessorState read();
};

/// The features of a processor.
class CpuFeatures {
public:
  /// Those of a processor that its operating system lets programs use.
  explicit CpuFeatures(const ProcessorState &state);
  /// Those of this machine.
  static CpuFeatures host() { return CpuFeatures(ProcessorState::read()); }

  /// The names that has() can be true for, LLVM's, in the order of the alphabet.
  static std::vector<std::string_view> known();

  /// Whether this process got leave to use the data of tiles, which a processor with "amx-tile"
  /// has: the operating system is asked, for all threads of the process, those that there are
  /// included.
  static bool requestTiles();

  /// From now on there is this one, of known(); and there are none that begin so, "amx-".
  void add(std::string_view name);
  void removeAll(std::string_view prefix);

  /// True when the processor has the feature that LLVM calls `name`, for example "avx512vnni".
  bool has(std::string_view name) const { return names.count(name) != 0; }
  /// The processor's name, for people; empty when unknown.
  const std::string &model() const { return modelName; }

  /// One sentence about those of `wanted` that there are not; empty if there are all.
  std::string describeMissing(const std::vector<std::string> &wanted) const;

private:
  std::set<std::string_view, std::less<>> names;
  std::string modelName;
};

/// What of a machine is read and not measured; 0 is not known.
struct HostFacts {
  /// Processors that this process may run on.
  unsigned cores = 0;
  /// Bytes of the first and second-level data cache of a core.
  uint64_t firstLevelBytes = 0, secondLevelBytes = 0;

  /// Those of this machine. `processors` is Linux's folder about them.
  static HostFacts read(const std::string &processors = "/sys/devices/system/cpu");
};

} // namespace moec::cpu

#endif // TARGETS_CPU_DEVICE_CPUFEATURES_H
