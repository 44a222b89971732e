//===- Regex.h - Regular expressions over UTF-8 -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// PCRE2 behind the two questions a tokenizer asks: where are the matches, and did it give up.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_REGEX_REGEX_H
#define MOEC_TOKENIZER_REGEX_REGEX_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;
struct pcre2_real_jit_stack_8;

namespace moec::tokenizer {

/// Bytes [begin, end) of a text.
struct Range {
  size_t begin, end;
};

/// A part of a text that matched a pattern, or one between two matches.
struct Match : Range {
  bool matched;
};

/// The memory one thread needs to match; any number of patterns share it.
class MatchScratch {
public:
  MatchScratch();
  ~MatchScratch();
  MatchScratch(const MatchScratch &) = delete;
  MatchScratch &operator=(const MatchScratch &) = delete;

private:
  friend class Regex;
  pcre2_real_match_data_8 *data;
  pcre2_real_match_context_8 *context;
  pcre2_real_jit_stack_8 *stack;
};

/// A compiled pattern. Immutable, so threads may share it.
class Regex {
public:
  /// Compiles Oniguruma's syntax. The message of a failure says what is wrong and where.
  static Expected<Regex> compile(std::string_view pattern);
  /// A pattern that matches exactly `text`.
  static Expected<Regex> compileLiteral(std::string_view text);

  /// Cuts `text` (valid UTF-8) into matches and what lies between them: contiguous, in order,
  /// never empty except for empty matches. An empty match just behind another match is skipped.
  /// Fails when the matcher reaches its limits of work (ten million steps a match) or memory.
  Error split(std::string_view text, MatchScratch &scratch, std::vector<Match> &out) const;

private:
  explicit Regex(std::shared_ptr<pcre2_real_code_8> code) : code(std::move(code)) {}
  static Expected<Regex> compileTranslated(const std::string &pattern);

  std::shared_ptr<pcre2_real_code_8> code;
};

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_REGEX_REGEX_H
