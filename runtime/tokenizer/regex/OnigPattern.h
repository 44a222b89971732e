//===- OnigPattern.h - Oniguruma's syntax in PCRE2's ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The regular expressions in a tokenizer.json are written for Oniguruma. Most of them mean the same
// to PCRE2, but not all: `\h` is a hexadecimal digit, `\v` one character, `\w` includes marks,
// `(?m)` lets the dot match newlines, classes nest and intersect, `a{2}+` is not possessive,
// `\p{Han}` is a script without its extensions. A full parser makes each of them explicit.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_REGEX_ONIGPATTERN_H
#define MOEC_TOKENIZER_REGEX_ONIGPATTERN_H

#include "moec/Support/Error.h"

#include <string>
#include <string_view>

namespace moec::tokenizer {

/// Translates a pattern in Oniguruma's own syntax (UTF-8) to one that means the same to PCRE2
/// compiled with UTF, UCP, MULTILINE and LF as the only newline. Fails on malformed patterns and on
/// what has no counterpart (absent operators, callouts, conditions, grapheme clusters).
/// A case-insensitive letter does not match a sequence of letters that folds to it (ß and ss).
Expected<std::string> translateOniguruma(std::string_view pattern);

/// Set notation: what is between the brackets of a class.
struct ClassBody {
  std::string body;        ///< In PCRE2's syntax; valid inside brackets.
  bool complement = false; ///< The set is everything but `body`.
};

/// The set that `\p{name}` is in Oniguruma. Empty body: there is no such property.
ClassBody propertySet(std::string_view name);

/// The sets of `\w`, `\s`, `\d` and `\h`, by their lower-case letter.
std::string_view shorthandSet(char letter);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_REGEX_ONIGPATTERN_H
