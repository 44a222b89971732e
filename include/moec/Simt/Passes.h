//===- Passes.h - From tile kernels to the code of a lane -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The steps of lowerKernels() by name. A backend runs them for its machine; on a command line they
// ask who knows the machines that modules name.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_PASSES_H
#define MOEC_SIMT_PASSES_H

#include "moec/Simt/Lowering.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <functional>

namespace moec::simt {

/// The machine that a module is for, which outlives the context. Fails with a diagnostic where it
/// is for none, or one without lanes.
using MachineFinder = std::function<mlir::FailureOr<const Lanes *>(mlir::ModuleOp)>;

/// Tells contexts of `dialects` who finds machines, once they load the tile dialect.
void registerMachineFinder(mlir::DialectRegistry &dialects, MachineFinder finder);

/// Adds the passes from tile.kernels to functions of lanes for one machine, which outlives them,
/// and appends to `lowered` what became of each kernel.
void addLoweringPasses(mlir::OpPassManager &passes, const Lanes &machine,
                       std::vector<LoweredKernel> &lowered);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Simt/Passes.h.inc"

} // namespace moec::simt

#endif // MOEC_SIMT_PASSES_H
