//===- Fields.cpp - Checked access to a JSON object -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Fields.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

namespace moec::tokenizer {

using nlohmann::json;

Fields::Fields(const json &object, std::string path) : object(object), where(std::move(path)) {
  if (!object.is_object())
    failure = Error::make(where, " is ", object.type_name(), ", not an object");
}

const json *Fields::find(std::string_view name) {
  if (!object.is_object())
    return nullptr;
  auto it = object.find(std::string(name));
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

const json *Fields::require(std::string_view name, bool hasDefault) {
  const json *value = find(name);
  if (!value && !hasDefault)
    fail(strCat("has no \"", name, "\""));
  return value;
}

void Fields::failType(std::string_view name, std::string_view wanted, const json &found) {
  fail(strCat("has a \"", name, "\" that is ", found.type_name(), ", not ", wanted));
}

bool Fields::boolean(std::string_view name, std::optional<bool> absent) {
  const json *value = require(name, absent.has_value());
  if (!value)
    return absent.value_or(false);
  if (!value->is_boolean()) {
    failType(name, "true or false", *value);
    return false;
  }
  return value->get<bool>();
}

std::string Fields::string(std::string_view name, std::optional<std::string> absent) {
  const json *value = require(name, absent.has_value());
  if (!value)
    return absent.value_or("");
  if (!value->is_string()) {
    failType(name, "a string", *value);
    return "";
  }
  return value->get<std::string>();
}

int64_t Fields::integer(std::string_view name, int64_t low, int64_t high,
                        std::optional<int64_t> absent) {
  const json *value = require(name, absent.has_value());
  if (!value)
    return absent.value_or(low);
  if (!value->is_number_integer()) {
    failType(name, "an integer", *value);
    return low;
  }
  const bool huge = value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX;
  if (huge || value->get<int64_t>() < low || value->get<int64_t>() > high) {
    fail(strCat("has a \"", name, "\" of ", value->dump(), ", it must be ", low, " to ", high));
    return low;
  }
  return value->get<int64_t>();
}

char32_t Fields::character(std::string_view name) {
  const std::string text = string(name);
  if (text.empty() || charSize(text[0]) != text.size()) {
    fail(strCat("has a \"", name, "\" of \"", text, "\", it must be one character"));
    return U' ';
  }
  size_t position = 0;
  return nextChar(text, position);
}

std::vector<const json *> Fields::array(std::string_view name) {
  std::vector<const json *> out;
  const json *value = require(name, false);
  if (value && !value->is_array())
    failType(name, "an array", *value);
  if (value && value->is_array())
    for (const json &element : *value)
      out.push_back(&element);
  return out;
}

size_t Fields::choice(std::string_view name, const std::vector<std::string_view> &names,
                      std::optional<size_t> absent) {
  const json *value = require(name, absent.has_value());
  if (!value)
    return absent.value_or(0);
  if (!value->is_string()) {
    failType(name, "a string", *value);
    return 0;
  }
  const auto text = value->get<std::string>();
  auto it = std::find(names.begin(), names.end(), text);
  if (it != names.end())
    return it - names.begin();
  std::string known;
  for (std::string_view option : names)
    known += strCat(known.empty() ? "" : ", ", option);
  fail(strCat("has a \"", name, "\" of \"", text, "\", known are ", known));
  return 0;
}

void Fields::fail(std::string_view message) {
  if (!failure)
    failure = Error::make(where, " ", message);
}

void Fields::fail(Error error) {
  if (!failure)
    failure = std::move(error);
}

Error Fields::finish() { return std::move(failure); }

Expected<std::string> componentType(const json &object, const std::string &path) {
  if (!object.is_object())
    return Error::make(path, " is ", object.type_name(), ", not an object");
  auto it = object.find("type");
  if (it == object.end() || !it->is_string())
    return Error::make(path, " has no \"type\"");
  return it->get<std::string>();
}

} // namespace moec::tokenizer
