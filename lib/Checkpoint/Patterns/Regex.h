//===- Regex.h - Regular expressions of untrusted files ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// PCRE2 for the patterns of Python's `re` and `fnmatch` that lists of modules are written in.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_REGEX_H
#define MOEC_LIB_CHECKPOINT_REGEX_H

#include "moec/Support/Error.h"

#include <memory>
#include <string>
#include <string_view>

struct pcre2_real_code_8;

namespace moec::checkpoint {

/// A compiled pattern over bytes.
class Regex {
public:
  /// Reads a pattern of `re`. Fails on what is none, and on references back and calls out, which
  /// names of modules do not need.
  static Expected<Regex> parse(std::string_view pattern);
  /// A pattern of `fnmatch`; every text is one.
  static Expected<Regex> glob(std::string_view pattern);

  /// As re.match: whether something that starts where the text does matches. Fails where that takes
  /// more steps than any pattern of names does.
  Expected<bool> matchesStart(std::string_view text) const;
  Expected<bool> matchesWhole(std::string_view text) const;

private:
  struct Free {
    void operator()(pcre2_real_code_8 *code) const;
  };
  Expected<bool> match(std::string_view text, uint32_t options) const;

  std::unique_ptr<pcre2_real_code_8, Free> code;
};

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_REGEX_H
