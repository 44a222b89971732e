//===- Harmony.h - Headers of harmony's messages ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_HARMONY_H
#define MOEC_PARSER_HARMONY_H

#include <optional>
#include <string_view>

namespace moec::parser {

/// What stands between <|start|> and <|message|>.
struct HarmonyHeader {
  std::string_view channel;   ///< "analysis", "commentary" or "final"
  std::string_view recipient; ///< such as "functions.NAME"; "" is the user
};

/// Reads assistant to=RECIPIENT<|channel|>CHANNEL to=RECIPIENT <|constrain|>TYPE, of which all but
/// the channel may be missing and a type needs a recipient; nothing where it is something else.
std::optional<HarmonyHeader> readHarmonyHeader(std::string_view text);
/// Whether more text can make it a header.
bool mayBeHarmonyHeader(std::string_view text);

} // namespace moec::parser

#endif // MOEC_PARSER_HARMONY_H
