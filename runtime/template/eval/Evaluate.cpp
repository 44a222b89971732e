//===- Evaluate.cpp - Expressions -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Depth.h"
#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Print.h"
#include "runtime/template/value/Text.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

template <typename T> static const T &as(const Expr &expr) { return static_cast<const T &>(expr); }

Value Interpreter::evaluate(const Expr &expr) {
  step();
  switch (expr.kind) {
  case ExprKind::Const:
    return as<ConstExpr>(expr).value;
  case ExprKind::Name:
    return evaluateName(as<NameExpr>(expr));
  default: {
    Depth nested(*this);
    return evaluateOther(expr);
  }
  }
}

Value Interpreter::evaluateOther(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Tuple:
    return evaluateList(as<ListExpr>(expr), Kind::Tuple);
  case ExprKind::List:
    return evaluateList(as<ListExpr>(expr), Kind::List);
  case ExprKind::Concat:
    return evaluateConcat(as<ListExpr>(expr));
  case ExprKind::Dict:
    return evaluateDict(as<DictExpr>(expr));
  case ExprKind::Attribute: {
    const auto &access = as<AttributeExpr>(expr);
    return attribute(evaluate(*access.object), access.name, access.method);
  }
  case ExprKind::Item: {
    Value object = evaluate(*as<ItemExpr>(expr).object);
    return item(object, evaluate(*as<ItemExpr>(expr).index));
  }
  case ExprKind::Slice:
    return evaluateSlice(as<SliceExpr>(expr));
  case ExprKind::Call:
    return evaluateCall(as<CallExpr>(expr));
  case ExprKind::Filter:
  case ExprKind::Test:
    return evaluateFilter(as<FilterExpr>(expr), nullptr);
  case ExprKind::Not:
  case ExprKind::Negate:
  case ExprKind::Plus:
    return evaluateUnary(as<UnaryExpr>(expr));
  case ExprKind::Arithmetic: {
    const auto &operation = as<BinaryExpr>(expr);
    Value left = evaluate(*operation.left);
    return binary(operation.operation, left, evaluate(*operation.right));
  }
  case ExprKind::Sum:
    return evaluateSum(as<SumExpr>(expr));
  case ExprKind::And: {
    Value left = evaluate(*as<BinaryExpr>(expr).left);
    return isTrue(left) ? evaluate(*as<BinaryExpr>(expr).right) : left;
  }
  case ExprKind::Or: {
    Value left = evaluate(*as<BinaryExpr>(expr).left);
    return isTrue(left) ? left : evaluate(*as<BinaryExpr>(expr).right);
  }
  case ExprKind::Compare:
    return evaluateCompare(as<CompareExpr>(expr));
  case ExprKind::Conditional:
    return evaluateConditional(as<ConditionalExpr>(expr));
  default:
    return {};
  }
}

Value Interpreter::evaluateName(const NameExpr &expr) {
  const Value &value = *place(expr.slot);
  return value.kind == Kind::Missing ? Value::undefined(expr.name) : value;
}

Value Interpreter::evaluateList(const ListExpr &expr, Kind kind) {
  std::span<Value> items = arena.values(expr.items.size());
  for (size_t i = 0; i < items.size(); ++i)
    items[i] = evaluate(*expr.items[i]);
  return Value::sequence(kind, items);
}

Value Interpreter::evaluateDict(const DictExpr &expr) {
  auto &dict = *arena.make<DictData>();
  for (const auto &[key, value] : expr.items) {
    Value evaluated = evaluate(*key);
    dict.set(arena, evaluated, evaluate(*value));
  }
  return Value::of(&dict);
}

Value Interpreter::evaluateSlice(const SliceExpr &expr) {
  Value object = evaluate(*expr.object), bounds[3];
  const ExprPtr *parts[] = {&expr.begin, &expr.end, &expr.step};
  for (size_t i = 0; i < 3; ++i)
    bounds[i] = *parts[i] ? evaluate(**parts[i]) : Value::none();
  auto bound = [&](size_t i) { return bounds[i].isNone() ? nullptr : &bounds[i]; };
  return slice(*this, object, bound(0), bound(1), bound(2));
}

