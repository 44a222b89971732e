//===- Decoder.h - From statements to instructions --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decodes a kernel. Each family of opcodes has a function that takes the modifiers it knows and the
// operands; what it leaves is refused, so no modifier is overlooked. A temporary row and a move
// stand for a register that is wider than what an instruction takes of it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_DECODE_DECODER_H
#define MOEC_EMULATOR_PTX_LIB_DECODE_DECODER_H

#include "emulator/ptx/lib/decode/Types.h"
#include "emulator/ptx/lib/syntax/Syntax.h"
#include "emulator/ptx/lib/warp/Program.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::ptx {

class Decoder;
using FamilyDecoder = void (*)(Decoder &);
using FamilyTable = std::map<std::string_view, FamilyDecoder>;

/// A register of the function, with where it lies.
struct Register {
  Slot slot;
  uint16_t bits = 0;
  char kind = 'b'; ///< As it was declared: b, u, s, f or p.
};

class Decoder {
public:
  Decoder(const ModuleSyntax &module, const FunctionSyntax &function,
          const std::map<std::string, ModuleVariable> &variables);
  /// The kernel's code and what it needs; errors begin with "line N: ".
  Expected<std::unique_ptr<Program>> run(KernelInfo &info);

  // For the families. The instruction that is being made, and what is left of the statement.
  Instruction inst;
  std::string_view base; ///< The opcode's first word.
  /// Whether the modifier is there, and takes it.
  bool take(std::string_view modifier);
  /// The next modifier, which has to be a type.
  Ty takeType();
  /// The next modifier, if it is a type.
  std::optional<Ty> takeTypeIf();
  /// The next modifier whatever it is; empty if there is none.
  std::string_view takeNext();
  std::string_view peekNext() const { return modifiers.empty() ? "" : modifiers.front(); }
  /// The opcode as it is written.
  std::string_view opcode() const { return statement->opcode; }
  size_t operandCount() const { return statement->operands.size(); }
  /// False, and an error, unless there are so many operands.
  bool wantOperands(size_t least, size_t most);
  bool wantOperands(size_t count) { return wantOperands(count, count); }
  const SyntaxOperand &operand(size_t i) const { return statement->operands[i]; }

  /// The register of a result of this type, exactly.
  Slot dst(size_t i, Ty type);
  /// The same of a part of an operand, which may be "_".
  Slot dst(const SyntaxOperand &operand, Ty type);
  /// A register of this type, exactly, or a constant of its kind.
  Slot src(size_t i, Ty type) { return src(operand(i), type); }
  Slot src(const SyntaxOperand &operand, Ty type);
  /// A source that may be in a wider register, of which the low bits count.
  Slot srcOfWider(const SyntaxOperand &operand, Ty type);
  /// A result that may be in a wider register, to which it is extended.
  Slot dstOfWider(const SyntaxOperand &operand, Ty type);
  /// A predicate, as a mask of lanes; `negated` says whether "!" stands before it.
  Slot predicate(const SyntaxOperand &operand, bool &negated);
  Slot predicateResult(std::string_view name);
  /// Fails where what a register was declared as, or what a number is, does not go with a type.
  void checkKind(const SyntaxOperand &operand, Ty type);
  /// The register with this name, or null.
  const Register *find(std::string_view name);
  /// The number that an operand is.
  uint64_t number(size_t i);
  /// An address: its register and offset go into `inst`.
  void address(const SyntaxOperand &operand, Space space);
  /// A row of constants.
  Slot constant(uint64_t value, unsigned bytes);
  /// A row of its own.
  Slot temporary(unsigned bits);
  /// Puts slots behind one another: results first.
  void setList(const std::vector<Slot> &dsts, const std::vector<Slot> &srcs);
  /// Statement number of a label, filled in when all are decoded.
  void branchTo(std::string_view label);
  uint32_t addTargets(std::string_view list);
  /// Appends the instruction with this executor.
  void emit(Executor execute);
  /// The same for an instruction whose result and so many sources have one type; refuses it where
  /// there is no executor.
  void emitUniform(Ty type, size_t sources, Executor execute);

  template <typename... Ts> void fail(const Ts &...parts) {
    if (message.empty())
      message = strCat("line ", statement ? statement->line : info->line, ": ", parts...);
  }
  /// Says that the form is not known.
  void refuse() { fail("'", statement->opcode, "' is not emulated"); }
  bool failed() const { return !message.empty(); }
  const ModuleSyntax &module;

private:
  void decodeStatement(const Statement &statement);
  void splitOpcode();
  /// Fails where the module's target does not have the instruction.
  void checkTarget();
  void placeShared();
  void placeLocal();
  std::optional<uint64_t> addressOf(std::string_view name, Space &space);
  const uint32_t *findLabel(std::string_view name) const;
  const KernelParameter *findParameter(std::string_view name) const;
  Slot special(std::string_view name);
  Slot row(unsigned bits);
  void resolveTargets();
  void append(Instruction instruction);
  struct Place {
    Space space = Space::Generic;
    uint64_t offset = 0;
  };

  const FunctionSyntax &function;
  const std::map<std::string, ModuleVariable> &moduleVariables;
  KernelInfo *info = nullptr;
  std::unique_ptr<Program> program;
  const Statement *statement = nullptr;
  std::vector<std::string_view> modifiers;
  std::map<uint32_t, Register> registers; ///< By number.
  std::map<std::pair<unsigned, uint64_t>, Slot> constantRows;
  std::map<std::string_view, Slot> specialRows;
  std::map<std::string_view, Place> places; ///< Module-scope shared arrays.
  std::vector<Place> ownPlaces;             ///< Of the function's variables.
  std::vector<uint32_t> firstOf;            ///< First instruction of each statement.
  std::vector<Instruction> after;           ///< Behind the instruction of the statement.
  uint32_t predicateBytes = 0, predicateStart = 0;
  std::string message;
};

/// All families.
const FamilyTable &families();
// One function a file adds what it knows.
void addControl(FamilyTable &table);
void addMoves(FamilyTable &table);
void addInteger(FamilyTable &table);
void addBits(FamilyTable &table);
void addCompare(FamilyTable &table);
void addFloat(FamilyTable &table);
void addFunctions(FamilyTable &table);
void addConversions(FamilyTable &table);
void addMemory(FamilyTable &table);
void addAtomics(FamilyTable &table);
void addAsync(FamilyTable &table);
void addExchange(FamilyTable &table);
void addMatrix(FamilyTable &table);

/// Gives each instruction the order of its block and says where lanes may meet.
void orderBlocks(Program &program);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_DECODE_DECODER_H
