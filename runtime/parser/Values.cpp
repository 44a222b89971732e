//===- Values.cpp - Values of untyped formats as JSON -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Values.h"

#include "moec/runtime/parser/AnswerParser.h"
#include "runtime/parser/JsonScanner.h"

#include <algorithm>
#include <charconv>

using namespace moec;
using namespace moec::parser;

/// Lists and dictionaries within each other.
static constexpr unsigned maxNesting = 64;

std::string parser::escapeJson(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    const size_t named = std::string_view("\"\\\b\f\n\r\t").find(c);
    if (named != std::string_view::npos)
      out.append({'\\', "\"\\bfnrt"[named]});
    else if (static_cast<unsigned char>(c) < 0x20)
      out.append("\\u00").append({digits[c >> 4 & 15], digits[c & 15]});
    else
      out += c;
  }
  return out;
}

static std::string_view strip(std::string_view text) {
  static constexpr std::string_view blank = " \n\t\r";
  size_t begin = text.find_first_not_of(blank);
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

/// Whether a text is a JSON value; `begin` is of those of its kind.
static bool isJson(std::string_view text) {
  // As a member of an object, which is what the scanner knows.
  JsonScanner scanner;
  for (std::string_view part : {std::string_view("{\"a\":"), text, std::string_view("}")})
    for (const char &c : part) {
      JsonScanner::Step step = scanner.step(c);
      bool isLast = part == "}";
      if (step == JsonScanner::Step::Bad || (step == JsonScanner::Step::Done && !isLast))
        return false;
      // A text such as 1, "b": 2 would add members.
      if (scanner.wasKey() && scanner.depth() == 1 && part.data() == text.data())
        return false;
    }
  return scanner.depth() == 0;
}

/// Whether a text is a JSON number, or one of them that is an integer.
static bool isNumber(std::string_view text, bool isInteger) {
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9')) || !isJson(text))
    return false;
  return !isInteger || text.find_first_of(".eE") == text.npos;
}

bool parser::isJsonNumber(std::string_view text) { return isNumber(text, /*isInteger=*/false); }

static bool isWord(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

std::string parser::valueToJson(std::string_view text, uint8_t types) {
  const std::string_view bare = strip(text);
  if (types & NullType && (bare == "null" || bare == "None"))
    return "null";
  if (types & BooleanType)
    for (const char *word : {"true", "false"})
      if (isWord(bare, word))
        return word;
  if (types & (IntegerType | NumberType) && isNumber(bare, !(types & NumberType)))
    return std::string(bare);
  const bool isArray = bare.starts_with('['), isObject = bare.starts_with('{');
  if ((types & ArrayType && isArray) || (types & ObjectType && isObject)) {
    if (isJson(bare))
      return std::string(bare);
    if (std::optional<std::string> json = pythonToJson(bare))
      return *json;
  }
  return "\"" + escapeJson(text) + "\"";
}

namespace {
/// Reads what repr writes. Each function takes what it reads off the text, and is false where that
/// is something else.
class PythonReader {
public:
  explicit PythonReader(std::string_view text) : text(text) {}

  bool value(unsigned depth = 0) {
    skip();
    if (text.empty() || depth > maxNesting)
      return false;
    char c = text.front();
    if (c == '{' || c == '[' || c == '(')
      return container(c, depth);
    if (c == '\'' || c == '"')
      return string();
    for (auto [word, json] : {std::pair("True", "true"), {"False", "false"}, {"None", "null"}})
      if (text.starts_with(word)) {
        text.remove_prefix(std::string_view(word).size());
        out += json;
        return true;
      }
    size_t end = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
    if (!isNumber(text.substr(0, end), false))
      return false;
    out += text.substr(0, end);
    text.remove_prefix(end);
    return true;
  }
  bool isOver() {
    skip();
    return text.empty();
  }

  std::string out;

private:
  void skip() { text.remove_prefix(std::min(text.find_first_not_of(" \n\t\r"), text.size())); }
  bool take(char c) {
    skip();
    if (!text.starts_with(c))
      return false;
    text.remove_prefix(1);
    return true;
  }
  bool container(char open, unsigned depth) {
    const bool isDict = open == '{';
    const char close = isDict ? '}' : open == '[' ? ']' : ')';
    take(open);
    out += isDict ? '{' : '[';
    for (bool isFirst = true; !take(close); isFirst = false) {
      if (!isFirst && !take(','))
        return false;
      if (!isFirst && take(close)) // behind a last comma
        break;
      out += isFirst ? "" : ", ";
      if (isDict) {
        skip();
        if (!text.starts_with('\'') && !text.starts_with('"'))
          return false;
        if (!string() || !take(':'))
          return false;
        out += ": ";
      }
      if (!value(depth + 1))
        return false;
    }
    out += isDict ? '}' : ']';
    return true;
  }
  bool string() {
    const char quote = text.front();
    text.remove_prefix(1);
    out += '"';
    while (!text.empty() && text.front() != quote) {
      char c = text.front();
      text.remove_prefix(1);
      if (c == '\\' ? !escape() : c == '\n')
        return false;
      if (c != '\\')
        out += escapeJson(std::string_view(&c, 1));
    }
    if (text.empty())
      return false;
    text.remove_prefix(1);
    out += '"';
    return true;
  }
  bool escape() {
    if (text.empty())
      return false;
    const char c = text.front();
    text.remove_prefix(1);
    if (size_t known = std::string_view("\\'\"nrt").find(c); known != std::string_view::npos) {
      out += escapeJson(std::string_view(&"\\'\"\n\r\t"[known], 1));
      return true;
    }
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
    if (digits == 0 || text.size() < digits)
      return false;
    unsigned code;
    auto [end, ec] = std::from_chars(text.data(), text.data() + digits, code, 16);
    if (ec != std::errc() || end != text.data() + digits)
      return false;
    out.append("\\u").append(4 - digits, '0').append(text.substr(0, digits));
    text.remove_prefix(digits);
    return true;
  }

  std::string_view text;
};
} // namespace

std::optional<std::string> parser::pythonToJson(std::string_view text) {
  PythonReader reader(text);
  if (!reader.value() || !reader.isOver())
    return std::nullopt;
  return std::move(reader.out);
}
