//===- Execute.h - Helpers of the semantics ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Operand access that all families of instructions share, and the entry points of the families.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_WAVE_EXECUTE_H
#define MOEC_EMULATOR_GFX950_LIB_WAVE_EXECUTE_H

#include "moec/emulator/gfx950/Wave.h"

namespace moec::gfx950 {

/// A scalar operand: up to 64 bits and the poison of each.
struct ScalarValue {
  uint64_t value = 0, poison = 0;
};
/// Reads a scalar register (pair), constant or special register.
ScalarValue readScalar(const Wave &wave, const Operand &operand, unsigned dwords);
/// Writes a scalar register or pair.
void writeScalar(Wave &wave, const Operand &operand, uint64_t value, uint64_t poison,
                 unsigned dwords);

/// The row that a vector operand means: its own or, where s_set_gpr_idx_on indexes operands of this
/// position (0 to 2 sources, 3 the result), one further on by M0. Faults the wave and answers its
/// own if that is beyond the allocation or under way.
unsigned rowOfOperand(Wave &wave, const Operand &operand, unsigned position);

/// Writes one vector register in the lanes of `exec`; `bytes` says which bytes take new poison.
void storeVector(Wave &wave, unsigned row, const uint32_t *data, uint64_t exec,
                 const PoisonRow &poison, uint8_t bytes);

/// Permutes `dwords` rows of 64 lanes and their poison as the DPP control says. Lanes without a
/// source read 0 with bound_ctrl; otherwise dppWriteMask keeps them.
void applyDpp(const Instruction &inst, uint64_t exec, uint32_t *data, PoisonRow &poison,
              unsigned dwords);
/// Lanes that a DPP instruction may write: row and bank masks, and lanes that have a source.
uint64_t dppWriteMask(const Instruction &inst, uint64_t exec);

/// Executors that are not rows of a lane table.
void executeSalu(Wave &wave, const Instruction &inst);
void executeReadLane(Wave &wave, const Instruction &inst);
void executeReadFirstLane(Wave &wave, const Instruction &inst);
void executeWriteLane(Wave &wave, const Instruction &inst);
void executePermlaneSwap(Wave &wave, const Instruction &inst);
void executeSwap(Wave &wave, const Instruction &inst);
void executeMbcnt(Wave &wave, const Instruction &inst);
void executeNarrow(Wave &wave, const Instruction &inst);
void executeMfma(Wave &wave, const Instruction &inst);
void executeScaledMfma(Wave &wave, const Instruction &inst);
void executeSparseMfma(Wave &wave, const Instruction &inst);
void executeSmem(Wave &wave, const Instruction &inst);
void executeGlobal(Wave &wave, const Instruction &inst);
void executeBuffer(Wave &wave, const Instruction &inst);
void executeDs(Wave &wave, const Instruction &inst);
void executeDsCross(Wave &wave, const Instruction &inst);
void executeNothing(Wave &wave, const Instruction &inst);
void executeUnsupported(Wave &wave, const Instruction &inst);

/// Checks before an instruction runs: registers with loads under way, and MFMA hazard windows.
bool checkRegisters(Wave &wave, const Instruction &inst);
/// Notes an MFMA's result for the hazard checks.
void noteMfma(Wave &wave, const Instruction &inst);

/// The allocation check of [address, address + bytes); faults the wave and answers false.
bool checkGlobal(Wave &wave, unsigned lane, uint64_t address, unsigned bytes, unsigned alignment,
                 bool write);
/// The check for races of workgroups, where the launch asks for it; false after a fault.
bool checkGroups(Wave &wave, unsigned lane, LdsAccess access, uint64_t address, unsigned bytes);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_WAVE_EXECUTE_H
