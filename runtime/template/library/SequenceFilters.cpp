//===- SequenceFilters.cpp - Filters of lists and mappings ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/library/Sorting.h"
#include "runtime/template/value/Text.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

static Value lengthFilter(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("length", arguments, {});
  if (self.isUndefined())
    return Value::of(int64_t(0));
  if (self.isString())
    return Value::of(static_cast<int64_t>(countChars(self.text())));
  if (self.isArray() || self.isView())
    return Value::of(int64_t(self.size));
  if (self.isDict())
    return Value::of(int64_t(self.dict->size));
  if (self.kind == Kind::Loop)
    return Value::of(self.loop->length());
  fail("object of type '", typeName(self), "' has no len()");
}

static Value firstFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("first", arguments, {});
  if (self.kind == Kind::Iterator && self.iterator->next < self.iterator->items.size())
    return self.iterator->items[self.iterator->next++];
  if (self.isString() && self.size)
    return Value::of(sliceChars(self.text(), 0, 1));
  std::span<const Value> items = vm.elementsOf(self);
  return items.empty() ? Value::undefined("No first item, sequence was empty.", UndefinedHint)
                       : items.front();
}

static Value lastFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("last", arguments, {});
  if (self.kind == Kind::Iterator)
    fail("'", typeName(self), "' object is not reversible");
  std::span<const Value> items = vm.elementsOf(self);
  return items.empty() ? Value::undefined("No last item, sequence was empty.", UndefinedHint)
                       : items.back();
}

static Value listFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("list", arguments, {});
  return Value::sequence(Kind::List, vm.elementsOf(self));
}

static Value itemsFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("items", arguments, {});
  return makeIterator(vm, "generator", [&](std::vector<Value> &items) {
    if (self.isUndefined())
      return;
    if (!self.isDict())
      fail("Can only get item pairs from a mapping.");
    Value view = findMethod("items")->ofDict(vm, self, {});
    items.assign(view.items, view.items + view.size);
  });
}

static Value joinFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("join", arguments, {"d", "attribute"});
  std::string_view separator = given[0] ? vm.textOf(*given[0]) : "";
  AttributePath path(vm, given[1]);
  std::string out;
  bool isFirst = true;
  for (const Value &item : vm.elementsOf(self)) {
    if (!std::exchange(isFirst, false))
      out += separator;
    size_t before = out.size();
    out += vm.textOf(path.of(vm, item));
    vm.charge(separator.size() + out.size() - before);
    Watch::checkSize(out.size());
  }
  return vm.string(out);
}

static Value reverseFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("reverse", arguments, {});
  std::vector<Value> items;
  if (self.isString()) {
    std::span<const Value> characters = vm.charactersOf(self.text());
    std::string out;
    for (size_t i = characters.size(); i-- > 0;)
      out += characters[i].text();
    return vm.string(out, self.flag);
  }
  std::span<const Value> elements = vm.elementsOf(self);
  items.assign(elements.rbegin(), elements.rend());
  if (self.kind == Kind::Iterator)
    return vm.memory().list(items);
  return makeIterator(vm, "list_reverseiterator",
                      [&](std::vector<Value> &out) { out = std::move(items); });
}

static Value sortFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  bool isSensitive = given.flag(1);
  // Several attributes stand with commas between them.
  std::vector<AttributePath> paths;
  if (given[2] && given[2]->isString()) {
    std::string_view rest = given[2]->text();
    while (true) {
      size_t comma = rest.find(',');
      Value part = Value::of(rest.substr(0, comma));
      paths.emplace_back(vm, &part);
      if (comma == rest.npos)
        break;
      rest.remove_prefix(comma + 1);
    }
  } else {
    paths.emplace_back(vm, given[2]);
  }
  auto keyOf = [&](const Value &element) {
    std::span<Value> keys = vm.memory().values(paths.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      keys[i] = paths[i].of(vm, element);
      if (!isSensitive)
        keys[i] = ignoreCase(vm, keys[i]);
    }
    return Value::sequence(Kind::List, keys);
  };
  return vm.memory().list(sortBy(vm, vm.elementsOf(self), given.flag(0), keyOf));
}

static Value dictSortFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  std::string_view by = given.text(1, "key");
  if (by != "key" && by != "value")
    fail("You can only sort by either \"key\" or \"value\"");
  requireDefined(self);
  if (!self.isDict())
    fail("'", typeName(self), "' object has no attribute 'items'");
  bool isSensitive = given.flag(0);
  Value view = findMethod("items")->ofDict(vm, self, {});
  return vm.memory().list(sortBy(vm, view.list(), given.flag(2), [&](const Value &pair) {
    const Value &key = pair.items[by == "value"];
    return isSensitive ? key : ignoreCase(vm, key);
  }));
}

