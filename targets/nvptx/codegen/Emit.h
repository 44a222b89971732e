//===- Emit.h - From the LLVM dialect to PTX and cubins ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_EMIT_H
#define MOEC_TARGETS_NVPTX_CODEGEN_EMIT_H

#include "moec/Simt/Lowering.h"
#include "moec/Target/Target.h"
#include "targets/nvptx/codegen/Machine.h"

#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <string>
#include <vector>

namespace moec::nvptx {

/// What ptxas made of the PTX of one kernel.
struct Cubin {
  std::string bytes;
  /// Registers of a lane, and bytes of it in memory: spilled ones, stored and loaded, and all.
  unsigned registers = 0, spillBytes = 0, stackBytes = 0;
  double seconds = 0;
};

/// The path of ptxas: what the environment variable MOEC_PTXAS says, where an empty one stands for
/// none, else the program in PATH or in /usr/local/cuda/bin. Nothing if there is none.
std::optional<std::string> findPtxas();

/// Assembles PTX for a processor. May be called from any thread. Fails with what ptxas says first.
Expected<Cubin> assemble(const std::string &ptxas, llvm::StringRef ptx, llvm::StringRef processor);

/// The code of one kernel; its PTX stands alone.
struct KernelCode {
  std::string name, ptx;
  std::optional<Cubin> cubin;
};

/// All kernels of a lowered module as one text, LLVM IR or PTX, or as one cubin (a relocatable
/// object), which takes ptxas. Changes the module. Fails where LLVM's backend would abort.
Expected<std::string> emitText(mlir::ModuleOp module, const Machine &machine, EmitKind kind);

/// The PTX of each of these kernels. Changes the module. Fails where LLVM's backend would abort.
Expected<std::vector<KernelCode>> emitKernels(mlir::ModuleOp module, const Machine &machine,
                                              llvm::ArrayRef<simt::LoweredKernel> lowered);

/// Adds cubins where ptxas is found, on `jobs` threads at most.
Error assembleKernels(std::vector<KernelCode> &kernels, const Machine &machine, unsigned jobs);

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_EMIT_H
