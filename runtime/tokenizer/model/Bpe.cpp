//===- Bpe.cpp - Byte pair encoding -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Bpe.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <limits>

namespace moec::tokenizer {

/// Words up to this size are remembered, and so many of them, within a call.
static constexpr size_t seenWordBytes = 256, seenWordCount = 1 << 16;

static uint64_t pairOf(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

static size_t hashPair(uint64_t pair) {
  pair *= 0x9E3779B97F4A7C15;
  return static_cast<size_t>(pair ^ pair >> 32);
}

void Bpe::setMerge(const Merge &merge) {
  const size_t mask = merges.size() - 1;
  size_t slot = hashPair(merge.pair) & mask;
  while (merges[slot].result >= 0 && merges[slot].pair != merge.pair)
    slot = (slot + 1) & mask;
  merges[slot] = merge; // Of two merges of a pair the later one counts.
}

const Bpe::Merge *Bpe::findMerge(int32_t left, int32_t right) const {
  const uint64_t pair = pairOf(left, right);
  const size_t mask = merges.size() - 1;
  for (size_t slot = hashPair(pair) & mask; merges[slot].result >= 0; slot = (slot + 1) & mask)
    if (merges[slot].pair == pair)
      return &merges[slot];
  return nullptr;
}

Error Bpe::readOptions(const nlohmann::json &model) {
  Fields fields(model, "model");
  fields.string("type", "BPE");
  prefix = fields.string("continuing_subword_prefix", "");
  suffix = fields.string("end_of_word_suffix", "");
  unknownToken = fields.string("unk_token", "");
  fuseUnknown = fields.boolean("fuse_unk", false);
  byteFallback = fields.boolean("byte_fallback", false);
  ignoreMerges = fields.boolean("ignore_merges", false);
  return fields.finish();
}

Error Bpe::addMerges(const std::vector<std::pair<std::string, std::string>> &list) {
  merges.assign(std::bit_ceil(list.size() * 2 + 2), Merge{0, 0, -1});
  for (size_t rank = 0; rank < list.size(); ++rank) {
    const auto &[left, right] = list[rank];
    auto missing = [&](std::string_view token) {
      return Error::make("merge ", rank, " of ", list.size(), ", \"", left, " ", right,
                         "\", names \"", token, "\", which is not in the vocabulary");
    };
    const int32_t leftId = vocab.find(left), rightId = vocab.find(right);
    if (leftId < 0)
      return missing(left);
    if (rightId < 0)
      return missing(right);
    if (right.size() < prefix.size())
      return Error::make("merge ", rank, " of ", list.size(), ", \"", left, " ", right,
                         "\": its right token is shorter than continuing_subword_prefix \"", prefix,
                         "\"");
    const std::string result = left + right.substr(prefix.size());
    const int32_t resultId = vocab.find(result);
    if (resultId < 0)
      return missing(result);
    setMerge({pairOf(leftId, rightId), static_cast<uint32_t>(rank), resultId});
  }
  return Error::success();
}

Expected<Bpe> Bpe::create(TokenizerFile &file) {
  const nlohmann::json &model = file.document["model"];
  if (model.is_object() && model.contains("type") && model["type"] != "BPE")
    return Error::make("model is of the unsupported type ", model["type"].dump());
  Bpe bpe;
  if (Error error = bpe.readOptions(model))
    return error;
  if (!file.hasVocab || !file.hasMerges)
    return Error::make("model has no ", file.hasVocab ? "merges" : "vocab");
  bpe.vocab.reserve(file.vocab.size());
  for (const auto &[token, id] : file.vocab)
    if (Error error = bpe.vocab.add(token, id))
      return std::move(error).addContext("model.vocab");
  if (Error error = bpe.addMerges(file.merges))
    return std::move(error).addContext("model.merges");
  if (!bpe.unknownToken.empty()) {
    bpe.unknownId = bpe.vocab.find(bpe.unknownToken);
    if (bpe.unknownId < 0)
      return Error::make("model.unk_token \"", bpe.unknownToken, "\" is not in the vocabulary");
  }
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", static_cast<unsigned>(byte));
    bpe.byteIds[byte] = bpe.vocab.find(name);
  }
  for (size_t c = 0; c < bpe.shortIds.size(); ++c) {
    std::string text;
    appendUtf8(text, static_cast<char32_t>(c));
    bpe.shortIds[c] = bpe.vocab.find(text);
  }
  file.vocab = {};
  file.merges = {};
  return bpe;
}

int32_t Bpe::charId(std::string_view c, bool first, bool last, std::string &text) const {
  const bool prefixed = !first && !prefix.empty(), suffixed = last && !suffix.empty();
  if (!prefixed && !suffixed) {
    if (c.size() <= 2) {
      size_t position = 0;
      const char32_t value = nextChar(c, position);
      if (value < shortIds.size())
        return shortIds[value];
    }
    return vocab.find(c);
  }
  text.clear();
  if (prefixed)
    text += prefix;
  text += c;
  if (suffixed)
    text += suffix;
  return vocab.find(text);
}

/// Fills the list of symbols with one per character, before any merge.
void Bpe::split(std::string_view word, BpeScratch &scratch) const {
  auto &symbols = scratch.symbols;
  symbols.clear();
  auto push = [&](int32_t id) { symbols.push_back({id, 0, 0}); };
  bool pendingUnknown = false;
  for (size_t i = 0; i < word.size();) {
    const size_t begin = i;
    i += charSize(word[i]);
    const std::string_view c = word.substr(begin, i - begin);
    const int32_t id = charId(c, begin == 0, i == word.size(), scratch.text);
    if (id >= 0) {
      if (pendingUnknown)
        push(unknownId);
      pendingUnknown = false;
      push(id);
      continue;
    }
    if (byteFallback) {
      // Bytes stand for the character with the affixes it would have as a token.
      const bool prefixed = begin != 0 && !prefix.empty();
      const bool suffixed = i == word.size() && !suffix.empty();
      const std::string_view bytes = prefixed || suffixed ? std::string_view(scratch.text) : c;
      if (std::all_of(bytes.begin(), bytes.end(),
                      [&](char byte) { return byteIds[static_cast<unsigned char>(byte)] >= 0; })) {
        for (char byte : bytes)
          push(byteIds[static_cast<unsigned char>(byte)]);
        continue;
      }
    }
    if (unknownId < 0)
      continue;
    if (pendingUnknown && !fuseUnknown)
      push(unknownId);
    pendingUnknown = true;
  }
  if (pendingUnknown)
    push(unknownId);
  for (size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = static_cast<int32_t>(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? static_cast<int32_t>(i) + 1 : -1;
  }
}

void Bpe::mergeAll(BpeScratch &scratch) const {
  using Candidate = BpeScratch::Candidate;
  auto &symbols = scratch.symbols;
  auto &queue = scratch.queue;
  constexpr int32_t removed = -1;
  // The standard heap has its largest element on top: order by what comes later.
  auto later = [](const Candidate &a, const Candidate &b) {
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
  };
  auto candidate = [&](int32_t left, int32_t right) {
    const Merge *merge = findMerge(symbols[left].id, symbols[right].id);
    if (merge)
      queue.push_back({merge->rank, left, merge->result});
    return merge != nullptr;
  };
  queue.clear();
  for (size_t i = 0; i + 1 < symbols.size(); ++i)
    candidate(static_cast<int32_t>(i), static_cast<int32_t>(i) + 1);
  std::make_heap(queue.begin(), queue.end(), later);
  while (!queue.empty()) {
    std::pop_heap(queue.begin(), queue.end(), later);
    const Candidate top = queue.back();
    queue.pop_back();
    BpeScratch::Symbol &left = symbols[top.position];
    if (left.id == removed || left.next < 0)
      continue;
    BpeScratch::Symbol &right = symbols[left.next];
    // Either side may have changed since the candidate was queued.
    const Merge *merge = findMerge(left.id, right.id);
    if (!merge || merge->result != top.result)
      continue;
    left.id = top.result;
    left.next = right.next;
    right.id = removed;
    if (left.next >= 0)
      symbols[left.next].previous = top.position;
    if (left.previous >= 0 && candidate(left.previous, top.position))
      std::push_heap(queue.begin(), queue.end(), later);
    if (left.next >= 0 && candidate(top.position, left.next))
      std::push_heap(queue.begin(), queue.end(), later);
  }
  std::erase_if(symbols, [](const BpeScratch::Symbol &symbol) { return symbol.id == removed; });
}

Error Bpe::encode(std::string_view word, BpeScratch &scratch, std::vector<int32_t> &ids) const {
  if (word.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max() / 8))
    return Error::make("a word of ", word.size(), " bytes is too long, the limit is ",
                       std::numeric_limits<int32_t>::max() / 8);
  if (ignoreMerges) {
    const int32_t id = vocab.find(word);
    if (id >= 0) {
      ids.push_back(id);
      return Error::success();
    }
  }
  const bool remember = word.size() <= seenWordBytes;
  if (remember) {
    auto it = scratch.seen.find(std::string(word));
    if (it != scratch.seen.end()) {
      ids.insert(ids.end(), scratch.seenIds.begin() + static_cast<ptrdiff_t>(it->second.begin),
                 scratch.seenIds.begin() + static_cast<ptrdiff_t>(it->second.end));
      return Error::success();
    }
  }
  split(word, scratch);
  mergeAll(scratch);
  for (const BpeScratch::Symbol &symbol : scratch.symbols)
    ids.push_back(symbol.id);
  if (remember && scratch.seen.size() < seenWordCount) {
    const size_t begin = scratch.seenIds.size();
    for (const BpeScratch::Symbol &symbol : scratch.symbols)
      scratch.seenIds.push_back(symbol.id);
    scratch.seen.emplace(word, BpeScratch::Seen{begin, scratch.seenIds.size()});
  }
  return Error::success();
}

} // namespace moec::tokenizer
