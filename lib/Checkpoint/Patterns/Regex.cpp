//===- Regex.cpp - Regular expressions of untrusted files -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// PCRE2's patterns are Python's but for a few spellings; globs are translated as fnmatch does.
//
//===----------------------------------------------------------------------===//

#include "Regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cctype>
#include <vector>

using namespace moec;
using checkpoint::Regex;

/// Bounds on what a file may make us do: names have a few hundred bytes.
static constexpr uint32_t stepLimit = 1'000'000, heapLimitKiB = 4 << 10;
static constexpr size_t patternLimit = 1 << 16, sizeLimit = 1 << 20;

static std::string messageOf(int code) {
  unsigned char text[256];
  pcre2_get_error_message(code, text, sizeof(text));
  return reinterpret_cast<const char *>(text);
}

void Regex::Free::operator()(pcre2_real_code_8 *code) const { pcre2_code_free(code); }

Expected<Regex> Regex::parse(std::string_view pattern) {
  std::unique_ptr<pcre2_compile_context, void (*)(pcre2_compile_context *)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  if (!context)
    return Error::make("out of memory for a regular expression");
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), 50);
  pcre2_set_max_pattern_length(context.get(), patternLimit);
  // What Python calls \Z, the very end, is \z.
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    text += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size())
      text += pattern[++i] == 'Z' ? 'z' : pattern[i];
  }
  int error;
  PCRE2_SIZE offset;
  Regex regex;
  regex.code.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                    PCRE2_ANCHORED | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY,
                    &error, &offset, context.get()));
  if (!regex.code)
    return Error::make("'", pattern, "', at ", offset, ": ", messageOf(error));
  uint32_t references = 0;
  size_t size = 0;
  pcre2_pattern_info(regex.code.get(), PCRE2_INFO_BACKREFMAX, &references);
  pcre2_pattern_info(regex.code.get(), PCRE2_INFO_SIZE, &size);
  if (references > 0)
    return Error::make("'", pattern, "' refers back to what it matched, which is not supported");
  if (size > sizeLimit)
    return Error::make("'", pattern, "' takes ", size, " bytes, more than ", sizeLimit);
  return regex;
}

/// Appends what a letter or a set of a glob is, from `i` on, which ends at its last letter.
static void addLetter(std::string_view pattern, size_t &i, std::string &text) {
  char letter = pattern[i];
  if (letter == '?') {
    text += '.';
    return;
  }
  // The first of a set may be a `]`; without an end, a bracket is a letter.
  size_t first = i + 1 + (i + 1 < pattern.size() && pattern[i + 1] == '!');
  size_t end = letter == '[' ? pattern.find(']', first + 1) : pattern.npos;
  if (end == pattern.npos) {
    text += std::isalnum(static_cast<unsigned char>(letter)) ? "" : "\\";
    text += letter;
    return;
  }
  text += first > i + 1 ? "[^" : "[";
  // Letters stand for themselves there, a dash for what is between two.
  for (char member : pattern.substr(first, end - first))
    text += std::isalnum(static_cast<unsigned char>(member)) || member == '-'
                ? std::string(1, member)
                : std::string("\\") + member;
  text += ']';
  i = end;
}

Expected<Regex> Regex::glob(std::string_view pattern) {
  // What is between stars, the first and the last of which are bound to the ends.
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i] != '*')
      addLetter(pattern, i, parts.back());
    else if (parts.size() == 1 || !parts.back().empty())
      parts.emplace_back();
  if (parts.size() == 1)
    return parse(parts.front());
  // Where a part is found first is as good as any later place, so no star is tried twice.
  std::string text = parts.front();
  for (size_t part = 1; part + 1 < parts.size(); ++part)
    text += "(?>.*?" + parts[part] + ")";
  return parse(text + ".*" + parts.back());
}

Expected<bool> Regex::match(std::string_view text, uint32_t options) const {
  std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data *)> data(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context *)> context(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  if (!data || !context)
    return Error::make("out of memory for a regular expression");
  pcre2_set_match_limit(context.get(), stepLimit);
  pcre2_set_heap_limit(context.get(), heapLimitKiB);
  int found = pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                          options, data.get(), context.get());
  if (found < 0 && found != PCRE2_ERROR_NOMATCH)
    return Error::make("cannot be held against '", text, "': ", messageOf(found));
  return found >= 0;
}

Expected<bool> Regex::matchesStart(std::string_view text) const { return match(text, 0); }

Expected<bool> Regex::matchesWhole(std::string_view text) const {
  return match(text, PCRE2_ENDANCHORED);
}
