//===- LiteralScanner.cpp - Arguments as literals of a language -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Python's calls and Gemma's objects have one shape: members and values between brackets. They
// differ in what stands around texts and behind keys.
//
//===----------------------------------------------------------------------===//

#include "runtime/parser/ArgumentScanner.h"
#include "runtime/parser/Values.h"

#include <set>

using namespace moec;
using namespace moec::parser;

/// Brackets within brackets, and bytes of a key or a word.
static constexpr size_t maxDepth = 64, maxWord = 512;

static bool isBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

namespace {
class LiteralScanner : public ArgumentScanner {
public:
  explicit LiteralScanner(bool isPython) : isPython(isPython), closers{isPython ? ')' : '}'} {}

  Step step(char c) override {
    if (!hasBegun) {
      hasBegun = true;
      out += '{';
    }
    if (!advance(c) || closers.size() > maxDepth || word.size() > maxWord)
      return Step::Bad;
    return closers.empty() ? Step::Done : Step::Inside;
  }

private:
  enum class Mode : uint8_t {
    Member, ///< or the bracket that closes
    BareKey,
    BehindKey,
    Value,
    Quote, ///< in what opens a text
    String,
    Escape,
    Hex,
    Scalar,
    BehindValue,
  };

  bool isObject() const { return closers.size() == 1 || closers.back() == '}'; }
  /// What stands behind a bare key.
  char assignment() const { return isPython ? '=' : ':'; }

  bool advance(char c);
  bool beginMember(char c);
  bool beginValue(char c);
  bool beginText(char c);
  bool open(char closer);
  bool close();
  bool stepKey(char c);
  bool stepQuote(char c);
  bool stepString(char c);
  bool stepEscape(char c);
  bool stepHex(char c);
  bool endText();
  bool endKey();
  bool endScalar();

  bool isPython, hasBegun = false;
  std::string closers;                     ///< of what is open
  std::vector<bool> hasMembers{false};     ///< of what is open
  std::set<std::string, std::less<>> keys; ///< of the arguments
  Mode mode = Mode::Member;
  bool isKey = false; ///< of the text
  std::string word;   ///< a key or a scalar, as far as it is known
  std::string held;   ///< may be a part of Gemma's quote
  char quote = 0;     ///< of Python's text
  size_t hexDigits = 0;
};
} // namespace

static constexpr std::string_view gemmaQuote = "<|\"|>";

bool LiteralScanner::advance(char c) {
  switch (mode) {
  case Mode::Member:
    return isBlank(c) || (c == closers.back() ? close() : beginMember(c));
  case Mode::BareKey:
    return stepKey(c);
  case Mode::BehindKey:
    if (c == ':') {
      mode = Mode::Value;
      out += ": ";
    }
    return c == ':' || isBlank(c);
  case Mode::Value:
    return isBlank(c) || beginValue(c);
  case Mode::Quote:
    return stepQuote(c);
  case Mode::String:
    return stepString(c);
  case Mode::Escape:
    return stepEscape(c);
  case Mode::Hex:
    return stepHex(c);
  case Mode::Scalar:
    if (c != ',' && c != closers.back() && !(isPython && isBlank(c))) {
      word += c;
      return std::string_view("{}[]()").find(c) == std::string_view::npos;
    }
    if (!endScalar())
      return false;
    [[fallthrough]];
  case Mode::BehindValue:
    if (c == closers.back())
      return close();
    if (c == ',')
      mode = Mode::Member;
    return c == ',' || isBlank(c);
  }
  return false;
}

bool LiteralScanner::beginMember(char c) {
  if (hasMembers.back())
    out += ", ";
  hasMembers.back() = true;
  if (!isObject())
    return beginValue(c);
  isKey = true;
  word.clear();
  const bool isBare = isPython ? closers.size() == 1 : c != gemmaQuote.front();
  if (!isBare)
    return beginText(c);
  mode = Mode::BareKey;
  return stepKey(c);
}

bool LiteralScanner::stepKey(char c) {
  if (c == assignment()) {
    while (!word.empty() && isBlank(word.back()))
      word.pop_back();
    out += "\"" + escapeJson(word) + "\": ";
    mode = Mode::Value;
    return endKey() && !(isPython && word.find(' ') != word.npos);
  }
  word += c;
  const bool isWordByte = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || c == '_' || (c & 0x80) || c == ' ';
  return isPython ? isWordByte : c != '\n' && c != '{' && c != '}';
}

