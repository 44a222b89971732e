//===- ExecDialect.td - The host plan ------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_EXECDIALECT_TD
#define MOEC_DIALECT_EXEC_EXECDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let cppNamespace = "::moec::exec";
  let summary = "The host plan: weights, buffers, launches and caches of one artifact";
  let description = [{
    A module in this dialect is what the artifact will hold: which weights and caches exist, and for
    each token-count variant a list of launches in order, with the buffers between them. It knows
    lifetimes, sizes and grid formulas, and nothing of instructions. Every memory operand is a
    `!tile.ref`, so that a launch can be checked against its kernel's signature.
  }];
  let dependentDialects = ["::moec::tile::TileDialect"];
  let useDefaultTypePrinterParser = 0;
  let useDefaultAttributePrinterParser = 0;
}

class Exec_Op<string mnemonic, list<Trait> traits = []> : Op<Exec_Dialect, mnemonic, traits>;

#endif // MOEC_DIALECT_EXEC_EXECDIALECT_TD
