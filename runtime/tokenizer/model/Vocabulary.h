//===- Vocabulary.h - Tokens and their ids ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_MODEL_VOCABULARY_H
#define MOEC_TOKENIZER_MODEL_VOCABULARY_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace moec::tokenizer {

/// A map both ways. Ids are not negative but need not be contiguous.
class Vocabulary {
public:
  /// Makes room for `count` tokens.
  void reserve(size_t count);

  /// Fails if the token or the id is there already.
  Error add(std::string_view token, int32_t id);

  /// The id of `token`, or -1.
  int32_t find(std::string_view token) const;
  std::optional<std::string_view> tokenOf(int32_t id) const;

  size_t size() const { return entries.size(); }
  /// One more than the largest id; 0 when empty.
  int64_t idBound() const { return bound; }

private:
  struct Entry {
    size_t begin, size; ///< In `texts`.
    int32_t id;
  };
  std::string_view textOf(const Entry &entry) const {
    return std::string_view(texts).substr(entry.begin, entry.size);
  }
  /// The slot that holds `token` or that it would go to.
  size_t slotOf(std::string_view token) const;
  void grow(size_t slotCount);

  std::string texts;
  std::vector<Entry> entries;
  /// Open addressing: index into `entries` plus one; the size is a power of two.
  std::vector<uint32_t> slots = std::vector<uint32_t>(16);
  std::unordered_map<int32_t, uint32_t> byId;
  int64_t bound = 0;
};

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_MODEL_VOCABULARY_H
