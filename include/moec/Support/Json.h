//===- Json.h - JSON files --------------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reading small JSON files that somebody else wrote.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_JSON_H
#define MOEC_SUPPORT_JSON_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace moec {

/// Parses a whole text. Fails with the byte where it stops being JSON, and on arrays and objects
/// nested deeper than `maxNesting`. NaN and infinity are not JSON.
Expected<nlohmann::json> parseJson(std::string_view text, unsigned maxNesting = 64);

/// Reads and parses a file of at most `maxBytes` bytes; errors name it.
Expected<nlohmann::json> readJsonFile(const std::string &path, uint64_t maxBytes = 100'000'000);

} // namespace moec

#endif // MOEC_SUPPORT_JSON_H
