//===- Json.cpp - JSON as values --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/JsonParts.h"

#include "runtime/template/value/Number.h"

#include "moec/Support/HugeNumbers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::jinja;

/// The largest double as nobody else writes it: stands for a number beyond, which is infinite.
static constexpr std::string_view huge = "17976931348623157.0e292";

namespace {
/// Builds values from the events of a parser, which knows the digits of a number.
class Builder : public nlohmann::json_sax<nlohmann::ordered_json> {
public:
  explicit Builder(Arena &arena) : arena(arena) {}

  bool null() override { return add(Value::none()); }
  bool boolean(bool value) override { return add(Value::of(value)); }
  bool number_integer(number_integer_t value) override { return add(Value::of(int64_t(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    return add(makeInteger(arena, static_cast<__int128>(value)));
  }
  bool number_float(number_float_t value, const string_t &digits) override {
    if (std::string_view(digits).substr(digits.starts_with('-')) == huge)
      return add(Value::of(std::copysign(std::numeric_limits<double>::infinity(), value)));
    if (digits.find_first_of(".eE") != digits.npos)
      return add(Value::of(value));
    std::optional<Value> integer = parseInteger(arena, digits);
    return add(integer ? *integer : Value::of(value));
  }
  bool string(string_t &value) override { return add(arena.string(value)); }
  bool binary(binary_t &) override { return false; }
  bool start_object(size_t) override { return open(Kind::Dict); }
  bool key(string_t &name) override {
    levels.back().key = arena.string(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(Kind::List); }
  bool end_array() override { return close(); }
  bool parse_error(size_t position, const std::string &,
                   const nlohmann::detail::exception &error) override {
    problem = strCat("is not JSON at byte ", position, ": ", error.what());
    isBeyondRange = dynamic_cast<const nlohmann::json::out_of_range *>(&error) != nullptr;
    return false;
  }

  Value root;
  std::string problem;
  bool isBeyondRange = false; ///< of a double, which is why a number was refused

private:
  struct Level {
    Kind kind;
    Value key;
    DictData dict;
    std::vector<Value> items;
  };
  static constexpr size_t most = 200;

  bool open(Kind kind) {
    if (levels.size() == most) {
      problem = strCat("is nested deeper than ", most);
      return false;
    }
    levels.push_back({kind, {}, {}, {}});
    return true;
  }
  bool close() {
    Level level = std::move(levels.back());
    levels.pop_back();
    return add(level.kind == Kind::Dict ? Value::of(arena.make<DictData>(level.dict))
                                        : arena.list(level.items));
  }
  bool add(const Value &value) {
    if (levels.empty())
      root = value;
    else if (levels.back().kind == Kind::List)
      levels.back().items.push_back(value);
    else
      levels.back().dict.set(arena, levels.back().key, value);
    return true;
  }

  Arena &arena;
  std::vector<Level> levels;
};
} // namespace

Expected<Json> Json::parse(std::string_view text) {
  Json json;
  auto memory = std::make_shared<Arena>(uint64_t(1) << 32);
  Builder builder(*memory);
  try {
    const bool isRead = nlohmann::ordered_json::sax_parse(text, &builder);
    if (std::string limited;
        builder.isBeyondRange && (limited = replaceHugeNumbers(text, huge)) != text)
      return parse(limited);
    if (!isRead)
      return Error::make("the JSON ", builder.problem);
  } catch (const Failure &failure) {
    return Error::make("the JSON cannot be read: ", failure.message);
  }
  json.parts = std::make_shared<Parts>(Parts{std::move(memory), builder.root});
  return json;
}

std::vector<Json> Json::elements() const {
  std::vector<Json> all;
  if (!isArray())
    return all;
  for (const Value &value : parts->value.list()) {
    all.emplace_back().parts = std::make_shared<Parts>(Parts{parts->memory, value});
  }
  return all;
}

Json Json::member(std::string_view name) const {
  Json json;
  const Value *found = isObject() ? parts->value.dict->find(name) : nullptr;
  if (found)
    json.parts = std::make_shared<Parts>(Parts{parts->memory, *found});
  return json;
}

Json Json::without(std::initializer_list<std::string_view> names) const {
  auto memory = std::make_shared<Arena>(UINT64_MAX);
  auto &dict = *memory->make<DictData>();
  for (const DictData::Entry &entry :
       isObject() ? parts->value.dict->all() : std::span<const DictData::Entry>())
    if (std::ranges::find(names, entry.key.text()) == names.end())
      dict.set(*memory, entry.key, entry.value);
  // What the members point to is in the whole object's memory.
  memory->keepAlive(parts ? parts->memory : nullptr);
  Json json;
  json.parts = std::make_shared<Parts>(Parts{std::move(memory), Value::of(&dict)});
  return json;
}

bool Json::has(std::string_view name) const {
  return isObject() && parts->value.dict->find(name) != nullptr;
}
bool Json::isObject() const { return parts && parts->value.isDict(); }
bool Json::isArray() const { return parts && parts->value.kind == Kind::List; }
bool Json::isNull() const { return !parts || parts->value.isNone(); }
bool Json::isString() const { return parts && parts->value.isString(); }
bool Json::isTrue() const {
  return parts && parts->value.kind == Kind::Bool && parts->value.boolean;
}
std::string_view Json::text() const {
  return isString() ? parts->value.text() : std::string_view();
}
