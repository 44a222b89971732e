//===- Loop.cpp - What a loop knows about itself ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"

using namespace moec;
using namespace moec::jinja;

bool LoopData::take(Value &value) {
  while (true) {
    if (iterator) {
      if (iterator->next == iterator->items.size()) {
        if (!iterator->failure.empty())
          fail(iterator->failure);
        return false;
      }
      value = iterator->items[iterator->next++];
    } else {
      if (position == items.size())
        return false;
      value = items[position++];
    }
    if (!isFiltered)
      return true;
    // Somebody may look ahead from within a macro.
    Frame *before = std::exchange(interpreter.frame, frame);
    interpreter.assign(statement.testTarget, value);
    interpreter.enter(statement.testLoads);
    bool passes = isTrue(interpreter.evaluate(*statement.test));
    interpreter.frame = before;
    if (passes)
      return true;
  }
}

bool LoopData::peek() {
  if (!hasAhead)
    hasAhead = take(ahead);
  return hasAhead;
}

bool LoopData::advance() {
  Value next;
  if (hasAhead)
    next = ahead;
  else if (!take(next))
    return false;
  hasAhead = false;
  previous = current;
  current = next;
  ++index0;
  return true;
}

/// All turns, for which those to come are looked up.
int64_t LoopData::length() {
  if (isFiltered || iterator) {
    std::vector<Value> rest;
    for (Value value; take(value);)
      rest.push_back(value);
    items = interpreter.memory().list(rest).list();
    position = 0;
    iterator = nullptr;
    isFiltered = false;
  }
  return index0 + 1 + hasAhead + static_cast<int64_t>(items.size() - position);
}

Value Interpreter::loopAttribute(LoopData &loop, std::string_view name) {
  if (name == "index0")
    return Value::of(loop.index0);
  if (name == "index")
    return Value::of(loop.index0 + 1);
  if (name == "first")
    return Value::of(loop.index0 == 0);
  if (name == "last")
    return Value::of(!loop.peek());
  if (name == "length")
    return Value::of(loop.length());
  if (name == "revindex")
    return Value::of(loop.length() - loop.index0);
  if (name == "revindex0")
    return Value::of(loop.length() - loop.index0 - 1);
  if (name == "previtem")
    return loop.index0 == 0 ? Value::undefined("there is no previous item", UndefinedHint)
                            : loop.previous;
  if (name == "nextitem")
    return loop.peek() ? loop.ahead : Value::undefined("there is no next item", UndefinedHint);
  // Only loops that call themselves are deeper.
  if (name == "depth" || name == "depth0")
    return Value::of(int64_t(name == "depth"));
  return Value::undefined(name, UndefinedAttribute, Kind::Loop);
}
