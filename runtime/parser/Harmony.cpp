//===- Harmony.cpp - Headers of harmony's messages --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Harmony.h"

#include <algorithm>

using namespace moec;
using namespace moec::parser;

namespace {
/// Takes words off a header.
struct Header {
  std::string_view text;

  void skip() { text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size())); }
  bool take(std::string_view mark) {
    skip();
    if (!text.starts_with(mark))
      return false;
    text.remove_prefix(mark.size());
    return true;
  }
  std::string_view word() {
    std::string_view found = text.substr(0, text.find_first_of(" \n<"));
    text.remove_prefix(found.size());
    return found;
  }
  /// to=RECIPIENT, before the channel or behind it.
  bool recipient(std::string_view &name) {
    if (!take("to="))
      return true;
    bool isFirst = name.empty();
    name = word();
    return isFirst && !name.empty();
  }
  /// Whether what is left may become a mark.
  bool mayBe(std::string_view mark) {
    skip();
    return mark.starts_with(text);
  }
};
} // namespace

std::optional<HarmonyHeader> parser::readHarmonyHeader(std::string_view text) {
  Header header{text};
  HarmonyHeader found;
  header.take("assistant");
  if (!header.recipient(found.recipient) || !header.take("<|channel|>"))
    return std::nullopt;
  found.channel = header.word();
  if (!header.recipient(found.recipient))
    return std::nullopt;
  // The type of what a tool gets, which is JSON anyway.
  if (!found.recipient.empty()) {
    header.take("<|constrain|>");
    header.skip();
    header.word();
  }
  header.skip();
  if (!header.text.empty())
    return std::nullopt;
  return found;
}

bool parser::mayBeHarmonyHeader(std::string_view text) {
  Header header{text};
  if (header.mayBe("assistant"))
    return true;
  header.take("assistant");
  if (header.mayBe("to="))
    return true;
  if (header.take("to="))
    header.word();
  // Behind the channel there are only a few words.
  return header.mayBe("<|channel|>") || header.take("<|channel|>");
}
