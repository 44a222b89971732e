//===- Findings.h - What a kernel should not do -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Findings that the machine mostly survives come in classes. A launch may be told to list those of
// a class and go on.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_FINDINGS_H
#define MOEC_EMULATOR_GFX950_FINDINGS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moec::gfx950 {

/// Classes of findings, with how a launch goes on from each.
enum class FindingClass : uint8_t {
  Race,   ///< Waves or workgroups without an order: in the order in which they happen to run.
  Wait,   ///< A result that was not waited for: as if it had been.
  Window, ///< A matrix result too early: with the result, as the machine interlocks.
  Poison  ///< A value that nothing wrote: with whatever is there.
};
constexpr unsigned kFindingClasses = 4;

/// The name of a class in options and reports: races, waits, windows, poison.
const char *findingName(FindingClass c);
/// The class of that name.
std::optional<FindingClass> findingClass(std::string_view name);
/// A class as a bit of a set of classes.
constexpr unsigned findingBit(FindingClass c) { return 1u << unsigned(c); }

/// One finding of a launch. All of one class at one instruction are one, told by the first.
struct Finding {
  FindingClass cls = FindingClass::Race;
  uint64_t address = 0; ///< Virtual address of the instruction.
  uint64_t group = 0;   ///< Number of the first workgroup that had it.
  uint64_t count = 0;
  std::string text; ///< With kernel, instruction, workgroup, wave and lane.
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_FINDINGS_H
