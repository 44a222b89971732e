//===- Formats.h - Which formats are converted ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The answer that a machine gives before kernels are built (Target::multiplies) is that of the
// lowering.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_FORMATS_H
#define MOEC_SIMT_FORMATS_H

#include "moec/Dialect/MX/MX.h"

namespace moec::simt {

/// Whether numbers become such codes.
bool canQuantize(mx::BlockType block);

/// Whether such codes become numbers.
bool canDequantize(mx::BlockType block);

/// Whether there are products of rows by weights of these element types: of numbers and of codes
/// that become numbers; rows are numbers or codes that the machine made.
bool canMultiply(mlir::Type rows, mlir::Type weight);

} // namespace moec::simt

#endif // MOEC_SIMT_FORMATS_H
