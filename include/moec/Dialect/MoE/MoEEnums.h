//===- MoEEnums.h - Enumerations of the model dialect -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// For layers that name a kernel family and know nothing else of the model dialect.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEENUMS_H
#define MOEC_DIALECT_MOE_MOEENUMS_H

#include "mlir/IR/BuiltinAttributes.h"

#include "moec/Dialect/MoE/MoEEnums.h.inc"

#endif // MOEC_DIALECT_MOE_MOEENUMS_H
