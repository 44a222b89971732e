//===- OpcodeName.h - Reading LLVM's opcode names ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// LLVM's installed headers do not name the opcodes of this target. Their names, as MCInstrInfo
// gives them, carry operation, encoding and addressing mode; this splits them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_DECODE_OPCODENAME_H
#define MOEC_EMULATOR_GFX950_LIB_DECODE_OPCODENAME_H

#include "moec/emulator/gfx950/Instruction.h"

#include <string>
#include <string_view>

namespace moec::gfx950 {

/// The parts of an opcode's name.
struct OpcodeName {
  std::string base; ///< V_ADD_F32, GLOBAL_LOAD_DWORD, DS_READ_B32, …
  Encoding encoding = Encoding::Plain;
  bool immediateOffset = false;      ///< Scalar memory with an immediate offset.
  bool offen = false, idxen = false; ///< Buffer addressing.
  bool compareExec = false;          ///< v_cmpx: `base` is that of v_cmp.
};

/// Splits `name`.
OpcodeName splitOpcodeName(std::string_view name);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_DECODE_OPCODENAME_H
