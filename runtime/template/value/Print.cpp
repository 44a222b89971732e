//===- Print.cpp - Values as Python's text ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/value/Print.h"

#include "runtime/template/value/Number.h"
#include "runtime/template/value/Text.h"
#include "runtime/template/value/Watch.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

/// Values in values; a namespace may hold itself.
static constexpr unsigned maxNesting = 500;

static void appendHex(std::string &out, const char *prefix, uint32_t c, int digits) {
  static constexpr char hex[] = "0123456789abcdef";
  out += prefix;
  while (digits--)
    out += hex[c >> (4 * digits) & 15];
}

static void appendStringRepr(std::string &out, std::string_view text) {
  bool hasSingle = text.find('\'') != text.npos, hasDouble = text.find('"') != text.npos;
  char quote = hasSingle && !hasDouble ? '"' : '\'';
  out += quote;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    char32_t c = tokenizer::nextChar(text, at);
    if (c == static_cast<unsigned char>(quote) || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (isPrintable(c))
      out += text.substr(begin, at - begin);
    else if (c < 0x100)
      appendHex(out, "\\x", c, 2);
    else if (c < 0x10000)
      appendHex(out, "\\u", c, 4);
    else
      appendHex(out, "\\U", c, 8);
  }
  out += quote;
}

static void appendItems(std::string &out, std::span<const Value> items, const char *open,
                        const char *close, unsigned depth) {
  out += open;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i)
      out += ", ";
    appendRepr(out, items[i], depth + 1);
  }
  out += close;
}

static void appendDict(std::string &out, const DictData &dict, unsigned depth) {
  out += '{';
  bool isFirst = true;
  for (const DictData::Entry &entry : dict.all()) {
    if (!isFirst)
      out += ", ";
    isFirst = false;
    appendRepr(out, entry.key, depth + 1);
    out += ": ";
    appendRepr(out, entry.value, depth + 1);
  }
  out += '}';
}

static void appendRange(std::string &out, const Value &range) {
  // Its begin, end and step stand before its elements.
  const Value *ends = range.items - 3;
  out += "range(";
  appendNumber(out, ends[0]);
  out += ", ";
  appendNumber(out, ends[1]);
  if (ends[2].integer != 1) {
    out += ", ";
    appendNumber(out, ends[2]);
  }
  out += ')';
}

void jinja::appendRepr(std::string &out, const Value &value, unsigned depth) {
  if (depth > maxNesting)
    fail("values are nested deeper than ", maxNesting);
  Watch::checkSize(out.size());
  switch (value.kind) {
  case Kind::Undefined:
  case Kind::Missing:
    out += "Undefined";
    return;
  case Kind::None:
    out += "None";
    return;
  case Kind::Bool:
  case Kind::Int:
  case Kind::BigInt:
  case Kind::Float:
    return appendNumber(out, value);
  case Kind::String:
    out += value.isMarkup() ? "Markup(" : "";
    appendStringRepr(out, value.text());
    out += value.isMarkup() ? ")" : "";
    return;
  case Kind::List:
    return appendItems(out, value.list(), "[", "]", depth);
  case Kind::Tuple:
    return appendItems(out, value.list(), "(", value.size == 1 ? ",)" : ")", depth);
  case Kind::Keys:
  case Kind::Values:
  case Kind::Items:
    out += typeName(value);
    return appendItems(out, value.list(), "([", "])", depth);
  case Kind::Range:
    return appendRange(out, value);
  case Kind::Dict:
    return appendDict(out, *value.dict, depth);
  case Kind::Namespace:
    out += "<Namespace ";
    appendDict(out, value.space->attributes, depth);
    out += '>';
    return;
  default:
    fail("a value of type '", typeName(value), "' has no text but its address");
  }
}

std::string jinja::reprOf(const Value &value) {
  std::string out;
  appendRepr(out, value);
  return out;
}

void jinja::appendText(std::string &out, const Value &value) {
  if (value.isString())
    out += value.text();
  else if (!value.isUndefined())
    appendRepr(out, value);
}

