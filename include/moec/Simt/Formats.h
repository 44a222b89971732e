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
#include "moec/Simt/Atom.h"

#include <optional>

namespace moec::simt {

/// What matrix instructions call elements of this type; nothing if none can take them.
std::optional<Format> getOperandFormat(mlir::Type type);

/// Whether numbers become such codes.
bool canQuantize(mx::BlockType block);

/// Whether such codes become numbers.
bool canDequantize(mx::BlockType block);

/// Whether there are products of rows by weights of these element types: of numbers and of codes
/// that become numbers; rows are numbers or codes that the machine made.
bool canMultiply(mlir::Type rows, mlir::Type weight);

} // namespace moec::simt

#endif // MOEC_SIMT_FORMATS_H
