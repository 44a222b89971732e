//===- MXDialect.td - The number formats dialect -----------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Names the dialect that owns block-scaled number formats.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MX_MXDIALECT_TD
#define MOEC_DIALECT_MX_MXDIALECT_TD

include "mlir/IR/OpBase.td"

def MX_Dialect : Dialect {
  let name = "mx";
  let cppNamespace = "::moec::mx";
  let summary = "Block-scaled number formats and the conversions to and from them";
  let description = [{
    One parametric type, `!mx.block`, says how a run of numbers is stored: small codes and one
    scale per block. It is used as the element type of a tensor whose shape counts *numbers*, so a
    shape reads the same whatever the format is. Conversions are explicit ops with an explicit
    rounding rule; whatever computes on block-scaled operands therefore computes on values that
    the IR states exactly.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    /// Adds the types; beside their definitions, in MXTypes.cpp.
    void registerTypes();
  }];
}

#endif // MOEC_DIALECT_MX_MXDIALECT_TD
