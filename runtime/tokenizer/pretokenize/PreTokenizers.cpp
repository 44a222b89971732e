//===- PreTokenizers.cpp - The kinds of pre-tokenizers ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PreTokenizers.h"
#include "runtime/tokenizer/text/ByteMap.h"
#include "runtime/tokenizer/text/Utf8.h"

namespace moec::tokenizer {

Error SequencePreTokenizer::run(Pieces &pieces, MatchScratch &scratch) const {
  for (const auto &step : steps) {
    if (Error error = step->run(pieces, scratch))
      return error;
    if (Error error = pieces.checkSize())
      return error;
  }
  return Error::success();
}

Error SplitPreTokenizer::run(Pieces &pieces, MatchScratch &scratch) const {
  std::vector<Range> out;
  std::vector<Match> matches;
  for (const Range &range : pieces.ranges) {
    matches.clear();
    if (Error error = pattern.split(pieces.view(range), scratch, matches))
      return error;
    if (invert)
      for (Match &match : matches)
        match.matched = !match.matched;
    cutPieces(matches, behavior, range.begin, out);
  }
  pieces.ranges = std::move(out);
  return Error::success();
}

Error CharSplitPreTokenizer::run(Pieces &pieces, MatchScratch &) const {
  std::vector<Range> out;
  std::vector<Match> matches;
  for (const Range &range : pieces.ranges) {
    matches.clear();
    const std::string_view text = pieces.view(range);
    size_t open = 0;
    for (size_t i = 0; i < text.size();) {
      const size_t begin = i;
      if (!isMatch(nextChar(text, i)))
        continue;
      if (open < begin)
        matches.push_back({{open, begin}, false});
      matches.push_back({{begin, i}, true});
      open = i;
    }
    if (open < text.size())
      matches.push_back({{open, text.size()}, false});
    cutPieces(matches, behavior, range.begin, out);
  }
  pieces.ranges = std::move(out);
  return Error::success();
}

Error ByteLevelPreTokenizer::run(Pieces &pieces, MatchScratch &scratch) const {
  if (addPrefixSpace) {
    PiecesWriter writer(pieces);
    for (const Range &range : pieces.ranges) {
      const std::string_view text = pieces.view(range);
      if (text[0] != ' ')
        writer.append(" ", range.begin);
      for (size_t i = 0; i < text.size(); ++i)
        writer.append(text.substr(i, 1), range.begin + i);
      writer.endPiece();
    }
    writer.finish();
  }
  if (words)
    if (Error error = words->run(pieces, scratch))
      return error;
  PiecesWriter writer(pieces);
  for (const Range &range : pieces.ranges) {
    for (size_t i = range.begin; i < range.end; ++i)
      writer.append(charOfByte(static_cast<unsigned char>(pieces.text[i])), i);
    writer.endPiece();
  }
  writer.finish();
  return Error::success();
}

MetaspacePreTokenizer::MetaspacePreTokenizer(char32_t replacement, PrependScheme scheme, bool split)
    : scheme(scheme), split(split) {
  appendUtf8(this->replacement, replacement);
}

Error MetaspacePreTokenizer::run(Pieces &pieces, MatchScratch &) const {
  PiecesWriter writer(pieces);
  for (const Range &range : pieces.ranges) {
    const std::string_view text = pieces.view(range);
    const bool marked = text[0] == ' ' || text.starts_with(replacement);
    const bool wanted = scheme == PrependScheme::Always ||
                        (scheme == PrependScheme::First && range.begin < pieces.origin);
    if (!marked && wanted)
      writer.append(replacement, range.begin);
    for (size_t i = 0; i < text.size();) {
      const size_t begin = i;
      nextChar(text, i);
      std::string_view c = text.substr(begin, i - begin);
      if (c == " ")
        c = replacement;
      if (split && c == replacement)
        writer.endPiece();
      writer.append(c, range.begin + begin);
    }
    writer.endPiece();
  }
  writer.finish();
  return Error::success();
}

Error FixedLengthPreTokenizer::run(Pieces &pieces, MatchScratch &) const {
  std::vector<Range> out;
  for (const Range &range : pieces.ranges) {
    const std::string_view text = pieces.view(range);
    for (size_t i = 0; i < text.size();) {
      const size_t begin = i;
      for (size_t count = 0; count < length && i < text.size(); ++count)
        nextChar(text, i);
      out.push_back({range.begin + begin, range.begin + i});
    }
  }
  pieces.ranges = std::move(out);
  return Error::success();
}

} // namespace moec::tokenizer
