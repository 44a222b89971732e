//===- OnigClass.h - Character classes --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_REGEX_ONIGCLASS_H
#define MOEC_TOKENIZER_REGEX_ONIGCLASS_H

#include "OnigReader.h"

namespace moec::tokenizer {

/// Reads a class, the cursor being behind its `[`. Returns a PCRE2 atom that matches the same
/// single characters.
std::string translateOnigClass(OnigReader &reader, int depth = 0);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_REGEX_ONIGCLASS_H
