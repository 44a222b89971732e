//===- Print.h - Values as text ---------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_VALUE_PRINT_H
#define MOEC_TEMPLATE_VALUE_PRINT_H

#include "runtime/template/value/Value.h"

namespace moec::jinja {

/// Appends Python's str() of a value. Fails where that is an address.
void appendText(std::string &out, const Value &value);
/// Appends Python's repr().
void appendRepr(std::string &out, const Value &value, unsigned depth = 0);
std::string reprOf(const Value &value);

/// What json.dumps is told.
struct JsonStyle {
  bool ensureAscii = false, sortKeys = false;
  /// Lines are indented by so much for each level; all is one line without.
  const std::string *indent = nullptr;
  std::string_view itemSeparator = ", ", keySeparator = ": ";
};

/// Appends Python's json.dumps(); fails on what that refuses.
void appendJson(std::string &out, const Value &value, const JsonStyle &style, unsigned depth = 0);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_VALUE_PRINT_H
