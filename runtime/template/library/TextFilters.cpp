//===- TextFilters.cpp - Filters of texts -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/library/StringMethods.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Print.h"
#include "runtime/template/value/Text.h"
#include "runtime/tokenizer/text/Unicode.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

static Value upperFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("upper", arguments, {});
  return vm.string(toUpper(vm.textOf(self)), self.isMarkup());
}

static Value lowerFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("lower", arguments, {});
  return vm.string(toLower(vm.textOf(self)), self.isMarkup());
}

static Value capitalizeFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("capitalize", arguments, {});
  return vm.string(capitalize(vm.textOf(self)), self.isMarkup());
}

/// The first letter of each word; words end at white space, hyphens and open brackets.
static Value titleFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("title", arguments, {});
  std::string_view text = vm.textOf(self);
  auto isBorder = [](char32_t c) {
    return isSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at, end = at;
    char32_t first = tokenizer::nextChar(text, at);
    bool isGap = isBorder(first);
    end = at;
    while (at < text.size() && isBorder(tokenizer::nextChar(text, at)) == isGap)
      end = at;
    at = end;
    size_t letter = begin + tokenizer::charSize(text[begin]);
    out += toUpper(text.substr(begin, letter - begin));
    out += toLower(text.substr(letter, end - letter));
  }
  return vm.string(out, self.isMarkup());
}

static Value trimFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("trim", arguments, {"chars"});
  std::string_view text = vm.textOf(self);
  return Value::of(given.has(0) ? strip(text, given.text(0), Both) : strip(text), self.isMarkup());
}

static Value stringFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("string", arguments, {});
  return self.isString() ? self : Value::of(vm.textOf(self));
}

static Value safeFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("safe", arguments, {});
  return Value::of(vm.textOf(self), markupFlag);
}

static Value escapeFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("escape", arguments, {});
  return self.isMarkup() ? self : vm.string(escapeHtml(vm.textOf(self)), markupFlag);
}

static Value forceEscapeFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("forceescape", arguments, {});
  return vm.string(escapeHtml(vm.textOf(self)), markupFlag);
}

static Value replaceFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("replace", arguments, {"old", "new", "count"}, 2);
  int64_t count = given.has(2) ? given.integer(2, -1) : -1;
  return replaceText(vm, Value::of(vm.textOf(self)), vm.textOf(given.value(0)),
                     vm.textOf(given.value(1)), count);
}

static Value centerFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("center", arguments, {"width"});
  return pad(vm, Value::of(vm.textOf(self), self.isMarkup()), given.integer(0, 80), " ", Both);
}

static Value formatFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty())
    fail("can't handle positional and keyword arguments at the same time");
  std::string_view format = vm.textOf(self);
  if (arguments.named.empty())
    return formatPercent(vm, format, Value::sequence(Kind::Tuple, arguments.positional));
  auto &names = *vm.memory().make<DictData>();
  for (const NamedValue &named : arguments.named)
    names.set(vm.memory(), vm.string(named.name), named.value);
  return formatPercent(vm, format, Value::of(&names));
}

static Value indentFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("indent", arguments, {"width", "first", "blank"});
  if (!self.isString()) {
    requireDefined(self);
    fail("'indent' is for str, not ", typeName(self));
  }
  std::string indention =
      given[0] && given[0]->isString()
          ? std::string(given.text(0))
          : std::string(static_cast<size_t>(std::clamp<int64_t>(given.integer(0, 4), 0, 1 << 20)),
                        ' ');
  bool indentsBlank = given.flag(2);
  std::string out = given.flag(1) ? indention : "", text = std::string(self.text()) + "\n";
  std::vector<std::string_view> lines = splitLines(text, /*keepsEnds=*/false);
  vm.charge(lines.size() * indention.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i)
      out += "\n";
    if (i && (indentsBlank || !lines[i].empty()))
      out += indention;
    out += lines[i];
  }
  return vm.string(out, self.flag);
}

static Value wordCountFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("wordcount", arguments, {});
  std::string_view text = vm.textOf(self);
  int64_t count = 0;
  bool wasWord = false;
  for (size_t at = 0; at < text.size();) {
    char32_t c = tokenizer::nextChar(text, at);
    bool isWord = tokenizer::isWordChar(c) || tokenizer::isNumeric(c);
    count += isWord && !wasWord;
    wasWord = isWord;
  }
  return Value::of(count);
}

/// Python's json.dumps, as Transformers has it in place of Jinja's own filter.
static Value jsonFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensureAscii = given.flag(0);
  style.sortKeys = given.flag(3);
  std::string indention;
  if (given.has(1)) {
    indention =
        given[1]->isString()
            ? std::string(given.text(1))
            : std::string(static_cast<size_t>(std::clamp<int64_t>(given.integer(1, 0), 0, 1 << 10)),
                          ' ');
    style.indent = &indention;
    style.itemSeparator = ",";
  }
  if (given.has(2)) {
    std::span<const Value> separators = vm.elementsOf(*given[2]);
    if (separators.size() != 2 || !separators[0].isString() || !separators[1].isString())
      fail("separators must be two str");
    style.itemSeparator = separators[0].text();
    style.keySeparator = separators[1].text();
  }
  std::string text;
  appendJson(text, self, style);
  vm.charge(text.size());
  return vm.string(text);
}

std::span<const LibraryEntry> jinja::textFilters() {
  static constexpr LibraryEntry table[] = {{"tojson", jsonFilter},
                                           {"trim", trimFilter},
                                           {"string", stringFilter},
                                           {"upper", upperFilter},
                                           {"lower", lowerFilter},
                                           {"capitalize", capitalizeFilter},
                                           {"title", titleFilter},
                                           {"safe", safeFilter},
                                           {"e", escapeFilter},
                                           {"escape", escapeFilter},
                                           {"forceescape", forceEscapeFilter},
                                           {"replace", replaceFilter},
                                           {"center", centerFilter},
                                           {"format", formatFilter},
                                           {"indent", indentFilter},
                                           {"wordcount", wordCountFilter}};
  return table;
}
