//===- Slice.cpp - Python's slices ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Text.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

static int64_t bound(const Value *value, int64_t length, int64_t absent, int64_t low,
                     int64_t high) {
  if (!value)
    return absent;
  int64_t index = toIndex(*value, "a slice's bound");
  index = index < 0 ? std::max(index, -length - 1) + length : index;
  return std::clamp(index, low, high);
}

Value jinja::slice(Interpreter &vm, const Value &object, const Value *begin, const Value *end,
                   const Value *step) {
  requireDefined(object);
  if (!object.isString() && !object.isArray())
    fail("'", typeName(object), "' object cannot be sliced");
  int64_t length =
      object.isString() ? static_cast<int64_t>(countChars(object.text())) : int64_t(object.size);
  int64_t stride = step ? toIndex(*step, "a slice's step") : 1;
  if (stride == 0)
    fail("slice step cannot be zero");
  int64_t low = stride < 0 ? -1 : 0, high = stride < 0 ? length - 1 : length;
  int64_t from = bound(begin, length, stride < 0 ? high : low, low, high);
  int64_t to = bound(end, length, stride < 0 ? low : high, low, high);
  vm.charge(object.size);
  if (stride == 1) {
    auto first = static_cast<size_t>(from), last = static_cast<size_t>(std::max(from, to));
    if (object.isString())
      return Value::of(sliceChars(object.text(), first, last), object.flag);
    if (object.kind != Kind::Range)
      return Value::sequence(object.kind, object.list().subspan(first, last - first));
  }
  std::vector<Value> items;
  std::span<const Value> all = object.isString() ? vm.charactersOf(object.text()) : object.list();
  stride = std::clamp<int64_t>(stride, -length - 1, length + 1);
  for (int64_t i = from; stride < 0 ? i > to : i < to; i += stride)
    items.push_back(all[static_cast<size_t>(i)]);
  if (object.isString()) {
    std::string text;
    for (const Value &item : items)
      text += item.text();
    return vm.string(text, object.flag);
  }
  if (object.kind == Kind::Range)
    fail("a slice of a range is not supported");
  return vm.memory().list(items, object.kind);
}
