//===- Commands.h - The commands over the runtime ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// run, serve, eval, bench, inspect, launch, tokenize and template, as functions that add them to a
// command line, so that the small binary without a compiler and the full one share them.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_COMMANDS_H
#define MOEC_RUNTIME_COMMANDS_COMMANDS_H

#include "moec/StepArrays.h"
#include "moec/Support/Error.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/LogitsProvider.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace moec::runtime {

/// A program with subcommands. An error is printed as one line on stderr and makes the exit code 1.
class CommandLine {
public:
  /// `program` and `description` appear in the help and before errors.
  CommandLine(const std::string &program, const std::string &description);

  /// Adds a subcommand that runs `action` after its options were parsed.
  CLI::App &add(const std::string &name, const std::string &description,
                std::function<Error()> action);
  /// The application itself, for options before the subcommand.
  CLI::App &app() { return application; }

  /// Parses, runs the chosen subcommand, returns the exit code.
  int run(int argc, char **argv);

  /// For actions that go on after an error in a part of their work: says it as run() would, which
  /// then returns 1.
  void report(const Error &error);
  /// Says what the user should know although nothing failed, on one line of standard error.
  void note(const std::string &message);

private:
  CLI::App application;
  std::string program;
  std::function<Error()> chosen;
  bool reported = false;
};

/// What `eval` was asked for, as far as a provider of logits has to know it.
struct EvalArguments {
  /// The positional argument: an artifact, or whatever an extension understands.
  std::string model;
  /// What is compared with it, of the same kind; empty for nothing.
  std::string other;
  /// The function whose logits are computed: forward, draft or draft_next.
  std::string function = std::string(forwardFunction);
  std::string device;
  unsigned threads = 0;
  uint64_t kvMemoryBytes = 0;
  bool smallPages = false;
  /// As EngineOptions have it.
  uint64_t prefixCacheBytes = UINT64_MAX;
  uint32_t snapshotInterval = 0;
  /// Tokens of a step; 0 means the artifact's.
  uint32_t maxStepTokens = 0;
  DraftOptions drafts;
  EvalBatching batching;
};

/// Engine options from those arguments. Fails unless the device is KIND or KIND:NUMBER.
Expected<EngineOptions> engineOptions(const EvalArguments &arguments);

/// A matrix of token ids: a row a sequence.
using TokenRows = std::vector<std::vector<int32_t>>;

/// How a program that knows more than artifacts takes part in `eval`.
struct EvalExtension {
  /// Adds options to the subcommand.
  std::function<void(CLI::App &)> addOptions;
  /// Makes the provider of logits; null leaves it to the runtime, which opens an artifact.
  std::function<Expected<std::unique_ptr<LogitsProvider>>(const EvalArguments &)> makeProvider;
  /// The hidden states of an artifact, which --per-layer compares; null where nobody knows them.
  std::function<Expected<std::vector<CapturedValue>>(const std::string &artifact)> hiddenStates;
  /// Takes the place of computing logits when it returns true. `ids` are the sequences of --tokens,
  /// none without it; what it adds to `report` --json writes, also when it fails afterwards.
  std::function<Expected<bool>(const EvalArguments &, const TokenRows &ids,
                               nlohmann::ordered_json &report)>
      intercept;
};

/// How a program that can make artifacts takes part in `serve`.
struct ServeExtension {
  /// What MODEL may be beside a compiled model, for the help: " or a …".
  std::string alternative;
  /// Adds options to the subcommand.
  std::function<void(CLI::App &)> addOptions;
  /// The compiled model of MODEL: itself, or what is made of it, for such drafts.
  std::function<Expected<std::string>(const std::string &model, const DraftOptions &drafts)>
      prepare;
};

/// How a program that knows more than artifacts takes part in `inspect`.
struct InspectExtension {
  /// What MODEL may be beside a compiled model, for the help: " or a …".
  std::string alternative;
  /// Adds options to the subcommand.
  std::function<void(CLI::App &)> addOptions;
  /// Prints what is in MODEL, and returns true when it is the extension's kind of model. `all` is
  /// --all.
  std::function<Expected<bool>(const std::string &model, bool all)> intercept;
};

/// Adds `run`: generates from prompts or token ids.
void addRunCommand(CommandLine &line);
/// Adds `serve`: serves a model over HTTP.
void addServeCommand(CommandLine &line, ServeExtension extension = {});
/// Adds `eval`: compares logits with recorded ones, or measures a model, or two, on a text.
void addEvalCommand(CommandLine &line, EvalExtension extension = {});
/// Adds `bench`: measures prefill and decode rates.
void addBenchCommand(CommandLine &line);
/// Adds `bench-serve`: measures a server, or a model without one, under load.
void addBenchServeCommand(CommandLine &line);
/// Adds `inspect`: prints what is in an artifact.
void addInspectCommand(CommandLine &line, InspectExtension extension = {});
/// Adds `launch`: one kernel on given data.
void addLaunchCommand(CommandLine &line);
/// Adds `tokenize`: text to token ids and back.
void addTokenizeCommand(CommandLine &line);
/// Adds `template`: chats to the texts that a model's template makes of them.
void addTemplateCommand(CommandLine &line);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_COMMANDS_H
