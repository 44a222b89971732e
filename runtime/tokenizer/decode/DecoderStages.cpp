//===- DecoderStages.cpp - The kinds of decoders ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "DecoderStages.h"
#include "runtime/tokenizer/text/ByteMap.h"
#include "runtime/tokenizer/text/Utf8.h"

namespace moec::tokenizer {

/// A token that replacements make longer than this (16 MiB) is an error.
static constexpr size_t maxTokenBytes = size_t(16) << 20;

static constexpr std::string_view replacementChar = "\xEF\xBF\xBD";

Error ByteLevelStage::take(const std::string &token) {
  appendBytesOf(token, bytes);
  return flush(false);
}

/// Passes on all bytes but the beginning of a character that may still be completed.
Error ByteLevelStage::flush(bool atEnd) {
  std::string out;
  size_t done = 0;
  while (done < bytes.size()) {
    const std::string_view rest = std::string_view(bytes).substr(done);
    const Utf8Step step = stepUtf8(rest);
    if (step.kind == Utf8Step::Incomplete && !atEnd)
      break;
    out += step.kind == Utf8Step::Valid ? rest.substr(0, step.size) : replacementChar;
    done += step.size;
  }
  bytes.erase(0, done);
  return out.empty() ? Error::success() : next->text(out);
}

Error ByteLevelStage::finish() {
  if (Error error = flush(true))
    return error;
  if (Error error = next->endToken())
    return error;
  return next->finish();
}

static int hexDigit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

Error ByteFallbackStage::take(const std::string &token) {
  const bool shaped = token.size() == 6 && token.starts_with("<0x") && token.ends_with('>');
  const int high = shaped ? hexDigit(token[3]) : -1, low = shaped ? hexDigit(token[4]) : -1;
  if (high >= 0 && low >= 0) {
    bytes += static_cast<char>(high << 4 | low);
    return Error::success();
  }
  if (Error error = flush())
    return error;
  return emit(token);
}

/// One byte that is no text spoils the whole run: that is how the format decodes.
Error ByteFallbackStage::flush() {
  if (bytes.empty())
    return Error::success();
  const std::string run = std::move(bytes);
  bytes.clear();
  if (findInvalidUtf8(run) == std::string_view::npos)
    return emit(run);
  for (size_t i = 0; i < run.size(); ++i)
    if (Error error = emit(replacementChar))
      return error;
  return Error::success();
}

Error ByteFallbackStage::finish() {
  if (Error error = flush())
    return error;
  return next->finish();
}

/// `text` with every `from` replaced by `to`.
static std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    const size_t found = from.empty() ? text.npos : text.find(from);
    out += text.substr(0, found);
    if (found == text.npos)
      return out;
    out += to;
    text.remove_prefix(found + from.size());
  }
}

/// Replacements by something longer, one after another, could go on growing.
static Error tooLong(size_t size) {
  return Error::make("a token grew to ", size, " bytes in decoding, the limit is ", maxTokenBytes);
}

Error MetaspaceStage::text(std::string_view part) {
  return next->text(replaced(part, replacement, dropping ? "" : " "));
}

Error ReplaceStage::take(const std::string &token) {
  std::vector<Match> matches;
  if (Error error = pattern.split(token, scratch, matches))
    return error;
  std::string out;
  for (const Match &match : matches) {
    out += match.matched ? content : token.substr(match.begin, match.end - match.begin);
    if (out.size() > maxTokenBytes)
      return tooLong(out.size());
  }
  return emit(out);
}

Error ReplaceCharStage::text(std::string_view part) {
  const std::string out = replaced(part, from, to);
  return out.size() > maxTokenBytes ? tooLong(out.size()) : next->text(out);
}

Error FuseStage::finish() {
  if (Error error = next->endToken())
    return error;
  return next->finish();
}

Error StripStage::text(std::string_view part) {
  std::string out;
  for (size_t i = 0; i < part.size();) {
    const size_t begin = i;
    nextChar(part, i);
    const std::string_view c = part.substr(begin, i - begin);
    const bool matches = c == content;
    if (matches && toStrip > 0) {
      --toStrip;
      continue;
    }
    toStrip = 0;
    if (matches && held < stop) {
      ++held;
      continue;
    }
    // They are all the same character, so a full hold passes on any one of them.
    if (!matches)
      for (; held > 0; --held)
        out += content;
    out += c;
  }
  return out.empty() ? Error::success() : next->text(out);
}

Error StripStage::endToken() {
  held = 0;
  toStrip = start;
  return next->endToken();
}

Error SuffixStage::take(const std::string &token) {
  if (any)
    if (Error error = send(" "))
      return error;
  any = true;
  last = token;
  return Error::success();
}

Error SuffixStage::send(std::string_view replacement) {
  return emit(replaced(last, suffix, replacement));
}

Error SuffixStage::finish() {
  if (any)
    if (Error error = send(""))
      return error;
  return next->finish();
}

Error SpacesStage::separate() {
  const bool between = !open && !first;
  open = true;
  first = false;
  return between ? next->text(" ") : Error::success();
}

Error SpacesStage::text(std::string_view part) {
  if (Error error = separate())
    return error;
  return next->text(part);
}

Error SpacesStage::endToken() {
  if (Error error = separate())
    return error;
  open = false;
  return next->endToken();
}

} // namespace moec::tokenizer
