//===- Access.cpp - Attributes, elements, operators -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Print.h"
#include "runtime/template/value/Text.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

std::string_view Interpreter::textOf(const Value &value) {
  if (value.isString())
    return value.text();
  std::string text;
  appendText(text, value);
  charge(text.size());
  return arena.keep(text);
}

std::span<const Value> Interpreter::charactersOf(std::string_view text) {
  charge(text.size() * 4);
  std::span<Value> characters = arena.values(countChars(text));
  size_t at = 0;
  for (Value &character : characters) {
    size_t size = tokenizer::charSize(text[at]);
    character = Value::of(text.substr(at, size));
    at += size;
  }
  return characters;
}

std::span<const Value> Interpreter::elementsOf(const Value &value) {
  switch (value.kind) {
  case Kind::Undefined:
    return {};
  case Kind::String:
    return charactersOf(value.text());
  case Kind::Dict: {
    std::span<Value> keys = arena.values(value.dict->size);
    for (uint32_t i = 0; i < value.dict->size; ++i)
      keys[i] = value.dict->entries[i].key;
    return keys;
  }
  case Kind::Iterator: {
    IteratorData &data = *value.iterator;
    std::span<const Value> rest = data.items.subspan(data.next);
    data.next = data.items.size();
    if (!data.failure.empty())
      fail(data.failure);
    return rest;
  }
  default:
    if (value.isArray() || value.isView())
      return value.list();
    fail("'", typeName(value), "' object is not iterable");
  }
}

/// An attribute that is not a method; undefined without one.
Value Interpreter::ownAttribute(const Value &object, std::string_view name) {
  switch (object.kind) {
  case Kind::Dict:
    if (const Value *found = object.dict->find(name))
      return *found;
    break;
  case Kind::Namespace:
    if (const Value *found = object.space->attributes.find(name))
      return *found;
    break;
  case Kind::Loop:
    return loopAttribute(*object.loop, name);
  case Kind::Macro:
    if (name == "name")
      return Value::of(std::string_view(object.macro->routine->name));
    break;
  case Kind::Tuple:
    if (object.flag == groupFlag && (name == "grouper" || name == "list"))
      return object.items[name == "list"];
    break;
  case Kind::Int:
  case Kind::Bool:
  case Kind::BigInt:
  case Kind::Float:
    if (name == "real" || name == "imag")
      return name == "real" ? object : Value::of(int64_t(0));
    break;
  case Kind::Cycler:
    if (name == "current")
      return object.cycler->items[object.cycler->position];
    break;
  default:
    break;
  }
  return Value::undefined(name, UndefinedAttribute, object.kind);
}

Value Interpreter::attribute(const Value &object, std::string_view name,
                             const MethodEntry *method) {
  if (object.isUndefined())
    requireDefined(object);
  LibraryFunction function = method ? method->of(object) : nullptr;
  if (!function)
    return ownAttribute(object, name);
  if (function == hiddenMethod)
    return Value::undefined(textOf(string(strCat("access to attribute '", name, "' of '",
                                                 typeName(object), "' object is unsafe."))),
                            UndefinedHint);
  Value bound = Value::undefined(name);
  bound.kind = Kind::Method;
  bound.method = arena.make<MethodData>({object, name, function});
  return bound;
}

static std::optional<int64_t> indexOf(const Value &index) {
  if (index.kind == Kind::Int)
    return index.integer;
  if (index.kind == Kind::Bool)
    return index.boolean;
  return std::nullopt;
}

/// The element at a place, negative ones from the end; null outside.
static const Value *elementAt(const Value &sequence, int64_t index) {
  index += index < 0 ? sequence.size : 0;
  return index >= 0 && index < sequence.size ? &sequence.items[index] : nullptr;
}

