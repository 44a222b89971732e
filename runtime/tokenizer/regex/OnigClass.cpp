//===- OnigClass.cpp - Character classes ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// PCRE2's classes are flat unions. What goes beyond (classes in classes, intersections, complements
// of sets in a union) becomes a group of alternatives or a lookahead that matches one character.
//
//===----------------------------------------------------------------------===//

#include "OnigClass.h"

#include <optional>
#include <vector>

namespace moec::tokenizer {

namespace {

/// A union in the making: what fits in one pair of brackets, and what does not.
struct Union {
  std::string body;
  std::vector<std::string> others;

  void add(const ClassBody &set) {
    if (set.complement)
      others.push_back(bracketed(set));
    else
      body += set.body;
  }

  /// An atom for the union, or for its complement.
  std::string atom(bool negated) const {
    if (others.empty() && !body.empty())
      return strCat(negated ? "[^" : "[", body, "]");
    std::string alternatives = body.empty() ? "" : strCat("[", body, "]");
    for (const std::string &other : others)
      alternatives += strCat(alternatives.empty() ? "" : "|", other);
    if (alternatives.empty())
      alternatives = "(?!)";
    return negated ? strCat("(?:(?!", alternatives, ")(?s:.))") : strCat("(?:", alternatives, ")");
  }
};

class ClassTranslator {
public:
  ClassTranslator(OnigReader &reader, int depth) : reader(reader), depth(depth) {}
  std::string run();

private:
  static constexpr int maxDepth = 50;

  void item();
  bool posixClass();
  void addSet(const ClassBody &body);
  std::optional<char32_t> rangeEnd();
  void addRange(char32_t low, char32_t high);

  OnigReader &reader;
  int depth;
  Union set;
};

} // namespace

std::string ClassTranslator::run() {
  if (depth > maxDepth) {
    reader.fail(strCat("classes nested deeper than ", maxDepth));
    return "";
  }
  const bool negated = reader.take('^');
  std::vector<std::string> intersected;
  bool first = true;
  while (!reader.failed()) {
    if (reader.atEnd()) {
      reader.fail("a class without ]");
      return "";
    }
    if (!first && reader.take(']'))
      break;
    first = false;
    if (reader.lookingAt("&&")) {
      reader.rewind(reader.offset() + 2);
      intersected.push_back(set.atom(false));
      set = {};
    } else {
      item();
    }
  }
  if (intersected.empty())
    return set.atom(negated);
  std::string all;
  for (const std::string &operand : intersected)
    all += strCat("(?=", operand, ")");
  all += set.atom(false);
  return negated ? strCat("(?:(?!", all, ")(?s:.))") : strCat("(?:", all, ")");
}

void ClassTranslator::item() {
  char32_t c;
  if (reader.take('[')) {
    if (!posixClass())
      set.others.push_back(translateOnigClass(reader, depth + 1));
    return;
  }
  if (reader.take('\\')) {
    const char kind = reader.atEnd() ? '\0' : reader.peek();
    switch (kind) {
    case 'w':
    case 's':
    case 'd':
    case 'h':
      reader.next();
      return addSet({std::string(shorthandSet(kind)), false});
    case 'W':
    case 'S':
    case 'D':
    case 'H':
      reader.next();
      // PCRE2's \S differs in one character only; this keeps [^\S…] one class.
      if (kind == 'S')
        return addSet({"\\S\\x{180E}", false});
      if (kind == 'D')
        return addSet({"\\P{Nd}", false});
      return addSet({std::string(shorthandSet(static_cast<char>(kind - 'A' + 'a'))), true});
    case 'p':
    case 'P': {
      ClassBody property = reader.property();
      const bool single =
          property.body.starts_with("\\p{") && property.body.find('}') == property.body.size() - 1;
      if (property.complement && single) {
        property.body[1] = 'P';
        property.complement = false;
      }
      return addSet(property);
    }
    case 'b':
      reader.next();
      c = U'\b';
      break;
    default:
      c = reader.escapedCodePoint();
    }
  } else {
    c = reader.nextCodePoint();
  }
  if (std::optional<char32_t> high = rangeEnd())
    addRange(c, *high);
  else
    set.body += literal(c);
}

/// Adds a set like \w, which cannot be the start of a range.
void ClassTranslator::addSet(const ClassBody &body) {
  set.add(body);
  if (reader.lookingAt("-") && !reader.lookingAt("-]"))
    reader.fail("a range that starts with a set");
}

/// Reads `:name:]` or `:^name:]` if that is what follows.
bool ClassTranslator::posixClass() {
  const size_t start = reader.offset();
  if (!reader.take(':'))
    return false;
  const bool complement = reader.take('^');
  std::string name;
  while (!reader.atEnd() && reader.peek() >= 'a' && reader.peek() <= 'z')
    name += reader.next();
  if (!reader.take(':') || !reader.take(']')) {
    reader.rewind(start);
    return false;
  }
  // Symbols are punctuation here, but not in \p{Punct}.
  ClassBody property = name == "punct" ? ClassBody{"\\p{P}\\p{S}", false} : propertySet(name);
  if (property.body.empty())
    reader.fail(strCat("unknown class [:", name, ":]"));
  property.complement ^= complement;
  set.add(property);
  return true;
}

/// Reads `-x` if a range goes on; a hyphen before `]`, a class or a set is a hyphen.
std::optional<char32_t> ClassTranslator::rangeEnd() {
  const size_t start = reader.offset();
  if (!reader.take('-') || reader.atEnd() || reader.peek() == ']' || reader.peek() == '[') {
    reader.rewind(start);
    return std::nullopt;
  }
  if (!reader.take('\\'))
    return reader.nextCodePoint();
  if (!reader.atEnd() && std::string_view("wWsSdDhHpP").find(reader.peek()) != std::string::npos) {
    reader.rewind(start);
    return std::nullopt;
  }
  if (reader.take('b'))
    return U'\b';
  return reader.escapedCodePoint();
}

void ClassTranslator::addRange(char32_t low, char32_t high) {
  if (low > high)
    reader.fail(strCat("a range from ", static_cast<unsigned>(low), " down to ",
                       static_cast<unsigned>(high)));
  set.body += strCat(literal(low), "-", literal(high));
}

std::string translateOnigClass(OnigReader &reader, int depth) {
  return ClassTranslator(reader, depth).run();
}

} // namespace moec::tokenizer
