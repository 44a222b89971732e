//===- Regex.cpp - Regular expressions over UTF-8 ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Regex.h"
#include "OnigPattern.h"
#include "OnigReader.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace moec::tokenizer {

static constexpr size_t jitStackLimit = 8 << 20;
static constexpr uint32_t stepLimit = 10'000'000;
static constexpr uint32_t heapLimitKiB = 256 << 10;

static std::string messageOf(int code) {
  unsigned char text[256];
  pcre2_get_error_message(code, text, sizeof(text));
  return reinterpret_cast<const char *>(text);
}

MatchScratch::MatchScratch()
    : data(pcre2_match_data_create(1, nullptr)), context(pcre2_match_context_create(nullptr)),
      stack(pcre2_jit_stack_create(32 << 10, jitStackLimit, nullptr)) {
  if (!context)
    return;
  pcre2_jit_stack_assign(context, nullptr, stack);
  pcre2_set_match_limit(context, stepLimit);
  pcre2_set_heap_limit(context, heapLimitKiB);
}

MatchScratch::~MatchScratch() {
  pcre2_jit_stack_free(stack);
  pcre2_match_context_free(context);
  pcre2_match_data_free(data);
}

Expected<Regex> Regex::compile(std::string_view pattern) {
  Expected<std::string> translated = translateOniguruma(pattern);
  if (!translated)
    return translated.takeError();
  return compileTranslated(*translated);
}

Expected<Regex> Regex::compileLiteral(std::string_view text) {
  std::string pattern;
  for (size_t i = 0; i < text.size();)
    pattern += literal(nextChar(text, i));
  return compileTranslated(pattern);
}

Expected<Regex> Regex::compileTranslated(const std::string &pattern) {
  std::unique_ptr<pcre2_compile_context, void (*)(pcre2_compile_context *)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  if (!context)
    return Error::make("out of memory for a regular expression");
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_bsr(context.get(), PCRE2_BSR_UNICODE);
  int error = 0;
  size_t offset = 0;
  pcre2_code *code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                    &offset, context.get());
  if (!code)
    return Error::make(messageOf(error));
  std::shared_ptr<pcre2_code> owner(code, pcre2_code_free);
  // Without a just-in-time compiler for this machine, matching is interpreted.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return Regex(std::move(owner));
}

Error Regex::split(std::string_view text, MatchScratch &scratch, std::vector<Match> &out) const {
  if (!scratch.data || !scratch.context)
    return Error::make("out of memory for a regular expression");
  if (text.empty())
    return Error::success();
  const auto *subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  size_t from = 0, lastEnd = 0;
  bool any = false;
  while (from <= text.size()) {
    int count = pcre2_match(code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK,
                            scratch.data, scratch.context);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)
      count = pcre2_match(code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                          scratch.data, scratch.context);
    if (count == PCRE2_ERROR_NOMATCH)
      break;
    if (count < 0)
      return Error::make("the regular expression gave up at byte ", from, " of ", text.size(), ": ",
                         messageOf(count));
    const size_t *offsets = pcre2_get_ovector_pointer(scratch.data);
    // \K in a lookahead can put the start behind the end, or before the last match.
    const size_t begin = offsets[0], end = offsets[1];
    if (begin > end || begin < lastEnd)
      return Error::make("the regular expression matched from ", begin, " to ", end,
                         " behind a match that ended at ", lastEnd);
    if (begin == end && any && end == lastEnd) {
      if (from >= text.size())
        break;
      from += charSize(text[from]);
      continue;
    }
    if (begin != lastEnd)
      out.push_back({{lastEnd, begin}, false});
    out.push_back({{begin, end}, true});
    from = lastEnd = end;
    any = true;
  }
  if (lastEnd != text.size())
    out.push_back({{lastEnd, text.size()}, false});
  return Error::success();
}

} // namespace moec::tokenizer
