//===- Json.cpp - JSON files ------------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// nlohmann's parser, with its exceptions as our errors.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Json.h"
#include "moec/Support/File.h"

using namespace moec;

/// Whether brackets outside of strings nest deeper than allowed.
static bool isNestedTooDeep(std::string_view text, unsigned maxNesting) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > maxNesting)
        return true;
    } else if ((c == '}' || c == ']') && depth != 0) {
      --depth;
    }
  }
  return false;
}

Expected<nlohmann::json> moec::parseJson(std::string_view text, unsigned maxNesting) {
  if (isNestedTooDeep(text, maxNesting))
    return Error::make("is JSON nested deeper than ", maxNesting);
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error &error) {
    // Only what comes behind the library's own name and position.
    std::string_view what = error.what();
    if (size_t colon = what.find(": "); colon != what.npos)
      what.remove_prefix(colon + 2);
    return Error::make("is not valid JSON at byte ", error.byte, ": ", what);
  } catch (const nlohmann::json::exception &error) {
    std::string_view what = error.what();
    if (size_t bracket = what.find("] "); bracket != what.npos)
      what.remove_prefix(bracket + 2);
    return Error::make("is not valid JSON: ", what);
  }
}

Expected<nlohmann::json> moec::readJsonFile(const std::string &path, uint64_t maxBytes) {
  Expected<std::string> text = readFile(path, maxBytes);
  if (!text)
    return text.takeError();
  Expected<nlohmann::json> value = parseJson(*text);
  if (!value)
    return Error::make("'", path, "' ", value.takeError().message());
  return value;
}
