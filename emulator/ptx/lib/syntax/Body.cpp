//===- Body.cpp - What is between a kernel's braces -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/syntax/Parser.h"

namespace moec::ptx {

namespace {
constexpr uint32_t kMostRegisters = 1u << 22, kMostScopes = 1u << 16;
} // namespace

void Parser::parseBody(FunctionSyntax &function) {
  function.scopes.emplace_back();
  std::vector<uint32_t> open = {0};
  while (!done() && !open.empty())
    parseBodyItem(function, open);
  if (!open.empty())
    fail(lexer.peek().line, "the body of ", function.info.name, " has no end");
}

void Parser::parseBodyItem(FunctionSyntax &function, std::vector<uint32_t> &open) {
  if (takeIf('}')) {
    open.pop_back();
  } else if (takeIf('{')) {
    if (function.scopes.size() >= kMostScopes)
      return fail(lexer.peek().line, "more than ", kMostScopes, " pairs of braces");
    function.scopes.push_back({int32_t(open.back()), {}, {}, {}, {}});
    open.push_back(uint32_t(function.scopes.size() - 1));
  } else if (takeIf(';')) {
    // An empty statement.
  } else if (lexer.peek().is('@')) {
    parseStatement(function, open.back());
  } else if (lexer.peek().text.starts_with('.')) {
    parseDirective(function, open.back());
  } else {
    // A label has a colon and no semicolon.
    Lexer before = lexer;
    std::string_view name = takeWord("an instruction");
    uint32_t line = before.peek().line;
    if (!takeIf(':')) {
      if (!message.empty())
        return;
      lexer = before;
      return parseStatement(function, open.back());
    }
    Scope &scope = function.scopes[open.back()];
    if (lexer.peek().is(".branchtargets"))
      return parseTargets(function, open.back(), name);
    if (!scope.labels.emplace(name, uint32_t(function.statements.size())).second)
      fail(line, "there are two labels ", name);
  }
}

void Parser::parseTargets(FunctionSyntax &function, uint32_t scope, std::string_view name) {
  lexer.take();
  std::vector<std::string_view> &targets = function.scopes[scope].targets[name];
  do
    targets.push_back(takeWord("a label"));
  while (takeIf(','));
  expect(';');
}

void Parser::parseDirective(FunctionSyntax &function, uint32_t scope) {
  Token token = lexer.take();
  if (token.is(".reg"))
    return parseRegisters(function, scope);
  if (token.is(".pragma")) {
    lexer.take();
    return expect(';');
  }
  if (token.is(".loc")) {
    while (!done() && lexer.peek().line == token.line)
      lexer.take();
    return;
  }
  if (!token.is(".local") && !token.is(".shared"))
    return fail(token.line, "'", token.text, "' is not emulated");
  Variable variable = parseVariable(false);
  variable.space = token.is(".local") ? Space::Local : Space::Shared;
  uint32_t number = uint32_t(function.variables.size());
  if (!function.scopes[scope].variables.emplace(variable.name, number).second)
    fail(variable.line, "there are two variables ", variable.name);
  function.variables.push_back(std::move(variable));
}

void Parser::parseRegisters(FunctionSyntax &function, uint32_t scope) {
  uint32_t line = lexer.peek().line;
  std::string_view type = takeWord("a type");
  std::optional<uint16_t> bits = typeBits(type);
  if (!bits)
    return fail(line, "'", type, "' is no type of registers");
  do {
    std::string_view name = takeWord("a register");
    RegisterRange range{0, *bits, type[1], registerCount};
    if (takeIf('<')) {
      range.count = uint32_t(takeInteger("a number of registers", kMostRegisters));
      expect('>');
    }
    registerCount += std::max(range.count, 1u);
    if (registerCount > kMostRegisters)
      return fail(line, "more than ", kMostRegisters, " registers");
    // %r and %r<5> are different names.
    if (!function.scopes[scope].registers.emplace(name, range).second)
      return fail(line, "there are two registers ", name);
  } while (takeIf(','));
  expect(';');
}

void Parser::parseStatement(FunctionSyntax &function, uint32_t scope) {
  Statement statement;
  statement.scope = scope;
  statement.line = lexer.peek().line;
  if (takeIf('@')) {
    statement.guardNegated = takeIf('!');
    statement.guard = takeWord("a predicate");
  }
  statement.opcode = takeWord("an instruction");
  if (!lexer.peek().is(';')) {
    do
      statement.operands.push_back(parseOperand(false));
    while (takeIf(','));
  }
  if (!message.empty())
    return;
  if (!lexer.peek().is(';'))
    return fail(lexer.peek().line, "';' is missing before '", lexer.peek().text, "'");
  lexer.take();
  function.statements.push_back(std::move(statement));
}

SyntaxOperand Parser::parseNumber(bool isNegative) {
  Token token = lexer.take();
  NumberValue value = token.kind == TokenKind::Number ? readNumber(token.text) : NumberValue();
  SyntaxOperand operand;
  operand.value = value.bits;
  switch (value.kind) {
  case NumberValue::Bad:
    fail(token.line, "'", token.text, "' is no operand");
    break;
  case NumberValue::Integer:
    operand.form = Form::Integer;
    operand.value = isNegative ? ~value.bits + 1 : value.bits;
    break;
  case NumberValue::Float32:
    operand.form = Form::Float32;
    operand.value = isNegative ? value.bits ^ 0x80000000u : value.bits;
    break;
  case NumberValue::Float64:
    operand.form = Form::Float64;
    operand.value = isNegative ? value.bits ^ (uint64_t(1) << 63) : value.bits;
    break;
  }
  return operand;
}

/// name + 16, name + -16, name - 16
void Parser::addOffset(SyntaxOperand &operand) {
  if (!lexer.peek().is('+') && !lexer.peek().is('-'))
    return;
  bool isNegative = lexer.take().is('-');
  isNegative ^= takeIf('-');
  operand.value = parseNumber(isNegative).value;
}

SyntaxOperand Parser::parseAddress() {
  SyntaxOperand operand;
  if (lexer.peek().kind == TokenKind::Word) {
    operand.name = lexer.take().text;
    addOffset(operand);
  } else {
    operand = parseNumber(takeIf('-'));
    if (operand.form != Form::Integer)
      fail(lexer.peek().line, "an address is no whole number");
  }
  operand.form = Form::Address;
  expect(']');
  return operand;
}

SyntaxOperand Parser::parseOperand(bool inVector) {
  SyntaxOperand operand;
  if (takeIf('['))
    return parseAddress();
  if (!inVector && takeIf('{')) {
    operand.form = Form::Vector;
    do
      operand.parts.push_back(parseOperand(true));
    while (takeIf(','));
    expect('}');
    return operand;
  }
  operand.negated = takeIf('!');
  if (lexer.peek().kind != TokenKind::Word)
    return parseNumber(takeIf('-'));
  operand.name = lexer.take().text;
  if (operand.name == "_")
    return operand;
  operand.form = Form::Name;
  if (takeIf('|'))
    operand.second = takeWord("a second register");
  addOffset(operand);
  return operand;
}

} // namespace moec::ptx
