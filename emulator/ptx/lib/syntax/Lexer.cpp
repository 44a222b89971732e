//===- Lexer.cpp - Tokens of a PTX text -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/syntax/Lexer.h"

#include <bit>
#include <charconv>

namespace moec::ptx {

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool beginsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%' ||
         c == '.';
}

void Lexer::skipBlanks() {
  while (at < text.size()) {
    char c = text[at];
    if (c == '\n') {
      ++line, ++at;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at;
    } else if (text.substr(at, 2) == "//") {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at, 2) == "/*") {
      size_t end = std::min(text.find("*/", at + 2), text.size());
      for (; at < end; ++at)
        line += text[at] == '\n';
      at = std::min(end + 2, text.size());
    } else {
      return;
    }
  }
}

size_t Lexer::wordEnd(size_t from) const {
  size_t end = from;
  while (end < text.size()) {
    if (beginsWord(text[end]) || isDigit(text[end]))
      ++end;
    else if (text.substr(end, 2) == "::")
      end += 2;
    else
      break;
    // A register's % does not stand in the middle of a word.
    if (end < text.size() && text[end] == '%')
      break;
  }
  return end;
}

void Lexer::advance() {
  skipBlanks();
  if (at >= text.size()) {
    current = {TokenKind::End, {}, line};
    return;
  }
  size_t end = at + 1;
  TokenKind kind = TokenKind::Mark;
  if (text[at] == '"') {
    size_t close = text.find('"', at + 1);
    kind = close == std::string_view::npos ? TokenKind::Bad : TokenKind::String;
    end = close == std::string_view::npos ? text.size() : close;
    current = {kind, text.substr(at + 1, end - at - 1), line};
    for (char c : current.text)
      line += c == '\n';
    at = std::min(end + 1, text.size());
    return;
  }
  if (isDigit(text[at])) {
    kind = TokenKind::Number;
    end = wordEnd(at);
  } else if (beginsWord(text[at])) {
    kind = TokenKind::Word;
    end = wordEnd(at + 1);
  } else if (std::string_view("{}[]()<>,;:+-|!@=*").find(text[at]) == std::string_view::npos) {
    kind = TokenKind::Bad;
  }
  current = {kind, text.substr(at, end - at), line};
  at = end;
}

static NumberValue readInteger(std::string_view text, int base) {
  if (!text.empty() && (text.back() == 'U' || text.back() == 'u'))
    text.remove_suffix(1);
  NumberValue value;
  auto [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), value.bits, base);
  bool good = !text.empty() && ec == std::errc() && rest == text.data() + text.size();
  value.kind = good ? NumberValue::Integer : NumberValue::Bad;
  return value;
}

NumberValue readNumber(std::string_view text) {
  if (text.size() > 2 && text[0] == '0') {
    char c = char(text[1] | 32);
    std::string_view rest = text.substr(2);
    if (c == 'x')
      return readInteger(rest, 16);
    if (c == 'b')
      return readInteger(rest, 2);
    if ((c == 'f' && rest.size() == 8) || (c == 'd' && rest.size() == 16)) {
      NumberValue value = readInteger(rest, 16);
      if (value.kind == NumberValue::Integer)
        value.kind = c == 'f' ? NumberValue::Float32 : NumberValue::Float64;
      return value;
    }
  }
  if (text.find_first_of(".eE") != std::string_view::npos) {
    double value = 0;
    auto [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || rest != text.data() + text.size())
      return {};
    return {NumberValue::Float64, std::bit_cast<uint64_t>(value)};
  }
  bool isOctal = text.size() > 1 && text[0] == '0' && isDigit(text[1]);
  return readInteger(text, isOctal ? 8 : 10);
}

} // namespace moec::ptx
