//===- OnigPattern.cpp - Oniguruma's syntax in PCRE2's ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A recursive descent that writes PCRE2's syntax as it reads. Every atom is written so that a
// quantifier can follow it. Free spacing is resolved here, so the result never uses it.
//
//===----------------------------------------------------------------------===//

#include "OnigPattern.h"
#include "OnigClass.h"
#include "OnigReader.h"

namespace moec::tokenizer {

namespace {

class Translator : OnigReader {
public:
  explicit Translator(std::string_view pattern) : OnigReader(pattern) {}

  Expected<std::string> run() {
    std::string out = alternation(0);
    if (!failed() && !atEnd())
      fail("unmatched )");
    if (failed())
      return takeError();
    return out;
  }

private:
  static constexpr int maxDepth = 200;

  std::string alternation(int depth);
  std::string branch(int depth, bool &swallowedRest);
  std::string atom(int depth);
  std::string group(int depth);
  std::string escape();
  std::string wordBoundary();
  std::string namedReference();
  std::string numberedReference();
  std::string optionGroup(int depth);
  std::string quantified(std::string atom);
  bool interval(std::string &out, bool &fixed);
  std::string groupName(char close);
  void skipFreeSpace();

  bool extended = false;
  /// Set by an isolated option like (?i), which reaches to the end of the enclosing group.
  bool isolatedOption = false;
};

} // namespace

std::string Translator::alternation(int depth) {
  if (depth > maxDepth) {
    fail(strCat("groups nested deeper than ", maxDepth));
    return "";
  }
  std::string out;
  while (!failed()) {
    bool swallowedRest = false;
    out += branch(depth, swallowedRest);
    if (swallowedRest || !take('|'))
      break;
    out += '|';
  }
  return out;
}

std::string Translator::branch(int depth, bool &swallowedRest) {
  std::string out;
  while (!failed()) {
    skipFreeSpace();
    if (atEnd() || peek() == '|' || peek() == ')')
      break;
    isolatedOption = false;
    std::string next = atom(depth);
    if (isolatedOption) {
      isolatedOption = false;
      swallowedRest = true;
      return out + next;
    }
    out += quantified(std::move(next));
  }
  return out;
}

void Translator::skipFreeSpace() {
  while (extended && !atEnd()) {
    if (peek() == '#') {
      while (!atEnd() && peek() != '\n')
        next();
    } else if (std::string_view(" \t\n\r\f\v").find(peek()) != std::string_view::npos) {
      next();
    } else {
      return;
    }
  }
}

std::string Translator::atom(int depth) {
  switch (peek()) {
  case '(':
    next();
    return group(depth);
  case '[':
    next();
    return translateOnigClass(*this);
  case '\\':
    next();
    return escape();
  case '.':
  case '^':
  case '$':
    return std::string(1, next());
  case '*':
  case '+':
  case '?':
    fail(strCat("nothing to repeat before ", peek()));
    return "";
  default:
    return literal(nextCodePoint());
  }
}

std::string Translator::group(int depth) {
  std::string open = "(";
  const bool outerExtended = extended;
  if (!atEnd() && peek() == '*') {
    fail("callouts are not supported");
  } else if (take('?')) {
    if (take('#')) {
      while (!atEnd() && peek() != ')')
        next();
      if (!take(')'))
        fail("a comment without end");
      return "";
    }
    const char kind = atEnd() ? '\0' : peek();
    if (kind == '~' || kind == '{' || kind == '(') {
      fail(strCat("(?", kind, " is not supported"));
    } else if (kind == ':' || kind == '=' || kind == '!' || kind == '>') {
      open += strCat("?", next());
    } else if (kind == '\'') {
      next();
      open += strCat("?<", groupName('\''), ">");
    } else if (kind == '<') {
      next();
      if (!atEnd() && (peek() == '=' || peek() == '!'))
        open += strCat("?<", next());
      else
        open += strCat("?<", groupName('>'), ">");
    } else {
      return optionGroup(depth);
    }
  }
  std::string body = alternation(depth + 1);
  if (!failed() && !take(')'))
    fail("missing )");
  extended = outerExtended;
  return strCat(open, body, ")");
}

std::string Translator::optionGroup(int depth) {
  const bool outerExtended = extended;
  std::string on, off;
  bool negative = false;
  while (!failed() && !atEnd() && peek() != ':' && peek() != ')') {
    const char option = next();
    if (option == '-' && !negative)
      negative = true;
    else if (option == 'i')
      (negative ? off : on) += 'i';
    else if (option == 'm') // Oniguruma's multi-line is what others call dot-all.
      (negative ? off : on) += 's';
    else if (option == 'x')
      extended = !negative;
    else
      fail(strCat("group option ", literal(static_cast<unsigned char>(option)),
                  " is not supported"));
  }
  if (atEnd())
    fail("missing )");
  if (failed())
    return "";
  const bool isolated = next() == ')';
  std::string body = alternation(depth + 1);
  if (!isolated && !failed() && !take(')'))
    fail("missing )");
  extended = outerExtended;
  isolatedOption = isolated;
  return strCat("(?", on, off.empty() ? "" : "-", off, ":", body, ")");
}

std::string Translator::groupName(char close) {
  std::string name;
  while (!atEnd() && peek() != close) {
    const char c = next();
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !digit && c != '-' && c != '+') {
      fail("a group name may have letters, digits and _ only");
      return "";
    }
    name += c;
  }
  if (!take(close))
    fail("a group name without end");
  return name;
}

