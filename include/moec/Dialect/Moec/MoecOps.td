//===- MoecOps.td - All of the dialect ---------------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOEC_MOECOPS_TD
#define MOEC_DIALECT_MOEC_MOECOPS_TD

include "moec/Dialect/Moec/MoecAttrs.td"

#endif // MOEC_DIALECT_MOEC_MOECOPS_TD
