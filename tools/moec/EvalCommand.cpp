//===- EvalCommand.cpp - moec eval, with the reference --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The runtime's eval, and with --target reference the interpreter on a model at any stage before
// plan, or that of kernels at stage tile; with --check-launches both, launch by launch.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"
#include "check/LaunchCheck.h"
#include "interpret/InterpretedLogits.h"
#include "layers/HiddenStates.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Compiler/Stages.h"
#include "moec/Dialect/MoE/Config.h"
#include "moec/Reference/Reference.h"

#include "mlir/IR/MLIRContext.h"

#include <cstdio>
#include <filesystem>

using namespace moec;

namespace fs = std::filesystem;

namespace {
/// Logits by the reference interpreter. Feeds each group of `batch` sequences together, `chunk`
/// tokens a step.
class ReferenceLogits : public runtime::LogitsProvider {
public:
  static Expected<std::unique_ptr<runtime::LogitsProvider>>
  create(const CompileOptions &options, Stage stage, const runtime::EvalArguments &arguments);

  std::string description() const override { return "reference interpreter"; }
  uint32_t vocab() const override { return vocabulary; }
  uint32_t maxContext() const override { return positions; }
  std::string tokenizerPath() const override { return tokenizer; }
  Error logits(const std::vector<std::vector<int32_t>> &sequences, const Sink &sink) override;

private:
  /// The logits of the function for a step of `sequences` that starts at `position`.
  Expected<reference::Tensor> runStep(const std::vector<reference::SequenceStep> &step,
                                      const std::vector<std::vector<int32_t>> &sequences,
                                      size_t position);

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::optional<reference::ReferenceSession> session;
  bool isOfDraft = false;
  runtime::EvalBatching batching;
  uint32_t vocabulary = 0, positions = 0;
  std::string tokenizer;
};
} // namespace

Expected<std::unique_ptr<runtime::LogitsProvider>>
ReferenceLogits::create(const CompileOptions &options, Stage stage,
                        const runtime::EvalArguments &arguments) {
  auto provider = std::make_unique<ReferenceLogits>();
  provider->batching = arguments.batching;
  provider->isOfDraft = arguments.function == draftFunction;
  provider->context = createContext();
  auto module = loadModel(*provider->context, options);
  if (!module)
    return module.takeError();
  provider->module = std::move(*module);
  if (provider->isOfDraft && !provider->module->lookupSymbol(draftFunction))
    return Error::make("'", options.input, "' is imported without a function '", draftFunction,
                       "'; give --draft, too");
  auto nothing = [](Stage) { return Error::success(); };
  if (Error error = runStages(*provider->module, options, Stage::Import, stage, nothing))
    return error;
  std::string base = modelFolder(options);
  auto session = reference::ReferenceSession::create(*provider->module, base);
  if (!session)
    return session.takeError();
  provider->session.emplace(std::move(*session));
  provider->vocabulary = vocabularyOf(*provider->module);
  if (auto most = moe::getConfig(*provider->module).getAs<mlir::IntegerAttr>("max_positions"))
    provider->positions = static_cast<uint32_t>(most.getInt());
  fs::path tokenizer = fs::path(checkpointFolder(*provider->module, base)) / "tokenizer.json";
  if (fs::exists(tokenizer))
    provider->tokenizer = tokenizer.string();
  return std::unique_ptr<runtime::LogitsProvider>(std::move(provider));
}

Expected<reference::Tensor>
ReferenceLogits::runStep(const std::vector<reference::SequenceStep> &step,
                         const std::vector<std::vector<int32_t>> &sequences, size_t position) {
  if (!isOfDraft)
    return session->forward(step);
  auto forward = session->call(forwardFunction, step);
  if (!forward)
    return forward.takeError();
  const std::string hidden(infoOf(StepOutput::Hidden).name);
  if (!forward->count(hidden))
    return Error::make("function '", forwardFunction, "' gives no '", hidden,
                       "', which a draft goes on from");
  // The draft takes the next tokens.
  std::vector<reference::SequenceStep> shifted = step;
  for (reference::SequenceStep &part : shifted)
    for (size_t i = 0; i < part.tokens.size(); ++i)
      part.tokens[i] = sequences[size_t(part.sequence)][position + i + 1];
  auto draft = session->call(draftFunction, shifted, {{hidden, forward->at(hidden)}});
  if (!draft)
    return draft.takeError();
  session->advance(step);
  return draft->at(std::string(infoOf(StepOutput::Logits).name));
}

