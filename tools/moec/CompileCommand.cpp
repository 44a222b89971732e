//===- CompileCommand.cpp - moec import, moec compile ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The command line of the compiler: it fills CompileOptions and calls the library.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Compiler/Stages.h"
#include "moec/Formats/BlockFormat.h"
#include "moec/runtime/Artifact.h"
#include "moec/runtime/Tokenizer.h"
#include "moec/runtime/template/Template.h"

#include <filesystem>
#include <iostream>

using namespace moec;

/// What `serve` will refuse of a compiled model's tokenizer and chat template.
static std::vector<std::string> describeTextProblems(const std::string &folder) {
  std::vector<std::string> problems;
  std::string path = (std::filesystem::path(folder) / "tokenizer.json").string();
  std::error_code ec;
  if (std::filesystem::exists(path, ec))
    if (auto tokenizer = runtime::Tokenizer::fromFile(path); !tokenizer)
      problems.push_back("the tokenizer cannot be used: " + tokenizer.takeError().message());
  auto found = jinja::readModelTemplate(folder);
  if (!found)
    problems.push_back("the chat template cannot be used: " + found.takeError().message());
  else if (*found)
    for (const std::string &construct : (*found)->chat.unsupported())
      problems.push_back(strCat("'", (*found)->source, "': ", construct));
  return problems;
}

CompileOptions moec::makeCheckedOptions() {
  CompileOptions options;
  options.checkPlan = [](std::string_view bytes) {
    auto checked = runtime::checkPlan(std::as_bytes(std::span(bytes)));
    return checked ? Error::success() : checked.takeError();
  };
  options.checkText = describeTextProblems;
  return options;
}

void moec::addModelOptions(CLI::App &app, CompileOptions &options) {
  app.add_option("input", options.input, "A model.mlir, a checkpoint folder or a config.json")
      ->required();
  app.add_option("--weights", options.weights,
                 "DIR, none or random:SEED, in place of the checkpoint that the model names");
  app.add_option("--layers", options.layers, "Keep only the first so many layers")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--draft", options.draft,
               "Make a function draft of the checkpoint's layer of multi-token prediction, with "
               "which the runtime drafts tokens; without it that layer is left out");
}

void moec::addImportCommand(runtime::CommandLine &line) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App &command = line.add("import", "Turn a checkpoint into a readable model.mlir",
                               [options] { return importToFile(*options); });
  addModelOptions(command, *options);
  command.add_option("-o,--output", options->output, "The model.mlir to write; - prints it")
      ->required();
}

static std::string listFormats() {
  std::string names;
  for (const NamedFormat &named : namedFormats())
    names += (names.empty() ? "" : ", ") + std::string(named.name);
  return names;
}

void moec::addTransformOptions(CLI::App &app, CompileOptions &options) {
  auto add = [&](const char *name, auto &value, const std::string &help) {
    return app.add_option(name, value, help)->capture_default_str();
  };
  add("--activations", options.activations, "Element type of activations")
      ->check(CLI::IsMember({"f32", "bf16"}));
  add("--kv-cache", options.kvCache,
      "Element type of attention caches; fp8 is MXFP8, and int8 the format of that name")
      ->check(CLI::IsMember({"f32", "bf16", "fp8", "int8"}));
  add("--quantize", options.quantize,
      "Weight formats (" + listFormats() + ") by role, for example experts=mxfp4,default=int8");
  add("--quantize-activations", options.quantizeActivations,
      "What activations become before a matmul, by role, for example experts=mxfp4");
  add("--rounding", options.rounding, "How a block's scale is rounded when quantising")
      ->check(CLI::IsMember({"even", "ceil", "floor"}));
}