static void appendJsonString(std::string &out, std::string_view text, bool ensureAscii) {
  out += '"';
  size_t done = 0;
  auto flush = [&](size_t end) { out += text.substr(done, end - done); };
  for (size_t at = 0; at < text.size();) {
    auto byte = static_cast<unsigned char>(text[at]);
    bool isPlain = byte >= ' ' && byte != '"' && byte != '\\' && (!ensureAscii || byte < 0x7F);
    if (isPlain) {
      ++at;
      continue;
    }
    flush(at);
    size_t next = at;
    char32_t c = tokenizer::nextChar(text, next);
    static constexpr std::string_view shortOnes = "\"\\\n\r\t\b\f", letters = "\"\\nrtbf";
    if (size_t found = c < 0x80 ? shortOnes.find(static_cast<char>(c)) : shortOnes.npos;
        found != shortOnes.npos)
      (out += '\\') += letters[found];
    else if (c < 0x10000) {
      appendHex(out, "\\u", c, 4);
    } else {
      appendHex(out, "\\u", 0xD800 + ((c - 0x10000) >> 10), 4);
      appendHex(out, "\\u", 0xDC00 + ((c - 0x10000) & 0x3FF), 4);
    }
    at = done = next;
  }
  flush(text.size());
  out += '"';
}

static void appendScalar(std::string &out, const Value &value) {
  if (value.isNone()) {
    out += "null";
  } else if (value.kind == Kind::Bool) {
    out += value.boolean ? "true" : "false";
  } else if (value.kind == Kind::Float && value.real - value.real != 0) {
    out += value.real != value.real ? "NaN" : value.real < 0 ? "-Infinity" : "Infinity";
  } else {
    appendNumber(out, value);
  }
}

static void appendKey(std::string &out, const Value &key, const JsonStyle &style) {
  if (key.isString())
    return appendJsonString(out, key.text(), style.ensureAscii);
  if (!key.isNumber() && !key.isNone())
    fail("keys must be str, int, float, bool or None, not ", typeName(key));
  out += '"';
  appendScalar(out, key);
  out += '"';
}

namespace {
/// The elements of an array or object, one behind the other.
struct JsonLines {
  std::string &out;
  const JsonStyle &style;
  unsigned depth;

  void newline(unsigned level) {
    if (!style.indent)
      return;
    out += '\n';
    while (level--)
      out += *style.indent;
  }
  void begin(bool isFirst) {
    if (!isFirst)
      out += style.itemSeparator;
    newline(depth + 1);
  }
};
} // namespace

static void appendJsonDict(std::string &out, const DictData &dict, const JsonStyle &style,
                           unsigned depth) {
  std::vector<const DictData::Entry *> entries;
  entries.reserve(dict.size);
  for (const DictData::Entry &entry : dict.all())
    entries.push_back(&entry);
  if (style.sortKeys)
    std::ranges::stable_sort(entries, [](auto *a, auto *b) { return isLess(a->key, b->key); });
  out += '{';
  JsonLines lines{out, style, depth};
  for (const DictData::Entry *entry : entries) {
    lines.begin(entry == entries.front());
    appendKey(out, entry->key, style);
    out += style.keySeparator;
    appendJson(out, entry->value, style, depth + 1);
  }
  if (!entries.empty())
    lines.newline(depth);
  out += '}';
}

void jinja::appendJson(std::string &out, const Value &value, const JsonStyle &style,
                       unsigned depth) {
  if (depth > maxNesting)
    fail("values are nested deeper than ", maxNesting);
  Watch::checkSize(out.size());
  switch (value.kind) {
  case Kind::None:
  case Kind::Bool:
  case Kind::Int:
  case Kind::BigInt:
  case Kind::Float:
    return appendScalar(out, value);
  case Kind::String:
    return appendJsonString(out, value.text(), style.ensureAscii);
  case Kind::List:
  case Kind::Tuple: {
    out += '[';
    JsonLines lines{out, style, depth};
    for (uint32_t i = 0; i < value.size; ++i) {
      lines.begin(i == 0);
      appendJson(out, value.items[i], style, depth + 1);
    }
    if (value.size)
      lines.newline(depth);
    out += ']';
    return;
  }
  case Kind::Dict:
    return appendJsonDict(out, *value.dict, style, depth);
  default:
    fail("Object of type ", typeName(value), " is not JSON serializable");
  }
}