Error ReferenceLogits::logits(const std::vector<std::vector<int32_t>> &sequences,
                              const Sink &sink) {
  size_t batch = batching.batch ? batching.batch : 1;
  for (size_t first = 0; first < sequences.size(); first += batch) {
    size_t last = std::min(sequences.size(), first + batch);
    for (size_t position = 0;;) {
      std::vector<reference::SequenceStep> step;
      size_t longest = 0;
      for (size_t s = first; s < last; ++s) {
        const std::vector<int32_t> &tokens = sequences[s];
        size_t computed = isOfDraft ? tokens.size() - 1 : tokens.size();
        if (position >= computed)
          continue;
        size_t count = computed - position;
        if (batching.chunk)
          count = std::min<size_t>(count, batching.chunk);
        step.push_back(
            {int64_t(s), {tokens.begin() + position, tokens.begin() + position + count}});
        longest = std::max(longest, count);
      }
      if (step.empty())
        break;
      Expected<reference::Tensor> result = runStep(step, sequences, position);
      if (!result)
        return result.takeError();
      const float *row = result->values.data();
      for (const reference::SequenceStep &part : step)
        for (size_t i = 0; i < part.tokens.size(); ++i, row += vocabulary)
          sink(part.sequence, position + i, {row, vocabulary});
      position += longest;
    }
    for (size_t s = first; s < last; ++s)
      session->drop(s);
  }
  return Error::success();
}

namespace {
/// What `eval` takes beside the options of moec-run.
struct Extra {
  CompileOptions options;
  std::string target, stage = "fuse";
  bool checkLaunches = false;
  TargetRegistry targets;
  std::vector<CLI::Option *> ofReference; ///< those that say how a model is made
};
} // namespace

static void addReferenceOptions(CLI::App &app, Extra &extra) {
  app.add_option("--target", extra.target, "reference: interpret a model instead")
      ->check(CLI::IsMember({"reference"}));
  size_t before = app.get_options().size();
  app.add_option("--stage", extra.stage,
                 "With the reference: the stage whose IR is interpreted. At stage tile the plan "
                 "is run, with its kernels interpreted; MODEL may be a dump of that stage")
      ->check(CLI::IsMember({"import", "fuse", "quantize", "specialise", "pack", "tile"}))
      ->capture_default_str();
  app.add_option("--machine", extra.options.target,
                 "With stage tile: the machine whose schedules and packed weights are taken")
      ->check(CLI::IsMember(extra.targets.names()))
      ->capture_default_str();
  app.add_option("--chip", extra.options.chip, "With stage tile: the chip of that machine")
      ->capture_default_str();
  app.add_option("--page-size", extra.options.pageSize, "With stage tile: tokens in a cache page")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 16, "POSITIVE"))
      ->capture_default_str();
  addTransformOptions(app, extra.options);
  app.add_option("--weights", extra.options.weights,
                 "With the reference: DIR or random:SEED in place of the model's checkpoint");
  app.add_flag("--draft", extra.options.draft,
               "With the reference: make the function draft of a checkpoint's layer of multi-token "
               "prediction");
  extra.ofReference = app.get_options();
  extra.ofReference.erase(extra.ofReference.begin(), extra.ofReference.begin() + ptrdiff_t(before));
  app.add_flag("--check-launches", extra.checkLaunches,
               "Run every launch of the compiled MODEL by itself, on the inputs that the "
               "reference has for it, and compare what it writes with sound bounds");
}

void moec::addReferenceEvalCommand(runtime::CommandLine &line) {
  auto extra = std::make_shared<Extra>();
  registerAllTargets(extra->targets);
  runtime::EvalExtension extension;
  extension.addOptions = [extra](CLI::App &app) { addReferenceOptions(app, *extra); };
  extension.hiddenStates = findHiddenStates;
  extension.intercept = [extra](const runtime::EvalArguments &arguments,
                                const runtime::TokenRows &ids,
                                nlohmann::ordered_json &report) -> Expected<bool> {
    if (!extra->checkLaunches)
      return false;
    if (!arguments.other.empty())
      return Error::make("--check-launches checks one model, but '", arguments.other,
                         "' is given beside '", arguments.model, "'");
    if (ids.empty())
      return Error::make("--check-launches needs --tokens with input_ids [B, T]");
    ResultCheck check;
    if (Error error = checkLaunches(arguments, ids, extra->options.weights, check))
      return error;
    std::printf("%s", check.text().c_str());
    report = check.json();
    if (Error error = check.verdict())
      return error;
    return true;
  };
  extension.makeProvider = [extra](const runtime::EvalArguments &arguments)
      -> Expected<std::unique_ptr<runtime::LogitsProvider>> {
    if (extra->target.empty()) {
      for (const CLI::Option *option : extra->ofReference)
        if (option->count() != 0)
          return Error::make(option->get_name(), " is for --target reference, but '",
                             arguments.model,
                             "' is to be run as it was compiled; give it to moec compile, or "
                             "--target reference here");
      return std::unique_ptr<runtime::LogitsProvider>();
    }
    if (arguments.function == nextDraftFunction)
      return Error::make("--function ", arguments.function, " is for a compiled model");
    extra->options.input = arguments.model;
    if (extra->stage == stageName(Stage::Tile) && arguments.function == draftFunction)
      return Error::make("--function draft is for a compiled model and for stages of the reference "
                         "before ",
                         extra->stage);
    if (extra->stage == stageName(Stage::Tile))
      return makeInterpretedLogits(extra->options, arguments, extra->targets);
    extra->options.target.clear();
    return ReferenceLogits::create(extra->options, stageFromName(extra->stage), arguments);
  };
  runtime::addEvalCommand(line, std::move(extension));
}
