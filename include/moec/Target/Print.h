//===- Print.h - IR as text -------------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_PRINT_H
#define MOEC_TARGET_PRINT_H

#include "llvm/Support/raw_ostream.h"

#include <string>

namespace moec {

/// An attribute, a type or an affine map as text; `null` for none.
template <typename T> std::string print(T value, const char *null = "") {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (value)
    os << value;
  else
    os << null;
  return text;
}

} // namespace moec

#endif // MOEC_TARGET_PRINT_H