static Value uniqueFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("unique", arguments, {"case_sensitive", "attribute"});
  AttributePath path(vm, given[1]);
  return makeIterator(vm, "generator", [&](std::vector<Value> &items) {
    DictData seen;
    for (const Value &item : vm.elementsOf(self)) {
      Value key = path.of(vm, item);
      if (!given.flag(0))
        key = ignoreCase(vm, key);
      vm.charge(64);
      if (seen.find(key))
        continue;
      seen.set(vm.memory(), key, Value::none());
      items.push_back(item);
    }
  });
}

static Value groupByFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  AttributePath path(vm, given[0]);
  auto keyOf = [&](const Value &element) {
    Value key = path.of(vm, element, given[1]);
    return given.flag(2) ? key : ignoreCase(vm, key);
  };
  std::vector<Value> sorted = sortBy(vm, vm.elementsOf(self), false, keyOf), groups;
  for (size_t begin = 0; begin < sorted.size();) {
    size_t end = begin + 1;
    Value key = keyOf(sorted[begin]);
    while (end < sorted.size() && areEqual(keyOf(sorted[end]), key))
      ++end;
    std::span<Value> group = vm.memory().values(2);
    // The key as the first element has it, in its own case.
    group[0] = given.flag(2) ? key : path.of(vm, sorted[begin], given[1]);
    group[1] = vm.memory().list(std::span(sorted).subspan(begin, end - begin));
    groups.push_back(Value::sequence(Kind::Tuple, group));
    groups.back().flag = groupFlag;
    begin = end;
  }
  return vm.memory().list(groups);
}

template <bool isMax>
static Value extremeFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given(isMax ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  AttributePath path(vm, given[1]);
  auto keyOf = [&](const Value &element) {
    Value key = path.of(vm, element);
    return given.flag(0) ? key : ignoreCase(vm, key);
  };
  std::span<const Value> items = vm.elementsOf(self);
  if (items.empty())
    return Value::undefined("No aggregated item, sequence was empty.", UndefinedHint);
  Value best = items[0], bestKey = keyOf(best);
  for (const Value &item : items.subspan(1)) {
    Value key = keyOf(item);
    vm.charge(32);
    if (isMax ? isLess(bestKey, key, ">") : isLess(key, bestKey)) {
      best = item;
      bestKey = key;
    }
  }
  return best;
}

static Value sumFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("sum", arguments, {"attribute", "start"});
  AttributePath path(vm, given[0]);
  Value total = given[1] ? *given[1] : Value::of(int64_t(0));
  if (total.isString())
    fail("sum() can't sum strings");
  for (const Value &item : vm.elementsOf(self)) {
    vm.charge(32);
    total = vm.binary(Arithmetic::Add, total, path.of(vm, item));
  }
  return total;
}

static Value batchFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("batch", arguments, {"linecount", "fill_with"}, 1);
  int64_t count = given.integer(0, 1);
  return makeIterator(vm, "generator", [&](std::vector<Value> &rows) {
    std::vector<Value> row;
    for (const Value &item : vm.elementsOf(self)) {
      if (static_cast<int64_t>(row.size()) == count)
        rows.push_back(vm.memory().list(std::exchange(row, {})));
      row.push_back(item);
    }
    if (row.empty())
      return;
    while (given.has(1) && static_cast<int64_t>(row.size()) < count) {
      vm.charge(32);
      Watch::checkSize(row.size() * sizeof(Value));
      row.push_back(*given[1]);
    }
    rows.push_back(vm.memory().list(row));
  });
}

static Value sliceFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("slice", arguments, {"slices", "fill_with"}, 1);
  int64_t slices = given.integer(0, 1);
  return makeIterator(vm, "generator", [&](std::vector<Value> &rows) {
    std::span<const Value> items = vm.elementsOf(self);
    if (slices == 0)
      fail("integer division or modulo by zero");
    for (int64_t i = 0, begin = 0; i < slices; ++i) {
      vm.charge(64);
      Watch::checkSize(rows.size() * sizeof(Value) * 2);
      int64_t size = static_cast<int64_t>(items.size()) / slices +
                     (i < static_cast<int64_t>(items.size()) % slices);
      auto part = items.subspan(static_cast<size_t>(begin), static_cast<size_t>(size));
      std::vector<Value> row(part.begin(), part.end());
      if (given.has(1) && i >= static_cast<int64_t>(items.size()) % slices)
        row.push_back(*given[1]);
      rows.push_back(vm.memory().list(row));
      begin += size;
    }
  });
}

std::span<const LibraryEntry> jinja::sequenceFilters() {
  static constexpr LibraryEntry table[] = {
      {"length", lengthFilter},      {"count", lengthFilter},      {"first", firstFilter},
      {"last", lastFilter},          {"list", listFilter},         {"items", itemsFilter},
      {"join", joinFilter},          {"reverse", reverseFilter},   {"sort", sortFilter},
      {"dictsort", dictSortFilter},  {"unique", uniqueFilter},     {"groupby", groupByFilter},
      {"min", extremeFilter<false>}, {"max", extremeFilter<true>}, {"sum", sumFilter},
      {"batch", batchFilter},        {"slice", sliceFilter}};
  return table;
}
