//===- Emit.h - From the LLVM dialect to code -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// LLVM's optimiser and code generators in this process, for every machine. What goes on behind an
// object is moec/CodeGen/Linker.h.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_CODEGEN_EMIT_H
#define MOEC_CODEGEN_EMIT_H

#include "moec/Support/Error.h"
#include "moec/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Pass.h"
#include "llvm/Passes/OptimizationLevel.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

namespace moec {

/// A processor as LLVM names it.
struct Processor {
  std::string triple, name, features = {};
  llvm::TargetOptions options = {};
  llvm::CodeGenOptLevel level = llvm::CodeGenOptLevel::Aggressive;
};

/// LLVM's code generator for it, of position-independent code. Its backend must be initialised.
/// Fails if LLVM knows no such processor.
Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const Processor &processor);

/// A module of the LLVM dialect, and of the dialects that `others` registers translations of, as
/// LLVM IR. Fails with what MLIR says.
Expected<std::unique_ptr<llvm::Module>>
translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                llvm::function_ref<void(mlir::DialectRegistry &)> others = nullptr);

/// Optimises the module for the machine, whose triple and data layout it gets.
void optimize(llvm::Module &module, llvm::TargetMachine &machine, llvm::OptimizationLevel level,
              const llvm::PipelineTuningOptions &tuning = {});

/// A module of one function of `module`, with the variables that it uses.
std::unique_ptr<llvm::Module> extractFunction(const llvm::Module &module, llvm::StringRef name);

/// Prints an optimised module, its assembly or its relocatable object; `disabled` are passes of the
/// code generator that are left out. Changes the module.
Expected<std::string> emitModule(llvm::Module &module, llvm::TargetMachine &machine, EmitKind kind,
                                 llvm::ArrayRef<llvm::AnalysisID> disabled = {});

} // namespace moec

#endif // MOEC_CODEGEN_EMIT_H
