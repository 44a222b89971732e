//===- Lexer.cpp - A template as tokens -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/Lexer.h"

#include "runtime/template/syntax/StringLiteral.h"
#include "runtime/template/value/Text.h"
#include "runtime/template/value/Value.h"
#include "runtime/tokenizer/text/Unicode.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

/// With one kind of line end, and without the last one.
static std::string normalizeNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n')
      continue;
    out += source[i] == '\r' ? '\n' : source[i];
  }
  if (out.ends_with('\n'))
    out.pop_back();
  return out;
}

static bool isDigit(char c) { return c >= '0' && c <= '9'; }

namespace {
class Lexer {
public:
  explicit Lexer(std::string_view source) : source(normalizeNewlines(source)) {}

  std::vector<Token> run() {
    while (at < source.size())
      readText();
    add(TokenKind::End, "");
    return std::move(tokens);
  }

private:
  [[noreturn]] void error(const std::string &what) const { fail("line ", line, ": ", what); }
  std::string_view rest() const { return std::string_view(source).substr(at); }
  bool looksAt(std::string_view text) const { return rest().starts_with(text); }
  void add(TokenKind kind, std::string text) { tokens.push_back({kind, line, std::move(text)}); }
  /// Goes over `size` bytes.
  void advance(size_t size) {
    line += static_cast<uint32_t>(std::ranges::count(rest().substr(0, size), '\n'));
    isLineStart = size ? source[at + size - 1] == '\n' : isLineStart;
    at += size;
  }
  /// White space from `begin` on, in bytes.
  size_t spaceFrom(size_t begin) const {
    std::string_view tail = std::string_view(source).substr(begin);
    return tail.size() - strip(tail, Left).size();
  }
  /// The size of the end of a tag at `begin`, with what it takes behind it; 0 where none is there.
  size_t endOfTag(size_t begin, std::string_view mark, bool trims) const {
    std::string_view tail = std::string_view(source).substr(begin);
    if (tail.starts_with('-') && tail.substr(1).starts_with(mark))
      return 1 + mark.size() + spaceFrom(begin + 1 + mark.size());
    if (trims && tail.starts_with('+') && tail.substr(1).starts_with(mark))
      return 1 + mark.size();
    if (!tail.starts_with(mark))
      return 0;
    bool takesNewline = trims && tail.size() > mark.size() && tail[mark.size()] == '\n';
    return mark.size() + (takesNewline ? 1 : 0);
  }
  /// Text before a tag, as the tag's sign says.
  void addText(std::string_view text, char sign, bool isVariable) {
    std::string_view kept = text;
    if (sign == '-') {
      kept = strip(text, Right);
    } else if (sign != '+' && !isVariable) {
      size_t begin = text.rfind('\n') + 1;
      if ((begin > 0 || isLineStart) && strip(text.substr(begin), Left).empty())
        kept = text.substr(0, begin);
    }
    if (!kept.empty())
      add(TokenKind::Text, std::string(kept));
    advance(text.size());
  }
  static char signOf(std::string_view behindMark) {
    char c = behindMark.empty() ? ' ' : behindMark[0];
    return c == '-' || c == '+' ? c : ' ';
  }

  void readText();
  void readComment();
  bool readRaw(char sign);
  void readTag(std::string_view mark, bool isBlock);
  void readToken();
  bool readNumber();
  void readString();
  void readOperator();

  std::string source;
  std::vector<Token> tokens;
  std::string brackets; ///< those that are open, as the ends that they need
  size_t at = 0;
  uint32_t line = 1;
  bool isLineStart = true;
};
} // namespace

/// Text up to the next tag, and the tag.
void Lexer::readText() {
  size_t tag = at;
  while ((tag = source.find('{', tag)) != source.npos)
    if (std::string_view("{%#").find(source[std::min(tag + 1, source.size() - 1)]) !=
            std::string_view::npos &&
        tag + 1 < source.size())
      break;
    else
      ++tag;
  if (tag == source.npos) {
    add(TokenKind::Text, std::string(rest()));
    return advance(source.size() - at);
  }
  std::string_view text = std::string_view(source).substr(at, tag - at);
  char kind = source[tag + 1], sign = signOf(std::string_view(source).substr(tag + 2));
  addText(text, sign, kind == '{');
  size_t markSize = sign == ' ' ? 2 : 3;
  if (kind == '%' && readRaw(sign))
    return;
  TokenKind begin = kind == '{' ? TokenKind::VariableBegin : TokenKind::BlockBegin;
  if (kind != '#')
    add(begin, "");
  advance(markSize);
  if (kind == '#')
    return readComment();
  readTag(kind == '{' ? "}}" : "%}", kind == '%');
}

void Lexer::readComment() {
  size_t end = source.find("#}", at);
  if (end == source.npos)
    error("a comment has no end");
  if (end > at && (source[end - 1] == '-' || source[end - 1] == '+'))
    --end;
  advance(end - at);
  advance(endOfTag(at, "#}", true));
}