void moec::addMachineOptions(CLI::App &app, CompileOptions &options,
                             const std::vector<std::string> &targets) {
  auto add = [&](const char *name, auto &value, const char *help) {
    return app.add_option(name, value, help)->capture_default_str();
  };
  add("--target", options.target, "The machine to compile for")->check(CLI::IsMember(targets));
  add("--chip", options.chip,
      "The chip within the target: native, x86-64-v3, x86-64-v4, or a description that tune "
      "--machine wrote");
  // The numbers that a plan can hold.
  auto upTo = [](int64_t most) { return CLI::Range(int64_t(1), most, "POSITIVE"); };
  add("--page-size", options.pageSize, "Tokens in a cache page")->check(upTo(1 << 16));
  add("--max-tokens", options.maxTokens, "Most tokens of one step")->check(upTo(1 << 24));
  add("--max-sequences", options.maxSequences,
      "Most sequences of one step, at most --max-tokens; 0 takes 64, or --max-tokens if less")
      ->check(CLI::Range(int64_t(0), int64_t(1 << 24), "NONNEGATIVE"));
  add("--max-context", options.maxContext, "Longest sequence, at most the model's; 0 takes that")
      ->check(CLI::NonNegativeNumber);
  add("--jobs", options.jobs, "Threads that generate code; 0 takes all cores");
}

/// Options of stages that --start-from passes over are refused: what they ask for is done already.
static Error checkStartFrom(const CLI::App &command, const std::string &startFrom) {
  static constexpr std::pair<Stage, const char *> owners[] = {
      {Stage::Import, "--weights"},
      {Stage::Import, "--layers"},
      {Stage::Import, "--draft"},
      {Stage::Fuse, "--target"},
      {Stage::Fuse, "--chip"},
      {Stage::Fuse, "--tuning"},
      {Stage::Fuse, "--activations"},
      {Stage::Fuse, "--kv-cache"},
      {Stage::Quantize, "--quantize"},
      {Stage::Quantize, "--quantize-activations"},
      {Stage::Quantize, "--rounding"},
      {Stage::Specialise, "--max-tokens"},
      {Stage::Specialise, "--max-sequences"},
      {Stage::Specialise, "--max-context"},
      {Stage::Plan, "--page-size"}};
  if (startFrom.empty())
    return Error::success();
  for (auto [stage, option] : owners)
    if (command.count(option) && stage <= stageFromName(startFrom) && stage != Stage::Import)
      return Error::make(option, " is for stage ", stageName(stage), ", which --start-from ",
                         startFrom, " is behind; give it where the stages are dumped");
  return Error::success();
}

/// The stages that --dump-stages writes: what is behind the tile IR is text of one machine.
static std::vector<std::string> dumpedStageNames() {
  std::vector<std::string> names = stageNames();
  llvm::erase(names, stageName(Stage::Target));
  return names;
}

void moec::addCompileCommand(runtime::CommandLine &line) {
  auto options = std::make_shared<CompileOptions>(makeCheckedOptions());
  auto targets = std::make_shared<TargetRegistry>();
  registerAllTargets(*targets);
  auto self = std::make_shared<CLI::App *>();
  CLI::App &command =
      line.add("compile", "Compile a model for one machine", [options, targets, self] {
        if (Error error = checkStartFrom(**self, options->startFrom))
          return error;
        return compile(*options, *targets, std::cout, std::cerr);
      });
  *self = &command;
  addModelOptions(command, *options);
  auto add = [&](const char *name, auto &value, const char *help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  add("-o,--output", options->output, "The artifact's folder, by convention NAME.moec");
  addTransformOptions(command, *options);
  addMachineOptions(command, *options, targets->names());
  add("--tuning", options->tuning,
      "A tuning table that moec tune wrote: its measured schedules are taken where they fit");
  add("--emit", options->emit,
      "Write only the kernels to the file -o (- is standard output): llvm, asm, obj, or the form "
      "that devices load");
  add("--stop-after", options->stopAfter, "Print the IR after this stage and stop")
      ->check(CLI::IsMember(stageNames()));
  add("--dump-stages", options->dumpStages,
      "Write the IR after every stage into this folder, with locations");
  add("--start-from", options->startFrom,
      "MODEL is what --dump-stages wrote after this stage: go on behind it. Options of earlier "
      "stages are in it; those of later ones are given again")
      ->check(CLI::IsMember(dumpedStageNames()));
  command.add_flag("--dump-pass-pipeline", options->dumpPassPipeline,
                   "Print the passes of every stage and stop");
  command.add_flag("--strict", options->strict,
                   "An op whose schedule is neither measured nor predicted is an error");
}
