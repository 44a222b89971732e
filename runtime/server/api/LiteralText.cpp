//===- LiteralText.cpp - Text that is no special token ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/LiteralText.h"

using namespace moec;
using namespace moec::server;

/// Where a text is cut; twice, the character itself.
static constexpr std::string_view cut = "\xEF\xB7\x90";

std::string LiteralText::protect(std::string_view text, bool isText) const {
  std::string out;
  size_t at = 0;
  auto copyTo = [&](size_t end) {
    for (size_t found; (found = text.find(cut, at)) < end; at = found + cut.size())
      out.append(text.substr(at, found - at)).append(cut).append(cut);
    out += text.substr(at, end - at);
    at = end;
  };
  if (isText)
    for (auto [begin, size] : tokenizer.findSpecialTokens(text)) {
      // Behind the first character, as a piece must be whole characters.
      size_t behind = begin + 1;
      while (behind < begin + size && (text[behind] & 0xC0) == 0x80)
        ++behind;
      copyTo(behind);
      out += cut;
    }
  copyTo(text.size());
  return out;
}

Expected<std::vector<int32_t>> LiteralText::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  std::string piece;
  auto add = [&]() -> Error {
    Expected<std::vector<int32_t>> more = tokenizer.encode(piece);
    if (!more)
      return more.takeError();
    ids.insert(ids.end(), more->begin(), more->end());
    piece.clear();
    return Error::success();
  };
  while (true) {
    size_t found = text.find(cut);
    piece += text.substr(0, found);
    if (found == text.npos)
      break;
    text.remove_prefix(found + cut.size());
    if (text.starts_with(cut)) {
      piece += cut;
      text.remove_prefix(cut.size());
    } else if (Error error = add()) {
      return error;
    }
  }
  if (Error error = add())
    return error;
  return ids;
}
