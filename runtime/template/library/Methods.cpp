//===- Methods.cpp - Methods by name ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/library/StringMethods.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

Value jinja::hiddenMethod(Interpreter &, const Value &self, const CallArguments &) {
  fail("a method that changes a value of type '", typeName(self), "' is unsafe");
}

Value jinja::foreignMethod(Interpreter &, const Value &self, const CallArguments &) {
  fail("a method of '", typeName(self), "' is not supported");
}

static Value getMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("get", arguments, {"key", "default"}, 1);
  const Value *found = self.dict->find(given.value(0));
  return found ? *found : given.value(1);
}

template <Kind kind>
static Value viewMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none(typeName(kind), arguments, {});
  const DictData &dict = *self.dict;
  vm.charge(dict.size * sizeof(Value));
  std::span<Value> items = vm.memory().values(dict.size);
  for (uint32_t i = 0; i < dict.size; ++i) {
    const DictData::Entry &entry = dict.entries[i];
    if (kind == Kind::Items) {
      std::span<Value> pair = vm.memory().values(2);
      pair[0] = entry.key;
      pair[1] = entry.value;
      items[i] = Value::sequence(Kind::Tuple, pair);
    } else {
      items[i] = kind == Kind::Keys ? entry.key : entry.value;
    }
  }
  return Value::sequence(kind, items);
}

/// What never changes is its own copy.
static Value copyMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("copy", arguments, {});
  return self;
}

static Value countElements(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("count", arguments, {"value"}, 1);
  return Value::of(static_cast<int64_t>(std::ranges::count_if(
      self.list(), [&](const Value &item) { return areEqual(item, *given[0]); })));
}

static Value indexOfElement(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("index", arguments, {"value"}, 1);
  for (uint32_t i = 0; i < self.size; ++i)
    if (areEqual(self.items[i], *given[0]))
      return Value::of(int64_t(i));
  fail("a value is not in the list that index looks through");
}

static Value loopCycle(Interpreter &, const Value &self, const CallArguments &arguments) {
  if (arguments.positional.empty())
    fail("no items for cycling given");
  auto count = static_cast<int64_t>(arguments.positional.size());
  return arguments.positional[static_cast<size_t>(self.loop->index0 % count)];
}

static Value loopChanged(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  LoopData &loop = *self.loop;
  Value values = vm.memory().list(arguments.positional, Kind::Tuple);
  if (loop.wasChangedAsked && areEqual(loop.changed, values))
    return Value::of(false);
  loop.wasChangedAsked = true;
  loop.changed = values;
  return Value::of(true);
}

static Value cyclerNext(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("next", arguments, {});
  CyclerData &cycler = *self.cycler;
  Value value = cycler.items[cycler.position];
  cycler.position = (cycler.position + 1) % cycler.items.size();
  return value;
}

static Value cyclerReset(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("reset", arguments, {});
  self.cycler->position = 0;
  return Value::none();
}

LibraryFunction MethodEntry::of(const Value &value) const {
  switch (value.kind) {
  case Kind::String:
    return ofString;
  case Kind::List:
    return ofList;
  case Kind::Tuple:
  case Kind::Range:
    return ofTuple;
  case Kind::Dict:
    return ofDict;
  case Kind::Bool:
  case Kind::Int:
  case Kind::BigInt:
  case Kind::Float:
    return ofNumber;
  case Kind::Loop:
    return ofLoop;
  case Kind::Cycler:
    return ofCycler;
  default:
    return nullptr;
  }
}

/// Names that Python has on values, without a function here.
static void addForeign(std::vector<MethodEntry> &table) {
  auto add = [&](LibraryFunction MethodEntry::*type, LibraryFunction function,
                 std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) {
      auto found = std::ranges::find(table, name, &MethodEntry::name);
      if (found == table.end())
        found = table.insert(found, MethodEntry{name});
      (*found).*type = function;
    }
  };
  add(&MethodEntry::ofString, foreignMethod,
      {"encode", "format_map", "isidentifier", "maketrans", "translate"});
  add(&MethodEntry::ofList, hiddenMethod,
      {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"});
  add(&MethodEntry::ofDict, hiddenMethod, {"clear", "pop", "popitem", "setdefault", "update"});
  add(&MethodEntry::ofDict, foreignMethod, {"fromkeys"});
  add(&MethodEntry::ofNumber, foreignMethod,
      {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes",
       "fromhex", "hex", "is_integer", "numerator", "to_bytes"});
  // What begins so is Python's own, which the sandbox hides.
  for (auto type : {&MethodEntry::ofString, &MethodEntry::ofList, &MethodEntry::ofTuple,
                    &MethodEntry::ofDict, &MethodEntry::ofNumber})
    add(type, hiddenMethod,
        {"__class__", "__dict__", "__doc__", "__init__", "__len__", "__iter__", "__getitem__",
         "__contains__", "__str__", "__repr__", "__eq__", "__hash__", "__add__", "__format__"});
}

static std::vector<MethodEntry> makeTable() {
  std::vector<MethodEntry> table;
  for (auto entries : {stringMethods(), stringQuestions()})
    for (const LibraryEntry &entry : entries)
      table.push_back({.name = entry.name, .ofString = entry.function});
  auto find = [&](std::string_view name) -> MethodEntry & {
    auto found = std::ranges::find(table, name, &MethodEntry::name);
    return found == table.end() ? table.emplace_back(MethodEntry{name}) : *found;
  };
  find("count").ofList = find("count").ofTuple = countElements;
  find("index").ofList = find("index").ofTuple = indexOfElement;
  find("copy").ofList = find("copy").ofDict = copyMethod;
  find("get").ofDict = getMethod;
  find("keys").ofDict = viewMethod<Kind::Keys>;
  find("values").ofDict = viewMethod<Kind::Values>;
  find("items").ofDict = viewMethod<Kind::Items>;
  find("cycle").ofLoop = loopCycle;
  find("changed").ofLoop = loopChanged;
  find("next").ofCycler = cyclerNext;
  find("reset").ofCycler = cyclerReset;
  addForeign(table);
  std::ranges::sort(table, {}, &MethodEntry::name);
  return table;
}

const MethodEntry *jinja::findMethod(std::string_view name) {
  static const std::vector<MethodEntry> table = makeTable();
  auto found = std::ranges::lower_bound(table, name, {}, &MethodEntry::name);
  return found == table.end() || found->name != name ? nullptr : &*found;
}

bool jinja::isForeignMethod(std::string_view name) {
  const MethodEntry *entry = findMethod(name);
  if (!entry)
    return false;
  bool isForeign = false;
  for (auto type :
       {&MethodEntry::ofString, &MethodEntry::ofList, &MethodEntry::ofTuple, &MethodEntry::ofDict,
        &MethodEntry::ofNumber, &MethodEntry::ofLoop, &MethodEntry::ofCycler}) {
    LibraryFunction function = entry->*type;
    if (function && function != foreignMethod && function != hiddenMethod)
      return false;
    isForeign |= function == foreignMethod;
  }
  return isForeign;
}
