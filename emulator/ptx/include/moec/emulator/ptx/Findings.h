//===- Findings.h - What a kernel should not do -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Findings that a machine mostly survives come in classes. A launch may be told to list those of a
// class and go on. What has no class stops every launch: accesses outside of allocations,
// misaligned ones, lanes or warps that wait for each other.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_FINDINGS_H
#define MOEC_EMULATOR_PTX_FINDINGS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moec::ptx {

/// Classes of findings, with how a launch goes on from each.
enum class FindingClass : uint8_t {
  Race,  ///< Warps or blocks without an order: in the order in which they happen to run.
  Wait,  ///< Bytes to which a cp.async is under way: as if it had been waited for.
  Poison ///< A value that nothing wrote: with whatever is there.
};
constexpr unsigned kFindingClasses = 3;

/// The name of a class in options and reports: races, waits, poison.
const char *findingName(FindingClass c);
/// The class of that name.
std::optional<FindingClass> findingClass(std::string_view name);
/// A class as a bit of a set of classes.
constexpr unsigned findingBit(FindingClass c) { return 1u << unsigned(c); }

/// One finding of a launch. All of one class at one line are one, told by the first.
struct Finding {
  FindingClass cls = FindingClass::Race;
  uint32_t line = 0;  ///< Of the PTX text, from 1.
  uint64_t block = 0; ///< Number of the first block that had it.
  uint64_t count = 0;
  std::string text; ///< With kernel, line, instruction, block, warp and lane.
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_FINDINGS_H
