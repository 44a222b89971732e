//===- RegexNode.h - Patterns as trees --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Between the parsers of patterns and what makes a program of them.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_REGEXNODE_H
#define MOEC_LIB_CHECKPOINT_REGEXNODE_H

#include "moec/Support/Error.h"

#include <bitset>
#include <string_view>
#include <vector>

namespace moec::checkpoint {

struct RegexNode {
  enum class Kind {
    Set,
    Sequence,
    Choice,
    Repeat,
    Begin,
    End,
    Boundary,
    NoBoundary,
    Look,
    LookNot
  };
  Kind kind;
  /// Of a Set: the bytes.
  std::bitset<256> set = {};
  std::vector<RegexNode> children = {};
  /// Of a Repeat.
  unsigned least = 0, most = 0;

  static constexpr unsigned unbounded = ~0u;
  static RegexNode byte(char c) {
    RegexNode node{Kind::Set};
    node.set.set(static_cast<unsigned char>(c));
    return node;
  }
};

/// The tree of a pattern of Python's `re`.
Expected<RegexNode> parseRegex(std::string_view pattern);
/// The tree of a pattern of `fnmatch`.
RegexNode parseGlob(std::string_view pattern);

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_REGEXNODE_H
