//===- Emit.h - From the LLVM dialect to a shared library -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// LLVM's optimizer and code generator and lld, in this process.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_EMIT_H
#define MOEC_TARGETS_CPU_CODEGEN_EMIT_H

#include "moec/Target/Target.h"
#include "targets/cpu/codegen/Machine.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace moec::cpu {

/// A module of the LLVM dialect as LLVM IR, with the machine's attributes on every function.
Expected<std::unique_ptr<llvm::Module>>
translateModule(mlir::ModuleOp module, llvm::LLVMContext &context, const Machine &machine);

/// Optimizes the module and prints it, its assembly or its relocatable object.
Expected<std::string> emitModule(llvm::Module &module, const Machine &machine, EmitKind kind);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_EMIT_H