/// Texts one behind the other.
Value Interpreter::join(std::span<const std::string_view> parts, size_t size) {
  if (parts.size() == 1)
    return Value::of(parts[0]);
  if (size > UINT32_MAX)
    fail("a text of ", size, " bytes is too long");
  charge(size);
  char *text = arena.chars(size), *at = text;
  for (std::string_view part : parts)
    at = std::ranges::copy(part, at).out;
  return Value::of(std::string_view(text, size));
}

Value Interpreter::evaluateSum(const SumExpr &expr) {
  // Most sums are of texts, which are copied once.
  std::array<std::string_view, 16> parts;
  size_t count = 0, size = 0;
  auto isPlain = [](const Value &value) { return value.isString() && !value.isMarkup(); };
  auto add = [&](const Value &text) {
    parts[count++] = text.text();
    size += text.size;
  };
  Value value = evaluate(*expr.first);
  for (const auto &[operation, operand] : expr.rest) {
    Value right = evaluate(*operand);
    if (operation != Arithmetic::Add || !isPlain(value) || !isPlain(right)) {
      if (count)
        value = join({parts.data(), count}, size);
      count = size = 0;
      value = binary(operation, value, right);
      continue;
    }
    if (!count)
      add(value);
    add(right);
    if (count == parts.size()) {
      value = join(parts, size);
      count = size = 0;
    }
  }
  return count ? join({parts.data(), count}, size) : value;
}

Value Interpreter::evaluateConcat(const ListExpr &expr) {
  std::vector<std::string_view> parts(expr.items.size());
  size_t size = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = textOf(evaluate(*expr.items[i]));
    size += parts[i].size();
  }
  return join(parts, size);
}

static bool compare(Comparison comparison, const Value &left, const Value &right) {
  switch (comparison) {
  case Comparison::Equal:
    return areEqual(left, right);
  case Comparison::Unequal:
    return !areEqual(left, right);
  case Comparison::Less:
    return isLess(left, right, "<");
  case Comparison::Greater:
    return isLess(right, left, ">");
  case Comparison::LessEqual:
    return isLess(left, right, "<=") || areEqual(left, right);
  case Comparison::GreaterEqual:
    return isLess(right, left, ">=") || areEqual(left, right);
  case Comparison::In:
    return contains(right, left);
  case Comparison::NotIn:
    return !contains(right, left);
  }
  return false;
}

Value Interpreter::evaluateCompare(const CompareExpr &expr) {
  Value left = evaluate(*expr.first);
  for (const auto &[comparison, operand] : expr.rest) {
    Value right = evaluate(*operand);
    charge(right.isString() || right.isArray() ? right.size : 0);
    if (!compare(comparison, left, right))
      return Value::of(false);
    left = right;
  }
  return Value::of(true);
}

Value Interpreter::evaluateConditional(const ConditionalExpr &expr) {
  if (isTrue(evaluate(*expr.condition)))
    return evaluate(*expr.yes);
  if (expr.no)
    return evaluate(*expr.no);
  return Value::undefined(
      "the inline if-expression evaluated to false and no else section was defined", UndefinedHint);
}

Value Interpreter::evaluateUnary(const UnaryExpr &expr) {
  Value operand = evaluate(*expr.operand);
  if (expr.kind == ExprKind::Not)
    return Value::of(!isTrue(operand));
  requireDefined(operand);
  bool isNegated = expr.kind == ExprKind::Negate;
  if (!operand.isNumber())
    fail("bad operand type for unary ", isNegated ? "-" : "+", ": '", typeName(operand), "'");
  if (isNegated)
    return negate(arena, operand);
  return operand.kind == Kind::Bool ? Value::of(int64_t(operand.boolean)) : operand;
}

/// Arguments that live as long as a call.
struct Interpreter::EvaluatedArguments {
  std::array<Value, 4> few;
  std::vector<Value> many;
  std::vector<NamedValue> named;
  std::span<const Value> positional;

  operator CallArguments() const { return {positional, named}; }
};

