//===- PatternField.h - Patterns in tokenizer.json --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_REGEX_PATTERNFIELD_H
#define MOEC_TOKENIZER_REGEX_PATTERNFIELD_H

#include "Regex.h"
#include "runtime/tokenizer/Fields.h"

namespace moec::tokenizer {

/// The pattern in field `name`: {"Regex": "…"} or {"String": "…"}. Without one, `fields` has
/// failed.
std::optional<Regex> readPattern(Fields &fields, std::string_view name);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_REGEX_PATTERNFIELD_H
