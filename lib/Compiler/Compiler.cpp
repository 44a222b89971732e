//===- Compiler.cpp - From a model to an artifact -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The order of things: load, stages, code, artifact. Each part says how far it is.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"

#include "moec/Compiler/Artifact.h"
#include "moec/Compiler/Stages.h"
#include "moec/Dialect/Exec/Exec.h"
#include "moec/Import/Import.h"
#include "moec/Import/WeightReader.h"
#include "moec/InitAllDialects.h"
#include "moec/Target/TuningTable.h"

#include "mlir/Parser/Parser.h"
#include "llvm/ADT/ScopeExit.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

using namespace mlir;
using namespace moec;

namespace fs = std::filesystem;

namespace {
/// Says on a stream what is being done and how long it took.
class Progress {
public:
  explicit Progress(std::ostream &log) : log(log) {}

  /// The step that now ends, for example "tile", and what it led to.
  void finished(const std::string &step, const std::string &outcome = "") {
    char line[256];
    std::snprintf(line, sizeof line, "%-10s %6.2f s  %s\n", step.c_str(), lap(), outcome.c_str());
    log << line << std::flush;
  }

  void warn(const std::string &text) { log << "warning: " << text << "\n" << std::flush; }

  /// Says every few seconds how many bytes of weights are packed.
  void packed(uint64_t done, uint64_t total) {
    auto now = Clock::now();
    if (now - said < std::chrono::seconds(2))
      return;
    said = now;
    char line[128];
    std::snprintf(line, sizeof line, "%-10s %6.1f of %.1f MiB of weights\n", "packing",
                  double(done) / 0x1p20, double(total) / 0x1p20);
    log << line << std::flush;
  }

private:
  using Clock = std::chrono::steady_clock;

  double lap() {
    auto now = Clock::now();
    double seconds = std::chrono::duration<double>(now - last).count();
    last = said = now;
    return seconds;
  }

  std::ostream &log;
  Clock::time_point last = Clock::now(), said = last;
};
} // namespace

std::unique_ptr<MLIRContext> moec::createContext() {
  DialectRegistry registry;
  registerAllDialects(registry);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// Makes the module name a checkpoint's folder, relative to `base`.
static void nameCheckpoint(ModuleOp module, const std::string &folder, const std::string &base) {
  fs::path relative = fs::proximate(fs::weakly_canonical(folder), fs::weakly_canonical(base));
  module->setAttr(moe::MoEDialect::getCheckpointAttrName(),
                  StringAttr::get(module.getContext(), relative.generic_string()));
}

/// Makes the module name other weights; a folder relative to `base`.
static void overrideWeights(ModuleOp module, const WeightSource &source, const std::string &base) {
  Builder builder(module.getContext());
  module->removeAttr(moe::MoEDialect::getCheckpointAttrName());
  module->removeAttr(moe::MoEDialect::getRandomWeightsAttrName());
  if (source.kind == WeightSource::Kind::Folder)
    nameCheckpoint(module, source.folder, base);
  else if (source.kind == WeightSource::Kind::Random)
    module->setAttr(moe::MoEDialect::getRandomWeightsAttrName(),
                    builder.getI64IntegerAttr(source.seed));
}

static Expected<OwningOpRef<ModuleOp>> parseModel(MLIRContext &context, const std::string &path) {
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && message.empty()) {
      llvm::raw_string_ostream os(message);
      if (auto location = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
        os << "line " << location.getLine() << ": ";
      os << diagnostic;
    }
    return success();
  });
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return Error::make("'", path, "' is not a valid model: ", message);
  return module;
}

Expected<OwningOpRef<ModuleOp>> moec::loadModel(MLIRContext &context,
                                                const CompileOptions &options) {
  std::optional<WeightSource> weights;
  if (!options.weights.empty()) {
    Expected<WeightSource> parsed = WeightSource::parse(options.weights);
    if (!parsed)
      return parsed.takeError();
    weights = *parsed;
  }
  if (fs::path(options.input).extension() == ".mlir") {
    if (options.layers)
      return Error::make(
          "'", options.input, "': --layers ", options.layers,
          " cuts a checkpoint or a config.json, not a model that is imported already");
    auto module = parseModel(context, options.input);
    if (module && weights)
      overrideWeights(**module, *weights, modelFolder(options));
    return module;
  }
  ImportOptions import;
  import.path = options.input;
  import.weights = weights;
  if (options.layers)
    import.layers = options.layers;
  import.outputDir = modelFolder(options);
  import.note = [](const std::string &sentence) { std::cerr << "note: " << sentence << "\n"; };
  return importModel(context, import);
}

std::string moec::modelFolder(const CompileOptions &options) {
  // An imported module's path is relative to where its artifact will be.
  fs::path path = fs::path(options.input).extension() == ".mlir" ? options.input : options.output;
  fs::path folder = path.parent_path();
  return folder.empty() ? "." : folder.string();
}

std::string moec::checkpointFolder(ModuleOp module, const std::string &base) {
  auto path = module->getAttrOfType<StringAttr>(moe::MoEDialect::getCheckpointAttrName());
  return path ? (fs::path(base) / path.str()).lexically_normal().string() : "";
}

