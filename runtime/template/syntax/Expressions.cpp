//===- Expressions.cpp - The grammar of expressions -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/library/Library.h"
#include "runtime/template/syntax/Children.h"
#include "runtime/template/syntax/Nested.h"
#include "runtime/template/syntax/Parser.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

/// An expression, or several with commas, which are a tuple.
ExprPtr Parser::parseTuple(bool takesConditional, std::string_view endName, bool inBrackets) {
  auto isEnd = [&] {
    return current().kind == TokenKind::VariableEnd || current().kind == TokenKind::BlockEnd ||
           current().isOperator(")") || (!endName.empty() && current().isName(endName));
  };
  auto tuple = std::make_unique<ListExpr>(ExprKind::Tuple, line());
  bool isTuple = false;
  while (!isEnd()) {
    tuple->items.push_back(takesConditional ? parseExpression() : parseOr());
    if (!skipOperator(","))
      break;
    isTuple = true;
  }
  if (!isTuple && !tuple->items.empty())
    return std::move(tuple->items[0]);
  if (!isTuple && !inBrackets)
    error("expected an expression");
  return finish(std::move(tuple));
}

ExprPtr Parser::parseExpression() {
  Nested nested(*this);
  ExprPtr value = parseOr();
  while (current().isName("if")) {
    auto conditional = std::make_unique<ConditionalExpr>(ExprKind::Conditional, line());
    next();
    conditional->yes = std::move(value);
    conditional->condition = parseOr();
    if (skipName("else"))
      conditional->no = parseExpression();
    value = finish(std::move(conditional));
  }
  return value;
}

static ExprPtr makeBinary(ExprKind kind, uint32_t line, ExprPtr left, ExprPtr right,
                          Arithmetic operation = Arithmetic::Multiply) {
  auto binary = std::make_unique<BinaryExpr>(kind, line);
  binary->operation = operation;
  binary->left = std::move(left);
  binary->right = std::move(right);
  return finish(std::move(binary));
}

ExprPtr Parser::parseOr() {
  Nested nested(*this);
  ExprPtr left = parseAnd();
  uint32_t where = line();
  while (skipName("or"))
    left = makeBinary(ExprKind::Or, where, std::move(left), parseAnd());
  return left;
}

ExprPtr Parser::parseAnd() {
  ExprPtr left = parseNot();
  uint32_t where = line();
  while (skipName("and"))
    left = makeBinary(ExprKind::And, where, std::move(left), parseNot());
  return left;
}

static ExprPtr makeUnary(ExprKind kind, uint32_t line, ExprPtr operand) {
  auto unary = std::make_unique<UnaryExpr>(kind, line);
  unary->operand = std::move(operand);
  return finish(std::move(unary));
}

ExprPtr Parser::parseNot() {
  if (!current().isName("not"))
    return parseCompare();
  Nested nested(*this);
  uint32_t where = next().line;
  return makeUnary(ExprKind::Not, where, parseNot());
}

/// Goes behind a comparison's operator, if one stands here.
bool Parser::parseComparison(Comparison &comparison) {
  static constexpr std::pair<std::string_view, Comparison> operators[] = {
      {"==", Comparison::Equal},     {"!=", Comparison::Unequal}, {"<", Comparison::Less},
      {"<=", Comparison::LessEqual}, {">", Comparison::Greater},  {">=", Comparison::GreaterEqual}};
  for (auto [text, meant] : operators)
    if (skipOperator(text)) {
      comparison = meant;
      return true;
    }
  bool isNegated = current().isName("not") && look().isName("in");
  at += isNegated;
  comparison = isNegated ? Comparison::NotIn : Comparison::In;
  return skipName("in");
}

ExprPtr Parser::parseCompare() {
  ExprPtr first = parseSum();
  Comparison comparison;
  uint32_t where = line();
  if (!parseComparison(comparison))
    return first;
  auto compare = std::make_unique<CompareExpr>(ExprKind::Compare, where);
  compare->first = std::move(first);
  do
    compare->rest.emplace_back(comparison, parseSum());
  while (parseComparison(comparison));
  return finish(std::move(compare));
}

ExprPtr Parser::parseSum() {
  ExprPtr first = parseConcat();
  if (!current().isOperator("+") && !current().isOperator("-"))
    return first;
  auto sum = std::make_unique<SumExpr>(ExprKind::Sum, line());
  sum->first = std::move(first);
  while (current().isOperator("+") || current().isOperator("-")) {
    Arithmetic operation = next().text == "+" ? Arithmetic::Add : Arithmetic::Subtract;
    sum->rest.emplace_back(operation, parseConcat());
  }
  return finish(std::move(sum));
}

ExprPtr Parser::parseConcat() {
  ExprPtr first = parseProduct();
  if (!current().isOperator("~"))
    return first;
  auto concat = std::make_unique<ListExpr>(ExprKind::Concat, line());
  concat->items.push_back(std::move(first));
  while (skipOperator("~"))
    concat->items.push_back(parseProduct());
  return finish(std::move(concat));
}

