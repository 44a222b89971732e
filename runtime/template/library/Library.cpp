//===- Library.cpp - Filters and tests by name ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/library/Library.h"

#include "runtime/template/value/Number.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

static LibraryFunction findIn(std::span<const LibraryEntry> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &LibraryEntry::name);
  return found == table.end() ? nullptr : found->function;
}

LibraryFunction jinja::findFilter(std::string_view name) {
  for (auto table : {textFilters(), sequenceFilters(), selectionFilters(), numberFilters()})
    if (LibraryFunction function = findIn(table, name))
      return function;
  return nullptr;
}

LibraryFunction jinja::findTest(std::string_view name) { return findIn(testEntries(), name); }

bool jinja::isForeign(std::string_view name, bool isFilter) {
  static constexpr std::string_view filters[] = {"filesizeformat", "pprint",   "random",
                                                 "striptags",      "truncate", "urlencode",
                                                 "urlize",         "wordwrap", "xmlattr"};
  return isFilter && std::ranges::find(filters, name) != std::end(filters);
}

Parameters::Parameters(std::string_view function, const CallArguments &arguments,
                       std::initializer_list<std::string_view> names, size_t required)
    : function(function) {
  if (arguments.positional.size() > names.size())
    fail("'", function, "' takes at most ", names.size(), " arguments, not ",
         arguments.positional.size());
  for (size_t i = 0; i < arguments.positional.size(); ++i)
    values[i] = &arguments.positional[i];
  for (const NamedValue &named : arguments.named) {
    const auto *found = std::ranges::find(names, named.name);
    size_t index = static_cast<size_t>(found - names.begin());
    if (found == names.end() || values[index])
      fail("'", function, "' got an unexpected keyword argument '", named.name, "'");
    values[index] = &named.value;
  }
  for (size_t i = 0; i < required; ++i)
    if (!values[i])
      fail("'", function, "' is missing its argument '", *(names.begin() + i), "'");
}

bool Parameters::flag(size_t index, bool absent) const {
  return values[index] ? isTrue(*values[index]) : absent;
}

int64_t Parameters::integer(size_t index, int64_t absent) const {
  return values[index] ? toIndex(*values[index], "an argument") : absent;
}

std::string_view Parameters::text(size_t index, std::string_view absent) const {
  if (!values[index])
    return absent;
  requireDefined(*values[index]);
  if (!values[index]->isString())
    fail("an argument of '", function, "' must be str, not ", typeName(*values[index]));
  return values[index]->text();
}
