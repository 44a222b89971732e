//===- Bpe.h - Byte pair encoding -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A word becomes the tokens of its characters; then, as long as two neighbours have a merge, the
// pair whose merge comes first in the file (the leftmost of equal ones) becomes one token. With a
// queue of candidates over a linked list this takes O(n log n).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_MODEL_BPE_H
#define MOEC_TOKENIZER_MODEL_BPE_H

#include "Vocabulary.h"
#include "runtime/tokenizer/Fields.h"
#include "runtime/tokenizer/TokenizerFile.h"

#include <array>
#include <unordered_map>

namespace moec::tokenizer {

/// Memory that one call of encode reuses from word to word, with the words it has seen.
class BpeScratch {
  friend class Bpe;

  struct Symbol {
    int32_t id;
    int32_t previous, next; ///< Indices; -1: none.
  };
  struct Candidate {
    uint32_t rank;
    int32_t position, result;
  };
  struct Seen {
    size_t begin, end; ///< In `seenIds`.
  };
  std::vector<Symbol> symbols;
  std::vector<Candidate> queue;
  std::string text;
  std::unordered_map<std::string, Seen> seen;
  std::vector<int32_t> seenIds;
};

class Bpe {
public:
  /// Takes model, vocabulary and merges out of `file`. Fails on merges that name tokens that are
  /// not in the vocabulary, on duplicate ids, and on an unknown token without an id.
  static Expected<Bpe> create(TokenizerFile &file);

  const Vocabulary &vocabulary() const { return vocab; }

  /// Appends the ids of `word`, valid UTF-8. Characters that are not in the vocabulary become
  /// bytes, the unknown token or nothing, as the model says. Fails on words of 2^31 bytes.
  Error encode(std::string_view word, BpeScratch &scratch, std::vector<int32_t> &ids) const;

private:
  struct Merge {
    uint64_t pair; ///< Left id in the upper half.
    uint32_t rank;
    int32_t result; ///< -1: an empty slot.
  };

  Error readOptions(const nlohmann::json &model);
  Error addMerges(const std::vector<std::pair<std::string, std::string>> &list);
  void setMerge(const Merge &merge);
  const Merge *findMerge(int32_t left, int32_t right) const;
  /// The id of one character, which is at the start or the end of its word or not.
  int32_t charId(std::string_view c, bool first, bool last, std::string &text) const;
  void split(std::string_view word, BpeScratch &scratch) const;
  void mergeAll(BpeScratch &scratch) const;

  Vocabulary vocab;
  std::vector<Merge> merges; ///< Open addressing; the size is a power of two.
  std::string prefix, suffix;
  std::string unknownToken;
  int32_t unknownId = -1;
  std::array<int32_t, 256> byteIds;    ///< Ids of <0x00> … <0xFF>, or -1.
  std::array<int32_t, 0x180> shortIds; ///< Ids of the first characters alone, or -1.
  bool fuseUnknown = false;
  bool byteFallback = false;
  bool ignoreMerges = false;
};

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_MODEL_BPE_H
