//===- TokenText.cpp - Single tokens as text and bytes ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/TokenText.h"

#include "runtime/tokenizer/text/ByteMap.h"

#include <charconv>

using namespace moec;
using namespace moec::server;

/// What decoding puts where bytes are no text.
static constexpr std::string_view replacement = "\xEF\xBF\xBD";

static std::string decodeOrNothing(const runtime::Tokenizer &tokenizer,
                                   std::span<const int32_t> ids) {
  Expected<std::string> text = tokenizer.decode(ids);
  return text ? *text : "";
}

TokenText::TokenText(const runtime::Tokenizer *tokenizer) : tokenizer(tokenizer) {
  if (!tokenizer)
    return;
  // Any letter is a word of every vocabulary, as a byte at least.
  Expected<std::vector<int32_t>> ids = tokenizer->encode("a");
  if (!ids || ids->empty())
    return;
  int32_t last = ids->back();
  std::string text = decodeOrNothing(*tokenizer, std::span(&last, 1));
  if (text.empty() || text.find(replacement) != text.npos)
    return;
  word = last;
  wordText = text;
}

std::string TokenText::textAfterWord(int32_t id) const {
  if (word >= 0) {
    const int32_t ids[] = {word, id};
    std::string both = decodeOrNothing(*tokenizer, ids);
    if (both.starts_with(wordText))
      return both.substr(wordText.size());
  }
  return decodeOrNothing(*tokenizer, std::span(&id, 1));
}

std::string TokenText::text(int32_t id) const {
  if (!tokenizer)
    return strCat("token_id:", id);
  return textAfterWord(id);
}

std::string TokenText::bytes(int32_t id) const {
  std::string text = this->text(id);
  if (text.find(replacement) == text.npos)
    return text;
  std::optional<std::string> spelled = tokenizer->tokenOf(id);
  if (!spelled)
    return text;
  // Vocabularies of pieces spell a byte <0xE2>.
  unsigned byte;
  if (spelled->size() == 6 && spelled->starts_with("<0x") && spelled->back() == '>') {
    auto [rest, ec] = std::from_chars(spelled->data() + 3, spelled->data() + 5, byte, 16);
    if (ec == std::errc() && rest == spelled->data() + 5)
      return std::string(1, static_cast<char>(byte));
  }
  std::string bytes;
  tokenizer::appendBytesOf(*spelled, bytes);
  return bytes;
}
