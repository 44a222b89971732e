//===- ModelOptions.h - Options of commands that run a model ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The model, the device, its threads and its memory.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_MODELOPTIONS_H
#define MOEC_RUNTIME_COMMANDS_MODELOPTIONS_H

#include "moec/Support/Error.h"
#include "moec/runtime/Tokenizer.h"
#include "moec/runtime/commands/Commands.h"

#include <string>

namespace moec::runtime {

/// Adds MODEL, --device, --threads and --kv-memory to a command.
void addModelOptions(CLI::App &command, EvalArguments &arguments);

/// Makes an option one of bytes: 512M, 4G; negative ones are refused.
CLI::Option *asSize(CLI::Option *option);
/// Adds --draft, --draft-method and --draft-model.
void addDraftOptions(CLI::App &command, EvalArguments &arguments);
/// Adds --max-step-tokens, --max-sequences, --prefix-cache, --snapshot-interval and those of
/// drafts, for commands with requests of their own.
void addStepOptions(CLI::App &command, EvalArguments &arguments);

/// The engine of those arguments.
Expected<std::unique_ptr<Engine>> openEngine(const EvalArguments &arguments);

/// The tokenizer in file `path`; "" is an error that says what to do instead.
Expected<Tokenizer> openTokenizer(const std::string &path, const std::string &model);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_MODELOPTIONS_H
