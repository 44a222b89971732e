//===- Issue.h - Issue slots and floating point modes -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small pieces of the instruction loop: what an instruction costs, and how MODE maps to the host.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_WAVE_ISSUE_H
#define MOEC_EMULATOR_GFX950_LIB_WAVE_ISSUE_H

#include "moec/emulator/gfx950/Wave.h"

namespace moec::gfx950 {

/// Issue slots of a SIMD by InstructionClass. An MFMA issues in four cycles; the matrix core is
/// counted apart.
constexpr uint8_t kIssueCycles[kInstructionClasses] = {1, 1, 4, 16, 4, 4, 4, 4, 4, 1, 1, 0, 1, 1};

/// Issue slots of one instruction.
inline unsigned issueSlots(const Instruction &inst) {
  return inst.cls == InstructionClass::Nop ? inst.imm + 1 : kIssueCycles[unsigned(inst.cls)];
}

inline void countIssue(Wave &w, const Instruction &inst) {
  Counters &c = w.counters;
  unsigned cls = unsigned(inst.cls);
  ++c.instructions[cls];
  c.issueCycles[cls] += issueSlots(inst);
  if (inst.cls == InstructionClass::Mfma)
    c.mfmaCycles += 4u * inst.passes;
  if (inst.cls >= InstructionClass::Valu && inst.cls <= InstructionClass::Flat) {
    ++c.vectorInstructions;
    c.activeLanes += unsigned(std::popcount(w.exec()));
  }
}

/// Whether s_setvskip skips instructions of this class.
inline bool skippedByVskip(InstructionClass c) {
  return c >= InstructionClass::Valu && c <= InstructionClass::Flat;
}

/// The host's rounding and denormal mode while a wave runs; restored at the end.
class FloatMode {
public:
  explicit FloatMode(uint32_t mode);
  ~FloatMode();
  uint32_t current() const { return mode; }
  /// Follows a change of MODE.
  void set(uint32_t mode);
  /// True if every instruction runs in the host's default mode.
  bool plain() const { return isPlain; }
  /// Sets the mode that `inst` needs.
  void prepare(const Instruction &inst);

private:
  uint32_t mode = 0;
  unsigned saved, registers[4];
  bool isPlain = true;
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_WAVE_ISSUE_H
