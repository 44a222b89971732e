//===- RawJson.cpp - JSON as it was written ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/RawJson.h"

#include "runtime/server/api/Json.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

/// Where a text begins: behind a byte order mark, which parsers skip, too.
static size_t begin(std::string_view json) { return json.starts_with("\xEF\xBB\xBF") ? 3 : 0; }

static size_t skipBlank(std::string_view json, size_t at) {
  return std::min(json.find_first_not_of(" \n\t\r", at), json.size());
}

/// The place behind the string that begins at `at`.
static size_t endOfString(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    at += json[at] == '\\';
  return std::min(at + 1, json.size());
}

/// The place behind the value that begins at `at`.
static size_t endOfValue(std::string_view json, size_t at) {
  size_t depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = endOfString(json, at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
    } else if (c == '}' || c == ']') {
      --depth;
      ++at;
    } else {
      at = json.find_first_of("\"{}[], \n\t\r", at + (depth != 0));
    }
    if (depth == 0)
      break;
  }
  return std::min(at, json.size());
}

static std::string textOf(std::string_view string) {
  Json value = Json::parse(string, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string_view server::findMember(std::string_view object, std::string_view name) {
  std::string_view found;
  size_t at = skipBlank(object, begin(object));
  while (at < object.size() && (object[at] == '{' || object[at] == ',')) {
    const size_t key = skipBlank(object, at + 1);
    if (key == object.size() || object[key] != '"')
      break;
    const size_t behind = endOfString(object, key);
    // Behind the colon.
    const size_t value = skipBlank(object, skipBlank(object, behind) + 1);
    const size_t end = endOfValue(object, value);
    if (textOf(object.substr(key, behind - key)) == name)
      found = object.substr(value, end - value);
    at = skipBlank(object, end);
  }
  return found;
}

std::vector<std::string_view> server::findElements(std::string_view array) {
  std::vector<std::string_view> elements;
  size_t at = skipBlank(array, begin(array));
  while (at < array.size() && (array[at] == '[' || array[at] == ',')) {
    const size_t value = skipBlank(array, at + 1);
    if (value == array.size() || array[value] == ']')
      break;
    const size_t end = endOfValue(array, value);
    elements.push_back(array.substr(value, end - value));
    at = skipBlank(array, end);
  }
  return elements;
}

std::string server::mapStrings(std::string_view json,
                               const std::function<std::string(const std::string &)> &change) {
  std::string out;
  for (size_t at = 0; at < json.size();) {
    const size_t quote = std::min(json.find('"', at), json.size());
    out += json.substr(at, quote - at);
    if (quote == json.size())
      break;
    at = endOfString(json, quote);
    const std::string_view string = json.substr(quote, at - quote);
    const std::string text = textOf(string), changed = change(text);
    out += changed == text ? std::string(string) : dumpJson(changed);
  }
  return out;
}