int64_t moec::vocabularyOf(ModuleOp module) {
  auto config = module->getAttrOfType<DictionaryAttr>(moe::MoEDialect::getConfigAttrName());
  auto vocabulary = config ? config.getAs<IntegerAttr>("vocab_size") : IntegerAttr();
  return vocabulary ? vocabulary.getInt() : 0;
}

static std::string printModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  os << "\n";
  return text;
}

Error moec::importToFile(const CompileOptions &options) {
  std::unique_ptr<MLIRContext> context = createContext();
  Expected<OwningOpRef<ModuleOp>> module = loadModel(*context, options);
  if (!module)
    return module.takeError();
  // The path to the checkpoint is relative to the file that is written.
  fs::path written = fs::path(options.output).parent_path();
  std::string checkpoint = checkpointFolder(**module, modelFolder(options));
  if (!checkpoint.empty())
    nameCheckpoint(**module, checkpoint, written.empty() ? "." : written.string());
  std::string text = printModule(**module);
  if (options.output == "-") {
    std::cout << text;
    return Error::success();
  }
  return writeFileAtomic(options.output, text);
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

/// The kernels of the module, by themselves: what a target lowers.
static OwningOpRef<ModuleOp> cloneKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(module.getLoc());
  for (auto kernel : module.getOps<tile::KernelOp>())
    kernels->getBody()->push_back(kernel->clone());
  return kernels;
}

static PlanFacts collectFacts(ModuleOp module, const CompileOptions &options,
                              const Target &target) {
  PlanFacts facts;
  facts.target = target.name();
  facts.processor = target.processor();
  facts.features = target.features();
  facts.pageSize = options.pageSize;
  facts.maxSequences = std::min(options.maxSequences, options.maxTokens);
  if (auto config = module->getAttrOfType<DictionaryAttr>("moe.config")) {
    auto integer = [&](StringRef name) {
      auto value = config.getAs<IntegerAttr>(name);
      return value ? value.getInt() : 0;
    };
    facts.vocab = integer("vocab_size");
    facts.maxContext = integer("max_positions");
    if (auto eos = config.getAs<DenseI64ArrayAttr>("eos_token_ids"))
      facts.eosIds.assign(eos.asArrayRef().begin(), eos.asArrayRef().end());
    if (auto type = config.getAs<StringAttr>("model_type"))
      facts.model = type.str();
  }
  if (options.maxContext)
    facts.maxContext = std::min(facts.maxContext, options.maxContext);
  return facts;
}

static Error checkStrict(ModuleOp module, const CompileOptions &options) {
  std::vector<std::string> labels = findDefaultSchedules(module);
  if (!options.strict || labels.empty())
    return Error::success();
  return Error::make(labels.size(), " launches have a default schedule, the first is ",
                     labels.front(), "; compile without --strict to accept them");
}

static Error writeStage(const CompileOptions &options, Stage stage, ModuleOp module) {
  if (options.dumpStages.empty())
    return Error::success();
  std::error_code failure;
  fs::create_directories(options.dumpStages, failure);
  std::string name =
      strCat(options.dumpStages, "/", unsigned(stage), "-", stageName(stage), ".mlir");
  return writeFileAtomic(name, printModule(module));
}

/// The model as it stays in the artifact, with the checkpoint's path relative to the artifact.
static std::string printForArtifact(ModuleOp module, const CompileOptions &options) {
  std::string checkpoint = checkpointFolder(module, modelFolder(options));
  if (checkpoint.empty() || options.output.empty())
    return printModule(module);
  OwningOpRef<ModuleOp> copy = module.clone();
  nameCheckpoint(*copy, checkpoint, options.output);
  return printModule(*copy);
}

static std::string summarise(ModuleOp module) {
  size_t launches = 0, kernels = llvm::range_size(module.getOps<tile::KernelOp>());
  for (auto variant : module.getOps<exec::VariantOp>())
    launches += llvm::range_size(variant.getBody().getOps<exec::LaunchOp>());
  size_t measured = countMeasuredSchedules(module);
  return strCat(kernels, " kernels, ", launches, " launches",
                measured ? strCat(", ", measured, " with measured schedules") : "");
}

static Error dumpPipelines(const CompileOptions &options, const TargetRegistry &targets,
                           std::ostream &out) {
  Expected<std::unique_ptr<Target>> target = targets.create(options.target, options.chip);
  if (!target)
    return target.takeError();
  out << describePipelines(options, target->get());
  return Error::success();
}

/// What `--emit` asks of a target; an artifact's code without it.
static Expected<EmitKind> emitKindOf(const CompileOptions &options, const Target &target) {
  const std::pair<std::string, EmitKind> forms[] = {{"llvm", EmitKind::LLVM},
                                                    {"asm", EmitKind::Assembly},
                                                    {"obj", EmitKind::Relocatable},
                                                    {target.codeFormat(), EmitKind::Object}};
  if (options.emit.empty())
    return EmitKind::Object;
  for (const auto &[name, kind] : forms)
    if (options.emit == name)
      return kind;
  return Error::make("--emit is '", options.emit, "' but the target ", target.name(),
                     " has llvm, asm, obj, ", target.codeFormat());
}

