//===- StringLiteral.h - Escapes in strings ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_STRINGLITERAL_H
#define MOEC_TEMPLATE_SYNTAX_STRINGLITERAL_H

#include <string>
#include <string_view>

namespace moec::jinja {

/// Appends what a string between quotes says: Python's escapes, of which unknown ones are text.
/// What is wrong with it otherwise.
const char *unescapeString(std::string_view raw, std::string &out);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_STRINGLITERAL_H
