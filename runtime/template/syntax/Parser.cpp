//===- Parser.cpp - Statements ----------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/Parser.h"

#include "runtime/template/syntax/Nested.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

static std::string describe(const Token &token) {
  switch (token.kind) {
  case TokenKind::Text:
    return "text";
  case TokenKind::VariableBegin:
    return "'{{'";
  case TokenKind::VariableEnd:
    return "'}}'";
  case TokenKind::BlockBegin:
    return "'{%'";
  case TokenKind::BlockEnd:
    return "'%}'";
  case TokenKind::End:
    return "the end of the template";
  case TokenKind::String:
    return "a string";
  default:
    return strCat("'", token.text, "'");
  }
}

void Parser::error(const std::string &what) const {
  fail("line ", line(), ": ", what, ", at ", describe(current()));
}

void Parser::note(uint32_t where, const std::string &what) {
  syntax.unsupported.push_back(strCat("line ", where, ": ", what, " is not supported"));
}

bool Parser::skipName(std::string_view name) {
  bool found = current().isName(name);
  at += found;
  return found;
}

bool Parser::skipOperator(std::string_view text) {
  bool found = current().isOperator(text);
  at += found;
  return found;
}

void Parser::expectOperator(std::string_view text) {
  if (!skipOperator(text))
    error(strCat("expected '", text, "'"));
}

std::string Parser::expectName() {
  if (current().kind != TokenKind::Name)
    error("expected a name");
  return next().text;
}

void Parser::expect(TokenKind kind, const char *what) {
  if (current().kind != kind)
    error(strCat("expected ", what));
  next();
}

void Parser::run() {
  syntax.root.body = parseBody({});
  if (current().kind != TokenKind::End)
    error("expected the end");
}

/// Statements up to the tag that begins with one of `ends`, which is current then.
Body Parser::parseBody(Ends ends) {
  Nested nested(*this);
  Body body;
  while (current().kind != TokenKind::End) {
    if (current().kind == TokenKind::Text) {
      auto text = std::make_unique<TextStmt>(StmtKind::Text, line());
      text->text = next().text;
      body.push_back(std::move(text));
    } else if (current().kind == TokenKind::VariableBegin) {
      next();
      auto output = std::make_unique<OutputStmt>(StmtKind::Output, line());
      output->value = parseTuple(/*takesConditional=*/true);
      expect(TokenKind::VariableEnd, "'}}'");
      body.push_back(std::move(output));
    } else {
      next();
      if (current().kind != TokenKind::Name)
        error("expected the name of a tag");
      if (std::ranges::find(ends, current().text) != ends.end())
        return body;
      parseStatement(body);
      expect(TokenKind::BlockEnd, "'%}'");
    }
  }
  if (ends.size())
    error(strCat("expected '", *(ends.end() - 1), "'"));
  return body;
}

Body Parser::parseBodyOfBlock(Ends ends) {
  // A colon as in Python.
  skipOperator(":");
  expect(TokenKind::BlockEnd, "'%}'");
  return parseBody(ends);
}

Body Parser::parseWholeBlock(std::string_view end) {
  Body body = parseBodyOfBlock({end});
  next();
  return body;
}

void Parser::parseStatement(Body &body) {
  struct Rule {
    std::string_view name;
    StmtPtr (Parser::*parse)();
  };
  static constexpr Rule rules[] = {{"for", &Parser::parseFor},
                                   {"if", &Parser::parseIf},
                                   {"set", &Parser::parseSet},
                                   {"macro", &Parser::parseMacro},
                                   {"call", &Parser::parseCallBlock},
                                   {"generation", &Parser::parseGeneration},
                                   {"filter", &Parser::parseFilterBlock},
                                   {"with", &Parser::parseWith}};
  const std::string name = current().text;
  for (const Rule &rule : rules)
    if (rule.name == name)
      return body.push_back((this->*rule.parse)());
  if (name == "break" || name == "continue") {
    body.push_back(
        std::make_unique<Stmt>(name == "break" ? StmtKind::Break : StmtKind::Continue, line()));
    next();
    return;
  }
  if (name == "print") {
    next();
    while (current().kind != TokenKind::BlockEnd) {
      auto output = std::make_unique<OutputStmt>(StmtKind::Output, line());
      output->value = parseExpression();
      body.push_back(std::move(output));
      if (current().kind != TokenKind::BlockEnd)
        expectOperator(",");
    }
    return;
  }
  if (!parseForeign(name, body))
    error("there is no such tag");
}

/// Tags that Jinja has and this has not.
bool Parser::parseForeign(const std::string &name, Body &body) {
  static constexpr std::string_view single[] = {"extends", "include", "import", "from"},
                                    blocks[] = {"block", "autoescape"};
  bool isSingle = std::ranges::find(single, name) != std::end(single);
  if (!isSingle && std::ranges::find(blocks, name) == std::end(blocks))
    return false;
  std::string what = strCat("the tag '", name, "'");
  note(line(), what);
  auto statement = std::make_unique<UnsupportedStmt>(StmtKind::Unsupported, line());
  statement->what = what;
  body.push_back(std::move(statement));
  while (current().kind != TokenKind::BlockEnd && current().kind != TokenKind::End)
    next();
  if (isSingle)
    return true;
  parseWholeBlock("end" + name);
  // A block's name may stand at its end, too.
  if (current().kind == TokenKind::Name)
    next();
  return true;
}