/// raw … endraw, if it stands here.
bool Lexer::readRaw(char sign) {
  size_t begin = at + (sign == ' ' ? 2 : 3);
  begin += spaceFrom(begin);
  if (!std::string_view(source).substr(begin).starts_with("raw"))
    return false;
  begin += 3;
  begin += spaceFrom(begin);
  size_t size = endOfTag(begin, "%}", false);
  if (!size)
    return false;
  advance(begin + size - at);
  for (size_t end = at; (end = source.find("{%", end)) != source.npos; end += 2) {
    char endSign = signOf(std::string_view(source).substr(end + 2));
    size_t name = end + (endSign == ' ' ? 2 : 3);
    name += spaceFrom(name);
    if (!std::string_view(source).substr(name).starts_with("endraw"))
      continue;
    size_t mark = name + 6 + spaceFrom(name + 6);
    size_t markSize = endOfTag(mark, "%}", true);
    if (!markSize)
      continue;
    addText(std::string_view(source).substr(at, end - at), endSign, false);
    advance(mark + markSize - at);
    return true;
  }
  error("raw has no endraw");
}

/// What is in a tag, and its end.
void Lexer::readTag(std::string_view mark, bool isBlock) {
  while (at < source.size()) {
    if (size_t size = brackets.empty() ? endOfTag(at, mark, isBlock) : 0) {
      add(isBlock ? TokenKind::BlockEnd : TokenKind::VariableEnd, "");
      return advance(size);
    }
    if (size_t space = spaceFrom(at))
      advance(space);
    else
      readToken();
  }
  error(strCat("a tag has no '", mark, "'"));
}

void Lexer::readToken() {
  if (isDigit(source[at]) && readNumber())
    return;
  size_t end = at;
  while (end < source.size()) {
    size_t next = end;
    char32_t c = tokenizer::nextChar(source, next);
    if (!tokenizer::isWordChar(c))
      break;
    end = next;
  }
  if (end > at) {
    add(TokenKind::Name, source.substr(at, end - at));
    return advance(end - at);
  }
  if (source[at] == '\'' || source[at] == '"')
    return readString();
  readOperator();
}

/// Digits from `begin` on, with single underscores between them.
static size_t endOfDigits(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() &&
         (isDigit(text[end]) || (text[end] == '_' && end > begin && end + 1 < text.size() &&
                                 isDigit(text[end - 1]) && isDigit(text[end + 1]))))
    ++end;
  return end;
}

bool Lexer::readNumber() {
  size_t whole = endOfDigits(source, at), end = whole;
  bool isAttribute = at > 0 && source[at - 1] == '.';
  auto isOneOf = [&](size_t place, std::string_view chars) {
    return place < source.size() && chars.find(source[place]) != chars.npos;
  };
  if (!isAttribute) {
    if (isOneOf(end, ".") && endOfDigits(source, end + 1) > end + 1)
      end = endOfDigits(source, end + 1);
    if (isOneOf(end, "eE")) {
      size_t exponent = end + (isOneOf(end + 1, "+-") ? 2 : 1);
      if (size_t last = endOfDigits(source, exponent); last > exponent)
        end = last;
    }
  }
  bool isFloat = end > whole;
  if (!isFloat && source[at] == '0' && isOneOf(at + 1, "xXoObB")) {
    end = at + 2;
    while (end < source.size() &&
           (isDigit(source[end]) || source[end] == '_' || isOneOf(end, "abcdefABCDEF")))
      ++end;
  }
  add(isFloat ? TokenKind::Float : TokenKind::Integer, source.substr(at, end - at));
  advance(end - at);
  return true;
}

void Lexer::readString() {
  size_t end = at + 1;
  while (end < source.size() && source[end] != source[at])
    end += source[end] == '\\' ? 2 : 1;
  if (end >= source.size())
    error("a string has no end");
  std::string_view raw = std::string_view(source).substr(at + 1, end - at - 1);
  std::string value;
  if (const char *problem = unescapeString(raw, value))
    error(problem);
  add(TokenKind::String, std::move(value));
  advance(end + 1 - at);
}

void Lexer::readOperator() {
  static constexpr std::string_view longOnes[] = {"//", "**", "==", "!=", ">=", "<="};
  std::string text(1, source[at]);
  for (std::string_view candidate : longOnes)
    if (looksAt(candidate))
      text = candidate;
  if (std::string_view("+-/*%~[](){}><=.:|,;!").find(text[0]) == std::string_view::npos ||
      text == "!")
    error(strCat("unexpected character '", text, "'"));
  static constexpr std::string_view open = "([{", close = ")]}";
  if (size_t found = open.find(text[0]); found != open.npos) {
    brackets += close[found];
  } else if (close.find(text[0]) != close.npos) {
    if (brackets.empty() || brackets.back() != text[0])
      error(strCat("unexpected '", text, "'"));
    brackets.pop_back();
  }
  add(TokenKind::Operator, text);
  advance(text.size());
}

std::vector<Token> jinja::tokenize(std::string_view source) { return Lexer(source).run(); }
