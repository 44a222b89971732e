//===- Parser.h - Tokens to a syntax tree -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Jinja's grammar, with loop controls and the generation tag. What of it is not implemented is
// parsed as far as that is possible, and noted.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_PARSER_H
#define MOEC_TEMPLATE_SYNTAX_PARSER_H

#include "runtime/template/syntax/Ast.h"
#include "runtime/template/syntax/Lexer.h"

namespace moec::jinja {

/// Where a parser is in the tokens, and what it has noted.
class Parser {
public:
  Parser(std::string_view source, Syntax &syntax) : tokens(tokenize(source)), syntax(syntax) {}

  /// Parses the template into the syntax's root. Throws a Failure.
  void run();

private:
  using Ends = std::initializer_list<std::string_view>;

  const Token &current() const { return tokens[at]; }
  const Token &look() const { return tokens[std::min(at + 1, tokens.size() - 1)]; }
  uint32_t line() const { return current().line; }
  Token next() { return at + 1 < tokens.size() ? tokens[at++] : tokens[at]; }
  bool skipName(std::string_view name);
  bool skipOperator(std::string_view text);
  void expectOperator(std::string_view text);
  std::string expectName();
  void expect(TokenKind kind, const char *what);
  [[noreturn]] void error(const std::string &what) const;
  void note(uint32_t line, const std::string &what);
  /// Counts a level of nesting for as long as it lives.
  struct Nested;

  // Statements.
  Body parseBody(Ends ends);
  Body parseBodyOfBlock(Ends ends);
  /// The same, and goes behind the name of its end.
  Body parseWholeBlock(std::string_view end);
  void parseStatement(Body &body);
  StmtPtr parseFor();
  StmtPtr parseIf();
  StmtPtr parseSet();
  StmtPtr parseMacro();
  StmtPtr parseCallBlock();
  StmtPtr parseGeneration();
  StmtPtr parseFilterBlock();
  StmtPtr parseWith();
  bool parseForeign(const std::string &name, Body &body);
  void parseSignature(Routine &routine);
  Target parseTarget(bool takesAttributes);
  Target parseOneTarget(bool takesAttributes);

  // Expressions, from the loosest to the tightest.
  ExprPtr parseTuple(bool takesConditional, std::string_view endName = {}, bool inBrackets = false);
  ExprPtr parseExpression();
  ExprPtr parseOr();
  ExprPtr parseAnd();
  ExprPtr parseNot();
  ExprPtr parseCompare();
  bool parseComparison(Comparison &comparison);
  ExprPtr parseSum();
  ExprPtr parseConcat();
  ExprPtr parseProduct();
  ExprPtr parsePower();
  ExprPtr parseUnary(bool takesFilters);
  ExprPtr parsePrimary();
  ExprPtr parseConstant(const Token &token);
  ExprPtr parseList();
  ExprPtr parseDict();
  ExprPtr parsePostfix(ExprPtr value);
  ExprPtr parseSubscript(ExprPtr object);
  ExprPtr parseIndices(ExprPtr first);
  ExprPtr parseFilters(ExprPtr value);
  ExprPtr parseFilter(ExprPtr value);
  ExprPtr parseTest(ExprPtr value);
  ExprPtr parseCall(ExprPtr callee);
  Arguments parseArguments();
  std::string parseDottedName();

  std::vector<Token> tokens;
  size_t at = 0;
  unsigned depth = 0;
  Syntax &syntax;
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_PARSER_H
