//===- TuneCommand.cpp - moec tune ----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The command line of the tuner, and the table for people.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"
#include "tune/MachineRates.h"
#include "tune/Tuner.h"
#ifdef MOEC_HAS_MACHINE_MODELS
#include "predict/ArtifactPrediction.h"
#endif

#include "moec/Compiler/Compiler.h"
#include "moec/Support/File.h"
#include "moec/Support/OutputFile.h"
#include "moec/Target/Print.h"
#include "moec/runtime/commands/Table.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cstdio>
#include <filesystem>
#include <map>

using namespace moec;

static constexpr const char *footer =
    "Compiles MODEL once for each schedule that the target would consider for its kernels, runs "
    "each on this machine (a prompt, then decoding), and keeps the fastest for every kernel's "
    "shape in FILE. A schedule has to beat the predicted one by 3 % when all are measured, and "
    "again "
    "when the winners are measured together. Then\n\n"
    "  moec compile MODEL --tuning FILE …\n\n"
    "takes them (with --draft here, too, if there is to be one: then decoding is run with drafts "
    "as "
    "well); its table, report.json and moec inspect show which rows were used. Give both "
    "commands the same options for the model. Shapes include the most tokens of a step's variant "
    "(8, 64, 512, --max-tokens): a prompt of 512 and --batch 1,16 reach the first three. Results "
    "stay within the same bounds whatever the schedule.";

/// What was measured, a line a row.
static void printTable(const TuningTable &table) {
  runtime::Table lines({">row", "family", ">tokens", ">rows", ">n", ">k", ">matrices", "activation",
                        "weight", ">predicted us", ">best us", ">gain", "schedule"});
  for (const TuningRow &row : table.rows) {
    const KernelShape &shape = row.shape;
    double gain = 100 * (1 - row.microseconds / row.predictedMicroseconds);
    lines.add({std::to_string(&row - table.rows.data() + 1),
               moe::stringifyKernelFamily(shape.family).str(), std::to_string(shape.tokens),
               std::to_string(shape.rows), std::to_string(shape.n), std::to_string(shape.k),
               std::to_string(shape.matrices), print(shape.activation, "-"),
               print(shape.weight, "-"), runtime::formatFixed(row.predictedMicroseconds, 1),
               runtime::formatFixed(row.microseconds, 1), runtime::formatFixed(gain, 0) + " %",
               print(row.schedule)});
  }
  lines.print();
}

#ifdef MOEC_HAS_MACHINE_MODELS
static Error predictLaunches(const std::string &artifact, uint32_t tokens,
                             const TuneOptions::LaunchSink &sink) {
  Expected<std::unique_ptr<ArtifactPrediction>> model = ArtifactPrediction::open(artifact);
  if (!model)
    return model.takeError();
  Expected<StepSize> size = (*model)->sizeOf(tokens, 0, "--predict");
  if (!size)
    return size.takeError();
  return (*model)->predict(*size, sink).takeError();
}
#endif

/// Refuses steps that no compiled model would take, before any is compiled.
static Error checkPredicted(const TuneOptions &options) {
  if (!options.predictor)
    return Error::success();
  const CompileOptions &compile = options.compile;
#ifdef MOEC_HAS_MACHINE_MODELS
  if (!emulator::createMachineModel(compile.target))
    return Error::make("--predict has a model of ", emulator::modelledTargets().front(),
                       " only, not of ", compile.target,
                       "; leave --predict out to measure on a machine that has one");
#endif
  if (compile.draft)
    return Error::make("--predict knows the steps of a model without drafts; leave --draft out, or "
                       "measure");
  for (uint32_t tokens : options.tokens) {
    if (tokens < 1 || tokens > compile.maxTokens)
      return Error::make("--predict has ", tokens, " but a step has 1 to ", compile.maxTokens,
                         " tokens; --max-tokens takes another limit");
    int64_t sequences = StepSize::of(tokens, 1).sequences;
    if (compile.maxSequences && sequences > compile.maxSequences)
      return Error::make("--predict has ", tokens, ", which are ", sequences,
                         " sequences, but a step has at most ", compile.maxSequences,
                         "; --max-sequences takes another limit");
    if (compile.maxContext && sequences == 1 && tokens > compile.maxContext)
      return Error::make("--predict has ", tokens, " but a sequence has at most ",
                         compile.maxContext, " tokens; --max-context takes another limit");
  }
  return Error::success();
}

