//===- Value.cpp - What templates compute with ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/value/Value.h"

#include "runtime/template/value/Number.h"
#include "runtime/template/value/Watch.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

/// Values in values that are compared and printed; a namespace may hold itself.
static constexpr unsigned maxNesting = 500;

void *Arena::take(size_t bytes) {
  bytes = (bytes + 15) & ~size_t(15);
  total += bytes;
  if (total > limit)
    fail("the template's values take more than ", limit >> 20, " MiB of memory");
  if (bytes > left) {
    size_t size = std::max(blockSize, bytes);
    blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
    // What is larger than a block gets one of its own, and the open one stays.
    if (bytes >= blockSize / 2)
      return blocks.back().get();
    next = blocks.back().get();
    left = size;
    blockSize = std::min(blockSize * 2, size_t(4) << 20);
  }
  char *taken = next;
  next += bytes;
  left -= bytes;
  return taken;
}

std::span<Value> Arena::values(size_t count) {
  if (count > UINT32_MAX)
    fail("a list of ", count, " elements is too long");
  auto *first = static_cast<Value *>(take(count * sizeof(Value)));
  std::uninitialized_default_construct_n(first, count);
  return {first, count};
}

std::string_view Arena::keep(std::string_view text) {
  if (text.empty())
    return "";
  if (text.size() > UINT32_MAX)
    fail("a text of ", text.size(), " bytes is too long");
  char *copy = chars(text.size());
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

Value Arena::list(std::span<const Value> items, Kind kind) {
  std::span<Value> copy = values(items.size());
  std::ranges::copy(items, copy.begin());
  return Value::sequence(kind, copy);
}

const char *jinja::typeName(Kind kind) {
  static constexpr const char *names[] = {
      "Undefined",   "Undefined",  "NoneType",  "bool",   "int",       "int",
      "float",       "str",        "list",      "tuple",  "range",     "dict_keys",
      "dict_values", "dict_items", "generator", "dict",   "Namespace", "LoopContext",
      "Macro",       "function",   "method",    "Cycler", "Joiner"};
  return names[static_cast<size_t>(kind)];
}

const char *jinja::typeName(const Value &value) {
  if (value.isMarkup())
    return "Markup";
  return value.kind == Kind::Iterator ? value.iterator->type : typeName(value.kind);
}

std::string jinja::describeUndefined(const Value &value) {
  switch (value.flag) {
  case UndefinedHint:
    return std::string(value.text());
  case UndefinedAttribute:
    return value.owner == Kind::None ? strCat("'None' has no attribute '", value.text(), "'")
                                     : strCat("'", typeName(value.owner),
                                              " object' has no attribute '", value.text(), "'");
  default:
    return strCat("'", value.text(), "' is undefined");
  }
}

void jinja::requireDefined(const Value &value) {
  if (value.isUndefined())
    throw Failure{describeUndefined(value)};
}

bool jinja::isTrue(const Value &value) {
  switch (value.kind) {
  case Kind::Missing:
  case Kind::Undefined:
  case Kind::None:
    return false;
  case Kind::Bool:
    return value.boolean;
  case Kind::Int:
    return value.integer != 0;
  case Kind::Float:
    return value.real != 0;
  case Kind::String:
  case Kind::List:
  case Kind::Tuple:
  case Kind::Range:
  case Kind::Keys:
  case Kind::Values:
  case Kind::Items:
    return value.size != 0;
  case Kind::Dict:
    return value.dict->size != 0;
  default:
    return true;
  }
}

static bool areEqualDicts(const DictData &a, const DictData &b, unsigned depth) {
  if (a.size != b.size)
    return false;
  return std::ranges::all_of(a.all(), [&](const DictData::Entry &entry) {
    const Value *other = b.find(entry.key);
    return other && areEqual(entry.value, *other, depth + 1);
  });
}

bool jinja::areEqual(const Value &a, const Value &b, unsigned depth) {
  if (depth > maxNesting)
    fail("values are nested deeper than ", maxNesting);
  Watch::check();
  if (a.isNumber() && b.isNumber())
    return compareNumbers(a, b) == 0;
  if (a.kind != b.kind)
    return false;
  switch (a.kind) {
  case Kind::Undefined:
  case Kind::None:
    return true;
  case Kind::String:
    return a.text() == b.text();
  case Kind::List:
  case Kind::Tuple:
  case Kind::Range:
    return a.size == b.size &&
           std::equal(a.items, a.items + a.size, b.items,
                      [&](const Value &x, const Value &y) { return areEqual(x, y, depth + 1); });
  case Kind::Dict:
    return areEqualDicts(*a.dict, *b.dict, depth);
  case Kind::Keys:
  case Kind::Items:
    // They are compared as sets.
    return a.size == b.size &&
           std::ranges::all_of(a.list(), [&](const Value &x) { return contains(b, x); });
  case Kind::Function:
    return a.id == b.id;
  default:
    return a.items == b.items;
  }
}

bool jinja::isLess(const Value &a, const Value &b, const char *symbol, unsigned depth) {
  if (depth > maxNesting)
    fail("values are nested deeper than ", maxNesting);
  if (a.isNumber() && b.isNumber())
    return compareNumbers(a, b) == std::partial_ordering::less;
  // Code points are in the order of their bytes.
  if (a.isString() && b.isString())
    return a.text() < b.text();
  if (a.kind == b.kind && (a.kind == Kind::List || a.kind == Kind::Tuple)) {
    for (uint32_t i = 0; i < std::min(a.size, b.size); ++i)
      if (!areEqual(a.items[i], b.items[i], depth + 1))
        return isLess(a.items[i], b.items[i], symbol, depth + 1);
    return a.size < b.size;
  }
  requireDefined(a);
  requireDefined(b);
  fail("'", symbol, "' is not supported between '", typeName(a), "' and '", typeName(b), "'");
}

bool jinja::contains(const Value &container, const Value &a) {
  switch (container.kind) {
  case Kind::Undefined:
    return false;
  case Kind::String:
    if (!a.isString())
      fail("'in <string>' requires a string as left operand, not ", typeName(a));
    return findIn(container.text(), a.text()) != std::string_view::npos;
  case Kind::Dict:
    return container.dict->find(a) != nullptr;
  case Kind::Iterator: {
    IteratorData &data = *container.iterator;
    while (data.next < data.items.size())
      if (areEqual(data.items[data.next++], a))
        return true;
    if (!data.failure.empty())
      fail(data.failure);
    return false;
  }
  default:
    if (container.isArray() || container.isView())
      return std::ranges::any_of(container.list(),
                                 [&](const Value &item) { return areEqual(item, a); });
    fail("a value of type '", typeName(container), "' has no elements, which 'in' asks for");
  }
}

static uint64_t hashBytes(std::string_view text) {
  // FNV's prime, by words.
  uint64_t hash = 0xcbf29ce484222325 ^ text.size();
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = (hash ^ word) * 0x100000001b3;
    hash ^= hash >> 29;
    text.remove_prefix(8);
  }
  for (char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash ^ hash >> 32;
}

uint64_t jinja::hashOf(const Value &value) {
  switch (value.kind) {
  case Kind::String:
    return hashBytes(value.text());
  case Kind::Bool:
  case Kind::Int:
  case Kind::BigInt:
  case Kind::Float:
    return hashNumber(value);
  case Kind::Tuple: {
    uint64_t hash = value.size;
    for (const Value &item : value.list())
      hash = hash * 31 + hashOf(item);
    return hash;
  }
  case Kind::Undefined:
  case Kind::None:
    return static_cast<uint64_t>(value.kind);
  case Kind::List:
  case Kind::Dict:
    fail("a value of type '", typeName(value), "' cannot be a key: it is unhashable");
  default:
    return reinterpret_cast<uintptr_t>(value.items);
  }
}

const DictData::Entry *DictData::find(const Value &key, uint64_t hash) const {
  auto matches = [&](const Entry &entry) { return entry.hash == hash && areEqual(entry.key, key); };
  if (!index) {
    for (const Entry &entry : all())
      if (matches(entry))
        return &entry;
    return nullptr;
  }
  for (uint64_t at = hash & (slots - 1); index[at]; at = (at + 1) & (slots - 1))
    if (matches(entries[index[at] - 1]))
      return &entries[index[at] - 1];
  return nullptr;
}

const Value *DictData::find(const Value &key) const {
  const Entry *entry = find(key, hashOf(key));
  return entry ? &entry->value : nullptr;
}

const Value *DictData::find(std::string_view key) const {
  // Small mappings are most of all.
  if (!index) {
    for (const Entry &entry : all())
      if (entry.key.isString() && entry.key.text() == key)
        return &entry.value;
    return nullptr;
  }
  return find(Value::of(key));
}

void DictData::grow(Arena &arena) {
  capacity = std::max<uint32_t>(4, capacity * 2);
  auto *more = static_cast<Entry *>(arena.take(capacity * sizeof(Entry)));
  std::uninitialized_copy_n(entries, size, more);
  entries = more;
  if (capacity < 16)
    return;
  slots = capacity * 2;
  index = static_cast<uint32_t *>(arena.take(slots * sizeof(uint32_t)));
  std::fill_n(index, slots, 0);
  for (uint32_t i = 0; i < size; ++i) {
    uint64_t at = entries[i].hash & (slots - 1);
    while (index[at])
      at = (at + 1) & (slots - 1);
    index[at] = i + 1;
  }
}

void DictData::set(Arena &arena, const Value &key, const Value &value) {
  uint64_t hash = hashOf(key);
  if (const Entry *entry = find(key, hash)) {
    entries[entry - entries].value = value;
    return;
  }
  if (size == capacity)
    grow(arena);
  std::construct_at(&entries[size], Entry{key, value, hash});
  ++size;
  if (!index)
    return;
  uint64_t at = hash & (slots - 1);
  while (index[at])
    at = (at + 1) & (slots - 1);
  index[at] = size;
}
