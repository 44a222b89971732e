//===- AddedTokens.cpp - Tokens found before the model works ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "AddedTokens.h"
#include "Fields.h"
#include "runtime/tokenizer/text/Unicode.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <limits>

namespace moec::tokenizer {

int32_t AddedTokens::Trie::childOf(int32_t node, char byte) const {
  for (int32_t child = nodes[node].child; child >= 0; child = nodes[child].sibling)
    if (nodes[child].byte == byte)
      return child;
  return -1;
}

void AddedTokens::Trie::add(std::string_view pattern, int32_t token) {
  if (pattern.empty())
    return;
  if (nodes.empty())
    first.fill(-1);
  int32_t &root = first[static_cast<unsigned char>(pattern[0])];
  if (root < 0) {
    root = static_cast<int32_t>(nodes.size());
    nodes.push_back({});
  }
  int32_t node = root;
  for (char byte : pattern.substr(1)) {
    int32_t child = childOf(node, byte);
    if (child < 0) {
      child = static_cast<int32_t>(nodes.size());
      nodes.push_back({-1, nodes[node].child, -1, byte});
      nodes[node].child = child;
    }
    node = child;
  }
  nodes[node].token = token;
}

std::pair<size_t, int32_t> AddedTokens::Trie::longest(std::string_view text) const {
  std::pair<size_t, int32_t> best = {0, -1};
  int32_t node = first[static_cast<unsigned char>(text[0])];
  for (size_t i = 1; node >= 0; ++i) {
    if (nodes[node].token >= 0)
      best = {i, nodes[node].token};
    if (i == text.size())
      break;
    node = childOf(node, text[i]);
  }
  return best;
}

/// A token may be listed again as it was. Fails on what differs, naming both.
static Error checkRepetition(const AddedToken &first, const AddedToken &second) {
  auto differ = [&](const char *what, const auto &before, const auto &now) {
    return Error::make("token \"", first.content, "\" is listed twice, with ", what, " ", before,
                       " and ", now);
  };
  if (first.id != second.id)
    return differ("id", first.id, second.id);
  static constexpr std::pair<const char *, bool AddedToken::*> flags[] = {
      {"special", &AddedToken::special},
      {"single_word", &AddedToken::singleWord},
      {"lstrip", &AddedToken::stripLeft},
      {"rstrip", &AddedToken::stripRight},
      {"normalized", &AddedToken::normalized}};
  for (auto [name, flag] : flags)
    if (first.*flag != second.*flag)
      return differ(name, first.*flag, second.*flag);
  return Error::success();
}

Error AddedTokens::add(AddedToken token, const Vocabulary &vocabulary,
                       const Normalizer *normalizer) {
  const int32_t modelId = vocabulary.find(token.content);
  if (modelId >= 0 && modelId != token.id)
    return Error::make("token \"", token.content, "\" has id ", token.id,
                       " but the vocabulary gives it ", modelId);
  std::optional<std::string_view> owner = vocabulary.tokenOf(token.id);
  if (owner && *owner != token.content)
    return Error::make("id ", token.id, " has two tokens, \"", *owner,
                       "\" of the vocabulary and \"", token.content, "\"");
  if (const AddedToken *other = find(token.id); other && other->content != token.content)
    return Error::make("id ", token.id, " has two tokens, \"", other->content, "\" and \"",
                       token.content, "\"");
  if (const AddedToken *other = find(token.content))
    return checkRepetition(*other, token);
  token.pattern = token.content;
  if (token.normalized && normalizer) {
    Pieces pieces{token.content, {}, 0, growthLimit(token.content.size())};
    MatchScratch scratch;
    if (Error error = normalizer->run(pieces, scratch))
      return std::move(error).addContext(strCat("token \"", token.content, "\""));
    token.pattern = std::move(pieces.text);
  }
  const auto index = static_cast<int32_t>(tokens.size());
  (token.normalized ? afterNormalization : plain).add(token.pattern, index);
  byId.emplace(token.id, tokens.size());
  byContent.emplace(token.content, tokens.size());
  if (token.special)
    specials.insert(token.content);
  tokens.push_back(std::move(token));
  return Error::success();
}

Expected<AddedTokens> AddedTokens::create(const nlohmann::json &value, const Vocabulary &vocabulary,
                                          const Normalizer *normalizer) {
  AddedTokens added;
  if (value.is_null())
    return added;
  if (!value.is_array())
    return Error::make("added_tokens is ", value.type_name(), ", not an array");
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string path = strCat("added_tokens[", i, "]");
    Fields fields(value[i], path);
    AddedToken token;
    token.id = static_cast<int32_t>(fields.integer("id", 0, std::numeric_limits<int32_t>::max()));
    token.content = fields.string("content");
    token.special = fields.boolean("special", false);
    token.singleWord = fields.boolean("single_word", false);
    token.stripLeft = fields.boolean("lstrip", false);
    token.stripRight = fields.boolean("rstrip", false);
    token.normalized = fields.boolean("normalized", !token.special);
    if (Error error = fields.finish())
      return error;
    if (token.content.empty())
      continue;
    if (Error error = added.add(std::move(token), vocabulary, normalizer))
      return std::move(error).addContext(path);
  }
  return added;
}

/// Whether word characters touch [begin, end) of `text`.
static bool insideWord(std::string_view text, size_t begin, size_t end) {
  size_t before = begin, behind = end;
  return (begin > 0 && isWordChar(previousChar(text, before))) ||
         (end < text.size() && isWordChar(nextChar(text, behind)));
}

std::vector<AddedSplit> AddedTokens::split(std::string_view text, bool normalized,
                                           bool matchSpecial) const {
  std::vector<AddedSplit> out;
  const Trie &trie = normalized ? afterNormalization : plain;
  size_t open = 0;
  Range spaces = {0, 0}; // The last run of white space that a token took from its right.
  for (size_t i = 0; !trie.empty() && i < text.size();) {
    const auto [size, index] = trie.longest(text.substr(i));
    if (size == 0) {
      ++i;
      continue;
    }
    const AddedToken &token = tokens[index];
    size_t begin = i, end = i + size;
    i = end;
    if ((token.special && !matchSpecial) || (token.singleWord && insideWord(text, begin, end)))
      continue;
    if (token.stripLeft) {
      for (size_t p = begin; p > open && isWhiteSpace(previousChar(text, p));)
        begin = p;
    }
    if (token.stripRight) {
      if (end < spaces.begin || end > spaces.end) {
        spaces = {end, end};
        for (size_t p = end; p < text.size() && isWhiteSpace(nextChar(text, p));)
          spaces.end = p;
      }
      end = spaces.end;
    }
    if (open < begin)
      out.push_back({{open, begin}, -1});
    out.push_back({{begin, end}, token.id});
    open = end;
  }
  if (open < text.size())
    out.push_back({{open, text.size()}, -1});
  return out;
}

const AddedToken *AddedTokens::find(int32_t id) const {
  auto it = byId.find(id);
  return it == byId.end() ? nullptr : &tokens[it->second];
}

const AddedToken *AddedTokens::find(std::string_view content) const {
  auto it = byContent.find(std::string(content));
  return it == byContent.end() ? nullptr : &tokens[it->second];
}

bool AddedTokens::isSpecial(std::string_view token) const {
  return specials.contains(std::string(token));
}

} // namespace moec::tokenizer