/// Writes the bytes of the code objects to a file or a stream.
static Error writeCode(const std::vector<CodeObject> &objects, const std::string &path,
                       std::ostream &out) {
  std::string bytes;
  for (const CodeObject &object : objects)
    bytes += object.bytes;
  if (path != "-")
    return writeFileAtomic(path, bytes);
  out << bytes;
  return Error::success();
}

/// Writes the artifact of a module after the tile stage.
static Error writeModel(ModuleOp module, std::vector<CodeObject> objects, std::string modelText,
                        const Target &target, const CompileOptions &options, Progress &progress) {
  ArtifactContents contents;
  contents.module = module;
  contents.facts = collectFacts(module, options, target);
  if (contents.facts.vocab < 1 || contents.facts.maxContext < 1)
    return Error::make("'", options.input, "' has a vocabulary of ", contents.facts.vocab,
                       " and a context of ", contents.facts.maxContext,
                       " in moe.config; both must be at least 1");
  contents.codeObjects = std::move(objects);
  contents.modelText = std::move(modelText);
  Expected<std::unique_ptr<WeightReader>> reader = WeightReader::open(module, modelFolder(options));
  if (!reader)
    return reader.takeError();
  if (*reader) {
    contents.checkpoint = (*reader)->folder();
    contents.readWeights = [&](moe::WeightOp weight, int64_t index, MutableArrayRef<float> values) {
      return (*reader)->readMatrix(weight, index, values);
    };
  }
  contents.weightsOf = options.weightsOf;
  contents.progress = [&](uint64_t done, uint64_t total) { progress.packed(done, total); };
  if (Error error = writeArtifact(options.output, contents))
    return error;
  progress.finished("artifact", options.output);
  return Error::success();
}

Error moec::compileFor(const Target &target, const CompileOptions &options, MLIRContext &context,
                       std::ostream &out, std::ostream &log) {
  Stage last = options.stopAfter.empty() ? Stage::Object : stageFromName(options.stopAfter);
  if (last == Stage::Object && options.output.empty())
    return Error::make("compile needs -o FOLDER for the artifact, or -o FILE with --emit");
  Expected<EmitKind> emit = emitKindOf(options, target);
  if (!emit)
    return emit.takeError();

  Progress progress(log);
  Expected<OwningOpRef<ModuleOp>> loaded = loadModel(context, options);
  if (!loaded)
    return loaded.takeError();
  ModuleOp module = **loaded;
  progress.finished("import", options.input);
  if (Error error = writeStage(options, Stage::Import, module))
    return error;

  std::string modelText;
  auto after = [&](Stage stage) -> Error {
    if (stage == Stage::Pack)
      modelText = printForArtifact(module, options);
    progress.finished(stageName(stage), stage == Stage::Tile ? summarise(module) : "");
    if (stage == Stage::Tile && !options.tuning.empty() && !countMeasuredSchedules(module))
      progress.warn(strCat("'", options.tuning, "' has no row for a kernel of this model"));
    return writeStage(options, stage, module);
  };
  auto warn = [&](const std::string &text) { progress.warn(text); };
  if (Error error = runStages(module, options, &target, last, after, warn))
    return error;
  if (last <= Stage::Tile) {
    out << printModule(module);
    return Error::success();
  }

  OwningOpRef<ModuleOp> kernels = cloneKernels(module);
  CodegenOptions codegen;
  codegen.jobs = options.jobs ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  codegen.emit = last == Stage::Target ? EmitKind::Assembly : *emit;
  Expected<std::vector<CodeObject>> objects = target.generateCode(*kernels, codegen);
  if (!objects)
    return objects.takeError();
  progress.finished(last == Stage::Target ? "target" : "object",
                    strCat(target.name(), " ", target.processor()));
  if (last == Stage::Target)
    return writeCode(*objects, "-", out);
  if (!options.emit.empty())
    return writeCode(*objects, options.output, out);
  if (Error error = checkStrict(module, options))
    return error;
  if (Error error =
          writeModel(module, std::move(*objects), std::move(modelText), target, options, progress))
    return error;
  out << describeSchedules(module);
  return Error::success();
}

Error moec::compile(const CompileOptions &options, const TargetRegistry &targets, std::ostream &out,
                    std::ostream &log) {
  if (options.dumpPassPipeline)
    return dumpPipelines(options, targets, out);
  Expected<std::unique_ptr<Target>> target = targets.create(options.target, options.chip);
  if (!target)
    return target.takeError();
  std::unique_ptr<MLIRContext> context = createContext();
  if (options.tuning.empty())
    return compileFor(**target, options, *context, out, log);
  Expected<TuningTable> table = TuningTable::read(options.tuning, **target, *context);
  if (!table)
    return table.takeError();
  return compileFor(withTuning(**target, *table), options, *context, out, log);
}
