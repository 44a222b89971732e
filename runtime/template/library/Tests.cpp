//===- Tests.cpp - What stands behind `is` ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Text.h"
#include "runtime/tokenizer/text/Utf8.h"

using namespace moec;
using namespace moec::jinja;

template <bool (*is)(const Value &)>
static Value simpleTest(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("a test", arguments, {});
  return Value::of(is(self));
}

static bool isDefined(const Value &value) { return !value.isUndefined(); }
static bool isUndefined(const Value &value) { return value.isUndefined(); }
static bool isNone(const Value &value) { return value.isNone(); }
static bool isBoolean(const Value &value) { return value.kind == Kind::Bool; }
static bool isTrueItself(const Value &value) { return isBoolean(value) && value.boolean; }
static bool isFalseItself(const Value &value) { return isBoolean(value) && !value.boolean; }
static bool isInteger(const Value &value) {
  return value.kind == Kind::Int || value.kind == Kind::BigInt;
}
static bool isFloat(const Value &value) { return value.kind == Kind::Float; }
static bool isNumber(const Value &value) { return value.isNumber(); }
static bool isString(const Value &value) { return value.isString(); }
static bool isMapping(const Value &value) { return value.isDict(); }
static bool isEscaped(const Value &value) { return value.isMarkup(); }
static bool isSequence(const Value &value) {
  // What has a length and elements; Python's undefined value has both.
  return value.isString() || value.isArray() || value.isDict() || value.isUndefined();
}
static bool isIterable(const Value &value) {
  return isSequence(value) || value.isView() || value.kind == Kind::Iterator ||
         value.kind == Kind::Loop;
}
static bool isCallable(const Value &value) {
  return value.kind == Kind::Function || value.kind == Kind::Method || value.kind == Kind::Macro ||
         value.kind == Kind::Joiner || value.kind == Kind::Loop || value.isUndefined();
}

template <bool isUpper>
static Value caseTest(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("a test", arguments, {});
  Value text = Value::of(vm.textOf(self));
  return findMethod(isUpper ? "isupper" : "islower")->ofString(vm, text, {});
}

/// The rest of a division by 2, or by what is given.
static bool divides(Interpreter &vm, const Value &self, const Value &by) {
  Value rest = vm.binary(Arithmetic::Modulo, self, by);
  return areEqual(rest, Value::of(int64_t(0)));
}
static Value evenTest(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("even", arguments, {});
  return Value::of(divides(vm, self, Value::of(int64_t(2))));
}
static Value oddTest(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("odd", arguments, {});
  return Value::of(
      areEqual(vm.binary(Arithmetic::Modulo, self, Value::of(int64_t(2))), Value::of(int64_t(1))));
}
static Value divisibleTest(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("divisibleby", arguments, {"num"}, 1);
  return Value::of(divides(vm, self, *given[0]));
}

template <bool (*holds)(const Value &, const Value &)>
static Value relationTest(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("a comparison", arguments, {"other"}, 1);
  return Value::of(holds(self, *given[0]));
}
static bool equals(const Value &a, const Value &b) { return areEqual(a, b); }
static bool differs(const Value &a, const Value &b) { return !areEqual(a, b); }
static bool less(const Value &a, const Value &b) { return isLess(a, b, "<"); }
static bool greater(const Value &a, const Value &b) { return isLess(b, a, ">"); }
static bool lessEqual(const Value &a, const Value &b) {
  return isLess(a, b, "<=") || areEqual(a, b);
}
static bool greaterEqual(const Value &a, const Value &b) {
  return isLess(b, a, ">=") || areEqual(a, b);
}
static bool in(const Value &a, const Value &b) { return contains(b, a); }
static bool same(const Value &a, const Value &b) {
  if (a.kind != b.kind)
    return false;
  bool isSingle = a.isNone() || a.kind == Kind::Bool;
  if (!isSingle && (a.isNumber() || a.isString() || a.isUndefined()))
    fail("the test 'sameas' of a value of type '", typeName(a), "' is not supported");
  return isSingle ? areEqual(a, b) : a.items == b.items && a.size == b.size;
}

static Value filterTest(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("filter", arguments, {});
  return Value::of(self.isString() && findFilter(self.text()) != nullptr);
}
static Value testTest(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("test", arguments, {});
  return Value::of(self.isString() && findTest(self.text()) != nullptr);
}

std::span<const LibraryEntry> jinja::testEntries() {
  static constexpr LibraryEntry table[] = {{"defined", simpleTest<isDefined>},
                                           {"undefined", simpleTest<isUndefined>},
                                           {"none", simpleTest<isNone>},
                                           {"string", simpleTest<isString>},
                                           {"mapping", simpleTest<isMapping>},
                                           {"iterable", simpleTest<isIterable>},
                                           {"sequence", simpleTest<isSequence>},
                                           {"boolean", simpleTest<isBoolean>},
                                           {"true", simpleTest<isTrueItself>},
                                           {"false", simpleTest<isFalseItself>},
                                           {"number", simpleTest<isNumber>},
                                           {"integer", simpleTest<isInteger>},
                                           {"float", simpleTest<isFloat>},
                                           {"callable", simpleTest<isCallable>},
                                           {"escaped", simpleTest<isEscaped>},
                                           {"lower", caseTest<false>},
                                           {"upper", caseTest<true>},
                                           {"even", evenTest},
                                           {"odd", oddTest},
                                           {"divisibleby", divisibleTest},
                                           {"filter", filterTest},
                                           {"test", testTest},
                                           {"sameas", relationTest<same>},
                                           {"in", relationTest<in>},
                                           {"==", relationTest<equals>},
                                           {"eq", relationTest<equals>},
                                           {"equalto", relationTest<equals>},
                                           {"!=", relationTest<differs>},
                                           {"ne", relationTest<differs>},
                                           {"<", relationTest<less>},
                                           {"lt", relationTest<less>},
                                           {"lessthan", relationTest<less>},
                                           {"<=", relationTest<lessEqual>},
                                           {"le", relationTest<lessEqual>},
                                           {">", relationTest<greater>},
                                           {"gt", relationTest<greater>},
                                           {"greaterthan", relationTest<greater>},
                                           {">=", relationTest<greaterEqual>},
                                           {"ge", relationTest<greaterEqual>}};
  return table;
}
