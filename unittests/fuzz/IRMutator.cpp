//===- IRMutator.cpp - Changes IR by its words ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Of changed bytes MLIR's lexer and parser see most; a changed word comes as far as what is ours.
//
//===----------------------------------------------------------------------===//

#ifdef MOEC_FUZZ

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

using Words = std::vector<std::string>;

/// A name with its mark, a number, or one other character with the space before it.
Words split(std::string_view text) {
  auto isWord = [](char c) { return std::isalnum(uint8_t(c)) || c == '_' || c == '.'; };
  Words words;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find_first_not_of(" \n", at), text.size());
    if (end < text.size() && std::strchr("%@!#-\"", text[end]))
      ++end;
    size_t start = end;
    while (end < text.size() && isWord(text[end]))
      ++end;
    if (end == start && end < text.size())
      ++end;
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

/// What a word is: its first character, or one for all letters and one for all digits.
char kindOf(std::string_view word) {
  size_t at = word.find_first_not_of(" \n");
  if (at == word.npos)
    return ' ';
  char c = word[at];
  return std::isdigit(uint8_t(c)) ? '0' : std::isalpha(uint8_t(c)) ? 'a' : c;
}

class WordMutator {
public:
  explicit WordMutator(unsigned seed) : random(seed) {}

  /// Changes `words` with the words of `others`.
  void change(Words &words, const Words &others) {
    if (words.empty() || others.empty())
      return;
    size_t at = random() % words.size();
    switch (random() % 8) {
    case 0:
      words.erase(words.begin() + at, words.begin() + at + length(words, at));
      return;
    case 1:
      copyRange(words, at, words);
      return;
    case 2:
      copyRange(words, at, others);
      return;
    case 3:
      std::swap(words[at], words[random() % words.size()]);
      return;
    case 4:
      if (kindOf(words[at]) == '0')
        words[at] = number();
      return;
    default:
      replaceByKind(words[at], others);
    }
  }

private:
  size_t length(const Words &words, size_t at) {
    return std::min<size_t>(1 + random() % 6, words.size() - at);
  }
  void copyRange(Words &words, size_t to, const Words &from) {
    size_t first = random() % from.size();
    const Words range(from.begin() + first, from.begin() + first + length(from, first));
    words.insert(words.begin() + to, range.begin(), range.end());
  }
  void replaceByKind(std::string &word, const Words &others) {
    for (int tries = 0; tries != 20; ++tries) {
      const std::string &other = others[random() % others.size()];
      if (kindOf(other) != kindOf(word) || other == word)
        continue;
      word = other;
      return;
    }
  }
  std::string number() {
    uint64_t power = uint64_t(1) << random() % 64;
    return std::to_string(random() % 2 ? power - random() % 3 : uint64_t(random() % 20));
  }

  std::minstd_rand random;
};

size_t store(const Words &words, uint8_t *data, size_t maxSize) {
  size_t size = 0;
  for (const std::string &word : words) {
    if (size + word.size() > maxSize)
      break;
    std::memcpy(data + size, word.data(), word.size());
    size += word.size();
  }
  return size;
}

Words split(const uint8_t *data, size_t size) {
  return split(std::string_view(reinterpret_cast<const char *>(data), size));
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  if (seed % 4 == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  Words words = split(data, size), others = words;
  WordMutator(seed).change(words, others);
  return store(words, data, maxSize);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t firstSize,
                                            const uint8_t *second, size_t secondSize, uint8_t *out,
                                            size_t maxSize, unsigned seed) {
  Words words = split(first, firstSize);
  WordMutator(seed).change(words, split(second, secondSize));
  return store(words, out, maxSize);
}

#endif // MOEC_FUZZ
