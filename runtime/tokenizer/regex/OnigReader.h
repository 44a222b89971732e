//===- OnigReader.h - A cursor over a pattern -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the translator of patterns and that of character classes share: the position, the first
// error, and the escapes that mean one character or a property in both places.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_REGEX_ONIGREADER_H
#define MOEC_TOKENIZER_REGEX_ONIGREADER_H

#include "OnigPattern.h"
#include "runtime/tokenizer/text/Utf8.h"

namespace moec::tokenizer {

class OnigReader {
public:
  /// `pattern` is valid UTF-8 and outlives the reader.
  explicit OnigReader(std::string_view pattern) : pattern(pattern) {}

  bool atEnd() const { return position == pattern.size(); }
  size_t offset() const { return position; }
  void rewind(size_t to) { position = to; }
  /// The byte at the cursor; not at the end.
  char peek() const { return pattern[position]; }
  char next() { return pattern[position++]; }
  bool take(char c) {
    if (atEnd() || peek() != c)
      return false;
    ++position;
    return true;
  }
  bool lookingAt(std::string_view text) const { return pattern.substr(position).starts_with(text); }
  char32_t nextCodePoint() { return nextChar(pattern, position); }

  bool failed() const { return static_cast<bool>(failure); }
  /// Notes an error at the cursor, unless there was one before.
  void fail(std::string_view message);
  Error takeError() { return std::move(failure); }

  /// With the cursor behind a backslash: reads an escape that stands for one character.
  char32_t escapedCodePoint();
  /// With the cursor at the p of `\p{…}`: reads it.
  ClassBody property();

private:
  char32_t hexDigits(size_t most);

  std::string_view pattern;
  size_t position = 0;
  Error failure = Error::success();
};

/// `c` as PCRE2 spells it anywhere.
std::string literal(char32_t c);

/// A set as a class.
std::string bracketed(const ClassBody &set);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_REGEX_ONIGREADER_H