/// Measures the machine and writes its description.
static Error describeMachine(const TuneOptions &options, const TargetRegistry &targets) {
  const std::string &output = options.compile.output;
  if (!options.compile.input.empty())
    return Error::make("--machine measures the machine and no model; leave '",
                       options.compile.input, "' out");
  if (output != "-")
    if (Error error = checkWritable(output))
      return error;
  Expected<std::unique_ptr<Target>> target =
      targets.create(options.compile.target, options.compile.chip);
  if (!target)
    return target.takeError();
  std::unique_ptr<mlir::MLIRContext> context = createContext(&targets);
  Expected<std::vector<MachineRate>> measured = measureMachine(**target, options, *context);
  if (!measured)
    return measured.takeError();
  std::map<std::string, double> rates;
  runtime::Table lines({"product", ">tokens", ">n", ">k", "rows", "weight", ">G a second", "of"});
  for (const auto &[probe, rate] : *measured) {
    // Three digits are more than two runs agree on.
    rates[probe.name] = std::stod(llvm::formatv("{0:e3}", rate).str());
    lines.add({probe.name, std::to_string(probe.tokens), std::to_string(probe.n),
               std::to_string(probe.k), print(probe.rows), print(probe.weight),
               runtime::formatFixed(1e-9 * rate, 1),
               probe.countsBytes ? "bytes" : "multiply-adds"});
  }
  std::string text = (*target)->describe(rates);
  if (output == "-") {
    std::printf("%s", text.c_str());
    return Error::success();
  }
  if (Error error = writeFileAtomic(output, text))
    return error;
  lines.print();
  return Error::success();
}

static Error tuneToFile(const TuneOptions &options, const TargetRegistry &targets) {
  const std::string &output = options.compile.output;
  if (options.machine)
    return describeMachine(options, targets);
  if (options.compile.input.empty())
    return Error::make("tune measures the schedules of a model, or with --machine the machine; "
                       "say which");
  if (std::filesystem::is_directory(output))
    return Error::make("'", output, "' is a folder; the tuning table is a file");
  if (Error error = checkPredicted(options))
    return error;
  if (Error error = checkWritable(output))
    return error;
  if (!options.promptTokens || !options.generateTokens || !options.repetitions ||
      llvm::is_contained(options.batches, 0u))
    return Error::make(
        "--prompt-tokens, --generate-tokens, --batch and --repetitions must be at least 1");
  std::unique_ptr<mlir::MLIRContext> context = createContext(&targets);
  Expected<TuningTable> table = tune(options, targets, *context);
  if (!table)
    return table.takeError();
  if (Error error = writeFileAtomic(output, table->text()))
    return error;
  printTable(*table);
  return Error::success();
}

void moec::addTuneCommand(runtime::CommandLine &line) {
  auto options = std::make_shared<TuneOptions>();
  auto targets = std::make_shared<TargetRegistry>();
  registerAllTargets(*targets);
  CLI::App &command = line.add("tune", "Measure schedules on this machine, for compile --tuning",
                               [options, targets] { return tuneToFile(*options, *targets); });
  command.footer(footer);
  addModelOptions(command, options->compile);
  command.get_option("input")->required(false);
  command
      .add_option("-o,--output", options->compile.output,
                  "The tuning table to write, JSON; with --machine the description, - prints it")
      ->required();
  command.add_flag("--machine", options->machine,
                   "Measure this machine in place of a model, without one: what it reads from "
                   "memory and multiplies in a second. compile --chip FILE takes the description, "
                   "and predicts times from it");
  addTransformOptions(command, options->compile);
  addMachineOptions(command, options->compile, targets->names());
  auto add = [&](const char *name, auto &value, const char *help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  add("--prompt-tokens", options->promptTokens, "Tokens of each prompt");
  add("--generate-tokens", options->generateTokens, "Tokens to generate after each prompt");
  add("--batch", options->batches, "Sequences together, several: 1,16")->delimiter(',');
  add("--repetitions", options->repetitions,
      "How often to run each candidate in each of two rounds; the least time of a launch counts");
#ifdef MOEC_HAS_MACHINE_MODELS
  command
      .add_option_function<std::vector<uint32_t>>(
          "--predict",
          [options](const std::vector<uint32_t> &tokens) {
            options->tokens = tokens;
            options->predictor = predictLaunches;
          },
          "Measure nothing: take the schedule that moec predict finds fastest in steps of so many "
          "tokens, several: 1,64,4096. Needs neither the machine nor weights")
      ->delimiter(',');
#endif
  command.add_option("--threads", options->device.threads,
                     "Worker threads (default: all processors)");
  command.add_option("--device", options->device.device, "Device: KIND or KIND:NUMBER");
}
