//===- NamePattern.cpp - Which modules a configuration names --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Literal entries, which most are, are compared and not compiled.
//
//===----------------------------------------------------------------------===//

#include "NamePattern.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr std::string_view regexMark = "re:";

static bool takesRegex(Syntax syntax) {
  return syntax == Syntax::ExactOrRegex || syntax == Syntax::GlobOrRegex;
}

static bool takesGlob(Syntax syntax) {
  return syntax == Syntax::GlobOrRegex || syntax == Syntax::Modules;
}

Expected<NamePattern> NamePattern::make(Syntax syntax, std::string text) {
  NamePattern pattern;
  pattern.syntax = syntax;
  pattern.entry = std::move(text);
  std::string_view body = pattern.entry;
  auto keep = [](std::optional<checkpoint::Regex> &into, Expected<checkpoint::Regex> made) {
    if (!made)
      return made.takeError();
    into = std::move(*made);
    return Error::success();
  };
  if (takesRegex(syntax) && body.starts_with(regexMark)) {
    pattern.syntax = Syntax::Regex;
    body.remove_prefix(regexMark.size());
  } else if (takesGlob(syntax) && body.find_first_of("*?[") != body.npos) {
    if (Error error = keep(pattern.regex, Regex::glob(body)))
      return error;
    if (syntax == Syntax::Modules)
      if (Error error = keep(pattern.below, Regex::glob(strCat(body, ".*"))))
        return error;
  }
  if (pattern.syntax == Syntax::Regex)
    if (Error error = keep(pattern.regex, Regex::parse(body)))
      return error.addContext("is no regular expression that is understood");
  return pattern;
}

/// Whether `module` is `part` or below it.
static bool isWithin(std::string_view module, std::string_view part) {
  return module.starts_with(part) && (module.size() == part.size() || module[part.size()] == '.');
}

static bool endsWithParts(std::string_view module, std::string_view parts) {
  return module.size() > parts.size() && module.ends_with(parts) &&
         module[module.size() - parts.size() - 1] == '.';
}

Expected<bool> NamePattern::matches(std::string_view module) const {
  if (regex && syntax == Syntax::Regex)
    return regex->matchesStart(module);
  if (regex) {
    Expected<bool> whole = regex->matchesWhole(module);
    if (!whole || *whole || !below)
      return whole;
    return below->matchesWhole(module);
  }
  switch (syntax) {
  case Syntax::Ancestor:
    return isWithin(module, entry);
  case Syntax::Modules:
    return isWithin(module, entry) || endsWithParts(module, entry);
  case Syntax::Substring:
    return strCat(module, ".").find(entry) != std::string::npos;
  case Syntax::Everything:
    return true;
  default:
    return module == entry;
  }
}