/// Of the arguments no two may have the same name.
bool LiteralScanner::endKey() {
  isKey = false;
  return !word.empty() && (closers.size() > 1 || keys.insert(word).second);
}

bool LiteralScanner::beginValue(char c) {
  isKey = false;
  word.clear();
  if (c == '{')
    return open('}');
  if (c == '[')
    return open(']');
  if (isPython && c == '(')
    return open(')');
  if (isPython ? c == '\'' || c == '"' : c == gemmaQuote.front())
    return beginText(c);
  word = c;
  mode = Mode::Scalar;
  return c != ',' && c != closers.back();
}

bool LiteralScanner::open(char closer) {
  closers += closer;
  hasMembers.push_back(false);
  out += closer == '}' ? '{' : '[';
  mode = Mode::Member;
  return true;
}

bool LiteralScanner::close() {
  out += isObject() ? '}' : ']';
  closers.pop_back();
  hasMembers.pop_back();
  mode = Mode::BehindValue;
  return true;
}

bool LiteralScanner::beginText(char c) {
  if (isPython && c != '\'' && c != '"')
    return false;
  quote = c;
  held = c;
  mode = isPython ? Mode::String : Mode::Quote;
  if (isPython)
    out += '"';
  return true;
}

bool LiteralScanner::stepQuote(char c) {
  held += c;
  if (held == gemmaQuote) {
    held.clear();
    out += '"';
    mode = Mode::String;
  }
  return gemmaQuote.starts_with(held);
}

bool LiteralScanner::endText() {
  out += '"';
  held.clear();
  mode = isKey ? Mode::BehindKey : Mode::BehindValue;
  return !isKey || endKey();
}

bool LiteralScanner::stepString(char c) {
  if (isPython) {
    if (c == quote)
      return endText();
    if (c == '\\') {
      mode = Mode::Escape;
      return true;
    }
    held = c;
  } else {
    held += c;
    if (held == gemmaQuote)
      return endText();
  }
  // Bytes that begin no quote are the text's.
  while (!held.empty() && (isPython || !gemmaQuote.starts_with(held))) {
    out += escapeJson(held.substr(0, 1));
    if (isKey)
      word += held.front();
    held.erase(0, 1);
  }
  return !isPython || c != '\n';
}

bool LiteralScanner::stepEscape(char c) {
  mode = Mode::String;
  if (size_t known = std::string_view("\\'\"nrtbfa").find(c); known != std::string_view::npos) {
    out += escapeJson(std::string_view("\\'\"\n\r\t\b\f\a").substr(known, 1));
  } else if (c == 'x' || c == 'u') {
    hexDigits = c == 'x' ? 2 : 4;
    out += c == 'x' ? "\\u00" : "\\u";
    mode = Mode::Hex;
  } else {
    // Python leaves the backslash of what is no escape.
    out += "\\\\" + escapeJson({&c, 1});
    return c != 'N' && c != 'U' && c != '\n' && (c < '0' || c > '7');
  }
  if (isKey)
    word += std::string("\\") + c;
  return true;
}

bool LiteralScanner::stepHex(char c) {
  out += c;
  if (isKey)
    word += c;
  if (--hexDigits == 0)
    mode = Mode::String;
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool LiteralScanner::endScalar() {
  while (!word.empty() && isBlank(word.back()))
    word.pop_back();
  mode = Mode::BehindValue;
  for (auto [json, python] : {std::pair("true", "True"), {"false", "False"}, {"null", "None"}})
    if (word == json || word == python) {
      out += json;
      return true;
    }
  if (isJsonNumber(word)) {
    out += word;
    return true;
  }
  // Gemma may leave the quotes out.
  out += "\"" + escapeJson(word) + "\"";
  return !isPython;
}

std::unique_ptr<ArgumentScanner> parser::makePythonScanner() {
  return std::make_unique<LiteralScanner>(/*isPython=*/true);
}
std::unique_ptr<ArgumentScanner> parser::makeGemmaScanner() {
  return std::make_unique<LiteralScanner>(/*isPython=*/false);
}