Value Interpreter::item(const Value &object, const Value &index) {
  requireDefined(object);
  if (object.isDict() && index.kind != Kind::List && index.kind != Kind::Dict) {
    if (const Value *found = object.dict->find(index))
      return *found;
  } else if (std::optional<int64_t> place = indexOf(index)) {
    if (object.isArray()) {
      if (const Value *found = elementAt(object, *place))
        return *found;
    } else if (object.isString()) {
      auto count = static_cast<int64_t>(countChars(object.text()));
      charge(object.size);
      int64_t at = *place < 0 ? *place + count : *place;
      if (at >= 0 && at < count)
        return Value::of(
            sliceChars(object.text(), static_cast<size_t>(at), static_cast<size_t>(at) + 1),
            object.flag);
    }
  }
  if (index.isString())
    return attribute(object, index.text());
  std::string what = strCat(typeName(object), " object has no element ", reprOf(index));
  return Value::undefined(arena.keep(what), UndefinedHint);
}

/// Times of a text or list that Python makes of a product.
static uint64_t repetitions(const Value &count) {
  return static_cast<uint64_t>(std::max<int64_t>(toIndex(count, "a repetition"), 0));
}

/// Python's product of a sequence and a number.
static Value repeat(Interpreter &interpreter, const Value &sequence, const Value &count) {
  uint64_t times = repetitions(count), size = 0;
  if (__builtin_mul_overflow(times, uint64_t(sequence.size), &size) || size > UINT32_MAX)
    fail("a sequence of ", sequence.size, " elements cannot be repeated ", times, " times");
  interpreter.charge(size);
  if (sequence.isString()) {
    char *text = interpreter.memory().chars(size);
    for (uint64_t i = 0; i < size; i += sequence.size)
      std::ranges::copy(sequence.text(), text + i);
    return Value::of(std::string_view(text, size), sequence.flag);
  }
  std::span<Value> items = interpreter.memory().values(size);
  for (uint64_t i = 0; i < size; ++i)
    items[i] = sequence.items[i % sequence.size];
  return Value::sequence(sequence.kind, items);
}

/// left + right of two texts of which one is Markup, or of two lists.
static std::optional<Value> append(Interpreter &interpreter, const Value &left,
                                   const Value &right) {
  if (left.isString() && right.isString()) {
    auto escaped = [&](const Value &value) {
      return value.isMarkup() ? std::string(value.text()) : escapeHtml(value.text());
    };
    bool isMarkup = left.isMarkup() || right.isMarkup();
    std::string text =
        isMarkup ? escaped(left) + escaped(right) : std::string(left.text()).append(right.text());
    return interpreter.string(text, isMarkup ? markupFlag : 0);
  }
  if (left.kind != right.kind || (left.kind != Kind::List && left.kind != Kind::Tuple))
    return std::nullopt;
  size_t size = size_t(left.size) + right.size;
  interpreter.charge(size * sizeof(Value));
  std::span<Value> items = interpreter.memory().values(size);
  std::ranges::copy(right.list(), std::ranges::copy(left.list(), items.begin()).out);
  return Value::sequence(left.kind, items);
}

Value Interpreter::binary(Arithmetic operation, const Value &left, const Value &right) {
  if (left.isNumber() && right.isNumber())
    return compute(arena, operation, left, right);
  requireDefined(left);
  if (operation == Arithmetic::Modulo && left.isString())
    return formatPercent(*this, left.text(), right);
  requireDefined(right);
  auto isSequence = [](const Value &value) {
    return value.isString() || value.kind == Kind::List || value.kind == Kind::Tuple;
  };
  if (operation == Arithmetic::Multiply) {
    if (isSequence(left) && right.isIntegral())
      return repeat(*this, left, right);
    if (isSequence(right) && left.isIntegral())
      return repeat(*this, right, left);
  }
  if (operation == Arithmetic::Add) {
    if (std::optional<Value> sum = append(*this, left, right))
      return *sum;
    if (isSequence(left))
      fail("can only concatenate ", typeName(left), " (not \"", typeName(right), "\") to ",
           typeName(left));
  }
  fail("unsupported operand type(s) for ", symbolOf(operation), ": '", typeName(left), "' and '",
       typeName(right), "'");
}
