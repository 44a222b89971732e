//===- RegexParser.cpp - Patterns as trees --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// By recursive descent. Lazy repetition is greedy: which of several matches is found says nothing
// about whether there is one.
//
//===----------------------------------------------------------------------===//

#include "RegexNode.h"

#include <algorithm>
#include <cctype>
#include <optional>

using namespace moec;
using namespace moec::checkpoint;
using Kind = RegexNode::Kind;

static constexpr unsigned maxNesting = 50, maxRepeats = 1000;

/// The bytes for which a function of <cctype> holds, and `extra`; of ASCII only.
static std::bitset<256> bytesOf(int (*is)(int), char extra = 0) {
  std::bitset<256> set;
  for (int c = 0; c < 128; ++c)
    set[c] = is(c) != 0 || (extra && c == extra);
  return set;
}

/// The set of `\d` and its like, by its letter.
static std::optional<std::bitset<256>> classOf(char letter) {
  switch (letter) {
  case 'd':
    return bytesOf(std::isdigit);
  case 'D':
    return ~bytesOf(std::isdigit);
  case 'w':
    return bytesOf(std::isalnum, '_');
  case 'W':
    return ~bytesOf(std::isalnum, '_');
  case 's':
    return bytesOf(std::isspace);
  case 'S':
    return ~bytesOf(std::isspace);
  default:
    return std::nullopt;
  }
}

namespace {
class Parser {
public:
  explicit Parser(std::string_view pattern) : pattern(pattern) {}
  Expected<RegexNode> parse();

private:
  RegexNode choice();
  RegexNode sequence();
  RegexNode atom();
  RegexNode group();
  RegexNode set();
  RegexNode escape();
  RegexNode repeated(RegexNode node);
  /// Reads `{m,n}` if that is what there is; else it is text.
  bool braces(unsigned &least, unsigned &most);
  std::optional<unsigned> number();
  std::bitset<256> setItem(int &single);

  bool atEnd() const { return place == pattern.size(); }
  char peek() const { return atEnd() ? '\0' : pattern[place]; }
  bool take(std::string_view text) {
    if (!pattern.substr(place).starts_with(text))
      return false;
    place += text.size();
    return true;
  }
  void fail(std::string_view what) {
    if (!failed)
      failed = strCat(what, " at ", place);
    place = pattern.size();
  }

  std::string_view pattern;
  size_t place = 0;
  unsigned nesting = 0;
  bool looking = false;
  std::optional<std::string> failed;
};
} // namespace

Expected<RegexNode> Parser::parse() {
  RegexNode node = choice();
  if (!atEnd())
    fail("an unbalanced )");
  if (failed)
    return Error::make(*failed);
  return node;
}

RegexNode Parser::choice() {
  RegexNode node{Kind::Choice};
  if (++nesting > maxNesting)
    fail("groups nested too deep");
  do
    node.children.push_back(sequence());
  while (take("|"));
  --nesting;
  return node.children.size() == 1 ? std::move(node.children.front()) : node;
}

RegexNode Parser::sequence() {
  RegexNode node{Kind::Sequence};
  while (!atEnd() && peek() != '|' && peek() != ')')
    node.children.push_back(repeated(atom()));
  return node;
}

RegexNode Parser::atom() {
  char c = peek();
  if (c == '(')
    return group();
  if (c == '[')
    return set();
  ++place;
  switch (c) {
  case '\\':
    return escape();
  case '^':
    return {Kind::Begin};
  case '$':
    return {Kind::End};
  case '.': {
    RegexNode any{Kind::Set};
    any.set = ~RegexNode::byte('\n').set;
    return any;
  }
  case '*':
  case '+':
  case '?':
    --place;
    fail("nothing to repeat");
    return {Kind::Sequence};
  default:
    return RegexNode::byte(c);
  }
}

RegexNode Parser::group() {
  ++place;
  std::optional<Kind> look;
  if (take("?=") || take("?!"))
    look = pattern[place - 1] == '=' ? Kind::Look : Kind::LookNot;
  else if (take("?P<")) {
    size_t end = pattern.find('>', place);
    if (end == pattern.npos)
      fail("a group's name without >");
    else
      place = end + 1;
  } else if (!take("?:") && peek() == '?')
    fail("an extension that is not supported");
  if (look && looking)
    fail("a group that looks ahead in another one");
  bool before = std::exchange(looking, looking || look);
  RegexNode node = choice();
  looking = before;
  if (!take(")"))
    fail("a ( without )");
  if (!look)
    return node;
  RegexNode ahead{*look};
  ahead.children.push_back(std::move(node));
  return ahead;
}

