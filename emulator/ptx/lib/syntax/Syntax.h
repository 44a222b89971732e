//===- Syntax.h - The text of a module as it is written ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a PTX text says, before any instruction has a meaning. Names point into the text.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_SYNTAX_SYNTAX_H
#define MOEC_EMULATOR_PTX_LIB_SYNTAX_SYNTAX_H

#include "moec/Support/Error.h"
#include "moec/emulator/ptx/Instruction.h"
#include "moec/emulator/ptx/Module.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::ptx {

/// What an operand looks like.
enum class Form : uint8_t {
  Name,    ///< A register, a variable or a label; `value` is added to a variable's address.
  Integer, ///< `value` has its bits.
  Float32, ///< 0f…
  Float64, ///< 0d… or a decimal fraction.
  Vector,  ///< {…}
  Address, ///< [name + value] or [value]
  Sink     ///< _
};

/// One operand.
struct SyntaxOperand {
  Form form = Form::Sink;
  bool negated = false;    ///< !name
  std::string_view name;   ///< Of a Name, and of an Address unless it is a number.
  std::string_view second; ///< Behind "|".
  uint64_t value = 0;
  std::vector<SyntaxOperand> parts; ///< Of a Vector.
};

/// One instruction.
struct Statement {
  uint32_t line = 0;
  uint32_t scope = 0;     ///< Of the function's scopes.
  std::string_view guard; ///< The predicate of @name or @!name.
  bool guardNegated = false;
  std::string_view opcode; ///< With all its modifiers.
  std::vector<SyntaxOperand> operands;
};

/// A variable of a module or of a function.
struct Variable {
  std::string_view name;
  uint32_t line = 0;
  Space space = Space::Global;
  uint32_t alignment = 1;
  uint64_t bytes = 0;         ///< 0 for an array without an extent.
  bool isExtern = false;      ///< Somebody else's, or dynamic shared memory.
  std::vector<uint8_t> image; ///< What it starts with, zeros behind it.
};

/// Registers that one `.reg` declares.
struct RegisterRange {
  uint32_t count = 0; ///< 0: one register without a number.
  uint16_t bits = 0;  ///< 1 for predicates.
  char kind = 'b';    ///< b, u, s, f or p.
  uint32_t first = 0; ///< Number of the first in the function.
};

/// What is between braces.
struct Scope {
  int32_t parent = -1;
  std::map<std::string_view, RegisterRange> registers;
  std::map<std::string_view, uint32_t> labels;                       ///< Numbers of statements.
  std::map<std::string_view, std::vector<std::string_view>> targets; ///< .branchtargets
  std::map<std::string_view, uint32_t> variables;                    ///< Numbers of the function's.
};

/// A `.entry`.
struct FunctionSyntax {
  KernelInfo info; ///< As far as the head says.
  std::vector<Scope> scopes;
  std::vector<Statement> statements;
  std::vector<Variable> variables;
};

struct ModuleSyntax {
  unsigned version = 0; ///< major · 10 + minor
  std::string_view target;
  std::map<std::string_view, Variable> variables;
  std::vector<FunctionSyntax> functions;
};

/// Parses a text. Errors begin with "line N: ".
Expected<ModuleSyntax> parseText(std::string_view text);

/// Bits of a fundamental type such as .b32 (with the dot), if it is one; .pred has 1.
std::optional<uint16_t> typeBits(std::string_view type);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_SYNTAX_SYNTAX_H
