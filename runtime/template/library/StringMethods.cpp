//===- StringMethods.cpp - Methods of texts ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/library/StringMethods.h"

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Watch.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

Value jinja::replaceText(Interpreter &vm, const Value &text, std::string_view from,
                         std::string_view to, int64_t count) {
  vm.charge(text.size);
  if (to.size() > from.size()) {
    // How long it gets is known before it is made.
    uint64_t places = 0;
    if (from.empty())
      places = text.size + 1;
    else
      for (size_t at = 0; (at = findIn(text.text(), from, at)) != std::string_view::npos;
           at += from.size())
        ++places;
    uint64_t more = std::min(places, static_cast<uint64_t>(count)) * (to.size() - from.size());
    if (text.size + more > UINT32_MAX)
      fail("a text of ", text.size + more, " bytes is too long");
    vm.charge(more);
  }
  return vm.string(replaceAll(text.text(), from, to, count), text.flag);
}

Value jinja::pad(Interpreter &vm, const Value &text, int64_t width, std::string_view fill,
                 Side side) {
  if (countChars(fill) != 1)
    fail("the fill character must be exactly one character long");
  auto length = static_cast<int64_t>(countChars(text.text()));
  if (width <= length)
    return text;
  if (width > (int64_t(1) << 24))
    fail("a width of ", width, " is too much");
  auto missing = static_cast<size_t>(width - length), left = size_t(0);
  // Python's choice where both sides cannot be equal.
  if (side == Both)
    left = missing / 2 + (missing & static_cast<size_t>(width) & 1);
  else if (side == Left)
    left = missing;
  std::string out;
  for (size_t i = 0; i < left; ++i)
    out += fill;
  out += text.text();
  for (size_t i = left; i < missing; ++i)
    out += fill;
  vm.charge(out.size());
  return vm.string(out, text.flag);
}

std::vector<std::string_view> jinja::splitLines(std::string_view text, bool keepsEnds) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    char32_t c = tokenizer::nextChar(text, at);
    bool isEnd =
        (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (!isEnd)
      continue;
    if (c == '\r' && at < text.size() && text[at] == '\n')
      ++at;
    lines.push_back(text.substr(begin, (keepsEnds ? at : end) - begin));
    begin = at;
  }
  if (begin < text.size())
    lines.push_back(text.substr(begin));
  return lines;
}

static Value listOf(Interpreter &vm, const std::vector<std::string_view> &texts, const Value &self,
                    Kind kind = Kind::List) {
  std::span<Value> items = vm.memory().values(texts.size());
  for (size_t i = 0; i < items.size(); ++i)
    items[i] = Value::of(texts[i], self.flag);
  return Value::sequence(kind, items);
}

template <Side side>
static Value stripMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("strip", arguments, {"chars"});
  return Value::of(
      given.has(0) ? strip(self.text(), given.text(0), side) : strip(self.text(), side), self.flag);
}

/// Parts between white space.
static std::vector<std::string_view> splitSpace(std::string_view text, uint64_t most,
                                                bool fromRight) {
  std::vector<std::string_view> parts;
  text = strip(text, fromRight ? Right : Left);
  while (!text.empty() && parts.size() < most) {
    size_t at = fromRight ? text.size() : 0;
    while (fromRight ? at > 0 : at < text.size()) {
      size_t next = at;
      if (isSpace(fromRight ? tokenizer::previousChar(text, next)
                            : tokenizer::nextChar(text, next)))
        break;
      at = next;
    }
    parts.push_back(fromRight ? text.substr(at) : text.substr(0, at));
    text = fromRight ? strip(text.substr(0, at), Right) : strip(text.substr(at), Left);
  }
  if (!text.empty())
    parts.push_back(text);
  return parts;
}