/// A member of a set; `single` is its byte, or -1 where it is a class.
std::bitset<256> Parser::setItem(int &single) {
  single = -1;
  char c = pattern[place++];
  if (c == '\\' && !atEnd()) {
    if (auto known = classOf(peek())) {
      ++place;
      return *known;
    }
    c = pattern[place++];
    c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  single = static_cast<unsigned char>(c);
  return RegexNode::byte(c).set;
}

RegexNode Parser::set() {
  ++place;
  bool negated = take("^"), first = true;
  RegexNode node{Kind::Set};
  for (; !atEnd() && (peek() != ']' || first); first = false) {
    int low, high;
    std::bitset<256> item = setItem(low);
    bool isRange = peek() == '-' && place + 1 < pattern.size() && pattern[place + 1] != ']';
    if (isRange) {
      ++place;
      setItem(high);
      if (low < 0 || high < low)
        fail("a range of a set that goes backwards");
      for (int c = low; low >= 0 && c <= high; ++c)
        item.set(c);
    }
    node.set |= item;
  }
  if (!take("]"))
    fail("a [ without ]");
  if (negated)
    node.set.flip();
  return node;
}

RegexNode Parser::escape() {
  if (atEnd()) {
    fail("a \\ at the end");
    return {Kind::Sequence};
  }
  char c = pattern[place++];
  if (auto known = classOf(c)) {
    RegexNode node{Kind::Set};
    node.set = *known;
    return node;
  }
  switch (c) {
  case 'b':
    return {Kind::Boundary};
  case 'B':
    return {Kind::NoBoundary};
  case 'A':
    return {Kind::Begin};
  case 'Z':
    return {Kind::End};
  case 'n':
    return RegexNode::byte('\n');
  case 't':
    return RegexNode::byte('\t');
  default:
    if (std::isalnum(static_cast<unsigned char>(c)))
      fail("an escape that is not supported");
    return RegexNode::byte(c);
  }
}

std::optional<unsigned> Parser::number() {
  if (!std::isdigit(static_cast<unsigned char>(peek())))
    return std::nullopt;
  unsigned value = 0;
  while (std::isdigit(static_cast<unsigned char>(peek())))
    value = std::min(value * 10 + unsigned(pattern[place++] - '0'), maxRepeats + 1);
  return value;
}

bool Parser::braces(unsigned &least, unsigned &most) {
  size_t begin = place++;
  std::optional<unsigned> low = number(), high = low;
  bool comma = take(",");
  if (comma)
    high = number();
  if ((!low && !high && !comma) || !take("}")) {
    place = begin;
    return false;
  }
  least = low.value_or(0);
  most = high ? *high : RegexNode::unbounded;
  if (least > most)
    fail("a repetition with its numbers in the wrong order");
  if (least > maxRepeats || (high && *high > maxRepeats))
    fail("a repetition of more than 1000");
  return true;
}

RegexNode Parser::repeated(RegexNode node) {
  unsigned least = 0, most = RegexNode::unbounded;
  if (take("+"))
    least = 1;
  else if (take("?"))
    most = 1;
  else if (!take("*") && !(peek() == '{' && braces(least, most)))
    return node;
  take("?");
  if (peek() == '*' || peek() == '+')
    fail("a repetition of a repetition");
  RegexNode repeat{Kind::Repeat};
  repeat.children.push_back(std::move(node));
  repeat.least = least;
  repeat.most = most;
  return repeat;
}

Expected<RegexNode> moec::checkpoint::parseRegex(std::string_view pattern) {
  return Parser(pattern).parse();
}

/// The set of `[…]` at the start of `rest`, and how long it is; 0 where it does not end.
static size_t globSet(std::string_view rest, RegexNode &node) {
  bool negated = rest.size() > 1 && rest[1] == '!';
  size_t begin = 1 + negated, end = rest.find(']', begin + 1);
  if (end == rest.npos)
    return 0;
  for (size_t i = begin; i < end; ++i) {
    unsigned low = static_cast<unsigned char>(rest[i]), high = low;
    if (i + 2 < end && rest[i + 1] == '-') {
      high = static_cast<unsigned char>(rest[i + 2]);
      i += 2;
    }
    for (unsigned c = low; c <= high; ++c)
      node.set.set(c);
  }
  if (negated)
    node.set.flip();
  return end + 1;
}

RegexNode moec::checkpoint::parseGlob(std::string_view pattern) {
  RegexNode sequence{Kind::Sequence}, any{Kind::Set};
  any.set.set();
  while (!pattern.empty()) {
    RegexNode node = RegexNode::byte(pattern.front());
    size_t size = 1;
    if (pattern.front() == '*') {
      node = {Kind::Repeat};
      node.children.push_back(any);
      node.most = RegexNode::unbounded;
    } else if (pattern.front() == '?') {
      node = any;
    } else if (pattern.front() == '[') {
      RegexNode set{Kind::Set};
      if (size_t length = globSet(pattern, set)) {
        node = std::move(set);
        size = length;
      }
    }
    sequence.children.push_back(std::move(node));
    pattern.remove_prefix(size);
  }
  return sequence;
}
