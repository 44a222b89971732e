//===- CompilerCommands.h - The compiler's subcommands ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_COMPILERCOMMANDS_H
#define MOEC_TOOLS_MOEC_COMPILERCOMMANDS_H

#include "moec/Compiler/Options.h"
#include "moec/runtime/commands/Commands.h"

namespace moec {

/// Adds `import`.
void addImportCommand(runtime::CommandLine &line);

/// Adds `compile`.
void addCompileCommand(runtime::CommandLine &line);

/// Adds `families`.
void addFamiliesCommand(runtime::CommandLine &line);

/// Adds `predict`, where emulators are built that it can count with.
void addPredictCommand(runtime::CommandLine &line);

/// Adds `eval`, which can also run the reference on a model.
void addReferenceEvalCommand(runtime::CommandLine &line);

/// Adds `inspect`, which can also list the tensors of a checkpoint.
void addCheckpointInspectCommand(runtime::CommandLine &line);

/// Adds `serve`, which can also compile a model first.
void addCompilingServeCommand(runtime::CommandLine &line);

/// Adds `tune`.
void addTuneCommand(runtime::CommandLine &line);

/// Options of compilations whose plans are checked as the runtime checks them when it loads them.
CompileOptions makeCheckedOptions();

/// Adds the model and what may take the place of its weights.
void addModelOptions(CLI::App &app, CompileOptions &options);

/// Adds the options that say for which machine and which steps a model is compiled.
void addMachineOptions(CLI::App &app, CompileOptions &options,
                       const std::vector<std::string> &targets);

/// Adds the options that say how activations, caches and weights are rounded.
void addTransformOptions(CLI::App &app, CompileOptions &options);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_COMPILERCOMMANDS_H
