//===- MoEDialect.h - The model dialect -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEDIALECT_H
#define MOEC_DIALECT_MOE_MOEDIALECT_H

#include "mlir/IR/Dialect.h"

#include "moec/Dialect/MoE/MoEDialect.h.inc"

#endif // MOEC_DIALECT_MOE_MOEDIALECT_H
