//===- PredictCommand.cpp - moec predict ----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The command line of predictions: a compiled model, or the counters of one kernel of whomever.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"
#include "predict/PredictionReport.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Support/File.h"
#include "moec/emulator/MachineModel.h"

#include "mlir/IR/MLIRContext.h"

#include <filesystem>

using namespace moec;
using emulator::TimeConstants;
using nlohmann::ordered_json;

static constexpr const char *footer =
    "Runs a few workgroups of every kernel on the machine's emulator, never whole grids, and gives "
    "launches, layers and steps a time by a formula whose constants are a table with its source. "
    "Nothing is measured, and neither weights nor the card are needed. Up to 64 tokens are the "
    "next "
    "ones of as many sequences, more are one sequence's prompt. Experts are drawn, all alike for "
    "five seeds, and skewed once. \"At least\" is what the formula gives for the bytes and matrix "
    "cycles of the launches alone.\n\n"
    "With --counters there is no model: FILE is what the emulator's program wrote with --json "
    "about "
    "one launch of any kernel.";

namespace {
struct PredictOptions {
  std::string model, counters, constants, json, target;
  std::vector<int64_t> tokens{1, 8, 64, 512, 4096};
  int64_t context = 0;
  double readBytes = -1, writtenBytes = -1;
};
} // namespace

static Expected<TimeConstants> constantsFor(const PredictOptions &options,
                                            const std::string &target) {
  if (options.constants.empty())
    return TimeConstants::parse(emulator::machineConstants(target),
                                strCat("constants of ", target));
  Expected<std::string> text = readFile(options.constants);
  if (!text)
    return text.takeError();
  return TimeConstants::parse(*text, options.constants);
}

static Error write(const PredictOptions &options, const ordered_json &json) {
  return options.json.empty() ? Error::success()
                              : writeFileAtomic(options.json, json.dump(1) + "\n");
}

static Error predictCounters(const PredictOptions &options) {
  Expected<std::string> text = readFile(options.counters);
  if (!text)
    return text.takeError();
  Expected<TimeConstants> constants = constantsFor(options, options.target);
  if (!constants)
    return constants.takeError();
  Expected<emulator::LaunchWork> work =
      emulator::readCounters(*text, options.counters, options.readBytes, options.writtenBytes);
  if (!work)
    return work.takeError();
  emulator::LaunchTime time = emulator::predictTime(*constants, *work);
  printConstants(*constants);
  printLaunch(time, *work);
  return write(options, {{"constants", toJson(*constants)}, {"launch", toJson(time, *work)}});
}

/// The sizes of the steps that are asked for.
static Expected<std::vector<StepSize>> sizesOf(const PredictOptions &options,
                                               const plan::Plan &plan) {
  constexpr int64_t usualContext = 1024;
  int64_t context = options.context, most = plan.max_context();
  if (context > most)
    return Error::make("--context is ", context, " but the model was compiled for at most ", most);
  if (context == 0)
    context = std::min(usualContext, most);
  std::vector<StepSize> sizes;
  for (int64_t tokens : options.tokens) {
    if (tokens < 1 || tokens > int64_t(plan.max_tokens()))
      return Error::make("--tokens has ", tokens, " but a step of the model has 1 to ",
                         plan.max_tokens(), " tokens; compile it with --max-tokens");
    StepSize size = StepSize::of(tokens, context);
    if (size.context > most)
      return Error::make("--tokens has ", tokens, " but a sequence of the model has at most ",
                         most);
    if (plan.max_sequences() && size.sequences > int64_t(plan.max_sequences()))
      return Error::make("--tokens has ", tokens, ", which are ", size.sequences,
                         " sequences, but a step of the model has at most ", plan.max_sequences());
    sizes.push_back(size);
  }
  return sizes;
}

static Error predictModel(const PredictOptions &options) {
  Expected<std::unique_ptr<runtime::Artifact>> artifact = runtime::Artifact::open(options.model);
  if (!artifact)
    return artifact.takeError();
  const plan::Plan &plan = (*artifact)->plan();
  std::string target = plan.target()->str();
  if (!emulator::createMachineModel(target))
    return Error::make("'", options.model, "' was compiled for ", target,
                       ", and there is a model of ", emulator::modelledTargets().front(), " only");
  Expected<TimeConstants> constants = constantsFor(options, target);
  if (!constants)
    return constants.takeError();
  Expected<std::vector<StepSize>> sizes = sizesOf(options, plan);
  if (!sizes)
    return sizes.takeError();
  if (plan.code_objects()->size() != 1)
    return Error::make("'", options.model, "' has ", plan.code_objects()->size(),
                       " code objects and not 1");
  CompileOptions compile;
  compile.input = (*artifact)->path() + "/model.mlir";
  std::unique_ptr<mlir::MLIRContext> context = createContext();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = loadModel(*context, compile);
  if (!module)
    return module.takeError();
  printConstants(*constants);
  ordered_json json = {{"model", plan.model() ? plan.model()->str() : ""},
                       {"constants", toJson(*constants)}};
  for (const StepSize &size : *sizes) {
    // A machine for each size, so that the memory of one goes before the next comes.
    std::unique_ptr<emulator::MachineModel> machine = emulator::createMachineModel(target);
    if (Error error =
            machine->load((*artifact)->codeObject(0), plan.code_objects()->Get(0)->file()->str()))
      return error;
    Expected<StepPrediction> step = predictStep(*machine, *constants, **artifact, **module, size);
    if (!step)
      return step.takeError();
    printStep(*step, *constants);
    std::fflush(stdout);
    json["steps"].push_back(toJson(*step, *constants));
  }
  return write(options, json);
}

static Error predict(const PredictOptions &options) {
  if (options.model.empty() == options.counters.empty())
    return Error::make("predict takes either a compiled model or --counters");
  if (options.counters.empty() && (options.readBytes >= 0 || options.writtenBytes >= 0))
    return Error::make("--read-bytes and --written-bytes belong to --counters");
  return options.counters.empty() ? predictModel(options) : predictCounters(options);
}

void moec::addPredictCommand(runtime::CommandLine &line) {
  auto options = std::make_shared<PredictOptions>();
  options->target = emulator::modelledTargets().front();
  CLI::App &command = line.add("predict", "Predict times of a compiled model without its machine",
                               [options] { return predict(*options); });
  command.footer(footer);
  command.add_option("model", options->model, "Folder of a compiled model")->type_name("MODEL");
  command.add_option("--tokens", options->tokens, "Tokens of a step, several: 1,64")
      ->delimiter(',')
      ->capture_default_str();
  command
      .add_option("--context", options->context,
                  "Positions of each sequence, those of the step included; 0 takes 1024, or the "
                  "model's context if less, and at least the tokens of a prompt")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--json", options->json, "Write everything to this file, too")
      ->type_name("FILE");
  command
      .add_option("--constants", options->constants,
                  "Another table of constants, as JSON (default: the machine's own)")
      ->type_name("FILE");
  command.add_option("--counters", options->counters, "Counters of one kernel, JSON")
      ->type_name("FILE");
  command.add_option("--target", options->target, "The machine of --counters")
      ->check(CLI::IsMember(emulator::modelledTargets()))
      ->capture_default_str();
  command.add_option(
      "--read-bytes", options->readBytes,
      "Of --counters: bytes of memory that all workgroups read (default: as counted, "
      "if all were run)");
  command.add_option("--written-bytes", options->writtenBytes, "The same of what they write");
}
