//===- MoE.h - Types, attributes and ops of the moe dialect -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one header to include for anything about models in the IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOE_H
#define MOEC_DIALECT_MOE_MOE_H

#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/MoE/MoEDialect.h"
#include "moec/Dialect/MoE/MoEEnums.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/APFloat.h"

namespace moec::moe::detail {
/// Whether `type` is a ranked tensor whose first dimension alone is dynamic.
bool isTokenTensor(::mlir::Type type);
/// Reads a floating-point literal as a double.
::mlir::FailureOr<::llvm::APFloat> parseDouble(::mlir::AsmParser &parser);
} // namespace moec::moe::detail

#include "moec/Dialect/MoE/MoEAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/MoE/MoEAttrs.h.inc"

#include "moec/Dialect/MoE/MoEOpInterfaces.h.inc"

#define GET_TYPEDEF_CLASSES
#include "moec/Dialect/MoE/MoETypes.h.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/MoE/MoEOps.h.inc"

namespace moec::moe {

/// The nearest symbol of that kind and name around `user`: what a plan declares stands in a symbol
/// table of its own, nested in the model's. Null where there is none.
template <typename OpTy, typename Lookup>
OpTy lookupSymbol(::mlir::Operation *user, ::mlir::FlatSymbolRefAttr ref, Lookup &&lookup) {
  for (::mlir::Operation *table = ::mlir::SymbolTable::getNearestSymbolTable(user); table;
       table = table->getParentOp()
                   ? ::mlir::SymbolTable::getNearestSymbolTable(table->getParentOp())
                   : nullptr)
    if (auto found = ::mlir::dyn_cast_or_null<OpTy>(lookup(table, ref)))
      return found;
  return {};
}
template <typename OpTy> OpTy lookupSymbol(::mlir::Operation *user, ::mlir::FlatSymbolRefAttr ref) {
  return lookupSymbol<OpTy>(user, ref, [](::mlir::Operation *table, ::mlir::Attribute name) {
    return ::mlir::SymbolTable::lookupSymbolIn(
        table, ::mlir::cast<::mlir::FlatSymbolRefAttr>(name).getAttr());
  });
}
/// The same with the tables of a verifier.
template <typename OpTy>
OpTy lookupSymbol(::mlir::SymbolTableCollection &tables, ::mlir::Operation *user,
                  ::mlir::FlatSymbolRefAttr ref) {
  return lookupSymbol<OpTy>(user, ref, [&](::mlir::Operation *table, ::mlir::Attribute name) {
    return tables.lookupSymbolIn(table, ::mlir::cast<::mlir::FlatSymbolRefAttr>(name));
  });
}

/// The weight that `ref`, an attribute of `user`, names. Null where there is none.
WeightOp lookupWeight(::mlir::Operation *user, ::mlir::FlatSymbolRefAttr ref);

/// The symbols of the weights that `op` itself (not its regions) reads, in an order that depends on
/// the op alone; absent optional ones are left out.
::llvm::SmallVector<::mlir::FlatSymbolRefAttr> getWeightRefs(::mlir::Operation *op);

/// The symbol of the cache that a `!moe.kv` value is: found through the ops and groups that hand
/// the value on. Null for a value that no `moe.cache_append` of this function made.
::mlir::FlatSymbolRefAttr getCacheSymbol(::mlir::Value kv);

} // namespace moec::moe

#endif // MOEC_DIALECT_MOE_MOE_H
