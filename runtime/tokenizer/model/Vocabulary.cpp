//===- Vocabulary.cpp - Tokens and their ids --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Vocabulary.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace moec::tokenizer {

size_t Vocabulary::slotOf(std::string_view token) const {
  const size_t mask = slots.size() - 1;
  size_t slot = std::hash<std::string_view>()(token) & mask;
  while (slots[slot] != 0 && textOf(entries[slots[slot] - 1]) != token)
    slot = (slot + 1) & mask;
  return slot;
}

void Vocabulary::grow(size_t slotCount) {
  slots.assign(slotCount, 0);
  for (size_t i = 0; i < entries.size(); ++i)
    slots[slotOf(textOf(entries[i]))] = static_cast<uint32_t>(i + 1);
}

void Vocabulary::reserve(size_t count) {
  entries.reserve(count);
  byId.reserve(count);
  if (count * 2 > slots.size())
    grow(std::bit_ceil(count * 2));
}

Error Vocabulary::add(std::string_view token, int32_t id) {
  if (entries.size() * 2 >= slots.size())
    grow(slots.size() * 2);
  const size_t slot = slotOf(token);
  if (slots[slot] != 0)
    return Error::make("token \"", token, "\" has two ids, ", entries[slots[slot] - 1].id, " and ",
                       id);
  auto [it, inserted] = byId.emplace(id, static_cast<uint32_t>(entries.size()));
  if (!inserted)
    return Error::make("id ", id, " has two tokens, \"", textOf(entries[it->second]), "\" and \"",
                       token, "\"");
  entries.push_back({texts.size(), token.size(), id});
  texts += token;
  slots[slot] = static_cast<uint32_t>(entries.size());
  bound = std::max<int64_t>(bound, int64_t(id) + 1);
  return Error::success();
}

int32_t Vocabulary::find(std::string_view token) const {
  const uint32_t found = slots[slotOf(token)];
  return found == 0 ? -1 : entries[found - 1].id;
}

std::optional<std::string_view> Vocabulary::tokenOf(int32_t id) const {
  auto it = byId.find(id);
  if (it == byId.end())
    return std::nullopt;
  return textOf(entries[it->second]);
}

} // namespace moec::tokenizer
