//===- Disassembler.h - LLVM's disassembler ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The only place that knows MCInst: decodes bytes into an opcode name and plain operands.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_DECODE_DISASSEMBLER_H
#define MOEC_EMULATOR_GFX950_LIB_DECODE_DISASSEMBLER_H

#include "moec/Support/Error.h"
#include "moec/emulator/gfx950/Instruction.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::gfx950 {

/// One decoded instruction before its meaning is known.
struct RawInstruction {
  const char *opcodeName = "";
  unsigned size = 0;
  std::vector<Operand> defs; ///< Results.
  std::vector<Operand>
      sources; ///< Without tied ones; a modifier whose operand is tied stays as an empty operand.
  std::vector<int64_t> imms;         ///< Trailing immediates.
  std::vector<uint8_t> trailingMods; ///< Modifiers that follow their operands.
};

/// LLVM's disassembler for gfx950.
class Disassembler {
public:
  static Expected<std::unique_ptr<Disassembler>> create();
  ~Disassembler();
  /// Decodes at the start of `bytes`; false if they are no instruction.
  bool decode(std::span<const std::byte> bytes, uint64_t address, RawInstruction &out);
  /// Assembly text of the instruction at the start of `bytes`.
  std::string print(std::span<const std::byte> bytes, uint64_t address);
  /// Names of all opcodes that LLVM has for this target family.
  std::vector<std::string> opcodeNames() const;

private:
  Disassembler();
  struct State;
  std::unique_ptr<State> state;
};

/// Gives `inst` the meaning of `raw`; one without semantics gets an executor that stops the launch.
void decodeMeaning(const RawInstruction &raw, Instruction &inst);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_DECODE_DISASSEMBLER_H
