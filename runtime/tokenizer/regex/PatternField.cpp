//===- PatternField.cpp - Patterns in tokenizer.json ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PatternField.h"

namespace moec::tokenizer {

std::optional<Regex> readPattern(Fields &fields, std::string_view name) {
  const nlohmann::json *value = fields.find(name);
  if (!value) {
    fields.fail(strCat("has no \"", name, "\""));
    return std::nullopt;
  }
  Fields inner(*value, strCat(fields.path(), ".", name));
  const bool isRegex = value->is_object() && value->contains("Regex");
  const std::string text = inner.string(isRegex ? "Regex" : "String");
  if (Error error = inner.finish()) {
    fields.fail(std::move(error));
    return std::nullopt;
  }
  Expected<Regex> regex = isRegex ? Regex::compile(text) : Regex::compileLiteral(text);
  if (!regex) {
    fields.fail(regex.takeError().addContext(
        strCat(inner.path(), ": bad regular expression \"", text, "\"")));
    return std::nullopt;
  }
  return std::move(*regex);
}

} // namespace moec::tokenizer
