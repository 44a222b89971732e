//===- MoEBase.td - What every op of the model dialect has -*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Base classes of the ops, shared by the files of the op families.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEBASE_TD
#define MOEC_DIALECT_MOE_MOEBASE_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "moec/Dialect/MX/MXAttrs.td"
include "moec/Dialect/MoE/MoEAttrs.td"
include "moec/Dialect/MoE/MoETypes.td"

def MoE_Positive : AttrConstraint<
    CPred<"::llvm::cast<::mlir::FloatAttr>($_self).getValue().isFinite() && "
          "::llvm::cast<::mlir::FloatAttr>($_self).getValueAsDouble() > 0">, "positive and finite">;
def MoE_PositiveAttr : ConfinedAttr<F64Attr, [MoE_Positive]>;

class MoE_Op<string mnemonic, list<Trait> traits = []> : Op<MoE_Dialect, mnemonic, traits>;

/// An op that names weights or caches, whose types only a symbol table can check.
class MoE_SymbolOp<string mnemonic, list<Trait> traits = []>
    : MoE_Op<mnemonic, traits # [DeclareOpInterfaceMethods<SymbolUserOpInterface>]>;

#endif // MOEC_DIALECT_MOE_MOEBASE_TD
