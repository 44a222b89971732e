//===- TextWindows.h - A text as sequences ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Windows that do not overlap, each a sequence of its own. Every token of a window but the first is
// predicted, by those before it in the window.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_EVAL_TEXTWINDOWS_H
#define MOEC_RUNTIME_COMMANDS_EVAL_TEXTWINDOWS_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace moec::runtime {

/// The tokens of a text, cut into windows.
class TextWindows {
public:
  /// Fails for fewer than two tokens, of the text or of a window. The last window may be shorter.
  static Expected<TextWindows> cut(const std::vector<int32_t> &tokens, size_t window);

  const std::vector<std::vector<int32_t>> &sequences() const { return windows; }
  size_t tokens() const { return numTokens; }
  /// Tokens of each window but the last.
  size_t window() const { return width; }
  size_t predictions() const { return numTokens - windows.size(); }

  /// The number, in the order of the text, of the prediction that the logits at `position` of
  /// window `index` make; none at the last position.
  std::optional<size_t> predictionAt(size_t index, size_t position) const;
  /// Where in the text the token is that a prediction is about.
  size_t placeOf(size_t prediction) const;
  /// That token.
  int32_t tokenOf(size_t prediction) const;

private:
  std::vector<std::vector<int32_t>> windows;
  size_t numTokens = 0, width = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_EVAL_TEXTWINDOWS_H
