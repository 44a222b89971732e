//===- SelectionFilters.cpp - Filters that call others ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/library/Sorting.h"

using namespace moec;
using namespace moec::jinja;

static Value defaultFilter(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("default", arguments, {"default_value", "boolean"});
  if (!self.isUndefined() && !(given.flag(1) && !isTrue(self)))
    return self;
  return given[0] ? *given[0] : Value::of(std::string_view());
}

static Value attrFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("attr", arguments, {"name"}, 1);
  requireDefined(self);
  // Not the keys of mappings.
  const MethodEntry *method = findMethod(given.text(0));
  if (self.isDict() && (!method || !method->of(self)))
    return Value::undefined(given.text(0), UndefinedAttribute, self.kind);
  return vm.attribute(self, given.text(0));
}

/// The filter or test that an argument names.
static LibraryFunction findNamed(const Value &name, bool isFilter) {
  if (!name.isString())
    fail("the name of a ", isFilter ? "filter" : "test", " must be str, not ", typeName(name));
  LibraryFunction function = isFilter ? findFilter(name.text()) : findTest(name.text());
  if (!function)
    fail("the ", isFilter ? "filter" : "test", " '", name.text(), "' is not supported");
  return function;
}

static Value mapAttribute(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("map", arguments, {"attribute", "default"}, 1);
  AttributePath path(vm, given[0]);
  return makeIterator(vm, "generator", [&](std::vector<Value> &items) {
    if (!isTrue(self))
      return;
    for (const Value &item : vm.elementsOf(self)) {
      vm.charge(32);
      items.push_back(path.of(vm, item, given[1]));
    }
  });
}

static Value mapFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  bool hasAttribute = false;
  for (const NamedValue &named : arguments.named)
    hasAttribute |= named.name == "attribute";
  if (arguments.positional.empty() && hasAttribute)
    return mapAttribute(vm, self, arguments);
  return makeIterator(vm, "generator", [&](std::vector<Value> &items) {
    if (!isTrue(self))
      return;
    if (arguments.positional.empty())
      fail("map requires a filter argument");
    CallArguments rest{arguments.positional.subspan(1), arguments.named};
    LibraryFunction filter = findNamed(arguments.positional[0], /*isFilter=*/true);
    for (const Value &item : vm.elementsOf(self)) {
      vm.charge(32 + (item.isString() ? item.size : 0));
      items.push_back(filter(vm, item, rest));
    }
  });
}

/// Elements of which a test says `wanted`, of themselves or of an attribute.
template <bool wanted, bool ofAttribute>
static Value selectFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  return makeIterator(vm, "generator", [&](std::vector<Value> &items) {
    // What is false, such as none, has no elements.
    if (!isTrue(self))
      return;
    std::span<const Value> given = arguments.positional;
    if (ofAttribute && given.empty())
      fail("Missing parameter for attribute name");
    AttributePath path(vm, ofAttribute ? &given[0] : nullptr);
    given = given.subspan(ofAttribute);
    LibraryFunction test = given.empty() ? nullptr : findNamed(given[0], /*isFilter=*/false);
    CallArguments rest{given.empty() ? given : given.subspan(1), arguments.named};
    for (const Value &item : vm.elementsOf(self)) {
      vm.charge(32);
      Value value = path.of(vm, item);
      if (isTrue(test ? test(vm, value, rest) : value) == wanted)
        items.push_back(item);
    }
  });
}

std::span<const LibraryEntry> jinja::selectionFilters() {
  static constexpr LibraryEntry table[] = {{"default", defaultFilter},
                                           {"d", defaultFilter},
                                           {"attr", attrFilter},
                                           {"map", mapFilter},
                                           {"select", selectFilter<true, false>},
                                           {"reject", selectFilter<false, false>},
                                           {"selectattr", selectFilter<true, true>},
                                           {"rejectattr", selectFilter<false, true>}};
  return table;
}
