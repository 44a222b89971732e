//===- ArrayBytes.h - Arrays of the tests in memory -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An element that was not written is a pattern that no kernel writes, so that one which did not
// write all of its result is found.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_ARRAYBYTES_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_ARRAYBYTES_H

#include "KernelTest.h"

namespace moec::test {

/// The array as a kernel sees it: f32, bf16, f16 or i32.
std::vector<uint8_t> toBytes(const Array &array, mlir::Type element);

/// The inverse.
Array fromBytes(const std::vector<uint8_t> &bytes, mlir::Type element);

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_ARRAYBYTES_H
