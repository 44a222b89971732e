//===- CallScanner.cpp - A call as one JSON object --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/CallScanner.h"

#include <nlohmann/json.hpp>

using namespace moec::parser;
using Step = JsonScanner::Step;

/// The text of a JSON string; "" of anything else.
static std::string textOf(const std::string &json) {
  const auto value = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? value.get<std::string>() : "";
}

/// What is known when a member's value is whole; false where there can be no call.
bool CallScanner::endMember() {
  if (member == Member::Name) {
    name = textOf(value);
    isNamed = true;
  } else if (member == Member::Id) {
    id = textOf(value);
  }
  bool isWrong =
      (member == Member::Name && name.empty()) || (member == Member::Arguments && !value.empty());
  member = Member::Other;
  key.clear();
  value.clear();
  return !isWrong;
}

Step CallScanner::step(char c, bool isBare) {
  const size_t before = scanner.depth();
  const Step step = scanner.step(c);
  if (step == Step::Bad)
    return step;
  const size_t after = scanner.depth();
  if (after == 1 && scanner.wasKey()) {
    key += c;
    return step;
  }
  const bool isNested = before > 1 || after > 1;
  if (!isNested && !scanner.wasScalar()) {
    if (c == ':' && before == 1) {
      const std::string text = textOf(key);
      member = text == "name"                                ? Member::Name
               : text == "id"                                ? Member::Id
               : text == "arguments" || text == "parameters" ? Member::Arguments
                                                             : Member::Other;
      if (isBare && member == Member::Other && text != "type")
        return Step::Bad;
      // A second one would be another call.
      if ((member == Member::Name && isNamed) || (member == Member::Arguments && hasArguments))
        return Step::Bad;
      hasArguments = hasArguments || member == Member::Arguments;
    } else if ((c == ',' && before == 1) || step == Step::Done) {
      if (!endMember())
        return Step::Bad;
    }
    return step;
  }
  if (member == Member::Arguments && isNested)
    arguments += c;
  else
    value += c;
  // Arguments that are no object are seen by their first byte.
  return member == Member::Arguments && (!isNested || (before == 1 && c == '[')) ? Step::Bad : step;
}