/// Outside of classes, the superscripts and fractions of Latin-1 are word characters too.
static std::string bareSet(std::string_view set) {
  return strCat(set, set == shorthandSet('w') ? "\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}" : "");
}

/// `\b` and `\B`, which look for word characters on both sides.
std::string Translator::wordBoundary() {
  const bool boundary = next() == 'b';
  const std::string word = strCat("[", bareSet(shorthandSet('w')), "]");
  const std::string_view first = boundary ? "!" : "=", second = boundary ? "=" : "!";
  return strCat("(?:(?<=", word, ")(?", first, word, ")|(?<!", word, ")(?", second, word, "))");
}

/// `\k<name>`, `\g<name>` and their forms with quotes or numbers.
std::string Translator::namedReference() {
  const char c = next();
  const char open = atEnd() ? '\0' : peek();
  if (open != '<' && open != '\'') {
    fail(strCat("\\", c, " needs a name"));
    return "";
  }
  next();
  const std::string name = groupName(open == '<' ? '>' : '\'');
  const bool number = name.find_first_not_of("0123456789+-") == name.npos;
  return c == 'k' && number ? strCat("\\g{", name, "}") : strCat("\\", c, "<", name, ">");
}

/// `\1` to `\9`; empty, and nothing read, where more digits follow, which are a character in octal.
std::string Translator::numberedReference() {
  const size_t start = offset();
  const char digit = next();
  if (atEnd() || peek() < '0' || peek() > '9')
    return strCat("\\g{", digit, "}");
  rewind(start);
  if (digit >= '8')
    fail("a reference to group 10 or higher is not supported");
  return "";
}

std::string Translator::escape() {
  if (atEnd()) {
    fail("a \\ at the end");
    return "";
  }
  const char c = peek();
  switch (c) {
  case 'w':
  case 's':
  case 'd':
  case 'h':
    next();
    return strCat("[", bareSet(shorthandSet(c)), "]");
  case 'W':
  case 'S':
  case 'D':
  case 'H':
    next();
    return strCat("[^", bareSet(shorthandSet(static_cast<char>(c - 'A' + 'a'))), "]");
  case 'p':
  case 'P': {
    const ClassBody set = property();
    return bracketed({bareSet(set.body), set.complement});
  }
  case 'b':
  case 'B':
    return wordBoundary();
  case 'A':
  case 'z':
  case 'Z':
  case 'G':
  case 'K':
  case 'R':
    next();
    return strCat("\\", c);
  case 'N':
    next();
    return "[^\\n]";
  case 'O':
    next();
    return "(?s:.)";
  case 'X':
  case 'y':
  case 'Y':
    fail(strCat("\\", c, " is not supported"));
    return "";
  case 'k':
  case 'g':
    return namedReference();
  default:
    if (c >= '1' && c <= '9')
      if (std::string reference = numberedReference(); !reference.empty())
        return reference;
    return literal(escapedCodePoint());
  }
}

/// Reads `{n}`, `{n,}`, `{,m}` or `{n,m}`; anything else is a literal brace and stays unread.
bool Translator::interval(std::string &out, bool &fixed) {
  const size_t start = offset();
  next();
  auto number = [&] {
    std::string digits;
    while (!atEnd() && peek() >= '0' && peek() <= '9')
      digits += next();
    return digits;
  };
  std::string low = number();
  const bool comma = take(',');
  std::string high = comma ? number() : low;
  if (!take('}') || (low.empty() && high.empty())) {
    rewind(start);
    return false;
  }
  if (low.empty())
    low = "0";
  fixed = !comma;
  out = fixed ? strCat("{", low, "}") : strCat("{", low, ",", high, "}");
  return true;
}

std::string Translator::quantified(std::string atom) {
  bool wrap = false;
  while (!failed()) {
    skipFreeSpace();
    if (atEnd())
      break;
    std::string quantifier;
    bool isInterval = false, fixed = false;
    if (peek() == '*' || peek() == '+' || peek() == '?')
      quantifier = std::string(1, next());
    else if (peek() == '{' && interval(quantifier, fixed))
      isInterval = true;
    else
      break;
    if (atom.empty()) {
      fail(strCat("nothing to repeat before ", quantifier));
      break;
    }
    if (wrap)
      atom = strCat("(?:", atom, ")");
    wrap = true;
    // `a{2}?` is an optional pair, and `a{1,2}+` repeats: neither suffix belongs to the interval.
    if (!atEnd() && peek() == '?' && !fixed)
      quantifier += next();
    else if (!atEnd() && peek() == '+' && !isInterval)
      quantifier += next();
    atom += quantifier;
  }
  return atom;
}

Expected<std::string> translateOniguruma(std::string_view pattern) {
  return Translator(pattern).run();
}

} // namespace moec::tokenizer
