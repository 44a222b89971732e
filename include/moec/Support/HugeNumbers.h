//===- HugeNumbers.h - Numbers beyond a double ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_HUGENUMBERS_H
#define MOEC_SUPPORT_HUGENUMBERS_H

#include <string>
#include <string_view>

namespace moec {

/// A JSON text with `replacement` for each number beyond the range of a double, which our library
/// refuses although it is JSON; a minus stays. By default it is the largest double.
std::string replaceHugeNumbers(std::string_view json,
                               std::string_view replacement = "1.7976931348623157e308");

} // namespace moec

#endif // MOEC_SUPPORT_HUGENUMBERS_H
