//===- Regex.cpp - Regular expressions of untrusted files -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A program whose states are followed side by side (Thompson 1968), so that no pattern goes back.
//
//===----------------------------------------------------------------------===//

#include "Regex.h"
#include "RegexNode.h"

#include <cctype>

using namespace moec;
using namespace moec::checkpoint;

static constexpr size_t maxInstructions = 4000;

namespace moec::checkpoint {
/// Makes the program of a tree, each part going on at the instruction behind it.
class RegexCompiler {
public:
  static Expected<Regex> compile(const RegexNode &node) {
    RegexCompiler compiler;
    compiler.emit(node);
    compiler.add(Regex::Op::Match);
    if (compiler.regex.program.size() > maxInstructions)
      return Error::make("more than ", maxInstructions, " states");
    compiler.findPrefix(node);
    return std::move(compiler.regex);
  }

private:
  uint32_t size() const { return uint32_t(regex.program.size()); }
  uint32_t add(Regex::Op op) {
    regex.program.push_back({op, size() + 1});
    return size() - 1;
  }
  void emit(const RegexNode &node);
  void emitChoice(const RegexNode &node);
  void emitRepeat(const RegexNode &node);
  void findPrefix(const RegexNode &node);

  Regex regex;
};
} // namespace moec::checkpoint

void RegexCompiler::emit(const RegexNode &node) {
  using Kind = RegexNode::Kind;
  if (regex.program.size() > maxInstructions)
    return;
  switch (node.kind) {
  case Kind::Set:
    regex.program[add(Regex::Op::Set)].set = node.set;
    return;
  case Kind::Sequence:
    for (const RegexNode &child : node.children)
      emit(child);
    return;
  case Kind::Choice:
    return emitChoice(node);
  case Kind::Repeat:
    return emitRepeat(node);
  case Kind::Begin:
    add(Regex::Op::Begin);
    return;
  case Kind::End:
    add(Regex::Op::End);
    return;
  case Kind::Boundary:
    add(Regex::Op::Boundary);
    return;
  case Kind::NoBoundary:
    add(Regex::Op::NoBoundary);
    return;
  case Kind::Look:
  case Kind::LookNot: {
    uint32_t look = add(node.kind == Kind::Look ? Regex::Op::Look : Regex::Op::LookNot);
    regex.program[look].other = size();
    emit(node.children.front());
    add(Regex::Op::Match);
    regex.program[look].next = size();
    return;
  }
  }
}

void RegexCompiler::emitChoice(const RegexNode &node) {
  std::vector<uint32_t> jumps;
  for (size_t i = 0; i + 1 < node.children.size(); ++i) {
    uint32_t split = add(Regex::Op::Split);
    emit(node.children[i]);
    jumps.push_back(add(Regex::Op::Jump));
    regex.program[split].other = size();
  }
  emit(node.children.back());
  for (uint32_t jump : jumps)
    regex.program[jump].next = size();
}

void RegexCompiler::emitRepeat(const RegexNode &node) {
  const RegexNode &child = node.children.front();
  for (unsigned i = 0; i < node.least && regex.program.size() <= maxInstructions; ++i)
    emit(child);
  std::vector<uint32_t> splits;
  if (node.most == RegexNode::unbounded) {
    splits.push_back(add(Regex::Op::Split));
    emit(child);
    regex.program[add(Regex::Op::Jump)].next = splits.back();
  } else {
    for (unsigned i = node.least; i < node.most && regex.program.size() <= maxInstructions; ++i) {
      splits.push_back(add(Regex::Op::Split));
      emit(child);
    }
  }
  for (uint32_t split : splits)
    regex.program[split].other = size();
}

void RegexCompiler::findPrefix(const RegexNode &node) {
  if (node.kind != RegexNode::Kind::Sequence)
    return;
  for (const RegexNode &child : node.children) {
    if (child.kind == RegexNode::Kind::Begin && regex.prefix.empty())
      continue;
    if (child.kind != RegexNode::Kind::Set || child.set.count() != 1)
      return;
    regex.prefix += char(child.set._Find_first());
  }
}

Expected<Regex> Regex::parse(std::string_view pattern) {
  Expected<RegexNode> node = parseRegex(pattern);
  if (!node)
    return node.takeError();
  return RegexCompiler::compile(*node);
}

Expected<Regex> Regex::glob(std::string_view pattern) {
  return RegexCompiler::compile(parseGlob(pattern));
}

namespace moec::checkpoint {
/// The states that a text may be in, at one place of it after the other.
class Regex::Run {
public:
  Run(const Regex &regex, std::string_view text)
      : regex(regex), text(text), seen(regex.program.size()) {}

  bool matches(uint32_t start, size_t from, bool whole) {
    std::vector<uint32_t> states, next;
    bool found = false;
    ++generation;
    follow(start, from, states, found);
    for (size_t place = from; place < text.size() && !states.empty(); ++place) {
      if (found && !whole)
        return true;
      found = false;
      next.clear();
      ++generation;
      for (uint32_t state : states)
        if (regex.program[state].set[static_cast<unsigned char>(text[place])])
          follow(regex.program[state].next, place + 1, next, found);
      std::swap(states, next);
      end = place + 1;
    }
    return found && (!whole || end == text.size());
  }

private:
  /// Adds the states that wait for a byte and are reached from `state` without one.
  void follow(uint32_t state, size_t place, std::vector<uint32_t> &states, bool &found);
  bool isWord(size_t place) const {
    return place < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[place])) || text[place] == '_');
  }
  bool holds(const Instruction &at, size_t place) const;

  const Regex &regex;
  std::string_view text;
  /// In which generation each state was reached last.
  std::vector<uint64_t> seen;
  uint64_t generation = 0;
  size_t end = 0;
};
} // namespace moec::checkpoint

bool Regex::Run::holds(const Instruction &at, size_t place) const {
  switch (at.op) {
  case Op::Begin:
    return place == 0;
  case Op::End:
    return place == text.size();
  case Op::Boundary:
  case Op::NoBoundary:
    return ((place > 0 && isWord(place - 1)) != isWord(place)) == (at.op == Op::Boundary);
  case Op::Look:
  case Op::LookNot:
    return Run(regex, text).matches(at.other, place, false) == (at.op == Op::Look);
  default:
    return true;
  }
}

void Regex::Run::follow(uint32_t state, size_t place, std::vector<uint32_t> &states, bool &found) {
  std::vector<uint32_t> pending = {state};
  while (!pending.empty()) {
    uint32_t index = pending.back();
    pending.pop_back();
    if (std::exchange(seen[index], generation) == generation)
      continue;
    const Instruction &at = regex.program[index];
    if (at.op == Op::Match)
      found = true;
    else if (at.op == Op::Set)
      states.push_back(index);
    else if (holds(at, place))
      pending.push_back(at.next);
    if (at.op == Op::Split)
      pending.push_back(at.other);
  }
}

bool Regex::run(std::string_view text, bool whole) const {
  return text.starts_with(prefix) && Run(*this, text).matches(0, 0, whole);
}

bool Regex::matchesStart(std::string_view text) const { return run(text, false); }
bool Regex::matchesWhole(std::string_view text) const { return run(text, true); }
