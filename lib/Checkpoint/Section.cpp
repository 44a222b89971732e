//===- Section.cpp - A part of a configuration ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Values are quoted in errors as they stand, cut where they are long.
//
//===----------------------------------------------------------------------===//

#include "Section.h"

#include <limits>

using namespace moec;
using namespace moec::checkpoint;

/// What an absent section is.
static const Json &emptyObject() {
  static const Json object = Json::object();
  return object;
}

static constexpr int64_t largest = std::numeric_limits<int32_t>::max();

/// An integer that other integers can be multiplied with.
static std::optional<int64_t> smallInteger(const Json &value) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(largest)))
    return std::nullopt;
  int64_t number = value.get<int64_t>();
  return number < -largest ? std::nullopt : std::optional(number);
}

static std::string quoted(const Json &value) {
  constexpr size_t longest = 80;
  // As ASCII, which can be cut anywhere.
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > longest)
    text = text.substr(0, longest) + "…";
  return text;
}

Section::Section(const Json &value, std::string path, std::string file,
                 std::optional<std::string> &failed)
    : value(&value), where(std::move(path)), fileName(std::move(file)), failed(&failed) {
  if (value.is_object())
    return;
  fail("", "is ", quoted(value), ", not an object");
  this->value = &emptyObject();
}

const Json *Section::find(const std::string &key) const {
  auto it = value->find(key);
  return it == value->end() || it->is_null() ? nullptr : &*it;
}

void Section::refuse(const std::string &key, const std::string &expected) const {
  if (const Json *found = find(key))
    fail(key, "is ", quoted(*found), ", not ", expected);
  else
    fail("", "has no ", key, ", which is ", expected);
}

std::string Section::text(const std::string &key) const {
  const Json *found = find(key);
  if (found && found->is_string())
    return found->get<std::string>();
  refuse(key, "a string");
  return {};
}

std::string Section::text(const std::string &key, std::string absent) const {
  return has(key) ? text(key) : absent;
}

std::string Section::textOrBoolean(const std::string &key) const {
  const Json *found = find(key);
  if (found && found->is_boolean())
    return found->get<bool>() ? "true" : "false";
  return text(key, "");
}

int64_t Section::integer(const std::string &key, std::optional<int64_t> absent) const {
  const Json *found = find(key);
  if (!found && absent)
    return *absent;
  if (std::optional<int64_t> number = found ? smallInteger(*found) : std::nullopt)
    return *number;
  refuse(key, found && found->is_number_integer() ? strCat("an integer of at most ", largest)
                                                  : "an integer");
  return absent.value_or(1);
}

bool Section::boolean(const std::string &key, bool absent) const {
  const Json *found = find(key);
  if (!found)
    return absent;
  if (found->is_boolean())
    return found->get<bool>();
  refuse(key, "true or false");
  return absent;
}

std::vector<std::string> Section::texts(const std::string &key) const {
  std::vector<std::string> list;
  const Json *found = find(key);
  if (!found)
    return list;
  if (!found->is_array())
    refuse(key, "a list of strings");
  else
    for (const Json &item : *found) {
      if (item.is_string())
        list.push_back(item.get<std::string>());
      else
        refuse(key, "a list of strings");
    }
  return list;
}

std::vector<int64_t> Section::extents(const std::string &key, size_t count) const {
  const Json *found = find(key);
  std::vector<int64_t> list;
  if (found && found->is_array())
    for (const Json &item : *found)
      if (std::optional<int64_t> number = smallInteger(item); number && *number > 0)
        list.push_back(*number);
  if (found && found->is_array() && list.size() == count && found->size() == count)
    return list;
  refuse(key, strCat(count, " positive integers"));
  return std::vector<int64_t>(count, 1);
}

Section Section::section(const std::string &key) const {
  const Json *found = find(key);
  return Section(found ? *found : emptyObject(), strCat(where, ".", key), fileName, *failed);
}

std::vector<Section> Section::items(const std::string &key) const {
  std::vector<Section> all;
  const Json *found = find(key);
  if (found && found->is_array())
    for (const Json &item : *found)
      all.emplace_back(item, strCat(where, ".", key), fileName, *failed);
  else if (found)
    all.push_back(section(key));
  return all;
}

std::vector<std::pair<std::string, Section>> Section::sections() const {
  std::vector<std::pair<std::string, Section>> all;
  for (const auto &[key, item] : value->items())
    if (!item.is_null())
      all.emplace_back(key, Section(item, strCat(where, ".", key), fileName, *failed));
  return all;
}