Target Parser::parseOneTarget(bool takesAttributes) {
  Target target;
  target.line = line();
  if (skipOperator("(")) {
    Nested nested(*this);
    target = parseTarget(takesAttributes);
    expectOperator(")");
    return target;
  }
  target.name = expectName();
  static constexpr std::string_view constants[] = {"true", "false", "none",
                                                   "True", "False", "None"};
  if (std::ranges::find(constants, target.name) != std::end(constants))
    error(strCat("cannot assign to '", target.name, "'"));
  if (takesAttributes && skipOperator(".")) {
    target.form = Target::Attribute;
    target.attribute = expectName();
  }
  return target;
}

/// What is assigned to, up to `=` or the name `in`.
Target Parser::parseTarget(bool takesAttributes) {
  Target first = parseOneTarget(takesAttributes);
  if (!current().isOperator(","))
    return first;
  Target tuple;
  tuple.form = Target::Tuple;
  tuple.line = first.line;
  tuple.parts.push_back(std::move(first));
  while (skipOperator(",")) {
    if (current().isOperator("=") || current().isOperator(")") || current().isName("in") ||
        current().kind == TokenKind::BlockEnd)
      break;
    tuple.parts.push_back(parseOneTarget(takesAttributes));
  }
  return tuple;
}

StmtPtr Parser::parseFor() {
  auto loop = std::make_unique<ForStmt>(StmtKind::For, line());
  next();
  loop->target = parseTarget(/*takesAttributes=*/false);
  if (!skipName("in"))
    error("expected 'in'");
  loop->sequence = parseTuple(/*takesConditional=*/false, "recursive");
  if (skipName("if"))
    loop->test = parseExpression();
  bool isRecursive = skipName("recursive");
  if (isRecursive)
    note(loop->line, "a recursive loop");
  loop->body = parseBodyOfBlock({"else", "endfor"});
  if (next().text == "else")
    loop->otherwise = parseWholeBlock("endfor");
  if (!isRecursive)
    return loop;
  auto statement = std::make_unique<UnsupportedStmt>(StmtKind::Unsupported, loop->line);
  statement->what = "a recursive loop";
  return statement;
}

StmtPtr Parser::parseIf() {
  auto statement = std::make_unique<IfStmt>(StmtKind::If, line());
  next();
  while (true) {
    ExprPtr condition = parseTuple(/*takesConditional=*/false);
    Body body = parseBodyOfBlock({"elif", "else", "endif"});
    statement->branches.emplace_back(std::move(condition), std::move(body));
    std::string end = next().text;
    if (end == "elif")
      continue;
    if (end == "else")
      statement->otherwise = parseWholeBlock("endif");
    return statement;
  }
}

StmtPtr Parser::parseSet() {
  uint32_t where = line();
  next();
  Target target = parseTarget(/*takesAttributes=*/true);
  if (skipOperator("=")) {
    auto set = std::make_unique<SetStmt>(StmtKind::Set, where);
    set->target = std::move(target);
    set->value = parseTuple(/*takesConditional=*/true);
    return set;
  }
  auto set = std::make_unique<SetBlockStmt>(StmtKind::SetBlock, where);
  set->target = std::move(target);
  while (skipOperator("|"))
    set->filter = parseFilter(std::move(set->filter));
  set->body = parseWholeBlock("endset");
  return set;
}

void Parser::parseSignature(Routine &routine) {
  expectOperator("(");
  while (!current().isOperator(")")) {
    if (!routine.parameters.empty())
      expectOperator(",");
    routine.parameters.push_back(expectName());
    if (skipOperator("="))
      routine.defaults.push_back(parseExpression());
    else if (!routine.defaults.empty())
      error("a parameter without a default stands behind one with a default");
  }
  expectOperator(")");
}

StmtPtr Parser::parseMacro() {
  auto macro = std::make_unique<MacroStmt>(StmtKind::Macro, line());
  next();
  macro->routine.name = expectName();
  parseSignature(macro->routine);
  macro->routine.body = parseWholeBlock("endmacro");
  return macro;
}

StmtPtr Parser::parseCallBlock() {
  auto block = std::make_unique<CallBlockStmt>(StmtKind::CallBlock, line());
  next();
  if (current().isOperator("("))
    parseSignature(block->routine);
  block->call = parseExpression();
  if (block->call->kind != ExprKind::Call)
    error("expected a call");
  block->routine.name = "caller";
  block->routine.body = parseWholeBlock("endcall");
  return block;
}

/// What Transformers marks as an assistant's text, which is a block of its own.
StmtPtr Parser::parseGeneration() {
  auto block = std::make_unique<CallBlockStmt>(StmtKind::CallBlock, line());
  next();
  block->routine.name = "generation";
  block->routine.body = parseWholeBlock("endgeneration");
  return block;
}

StmtPtr Parser::parseFilterBlock() {
  auto block = std::make_unique<FilterBlockStmt>(StmtKind::FilterBlock, line());
  next();
  block->filter = parseFilter(nullptr);
  while (skipOperator("|"))
    block->filter = parseFilter(std::move(block->filter));
  block->body = parseWholeBlock("endfilter");
  return block;
}

StmtPtr Parser::parseWith() {
  auto with = std::make_unique<WithStmt>(StmtKind::With, line());
  next();
  while (current().kind != TokenKind::BlockEnd) {
    if (!with->variables.empty())
      expectOperator(",");
    // A comma stands between variables, so a tuple of them needs its brackets.
    Target target = parseOneTarget(/*takesAttributes=*/false);
    expectOperator("=");
    ExprPtr value = parseExpression();
    with->variables.emplace_back(std::move(target), std::move(value));
  }
  with->body = parseWholeBlock("endwith");
  return with;
}
