//===- Config.h - The configuration of a model ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_DIALECT_MOE_CONFIG_H
#define MOEC_DIALECT_MOE_CONFIG_H

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/IR/BuiltinOps.h"

namespace moec::moe {

/// `moe.config` of a module, which the dialect's verifier has checked; empty where there is none.
inline mlir::DictionaryAttr getConfig(mlir::ModuleOp module) {
  auto config = module->getAttrOfType<mlir::DictionaryAttr>(MoEDialect::getConfigAttrName());
  return config ? config : mlir::DictionaryAttr::get(module.getContext());
}

} // namespace moec::moe

#endif // MOEC_DIALECT_MOE_CONFIG_H
