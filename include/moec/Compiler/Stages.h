//===- Stages.h - The stages of a compilation -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Named stages that can be stopped at and dumped. Object is not here: it makes bytes, not IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_COMPILER_STAGES_H
#define MOEC_COMPILER_STAGES_H

#include "moec/Compiler/Options.h"
#include "moec/Diagnostics/Diagnostics.h"
#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

namespace moec {

/// Adds the passes of one stage, of Fuse to Tile. With an empty `options.target` the module is for
/// no machine: schedules are defaults and weights row-major.
void buildStagePipeline(mlir::OpPassManager &passes, Stage stage, const CompileOptions &options);

/// One line a stage, `NAME: PIPELINE`: the passes that runStages() runs, as moec-opt's
/// --pass-pipeline takes them. Nothing follows the name of a stage without passes.
std::string describePipelines(const CompileOptions &options);

/// The largest token counts of the plan's variants: 8, 64 and 512 as far as they are less than the
/// most tokens of a step, and that.
std::vector<int64_t> variantTokens(int64_t maxTokens);

/// Runs the stages from `first` up to and including `last` (at most Tile) on `module`. After each
/// it calls `after`, for progress and dumps; `warn` is given what a user should know. What a pass
/// complains of keeps its place and its notes.
Error runStages(mlir::ModuleOp module, const CompileOptions &options, Stage first, Stage last,
                llvm::function_ref<Error(Stage)> after,
                const DiagnosticCollector::Warn &warn = nullptr);

} // namespace moec

#endif // MOEC_COMPILER_STAGES_H
