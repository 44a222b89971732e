//===- MXDialect.h - The number formats dialect -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MX_MXDIALECT_H
#define MOEC_DIALECT_MX_MXDIALECT_H

#include "mlir/IR/Dialect.h"

#include "moec/Dialect/MX/MXDialect.h.inc"

#endif // MOEC_DIALECT_MX_MXDIALECT_H
