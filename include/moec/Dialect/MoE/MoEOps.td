//===- MoEOps.td - All ops of the model dialect ------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEOPS_TD
#define MOEC_DIALECT_MOE_MOEOPS_TD

include "moec/Dialect/MoE/MoEModuleOps.td"
include "moec/Dialect/MoE/MoELinearOps.td"
include "moec/Dialect/MoE/MoERowOps.td"
include "moec/Dialect/MoE/MoEAttentionOps.td"
include "moec/Dialect/MoE/MoERecurrentOps.td"
include "moec/Dialect/MoE/MoEExpertOps.td"

#endif // MOEC_DIALECT_MOE_MOEOPS_TD
