//===- Parser.h - From tokens to statements ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One parser for a text. The first error ends it: no token comes behind it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_SYNTAX_PARSER_H
#define MOEC_EMULATOR_PTX_LIB_SYNTAX_PARSER_H

#include "emulator/ptx/lib/syntax/Lexer.h"
#include "emulator/ptx/lib/syntax/Syntax.h"

namespace moec::ptx {

class Parser {
public:
  explicit Parser(std::string_view text) : lexer(text) {}
  Expected<ModuleSyntax> run();

private:
  // Parser.cpp: modules, heads of kernels, variables.
  void parseItem(ModuleSyntax &module);
  void parseFunction(ModuleSyntax &module);
  void parseParameters(KernelInfo &info);
  void parseParameter(KernelInfo &info);
  void parseHead(KernelInfo &info);
  Variable parseVariable(bool isExtern);
  void parseImage(Variable &variable, uint16_t bits);
  void skipSection();
  // Body.cpp: what is between a kernel's braces.
  void parseBody(FunctionSyntax &function);
  void parseBodyItem(FunctionSyntax &function, std::vector<uint32_t> &open);
  void parseDirective(FunctionSyntax &function, uint32_t scope);
  void parseRegisters(FunctionSyntax &function, uint32_t scope);
  void parseTargets(FunctionSyntax &function, uint32_t scope, std::string_view name);
  void parseStatement(FunctionSyntax &function, uint32_t scope);
  SyntaxOperand parseOperand(bool inVector);
  SyntaxOperand parseAddress();
  SyntaxOperand parseNumber(bool isNegative);
  void addOffset(SyntaxOperand &operand);

  // Tokens.
  uint64_t takeInteger(const char *what, uint64_t most);
  bool takeIf(char mark);
  void expect(char mark);
  std::string_view takeWord(const char *what);
  template <typename... Ts> void fail(uint32_t line, const Ts &...parts) {
    if (message.empty())
      message = strCat("line ", line, ": ", parts...);
    lexer.stop();
  }
  bool done() const { return lexer.peek().kind == TokenKind::End; }

  Lexer lexer;
  std::string message;
  uint32_t registerCount = 0;
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_SYNTAX_PARSER_H
