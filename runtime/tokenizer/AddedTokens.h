//===- AddedTokens.h - Tokens found before the model works ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Added tokens (control tokens above all) are cut out of the text as they stand, before or after
// normalization; what is left between them goes on to the pre-tokenizer.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_ADDEDTOKENS_H
#define MOEC_TOKENIZER_ADDEDTOKENS_H

#include "runtime/tokenizer/model/Vocabulary.h"
#include "runtime/tokenizer/pretokenize/Normalizer.h"

#include <array>
#include <unordered_map>
#include <unordered_set>

namespace moec::tokenizer {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  /// What it is found as, and decoded as: the content, normalized if the token asks for that.
  std::string pattern;
  bool special = false;
  bool singleWord = false; ///< Found only where no word character is next to it.
  bool stripLeft = false;  ///< Takes the white space before it.
  bool stripRight = false; ///< Takes the white space behind it.
  bool normalized = false; ///< Found in the normalized text.
};

/// A part of a text: an added token, or text that is none.
struct AddedSplit : Range {
  int32_t id; ///< -1: text.
};

class AddedTokens {
public:
  /// Reads the array `added_tokens` of a tokenizer.json. Tokens of `vocabulary` must have the same
  /// id there; all others must have an id of their own.
  static Expected<AddedTokens> create(const nlohmann::json &value, const Vocabulary &vocabulary,
                                      const Normalizer *normalizer);

  /// The parts of `text`, in order. `normalized` says which of the tokens to look for.
  std::vector<AddedSplit> split(std::string_view text, bool normalized, bool matchSpecial) const;

  const AddedToken *find(int32_t id) const;
  const AddedToken *find(std::string_view content) const;
  /// Whether some special token's content is `token`.
  bool isSpecial(std::string_view token) const;

  size_t size() const { return tokens.size(); }
  const std::vector<AddedToken> &list() const { return tokens; }

private:
  /// A trie over the bytes of the patterns.
  class Trie {
  public:
    void add(std::string_view pattern, int32_t token);
    /// The longest pattern at the front of `text` and its token, or {0, -1}.
    std::pair<size_t, int32_t> longest(std::string_view text) const;
    bool empty() const { return nodes.empty(); }

  private:
    struct Node {
      int32_t child = -1, sibling = -1;
      int32_t token = -1;
      char byte = 0;
    };
    int32_t childOf(int32_t node, char byte) const;
    std::vector<Node> nodes;
    std::array<int32_t, 256> first;
  };

  Error add(AddedToken token, const Vocabulary &vocabulary, const Normalizer *normalizer);

  std::vector<AddedToken> tokens;
  std::unordered_map<int32_t, size_t> byId;
  std::unordered_map<std::string, size_t> byContent;
  std::unordered_set<std::string> specials;
  Trie plain, afterNormalization;
};

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_ADDEDTOKENS_H
