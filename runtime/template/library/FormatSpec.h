//===- FormatSpec.h - Python's formats of numbers and texts -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_LIBRARY_FORMATSPEC_H
#define MOEC_TEMPLATE_LIBRARY_FORMATSPEC_H

#include "runtime/template/library/Library.h"

#include <optional>
#include <string>

namespace moec::jinja {

/// How a value is written: [[fill]align][sign][#][0][width][grouping][.precision][type].
struct FormatSpec {
  std::string fill = " ";
  char align = 0, sign = '-', grouping = 0, type = 0;
  bool isAlternate = false;
  int64_t width = 0;
  std::optional<int> precision;

  /// Reads what stands behind the colon of a replacement field; fails on what is none.
  static FormatSpec parse(std::string_view text);
};

/// Appends a value as a spec says; fails where its type cannot be.
void appendFormatted(std::string &out, const Value &value, const FormatSpec &spec);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_LIBRARY_FORMATSPEC_H
