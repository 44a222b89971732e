//===- PreTokenizers.h - The kinds of pre-tokenizers ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_PRETOKENIZE_PRETOKENIZERS_H
#define MOEC_TOKENIZER_PRETOKENIZE_PRETOKENIZERS_H

#include "PreTokenizer.h"

namespace moec::tokenizer {

/// Runs others one after another.
class SequencePreTokenizer : public PreTokenizer {
public:
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  Error run(Pieces &pieces, MatchScratch &scratch) const override;
};

/// Cuts by a regular expression.
class SplitPreTokenizer : public PreTokenizer {
public:
  SplitPreTokenizer(Regex pattern, SplitBehavior behavior, bool invert)
      : pattern(std::move(pattern)), behavior(behavior), invert(invert) {}
  Error run(Pieces &pieces, MatchScratch &scratch) const override;

private:
  Regex pattern;
  SplitBehavior behavior;
  bool invert; ///< Cut by what does not match.
};

/// Cuts by a property of characters; each that has it is a match of its own.
class CharSplitPreTokenizer : public PreTokenizer {
public:
  CharSplitPreTokenizer(bool (*isMatch)(char32_t), SplitBehavior behavior)
      : isMatch(isMatch), behavior(behavior) {}
  Error run(Pieces &pieces, MatchScratch &scratch) const override;

private:
  bool (*isMatch)(char32_t);
  SplitBehavior behavior;
};

/// Writes every byte as one printable character.
class ByteLevelPreTokenizer : public PreTokenizer {
public:
  /// `words` cuts before; null: no cutting.
  ByteLevelPreTokenizer(std::unique_ptr<PreTokenizer> words, bool addPrefixSpace)
      : words(std::move(words)), addPrefixSpace(addPrefixSpace) {}
  Error run(Pieces &pieces, MatchScratch &scratch) const override;

private:
  std::unique_ptr<PreTokenizer> words;
  bool addPrefixSpace; ///< Every piece starts with a space.
};

enum class PrependScheme { First, Never, Always };

/// Replaces spaces by a visible character and cuts before each of those.
class MetaspacePreTokenizer : public PreTokenizer {
public:
  MetaspacePreTokenizer(char32_t replacement, PrependScheme scheme, bool split);
  Error run(Pieces &pieces, MatchScratch &scratch) const override;

private:
  std::string replacement;
  PrependScheme scheme;
  bool split;
};

/// Cuts into pieces of a number of characters.
class FixedLengthPreTokenizer : public PreTokenizer {
public:
  explicit FixedLengthPreTokenizer(size_t length) : length(length) {}
  Error run(Pieces &pieces, MatchScratch &scratch) const override;

private:
  size_t length;
};

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_PRETOKENIZE_PRETOKENIZERS_H