ExprPtr Parser::parseProduct() {
  static constexpr std::pair<std::string_view, Arithmetic> operators[] = {
      {"*", Arithmetic::Multiply},
      {"/", Arithmetic::Divide},
      {"//", Arithmetic::FloorDivide},
      {"%", Arithmetic::Modulo}};
  ExprPtr left = parsePower();
  while (true) {
    const auto *found = std::ranges::find_if(
        operators, [&](const auto &entry) { return current().isOperator(entry.first); });
    if (found == std::end(operators))
      return left;
    uint32_t where = next().line;
    left = makeBinary(ExprKind::Arithmetic, where, std::move(left), parsePower(), found->second);
  }
}

ExprPtr Parser::parsePower() {
  ExprPtr left = parseUnary(/*takesFilters=*/true);
  uint32_t where = line();
  while (skipOperator("**"))
    left = makeBinary(ExprKind::Arithmetic, where, std::move(left),
                      parseUnary(/*takesFilters=*/true), Arithmetic::Power);
  return left;
}

ExprPtr Parser::parseUnary(bool takesFilters) {
  Nested nested(*this);
  ExprPtr value;
  uint32_t where = line();
  if (skipOperator("-"))
    value = makeUnary(ExprKind::Negate, where, parseUnary(/*takesFilters=*/false));
  else if (skipOperator("+"))
    value = makeUnary(ExprKind::Plus, where, parseUnary(/*takesFilters=*/false));
  else
    value = parsePrimary();
  value = parsePostfix(std::move(value));
  return takesFilters ? parseFilters(std::move(value)) : std::move(value);
}

/// The value of a literal, or null.
ExprPtr Parser::parseConstant(const Token &token) {
  auto constant = std::make_unique<ConstExpr>(ExprKind::Const, token.line);
  if (token.kind == TokenKind::String) {
    std::string text = token.text;
    while (current().kind == TokenKind::String)
      text += next().text;
    constant->value = syntax.arena.string(text);
  } else if (token.kind == TokenKind::Integer) {
    std::optional<Value> value = parseInteger(syntax.arena, token.text, 0);
    if (!value)
      error(strCat("'", token.text, "' is no integer"));
    constant->value = *value;
  } else if (token.kind == TokenKind::Float) {
    constant->value = Value::of(parseFloat(token.text).value_or(0));
  } else if (token.text == "true" || token.text == "True") {
    constant->value = Value::of(true);
  } else if (token.text == "false" || token.text == "False") {
    constant->value = Value::of(false);
  } else if (token.text == "none" || token.text == "None") {
    constant->value = Value::none();
  } else {
    return nullptr;
  }
  return constant;
}

ExprPtr Parser::parsePrimary() {
  switch (current().kind) {
  case TokenKind::Name: {
    Token token = next();
    if (ExprPtr constant = parseConstant(token))
      return constant;
    auto name = std::make_unique<NameExpr>(ExprKind::Name, token.line);
    name->name = token.text;
    return name;
  }
  case TokenKind::String:
  case TokenKind::Integer:
  case TokenKind::Float: {
    Token token = next();
    return parseConstant(token);
  }
  default:
    break;
  }
  if (skipOperator("(")) {
    Nested nested(*this);
    ExprPtr value = parseTuple(/*takesConditional=*/true, {}, /*inBrackets=*/true);
    expectOperator(")");
    return value;
  }
  if (current().isOperator("["))
    return parseList();
  if (current().isOperator("{"))
    return parseDict();
  error("expected an expression");
}

ExprPtr Parser::parseList() {
  auto list = std::make_unique<ListExpr>(ExprKind::List, line());
  expectOperator("[");
  while (!skipOperator("]")) {
    if (!list->items.empty()) {
      expectOperator(",");
      if (skipOperator("]"))
        break;
    }
    list->items.push_back(parseExpression());
  }
  return finish(std::move(list));
}

ExprPtr Parser::parseDict() {
  auto dict = std::make_unique<DictExpr>(ExprKind::Dict, line());
  expectOperator("{");
  while (!skipOperator("}")) {
    if (!dict->items.empty()) {
      expectOperator(",");
      if (skipOperator("}"))
        break;
    }
    ExprPtr key = parseExpression();
    expectOperator(":");
    dict->items.emplace_back(std::move(key), parseExpression());
  }
  return finish(std::move(dict));
}

ExprPtr Parser::parsePostfix(ExprPtr value) {
  while (true) {
    if (current().isOperator(".") || current().isOperator("["))
      value = finish(parseSubscript(std::move(value)));
    else if (current().isOperator("("))
      value = finish(parseCall(std::move(value)));
    else
      return value;
  }
}

