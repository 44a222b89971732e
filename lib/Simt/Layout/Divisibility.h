//===- Divisibility.h - What divides an index -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Wide memory accesses need to know that an index or a bound is a multiple of their width.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_DIVISIBILITY_H
#define MOEC_LIB_SIMT_LAYOUT_DIVISIBILITY_H

#include "mlir/Dialect/SCF/IR/SCF.h"

#include <optional>

namespace moec::simt {

/// The largest number that is known to divide the integer `value`; 0 if it is always zero.
int64_t getDivisor(mlir::Value value);
/// The value, if it is a constant integer.
std::optional<int64_t> getConstant(mlir::Value value);
/// What `bound` is in the last step of `loop`, if the loop's bounds are constants and it is end −
/// i. In each step before, it is a step more.
std::optional<int64_t> getLastBound(mlir::Value bound, mlir::scf::ForOp loop);
/// Whether `bound` is known to be at least `extent` always, so that it bounds nothing.
bool isAtLeast(mlir::Value bound, int64_t extent);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_DIVISIBILITY_H
