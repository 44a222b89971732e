//===- Program.h - Decoded code ---------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A program is the code of one code object, decoded once through LLVM's MC disassembler.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_PROGRAM_H
#define MOEC_EMULATOR_GFX950_PROGRAM_H

#include "moec/Support/Error.h"
#include "moec/emulator/gfx950/Instruction.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::gfx950 {

class Disassembler;

/// Decoded instructions in address order.
class Program {
public:
  /// Decodes `code`, whose first byte has virtual address `address`. Bytes that do not decode, and
  /// opcodes without semantics, become instructions that stop the launch when they are reached.
  static Expected<std::unique_ptr<Program>> decode(std::span<const std::byte> code,
                                                   uint64_t address);
  ~Program();
  /// The same code for kernels whose accumulation registers are the registers from `accumOffset`
  /// on: there is one file, and a0 is another name of v[accumOffset].
  std::unique_ptr<Program> withAccumOffset(unsigned accumOffset) const;

  const std::vector<Instruction> &instructions() const { return list; }
  /// The instruction at virtual address `address`, or null (also in the middle of an instruction).
  const Instruction *at(uint64_t address) const;
  /// The assembly text of `instruction`, by LLVM's printer.
  std::string print(const Instruction &instruction) const;

private:
  Program();
  std::vector<std::byte> bytes;
  uint64_t begin = 0;
  std::vector<Instruction> list;
  std::vector<int32_t> indexOf; ///< By dword offset from `begin`; −1 inside an instruction.
  std::shared_ptr<Disassembler> disassembler;
};

/// What the emulator knows about an opcode of LLVM, for tools and tests.
struct OpcodeStatus {
  std::string opcodeName, baseName;
  bool supported = false;
};
/// The status of LLVM's opcode named `opcodeName` (MCInstrInfo::getName).
OpcodeStatus opcodeStatus(const std::string &opcodeName);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_PROGRAM_H
