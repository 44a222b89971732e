//===- Instruction.h - Predecoded instructions ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The compact form of one instruction. The decoder resolves every operand once; executing an
// instruction follows one function pointer and reads plain fields.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_INSTRUCTION_H
#define MOEC_EMULATOR_GFX950_INSTRUCTION_H

#include <cstdint>

namespace moec::gfx950 {

class Wave;
struct Instruction;

/// Lanes of a wave.
constexpr unsigned kLanes = 64;
/// Number of the first accumulation register in programs that belong to no kernel yet.
constexpr unsigned kFirstAgpr = 256;
/// Scalar registers with a fixed meaning, by their encoding number.
constexpr unsigned kVcc = 106, kTtmp0 = 108, kM0 = 124, kExec = 126;

/// Where an operand comes from.
enum class OperandKind : uint8_t {
  None,
  Vector,       ///< A register of the one file of VGPRs and AGPRs.
  Scalar,       ///< SGPR, VCC, TTMP, M0, EXEC by their encoding number.
  Constant,     ///< Inline constant or literal.
  SharedBase,   ///< Address of the LDS aperture.
  SharedLimit,  ///< Last address of the LDS aperture.
  PrivateBase,  ///< Address of the scratch aperture.
  PrivateLimit, ///< Last address of the scratch aperture.
  Vccz,         ///< 1 if VCC is zero.
  Execz,        ///< 1 if EXEC is zero.
  Scc           ///< The scalar condition code.
};

/// Source modifiers, with the bit values of LLVM's modifier operands.
enum SourceModifier : uint8_t { kNeg = 1, kAbs = 2, kOpSel = 4, kOpSelHi = 8, kSext = 16 };

/// One operand after decoding.
struct Operand {
  OperandKind kind = OperandKind::None;
  uint8_t mods = 0;   ///< SourceModifier bits.
  uint8_t dwords = 0; ///< Registers that it spans (0 for constants).
  uint8_t sdwa = 6;   ///< SDWA selection: 0…3 byte, 4, 5 word, 6 dword.
  uint16_t reg = 0;   ///< First register.
  uint64_t value = 0; ///< A constant's bits, sign-extended as LLVM decodes it.
  bool isVector() const { return kind == OperandKind::Vector; }
  bool isScalar() const { return kind == OperandKind::Scalar; }
  bool isNone() const { return kind == OperandKind::None; }
};

/// Classes that the counters distinguish, and that the issue model charges by.
enum class InstructionClass : uint8_t {
  Salu,
  Smem,
  Valu,
  Transcendental,
  Mfma,
  Lds,
  Vmem,
  VmemToLds,
  Flat,
  Branch,
  Barrier,
  Wait,
  Nop,
  Other
};
constexpr unsigned kInstructionClasses = 14;
/// The name of a class in reports.
const char *className(InstructionClass c);

/// How a vector instruction is encoded.
enum class Encoding : uint8_t { Plain, E32, E64, Sdwa, Dpp };

using Executor = void (*)(Wave &, const Instruction &);

/// Registers that an instruction reads or writes, for the checks.
struct RegisterRange {
  uint16_t first = 0;
  uint8_t count = 0;
  bool scalar = false;
};

/// One decoded instruction. A launch never decodes: programs hold these.
struct Instruction {
  Executor execute = nullptr;
  const void *op = nullptr; ///< Row of the family's table of operations.
  Operand dst, dst2;        ///< Results; dst2 is a carry or a mask.
  Operand src[4];           ///< Sources in the order of the assembly.
  Operand scale[2];         ///< Scales of a scaled MFMA.
  uint32_t imm = 0;         ///< Offset, simm16, bitop3 table, cbsz, … as the family says.
  uint32_t imm2 = 0;        ///< Second offset, blgp, …
  uint16_t dpp = 0;         ///< dpp_ctrl.
  uint8_t rowMask = 15, bankMask = 15;
  uint8_t sources = 0;               ///< Sources in use.
  uint8_t omod = 0;                  ///< 1 ×2, 2 ×4, 3 ÷2.
  uint8_t dstSel = 6, dstUnused = 0; ///< SDWA; dstUnused: 0 zeros, 1 sign, 2 preserved.
  uint8_t cachePolicy = 0;           ///< LLVM's cpol bits.
  bool clamp = false, boundCtrl = false;
  bool dstHigh = false;              ///< A 16-bit result goes to the high half.
  bool simple = false;               ///< 32-bit sources and result without modifiers.
  bool offen = false, idxen = false; ///< Buffer addressing.
  uint8_t floatMode = 0;             ///< 0 and 3 the default, 1 that of f32, 2 that of f16 and f64.
  Encoding encoding = Encoding::Plain;
  InstructionClass cls = InstructionClass::Other;
  uint8_t size = 0;                  ///< Bytes of encoding.
  uint16_t passes = 0;               ///< An MFMA's passes of four cycles.
  uint16_t vgprEnd = 0, agprEnd = 0; ///< One past the highest VGPR and AGPR that it names.
  uint8_t reads = 0, writes = 0;
  RegisterRange ranges[8];     ///< `reads` ranges, then `writes` ranges.
  uint64_t address = 0;        ///< Virtual address inside the code object.
  int32_t target = -1;         ///< A direct branch's target, an index into the program.
  uint32_t words[2] = {0, 0};  ///< The encoding, as far as it fits.
  const char *name = "";       ///< Base name, such as V_ADD_F32.
  const char *opcodeName = ""; ///< LLVM's name of the opcode.
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_INSTRUCTION_H
