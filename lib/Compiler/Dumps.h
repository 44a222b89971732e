//===- Dumps.h - Modules between stages, as files ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What --dump-stages writes and --start-from goes on from.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_COMPILER_DUMPS_H
#define MOEC_LIB_COMPILER_DUMPS_H

#include "moec/Compiler/Options.h"
#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

namespace moec {

/// The stages that a compilation runs: behind the first, up to and including the last.
Expected<std::pair<Stage, Stage>> stageRange(const CompileOptions &options);

/// Fails on a dump that is given as another stage's: it would be compiled to something else.
Error checkStage(mlir::ModuleOp module, const CompileOptions &options);

/// Writes the module as `stage` left it into the folder of --dump-stages, if there is one.
Error writeStage(const CompileOptions &options, Stage stage, mlir::ModuleOp module);

/// The model of a module without its plan, as text for the artifact.
std::string printModel(mlir::ModuleOp module, const CompileOptions &options);

} // namespace moec

#endif // MOEC_LIB_COMPILER_DUMPS_H
