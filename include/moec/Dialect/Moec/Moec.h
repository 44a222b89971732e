//===- Moec.h - What a module is compiled for -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOEC_MOEC_H
#define MOEC_DIALECT_MOEC_MOEC_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"

#include "moec/Dialect/Moec/MoecDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Moec/MoecAttrs.h.inc"

namespace moec {

/// The machine that a module is for; null without one.
TargetAttr getTargetAttr(mlir::ModuleOp module);
/// Says which one it is for.
void setTargetAttr(mlir::ModuleOp module, TargetAttr target);

} // namespace moec

#endif // MOEC_DIALECT_MOEC_MOEC_H
