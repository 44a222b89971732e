//===- Sorting.cpp - Keys by which filters order ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/library/Sorting.h"

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Text.h"

#include <algorithm>
#include <bit>

using namespace moec;
using namespace moec::jinja;

AttributePath::AttributePath(Interpreter &vm, const Value *attribute) {
  if (!attribute || attribute->isNone())
    return;
  if (!attribute->isString()) {
    parts.push_back(*attribute);
    return;
  }
  std::string_view rest = attribute->text();
  while (true) {
    size_t dot = rest.find('.');
    std::string_view part = rest.substr(0, dot);
    bool isIndex =
        !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    std::optional<Value> index = isIndex ? parseInteger(vm.memory(), part) : std::nullopt;
    parts.push_back(index ? *index : Value::of(part));
    if (dot == rest.npos)
      return;
    rest.remove_prefix(dot + 1);
  }
}

Value AttributePath::of(Interpreter &vm, Value element, const Value *absent) const {
  for (const Value &part : parts) {
    element = vm.item(element, part);
    if (element.isUndefined() && absent && !absent->isNone())
      element = *absent;
  }
  return element;
}

Value jinja::ignoreCase(Interpreter &vm, const Value &value) {
  return value.isString() ? vm.string(toLower(value.text())) : value;
}

std::vector<Value> jinja::sortBy(Interpreter &vm, std::span<const Value> elements, bool reverses,
                                 const std::function<Value(const Value &)> &keyOf) {
  struct Keyed {
    Value key, value;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(elements.size());
  for (const Value &element : elements)
    keyed.push_back({keyOf(element), element});
  vm.charge(keyed.size() * 32 * std::bit_width(keyed.size()));
  // What is equal stays in its order, also when the order is reversed.
  std::ranges::stable_sort(keyed, [reverses](const Keyed &a, const Keyed &b) {
    return reverses ? isLess(b.key, a.key) : isLess(a.key, b.key);
  });
  std::vector<Value> sorted;
  for (const Keyed &entry : keyed)
    sorted.push_back(entry.value);
  return sorted;
}

Value jinja::makeIterator(Interpreter &vm, const char *type,
                          const std::function<void(std::vector<Value> &)> &make) {
  std::vector<Value> items;
  auto &data = *vm.memory().make<IteratorData>();
  data.type = type;
  try {
    make(items);
  } catch (const Failure &failure) {
    data.failure = vm.memory().keep(failure.message);
  }
  data.items = vm.memory().list(items).list();
  Value iterator = Value::none();
  iterator.kind = Kind::Iterator;
  iterator.iterator = &data;
  return iterator;
}