ExprPtr Parser::parseSubscript(ExprPtr object) {
  uint32_t where = line();
  if (skipOperator(".")) {
    Token token = next();
    if (token.kind == TokenKind::Name) {
      auto attribute = std::make_unique<AttributeExpr>(ExprKind::Attribute, where);
      attribute->object = std::move(object);
      attribute->name = token.text;
      attribute->method = findMethod(token.text);
      return attribute;
    }
    if (token.kind != TokenKind::Integer)
      error("expected the name of an attribute, or a number");
    auto item = std::make_unique<ItemExpr>(ExprKind::Item, where);
    item->object = std::move(object);
    item->index = parseConstant(token);
    return item;
  }
  expectOperator("[");
  auto slice = std::make_unique<SliceExpr>(ExprKind::Slice, where);
  auto isEnd = [&] { return current().isOperator("]") || current().isOperator(":"); };
  if (!isEnd())
    slice->begin = parseExpression();
  if (!skipOperator(":")) {
    auto item = std::make_unique<ItemExpr>(ExprKind::Item, where);
    item->object = std::move(object);
    item->index = std::move(slice->begin);
    if (item->index && current().isOperator(","))
      item->index = parseIndices(std::move(item->index));
    if (!item->index || !skipOperator("]"))
      error("expected an index in brackets");
    return item;
  }
  slice->object = std::move(object);
  if (!isEnd())
    slice->end = parseExpression();
  if (skipOperator(":") && !isEnd())
    slice->step = parseExpression();
  expectOperator("]");
  return slice;
}

/// Several indices, which are a tuple.
ExprPtr Parser::parseIndices(ExprPtr first) {
  auto tuple = std::make_unique<ListExpr>(ExprKind::Tuple, line());
  tuple->items.push_back(std::move(first));
  while (skipOperator(",") && !current().isOperator("]"))
    tuple->items.push_back(parseExpression());
  return finish(std::move(tuple));
}

ExprPtr Parser::parseFilters(ExprPtr value) {
  while (true) {
    if (skipOperator("|"))
      value = finish(parseFilter(std::move(value)));
    else if (current().isName("is"))
      value = finish(parseTest(std::move(value)));
    else if (current().isOperator("("))
      value = finish(parseCall(std::move(value)));
    else
      return value;
  }
}

std::string Parser::parseDottedName() {
  std::string name = expectName();
  while (skipOperator("."))
    name += "." + expectName();
  return name;
}

/// A filter behind `|`.
ExprPtr Parser::parseFilter(ExprPtr value) {
  auto filter = std::make_unique<FilterExpr>(ExprKind::Filter, line());
  filter->value = std::move(value);
  filter->name = parseDottedName();
  if (current().isOperator("("))
    filter->arguments = parseArguments();
  filter->function = findFilter(filter->name);
  if (!filter->function)
    note(filter->line, strCat("the filter '", filter->name, "'"));
  return filter;
}

ExprPtr Parser::parseTest(ExprPtr value) {
  uint32_t where = next().line;
  bool isNegated = skipName("not");
  auto test = std::make_unique<FilterExpr>(ExprKind::Test, where);
  test->value = std::move(value);
  test->name = parseDottedName();
  const Token &token = current();
  bool isArgument = token.kind == TokenKind::Name || token.kind == TokenKind::String ||
                    token.kind == TokenKind::Integer || token.kind == TokenKind::Float ||
                    token.isOperator("[") || token.isOperator("{");
  bool isWord = token.isName("else") || token.isName("or") || token.isName("and");
  if (token.isName("is"))
    error("a test stands behind a test; brackets belong around the first");
  if (token.isOperator("("))
    test->arguments = parseArguments();
  else if (isArgument && !isWord)
    test->arguments.positional.push_back(parsePostfix(parsePrimary()));
  test->function = findTest(test->name);
  if (!test->function)
    note(where, strCat("the test '", test->name, "'"));
  ExprPtr result = finish(std::move(test));
  return isNegated ? makeUnary(ExprKind::Not, where, std::move(result)) : std::move(result);
}

ExprPtr Parser::parseCall(ExprPtr callee) {
  auto call = std::make_unique<CallExpr>(ExprKind::Call, line());
  call->arguments = parseArguments();
  if (callee->kind == ExprKind::Attribute) {
    const auto &attribute = static_cast<const AttributeExpr &>(*callee);
    if (isForeignMethod(attribute.name))
      note(call->line, strCat("the method '", attribute.name, "'"));
  }
  call->callee = std::move(callee);
  return call;
}

Arguments Parser::parseArguments() {
  Nested nested(*this);
  Arguments arguments;
  expectOperator("(");
  auto check = [&](bool isRight) {
    if (!isRight)
      error("arguments stand in a wrong order");
  };
  for (bool isFirst = true; !current().isOperator(")"); isFirst = false) {
    if (!isFirst) {
      expectOperator(",");
      if (current().isOperator(")"))
        break;
    }
    if (skipOperator("*")) {
      check(!arguments.rest && !arguments.namedRest);
      arguments.rest = parseExpression();
    } else if (skipOperator("**")) {
      check(!arguments.namedRest);
      arguments.namedRest = parseExpression();
    } else if (current().kind == TokenKind::Name && look().isOperator("=")) {
      check(!arguments.namedRest);
      std::string name = next().text;
      next();
      arguments.named.emplace_back(std::move(name), parseExpression());
    } else {
      check(!arguments.rest && !arguments.namedRest && arguments.named.empty());
      arguments.positional.push_back(parseExpression());
    }
  }
  expectOperator(")");
  return arguments;
}
