//===- Emit.h - From the LLVM dialect to a code object ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The last step of the backend: a module of llvm.func kernels becomes LLVM IR, assembly, an object
// or a loadable code object, in process.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_EMIT_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_EMIT_H

#include "moec/Target/Target.h"
#include "targets/amdgpu/codegen/Machine.h"

#include "mlir/IR/BuiltinOps.h"

namespace moec::amdgpu {

/// Compiles `module`, whose kernels are llvm.func with the amdgpu_kernelcc convention. The answer
/// depends on the arguments only.
Expected<std::string> emitModule(mlir::ModuleOp module, const Machine &machine, EmitKind kind);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_EMIT_H
