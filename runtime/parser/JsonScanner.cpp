//===- JsonScanner.cpp - JSON, byte by byte ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/JsonScanner.h"

using namespace moec::parser;

/// As deep as what reads arguments later goes.
static constexpr size_t maxDepth = 190;

static bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
static bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool JsonScanner::isOver(Mode number) const {
  return number == Mode::Zero || number == Mode::Digits || number == Mode::Fraction ||
         number == Mode::ExponentDigits;
}

bool JsonScanner::close(char bracket) {
  if (open.empty() || open.back() != bracket)
    return false;
  open.pop_back();
  mode = Mode::BehindValue;
  return true;
}

bool JsonScanner::beginValue(char c) {
  if (c == '{' || c == '[') {
    if (open.size() == maxDepth)
      return false;
    open.push_back(c == '{' ? '}' : ']');
    mode = c == '{' ? Mode::FirstKey : Mode::FirstValue;
    return true;
  }
  lastKind = Kind::Scalar;
  if (c == '"') {
    isKeyString = false;
    mode = Mode::String;
  } else if (c == '-') {
    mode = Mode::Sign;
  } else if (isDigit(c)) {
    mode = c == '0' ? Mode::Zero : Mode::Digits;
  } else {
    word = c == 't' ? "rue" : c == 'f' ? "alse" : c == 'n' ? "ull" : "";
    mode = Mode::Word;
    return !word.empty();
  }
  return true;
}

/// Half a surrogate pair is no text, and most readers refuse it.
bool JsonScanner::stepHex(char c) {
  bool isLetter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  if (!isDigit(c) && !isLetter)
    return false;
  codeUnit = static_cast<uint16_t>(codeUnit << 4 | (isDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10));
  if (--hexDigits != 0)
    return true;
  mode = Mode::String;
  bool isLow = (codeUnit & 0xFC00) == 0xDC00;
  if (isLow != isBehindHigh)
    return false;
  isBehindHigh = (codeUnit & 0xFC00) == 0xD800;
  return true;
}

bool JsonScanner::stepString(char c) {
  lastKind = isKeyString ? Kind::Key : Kind::Scalar;
  if (mode == Mode::Escape) {
    hexDigits = 4;
    codeUnit = 0;
    mode = c == 'u' ? Mode::Hex : Mode::String;
    return (!isBehindHigh || c == 'u') &&
           std::string_view("\"\\/bfnrtu").find(c) != std::string_view::npos;
  }
  if (mode == Mode::Hex)
    return stepHex(c);
  if (isBehindHigh && c != '\\')
    return false;
  if (c == '\\')
    mode = Mode::Escape;
  else if (c == '"')
    mode = isKeyString ? Mode::Colon : Mode::BehindValue;
  return static_cast<unsigned char>(c) >= 0x20;
}

/// A byte that cannot be of the number leaves the mode as it is and is no error yet.
bool JsonScanner::stepNumber(char c) {
  bool isPower = c == 'e' || c == 'E';
  auto go = [&](bool fits, Mode next) {
    if (fits)
      mode = next;
    return fits;
  };
  switch (mode) {
  case Mode::Sign:
    return go(c == '0', Mode::Zero) || go(isDigit(c), Mode::Digits);
  case Mode::Digits:
    if (isDigit(c))
      return true;
    [[fallthrough]];
  case Mode::Zero:
    return go(c == '.', Mode::Point) || go(isPower, Mode::Exponent);
  case Mode::Point:
    return go(isDigit(c), Mode::Fraction);
  case Mode::Fraction:
    return isDigit(c) || go(isPower, Mode::Exponent);
  case Mode::Exponent:
    return go(c == '+' || c == '-', Mode::ExponentSign) || go(isDigit(c), Mode::ExponentDigits);
  default:
    return go(isDigit(c), Mode::ExponentDigits);
  }
}

bool JsonScanner::advance(char c) {
  lastKind = Kind::Other;
  switch (mode) {
  case Mode::String:
  case Mode::Escape:
  case Mode::Hex:
    return stepString(c);
  case Mode::Word:
    lastKind = Kind::Scalar;
    if (word.empty() || word.front() != c)
      return false;
    word.remove_prefix(1);
    if (word.empty())
      mode = Mode::BehindValue;
    return true;
  case Mode::Begin:
    return c == '{' ? beginValue(c) : isSpace(c);
  default:
    break;
  }
  if (mode >= Mode::Sign && mode <= Mode::ExponentDigits) {
    if (stepNumber(c)) {
      lastKind = Kind::Scalar;
      return true;
    }
    if (!isOver(mode))
      return false;
    mode = Mode::BehindValue;
  }
  if (isSpace(c))
    return true;
  switch (mode) {
  case Mode::FirstKey:
    if (c == '}')
      return close(c);
    [[fallthrough]];
  case Mode::Key:
    isKeyString = true;
    lastKind = Kind::Key;
    mode = Mode::String;
    return c == '"';
  case Mode::Colon:
    mode = Mode::Value;
    return c == ':';
  case Mode::FirstValue:
    return c == ']' ? close(c) : beginValue(c);
  case Mode::Value:
    return beginValue(c);
  default:
    if (c != ',')
      return close(c);
    mode = open.back() == '}' ? Mode::Key : Mode::Value;
    return true;
  }
}

JsonScanner::Step JsonScanner::step(char c) {
  bool wasOpen = !open.empty();
  if (!advance(c))
    return Step::Bad;
  return wasOpen && open.empty() ? Step::Done : Step::Inside;
}
