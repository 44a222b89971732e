//===- Regex.h - Regular expressions of untrusted files ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The part of Python's `re` and `fnmatch` that lists of modules are written in. Whatever the
// pattern, a match takes time proportional to the text: it follows all alternatives at once.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_REGEX_H
#define MOEC_LIB_CHECKPOINT_REGEX_H

#include "moec/Support/Error.h"

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moec::checkpoint {

/// A compiled pattern over bytes.
class Regex {
public:
  /// Reads a pattern of `re`. Fails on what is no pattern, and on what is not supported: references
  /// back, looking behind, flags, possessive repetition, and looking ahead while looking ahead.
  static Expected<Regex> parse(std::string_view pattern);
  /// A pattern of `fnmatch`; every text is one.
  static Expected<Regex> glob(std::string_view pattern);

  /// As re.match: whether something that starts where the text does matches.
  bool matchesStart(std::string_view text) const;
  bool matchesWhole(std::string_view text) const;

private:
  friend class RegexCompiler;
  enum class Op : uint8_t {
    Set,
    Split,
    Jump,
    Begin,
    End,
    Boundary,
    NoBoundary,
    Look,
    LookNot,
    Match
  };
  struct Instruction {
    Op op;
    /// Where to go on; of a Look, where what it looks for starts.
    uint32_t next = 0, other = 0;
    std::bitset<256> set = {};
  };
  class Run;
  bool run(std::string_view text, bool whole) const;

  std::vector<Instruction> program;
  /// What every text that matches starts with.
  std::string prefix;
};

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_REGEX_H
