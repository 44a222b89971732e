//===- BpeTest.cpp - Merges against the definition --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The queue and the linked list do what the definition says: as long as there is a pair with a
// merge, the pair with the first merge in the list, the leftmost of those, becomes one token.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include "runtime/tokenizer/model/Bpe.h"

#include <map>
#include <random>

using namespace moec;
using namespace moec::testing;
using namespace moec::tokenizer;

namespace {

/// A random model over a few letters.
TokenizerFile randomModel(std::mt19937 &random, size_t mergeCount) {
  TokenizerFile file;
  file.document = {{"model", {{"type", "BPE"}}}};
  file.hasVocab = file.hasMerges = true;
  std::vector<std::string> tokens = {"a", "b", "c"};
  while (file.merges.size() < mergeCount) {
    const std::string left = tokens[random() % tokens.size()];
    const std::string right = tokens[random() % tokens.size()];
    if (std::find(tokens.begin(), tokens.end(), left + right) != tokens.end())
      continue;
    file.merges.emplace_back(left, right);
    tokens.push_back(left + right);
  }
  for (size_t i = 0; i < tokens.size(); ++i)
    file.vocab.emplace_back(tokens[i], static_cast<int32_t>(i));
  return file;
}

std::vector<std::string>
mergedByDefinition(const std::string &word,
                   const std::vector<std::pair<std::string, std::string>> &merges) {
  std::vector<std::string> parts;
  for (char c : word)
    parts.emplace_back(1, c);
  while (true) {
    size_t bestRank = merges.size(), bestAt = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i)
      for (size_t rank = 0; rank < bestRank; ++rank)
        if (merges[rank].first == parts[i] && merges[rank].second == parts[i + 1]) {
          bestRank = rank;
          bestAt = i;
        }
    if (bestRank == merges.size())
      return parts;
    parts[bestAt] += parts[bestAt + 1];
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(bestAt) + 1);
  }
}

} // namespace

TEST(Bpe, MergesByDefinition) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    TokenizerFile file = randomModel(random, 1 + random() % 30);
    const auto merges = file.merges;
    Expected<Bpe> bpe = Bpe::create(file);
    ASSERT_TRUE(static_cast<bool>(bpe)) << bpe.takeError().message();
    BpeScratch scratch;
    for (int i = 0; i < 40; ++i) {
      std::string word(random() % 40, 'a');
      for (char &c : word)
        c = static_cast<char>('a' + random() % 3);
      std::vector<int32_t> ids;
      ASSERT_EQ(bpe->encode(word, scratch, ids).message(), "");
      std::vector<std::string> found;
      for (int32_t id : ids)
        found.emplace_back(*bpe->vocabulary().tokenOf(id));
      EXPECT_EQ(found, mergedByDefinition(word, merges)) << word;
    }
  }
}

TEST(Bpe, VocabularyIsAMapBothWays) {
  std::mt19937 random(11);
  Vocabulary vocabulary;
  std::map<std::string, int32_t> expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string token = std::to_string(random() % 100000);
    const auto id = static_cast<int32_t>(random() % 1000000);
    if (expected.contains(token) || vocabulary.tokenOf(id))
      continue;
    ASSERT_EQ(vocabulary.add(token, id).message(), "");
    expected.emplace(token, id);
  }
  EXPECT_EQ(vocabulary.size(), expected.size());
  for (const auto &[token, id] : expected) {
    EXPECT_EQ(vocabulary.find(token), id);
    EXPECT_EQ(vocabulary.tokenOf(id), token);
  }
  EXPECT_EQ(vocabulary.find("no token"), -1);
}
