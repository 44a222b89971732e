//===- PredictCommand.cpp - moec predict ----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The command line of predictions: a compiled model, or the counters of one kernel of whomever.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"
#include "predict/AiterRows.h"
#include "predict/ArtifactPrediction.h"
#include "predict/PredictionReport.h"

#include "moec/StepArrays.h"
#include "moec/Support/File.h"
#include "moec/Support/OutputFile.h"
#include "moec/emulator/MachineModel.h"

using namespace moec;
using cost::TimeConstants;
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

/// Tokens of the steps that nobody chose, of which a model may take the first ones only.
static constexpr int64_t usualTokens[] = {1, 8, 64, 512, 4096};

namespace {
struct PredictOptions {
  std::string model, counters, constants, json, target, aiterRows, aiterTable;
  std::vector<int64_t> tokens;
  int64_t context = 0;
  std::optional<uint64_t> readBytes, writtenBytes;
};
} // namespace

static Error write(const PredictOptions &options, const ordered_json &json) {
  return options.json.empty() ? Error::success()
                              : writeFileAtomic(options.json, json.dump(1) + "\n");
}

/// −1 stands for bytes as they were counted.
static double bytesOr(const std::optional<uint64_t> &given) { return given ? double(*given) : -1; }

static Error predictCounters(const PredictOptions &options) {
  Expected<std::string> text = readFile(options.counters);
  if (!text)
    return text.takeError();
  Expected<TimeConstants> constants = constantsFor(options.target, options.constants);
  if (!constants)
    return constants.takeError();
  Expected<cost::LaunchWork> work = emulator::readCounters(
      *text, options.counters, bytesOr(options.readBytes), bytesOr(options.writtenBytes));
  if (!work)
    return work.takeError();
  cost::LaunchTime time = cost::predictTime(*constants, *work);
  printConstants(*constants);
  printLaunch(time, *work);
  return write(options, {{"constants", toJson(*constants)}, {"launch", toJson(time, *work)}});
}

/// The steps that --tokens asks for, or the usual ones that the model takes.
static Expected<std::vector<StepSize>> chooseSizes(const PredictOptions &options,
                                                   const ArtifactPrediction &model) {
  std::vector<StepSize> sizes;
  bool areUsual = options.tokens.empty();
  for (int64_t tokens : areUsual ? llvm::ArrayRef(usualTokens) : llvm::ArrayRef(options.tokens)) {
    Expected<StepSize> size = model.sizeOf(tokens, options.context);
    if (!size && areUsual && !sizes.empty())
      break;
    if (!size)
      return size.takeError();
    sizes.push_back(*size);
  }
  return sizes;
}

/// Writes what --export-aiter asks for.
static Error exportAiter(const PredictOptions &options, llvm::ArrayRef<StepSize> sizes,
                         mlir::ModuleOp model) {
  std::string table;
  if (!options.aiterTable.empty()) {
    Expected<std::string> text = readFile(options.aiterTable);
    if (!text)
      return text.takeError();
    table = std::move(*text);
  }
  std::vector<int64_t> tokens;
  for (const StepSize &size : sizes)
    tokens.push_back(size.tokens);
  Expected<AiterRows> rows = makeAiterRows(model, tokens, table, options.aiterTable);
  if (!rows)
    return rows.takeError();
  if (!table.empty())
    std::printf("\naiter's table lacks %zu of %zu rows of '%s'\n", rows->missing, rows->rows,
                options.aiterRows.c_str());
  return writeFileAtomic(options.aiterRows, rows->csv);
}

