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
  let summary = "The host plan: weights, states, functions and their steps";
  let description = [{
    An `exec.plan` is what the artifact will hold, beside the model that it was made of: which weights and
    states exist, and for each function and token-count variant what is done in order, with the buffers between.
    It knows lifetimes, sizes and grid formulas, and nothing of instructions. Every memory operand is a
    `!tile.ref`, so that a launch can be checked against its kernel's signature.

    Attributes of the module:

    - `exec.limits`: a `#exec.limits`, how large steps and sequences may be.
  }];
  let dependentDialects = ["::moec::tile::TileDialect"];
  let useDefaultTypePrinterParser = 0;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// The name of the module attribute that the description lists.
    static constexpr ::llvm::StringLiteral getLimitsAttrName() { return "exec.limits"; }

    /// Adds the attributes; beside their definitions.
    void registerAttributes();
  }];
}

class Exec_Op<string mnemonic, list<Trait> traits = []> : Op<Exec_Dialect, mnemonic, traits>;

#endif // MOEC_DIALECT_EXEC_EXECDIALECT_TD