template <bool fromRight>
static Value splitMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("split", arguments, {"sep", "maxsplit"});
  auto most = static_cast<uint64_t>(given.integer(1, -1));
  std::vector<std::string_view> parts;
  std::string_view text = self.text();
  if (given.has(0)) {
    std::string_view separator = given.text(0);
    if (separator.empty())
      fail("empty separator");
    size_t found;
    while (parts.size() < most &&
           (found = fromRight ? text.rfind(separator) : findIn(text, separator)) != text.npos) {
      std::string_view before = text.substr(0, found),
                       behind = text.substr(found + separator.size());
      parts.push_back(fromRight ? behind : before);
      text = fromRight ? before : behind;
    }
    parts.push_back(text);
  } else {
    parts = splitSpace(text, most, fromRight);
  }
  if (fromRight)
    std::ranges::reverse(parts);
  vm.charge(parts.size() * sizeof(Value));
  return listOf(vm, parts, self);
}

static Value splitLinesMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("splitlines", arguments, {"keepends"});
  return listOf(vm, splitLines(self.text(), given.flag(0)), self);
}

template <bool fromRight>
static Value partitionMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("partition", arguments, {"sep"}, 1);
  std::string_view text = self.text(), separator = given.text(0);
  if (separator.empty())
    fail("empty separator");
  size_t found = fromRight ? text.rfind(separator) : findIn(text, separator);
  if (found == text.npos)
    return listOf(vm,
                  fromRight ? std::vector<std::string_view>{"", "", text}
                            : std::vector<std::string_view>{text, "", ""},
                  self, Kind::Tuple);
  return listOf(vm, {text.substr(0, found), separator, text.substr(found + separator.size())}, self,
                Kind::Tuple);
}

/// The part of a text that `start` and `end` name, in characters, and where it begins; nothing
/// where it begins behind the text.
static std::optional<std::pair<std::string_view, int64_t>> partOf(const Value &self,
                                                                  const Parameters &given) {
  auto length = static_cast<int64_t>(countChars(self.text()));
  int64_t begin = given.has(1) ? given.integer(1, 0) : 0;
  int64_t end = given.has(2) ? given.integer(2, 0) : length;
  begin = begin < 0 ? std::max<int64_t>(begin + length, 0) : begin;
  end = std::min(end < 0 ? std::max<int64_t>(end + length, 0) : end, length);
  if (begin > length)
    return std::nullopt;
  return std::pair(sliceChars(self.text(), static_cast<size_t>(begin),
                              static_cast<size_t>(std::max(begin, end))),
                   begin);
}

template <bool atEnd>
static Value startsWithMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  const char *name = atEnd ? "endswith" : "startswith";
  Parameters given(name, arguments, {"prefix", "start", "end"}, 1);
  auto part = partOf(self, given);
  auto matches = [&](const Value &affix) {
    if (!affix.isString())
      fail(name, " first arg must be str or a tuple of str, not ", typeName(affix));
    return part &&
           (atEnd ? part->first.ends_with(affix.text()) : part->first.starts_with(affix.text()));
  };
  requireDefined(*given[0]);
  if (given[0]->kind == Kind::Tuple)
    return Value::of(std::ranges::any_of(given[0]->list(), matches));
  return Value::of(matches(*given[0]));
}

template <bool fromRight, bool mustFind>
static Value findText(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("find", arguments, {"sub", "start", "end"}, 1);
  std::string_view wanted = given.text(0);
  auto part = partOf(self, given);
  size_t found = !part       ? std::string_view::npos
                 : fromRight ? part->first.rfind(wanted)
                             : findIn(part->first, wanted);
  if (found != std::string_view::npos)
    return Value::of(part->second + static_cast<int64_t>(countChars(part->first.substr(0, found))));
  if (mustFind)
    fail("substring not found");
  return Value::of(int64_t(-1));
}

static Value countMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("count", arguments, {"sub", "start", "end"}, 1);
  std::string_view wanted = given.text(0);
  auto part = partOf(self, given);
  if (!part)
    return Value::of(int64_t(0));
  if (wanted.empty())
    return Value::of(static_cast<int64_t>(countChars(part->first)) + 1);
  int64_t count = 0;
  for (size_t at = 0; (at = findIn(part->first, wanted, at)) != std::string_view::npos;
       at += wanted.size())
    ++count;
  return Value::of(count);
}

static Value replaceMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("replace", arguments, {"old", "new", "count"}, 2);
  return replaceText(vm, self, given.text(0), given.text(1), given.integer(2, -1));
}

