//===- Values.h - Values of untyped formats as JSON -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// In XML a value is only a text; whether 3 is a number, the tool's schema says.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_VALUES_H
#define MOEC_PARSER_VALUES_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moec::parser {

/// A text as JSON, without its quotes; a cut of it that ends within a character is whole again with
/// the rest.
std::string escapeJson(std::string_view text);

/// The JSON that a value is, of one of `types` (bits of Types): numbers, objects and arrays as they
/// stand, true, false and null also as Python writes them, everything else as a text.
std::string valueToJson(std::string_view text, uint8_t types);

/// What Python's repr writes of dictionaries, lists, texts, numbers and constants, as JSON.
std::optional<std::string> pythonToJson(std::string_view text);

/// Whether a text is a number as JSON writes it.
bool isJsonNumber(std::string_view text);

} // namespace moec::parser

#endif // MOEC_PARSER_VALUES_H