static Error predictModel(const PredictOptions &options) {
  Expected<std::unique_ptr<ArtifactPrediction>> model =
      ArtifactPrediction::open(options.model, options.constants);
  if (!model)
    return model.takeError();
  Expected<std::vector<StepSize>> sizes = chooseSizes(options, **model);
  if (!sizes)
    return sizes.takeError();
  const TimeConstants &constants = (*model)->constants();
  printConstants(constants);
  if (runtime::findFunction((*model)->plan(), draftFunction))
    std::printf("note       steps are those of %s; what %s takes is not in them\n",
                std::string(forwardFunction).c_str(), std::string(draftFunction).c_str());
  const flatbuffers::String *name = (*model)->plan().model();
  ordered_json json = {{"model", name ? name->str() : ""}, {"constants", toJson(constants)}};
  for (const StepSize &size : *sizes) {
    Expected<StepPrediction> step = (*model)->predict(size);
    if (!step)
      return step.takeError();
    printStep(*step, constants);
    std::fflush(stdout);
    json["steps"].push_back(toJson(*step, constants));
  }
  if (!options.aiterRows.empty())
    if (Error error = exportAiter(options, *sizes, (*model)->model()))
      return error;
  return write(options, json);
}

/// Refuses what the other of the two kinds of prediction is told by.
static Error checkOptions(const PredictOptions &options) {
  if (options.model.empty() == options.counters.empty())
    return Error::make("predict takes either a compiled model or --counters");
  if (options.counters.empty() && (options.readBytes || options.writtenBytes))
    return Error::make("--read-bytes and --written-bytes belong to --counters");
  if (options.aiterRows.empty() ? !options.aiterTable.empty() : options.model.empty())
    return Error::make(options.aiterRows.empty() ? "--aiter-table belongs to --export-aiter"
                                                 : "--export-aiter needs a compiled model");
  if (options.counters.empty())
    return Error::success();
  if (!options.tokens.empty())
    return Error::make("--tokens belongs to a compiled model: --counters '", options.counters,
                       "' are of one launch");
  if (options.context != 0)
    return Error::make("--context belongs to a compiled model: --counters '", options.counters,
                       "' are of one launch");
  return Error::success();
}

static Error predict(const PredictOptions &options) {
  if (Error error = checkOptions(options))
    return error;
  if (!options.json.empty() && options.json == options.aiterRows)
    return Error::make("--json and --export-aiter are both '", options.json, "'");
  for (const std::string &path : {options.json, options.aiterRows})
    if (Error error = checkWritable(path))
      return error;
  return options.counters.empty() ? predictModel(options) : predictCounters(options);
}

void moec::addPredictCommand(runtime::CommandLine &line) {
  auto options = std::make_shared<PredictOptions>();
  options->target = emulator::modelledTargets().front();
  CLI::App &command = line.add("predict", "Predict times of a compiled model without its machine",
                               [options] { return predict(*options); });
  command.footer(footer);
  command.add_option("model", options->model, "Folder of a compiled model")->type_name("MODEL");
  command
      .add_option("--tokens", options->tokens,
                  "Tokens of a step, several: 1,64 (default: those of 1, 8, 64, 512 and 4096 that "
                  "the model takes)")
      ->delimiter(',');
  command
      .add_option("--context", options->context,
                  "Positions of each sequence, those of the step included; 0 takes 1024, or the "
                  "model's context if less, and at least the tokens of a prompt")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--json", options->json, "Write everything to this file, too")
      ->type_name("FILE");
  command
      .add_option("--export-aiter", options->aiterRows,
                  "Write the shapes of the model's experts as rows of aiter's untuned_fmoe.csv")
      ->type_name("FILE");
  command
      .add_option("--aiter-table", options->aiterTable,
                  "A table of aiter's, such as tuned_fmoe.csv: mark the rows that it lacks")
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
  // A number without a sign would take −1 for a very large one.
  const CLI::Validator notNegative(
      [](std::string &text) {
        return text.starts_with('-') ? text + " is less than 0" : std::string();
      },
      "");
  command
      .add_option("--read-bytes", options->readBytes,
                  "Of --counters: bytes of memory that all workgroups read (default: as counted, "
                  "if all were run)")
      ->check(notNegative);
  command.add_option("--written-bytes", options->writtenBytes, "The same of what they write")
      ->check(notNegative);
}