static Value joinMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("join", arguments, {"iterable"}, 1);
  requireDefined(*given[0]);
  std::string out;
  bool isFirst = true;
  for (const Value &item : vm.elementsOf(*given[0])) {
    if (!item.isString())
      fail("sequence item: expected str instance, ", typeName(item), " found");
    if (!std::exchange(isFirst, false))
      out += self.text();
    out += item.text();
    vm.charge(self.size + item.size);
  }
  return vm.string(out, self.flag);
}

template <std::string (*map)(std::string_view)>
static Value mapMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("a method of letters", arguments, {});
  return vm.string(map(self.text()), self.flag);
}

template <Side side>
static Value padMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("a method of width", arguments, {"width", "fillchar"}, 1);
  return pad(vm, self, given.integer(0, 0), given.text(1, " "), side);
}

static Value zeroFillMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("zfill", arguments, {"width"}, 1);
  bool hasSign = self.text().starts_with('-') || self.text().starts_with('+');
  std::string_view sign = self.text().substr(0, hasSign);
  Value digits = Value::of(self.text().substr(hasSign), self.flag);
  std::string text(sign);
  text += pad(vm, digits, given.integer(0, 0) - hasSign, "0", Left).text();
  return vm.string(text, self.flag);
}

template <bool atEnd>
static Value removeAffixMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("a method of affixes", arguments, {"affix"}, 1);
  std::string_view text = self.text(), affix = given.text(0);
  if (atEnd ? text.ends_with(affix) : text.starts_with(affix))
    text = atEnd ? text.substr(0, text.size() - affix.size()) : text.substr(affix.size());
  return Value::of(text, self.flag);
}

static Value expandTabsMethod(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("expandtabs", arguments, {"tabsize"});
  auto width = static_cast<size_t>(std::clamp<int64_t>(given.integer(0, 8), 0, 1000));
  std::string out;
  size_t column = 0;
  for (size_t at = 0; at < self.size;) {
    size_t begin = at;
    char32_t c = tokenizer::nextChar(self.text(), at);
    if (c == '\t') {
      size_t blanks = width ? width - column % width : 0;
      out.append(blanks, ' ');
      column += blanks;
      vm.charge(blanks);
      continue;
    }
    column = c == '\n' || c == '\r' ? 0 : column + 1;
    out += self.text().substr(begin, at - begin);
  }
  return vm.string(out, self.flag);
}

std::span<const LibraryEntry> jinja::stringMethods() {
  static constexpr LibraryEntry table[] = {{"strip", stripMethod<Both>},
                                           {"lstrip", stripMethod<Left>},
                                           {"rstrip", stripMethod<Right>},
                                           {"split", splitMethod<false>},
                                           {"rsplit", splitMethod<true>},
                                           {"splitlines", splitLinesMethod},
                                           {"partition", partitionMethod<false>},
                                           {"rpartition", partitionMethod<true>},
                                           {"startswith", startsWithMethod<false>},
                                           {"endswith", startsWithMethod<true>},
                                           {"find", findText<false, false>},
                                           {"rfind", findText<true, false>},
                                           {"index", findText<false, true>},
                                           {"rindex", findText<true, true>},
                                           {"count", countMethod},
                                           {"replace", replaceMethod},
                                           {"join", joinMethod},
                                           {"upper", mapMethod<toUpper>},
                                           {"lower", mapMethod<toLower>},
                                           {"casefold", mapMethod<foldCase>},
                                           {"capitalize", mapMethod<capitalize>},
                                           {"title", mapMethod<titleCase>},
                                           {"swapcase", mapMethod<swapCase>},
                                           {"center", padMethod<Both>},
                                           {"ljust", padMethod<Right>},
                                           {"rjust", padMethod<Left>},
                                           {"zfill", zeroFillMethod},
                                           {"removeprefix", removeAffixMethod<false>},
                                           {"removesuffix", removeAffixMethod<true>},
                                           {"expandtabs", expandTabsMethod},
                                           {"format", formatBraces}};
  return table;
}