void Interpreter::evaluateArguments(const Arguments &arguments, EvaluatedArguments &result) {
  size_t count = arguments.positional.size();
  if (count > result.few.size() || arguments.rest)
    result.many.resize(count);
  Value *values = result.many.empty() ? result.few.data() : result.many.data();
  for (size_t i = 0; i < count; ++i)
    values[i] = evaluate(*arguments.positional[i]);
  for (const auto &[name, value] : arguments.named)
    result.named.push_back({name, evaluate(*value)});
  if (arguments.rest) {
    std::span<const Value> rest = elementsOf(evaluate(*arguments.rest));
    result.many.insert(result.many.end(), rest.begin(), rest.end());
    values = result.many.data();
    count = result.many.size();
  }
  if (arguments.namedRest) {
    Value rest = evaluate(*arguments.namedRest);
    if (!rest.isDict())
      fail("argument after ** must be a mapping, not ", typeName(rest));
    for (const DictData::Entry &entry : rest.dict->all())
      result.named.push_back({textOf(entry.key), entry.value});
  }
  result.positional = {values, count};
}

Value Interpreter::evaluateCall(const CallExpr &expr) {
  EvaluatedArguments arguments;
  if (expr.callee->kind == ExprKind::Attribute) {
    // A method is called without becoming a value before.
    const auto &access = as<AttributeExpr>(*expr.callee);
    Value object = evaluate(*access.object);
    LibraryFunction method = access.method ? access.method->of(object) : nullptr;
    if (method && method != hiddenMethod) {
      evaluateArguments(expr.arguments, arguments);
      currentLine = expr.line;
      return callFunction(object, method, arguments);
    }
    Value callee = attribute(object, access.name, access.method);
    evaluateArguments(expr.arguments, arguments);
    currentLine = expr.line;
    return call(callee, arguments);
  }
  Value callee = evaluate(*expr.callee);
  evaluateArguments(expr.arguments, arguments);
  currentLine = expr.line;
  return call(callee, arguments);
}

Value Interpreter::callFunction(const Value &self, LibraryFunction function,
                                const CallArguments &arguments) {
  // What it does grows with what it is given.
  if (self.isString() || self.isArray())
    charge(self.size);
  return function(*this, self, arguments);
}

Value Interpreter::call(const Value &callee, const CallArguments &arguments) {
  switch (callee.kind) {
  case Kind::Macro:
    return callMacro(*callee.macro, arguments);
  case Kind::Function:
    return globalFunctions()[callee.id].function(*this, callee, arguments);
  case Kind::Method:
    return callFunction(callee.method->self, callee.method->function, arguments);
  case Kind::Joiner: {
    // Nothing where it is called first.
    bool wasUsed = std::exchange(callee.joiner->isUsed, true);
    return Value::of(wasUsed ? callee.joiner->separator : std::string_view());
  }
  case Kind::Loop:
    fail("the loop is not marked as recursive, and cannot be called");
  default:
    requireDefined(callee);
    fail("'", typeName(callee), "' object is not callable");
  }
}

Value Interpreter::evaluateFilter(const FilterExpr &expr, const Value *value) {
  // In a block's chain of filters the first one has the block as its value.
  Value self = expr.value ? (value ? evaluateFilter(as<FilterExpr>(*expr.value), value)
                                   : evaluate(*expr.value))
                          : *value;
  EvaluatedArguments arguments;
  evaluateArguments(expr.arguments, arguments);
  bool isFilter = expr.kind == ExprKind::Filter;
  if (isFilter)
    currentLine = expr.line;
  if (!expr.function)
    fail(isFilter ? "the filter '" : "the test '", expr.name, "' is not supported");
  return callFunction(self, expr.function, arguments);
}

void Interpreter::executeCallBlock(const CallBlockStmt &statement) {
  Value caller = makeMacro(statement.routine);
  if (!statement.call)
    return output(callMacro(*caller.macro, {}));
  const auto &call = as<CallExpr>(*statement.call);
  Value callee = evaluate(*call.callee);
  EvaluatedArguments arguments;
  evaluateArguments(call.arguments, arguments);
  arguments.named.push_back({"caller", caller});
  output(this->call(callee, arguments));
}
