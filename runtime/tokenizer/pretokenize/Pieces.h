//===- Pieces.h - A text on its way through a tokenizer ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Pre-tokenizers cut a text into pieces and change some of them. All pieces lie in one buffer, so
// cutting costs two offsets and only a change copies.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_PRETOKENIZE_PIECES_H
#define MOEC_TOKENIZER_PRETOKENIZE_PIECES_H

#include "runtime/tokenizer/regex/Regex.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace moec::tokenizer {

/// How long a text of `size` bytes may become on its way, whatever makes it grow.
inline size_t growthLimit(size_t size) { return 16 * size + (64 << 10); }

struct Pieces {
  std::string text;
  /// Not empty, in order, not overlapping.
  std::vector<Range> ranges;
  /// The first `origin` bytes of `text` come from the first character of the input (some
  /// components treat only the very first piece in a special way).
  size_t origin = 0;
  /// See growthLimit.
  size_t limit = size_t(1) << 24;

  Error checkSize() const {
    if (text.size() <= limit)
      return Error::success();
    return Error::make("the text grew to ", text.size(), " bytes, the limit is ", limit);
  }

  std::string_view view(const Range &range) const {
    return std::string_view(text).substr(range.begin, range.end - range.begin);
  }
};

/// Builds the next state of a Pieces piece by piece, for steps that change text.
class PiecesWriter {
public:
  explicit PiecesWriter(Pieces &pieces) : pieces(pieces) {
    next.text.reserve(pieces.text.size());
    next.limit = pieces.limit;
  }

  /// Appends output that comes from the byte at `position` of the old text.
  void append(std::string_view bytes, size_t position) {
    next.text += bytes;
    if (position < pieces.origin)
      next.origin = next.text.size();
  }
  /// Ends the piece that was appended since the last call; drops it if it is empty.
  void endPiece() {
    if (next.text.size() > start)
      next.ranges.push_back({start, next.text.size()});
    start = next.text.size();
  }
  void finish() { pieces = std::move(next); }

private:
  Pieces &pieces;
  Pieces next;
  size_t start = 0;
};

/// What happens to the matches of a pattern when a text is cut by it.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// Appends the pieces that `matches`, shifted by `base`, leave of a text.
inline void cutPieces(const std::vector<Match> &matches, SplitBehavior behavior, size_t base,
                      std::vector<Range> &out) {
  std::vector<Range> cut;
  bool previous = false;
  auto add = [&](const Match &match, bool join, bool backwards) {
    if (join && !cut.empty() && backwards)
      cut.back().begin = match.begin;
    else if (join && !cut.empty())
      cut.back().end = match.end;
    else
      cut.push_back(match);
    previous = match.matched;
  };
  switch (behavior) {
  case SplitBehavior::Removed:
    for (const Match &match : matches)
      if (!match.matched)
        cut.push_back(match);
    break;
  case SplitBehavior::Isolated:
    cut.assign(matches.begin(), matches.end());
    break;
  case SplitBehavior::Contiguous:
    for (const Match &match : matches)
      add(match, match.matched == previous, false);
    break;
  case SplitBehavior::MergedWithPrevious:
    for (const Match &match : matches)
      add(match, match.matched && !previous, false);
    break;
  case SplitBehavior::MergedWithNext:
    for (auto it = matches.rbegin(); it != matches.rend(); ++it)
      add(*it, it->matched && !previous, true);
    std::reverse(cut.begin(), cut.end());
    break;
  }
  for (const Range &range : cut)
    if (range.begin < range.end)
      out.push_back({base + range.begin, base + range.end});
}

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_PRETOKENIZE_PIECES_H
