//===- Compiler.cpp - From a model to an artifact -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The order of things: load, stages, code, artifact. Each part says how far it is.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"

#include "Dumps.h"
#include "Progress.h"

#include "moec/Compiler/Artifact.h"
#include "moec/Compiler/Stages.h"
#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/MoE/Config.h"
#include "moec/Import/WeightReader.h"
#include "moec/Support/File.h"
#include "moec/Target/TargetResolver.h"

#include <filesystem>
#include <iostream>
#include <thread>

using namespace mlir;
using namespace moec;

namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

/// The kernels of the plan, by themselves: what a target lowers.
static OwningOpRef<ModuleOp> cloneKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(module.getLoc());
  for (auto kernel : exec::getPlan(module).getBody().getOps<tile::KernelOp>())
    kernels->getBody()->push_back(kernel->clone());
  return kernels;
}

/// What the runtime cannot do without.
static Error checkConfig(ModuleOp module, const CompileOptions &options) {
  int64_t vocabulary = vocabularyOf(module), context = 0;
  if (auto positions = moe::getConfig(module).getAs<IntegerAttr>("max_positions"))
    context = positions.getInt();
  if (vocabulary >= 1 && context >= 1)
    return Error::success();
  return Error::make("'", options.input, "' has a vocabulary of ", vocabulary, " and a context of ",
                     context, " in moe.config; both must be at least 1");
}

static Error checkStrict(ModuleOp module, const CompileOptions &options) {
  std::vector<std::string> labels = findDefaultSchedules(module);
  if (!options.strict || labels.empty())
    return Error::success();
  return Error::make(labels.size(), " launches have a default schedule, the first is ",
                     labels.front(), "; compile without --strict to accept them");
}

static std::string summarise(ModuleOp module) {
  exec::PlanOp plan = exec::getPlan(module);
  size_t launches = 0, kernels = llvm::range_size(plan.getBody().getOps<tile::KernelOp>());
  plan.walk([&](exec::LaunchOp) { ++launches; });
  size_t measured = countMeasuredSchedules(module);
  return strCat(kernels, " kernels, ", launches, " launches",
                measured ? strCat(", ", measured, " with measured schedules") : "");
}

/// What `--emit` asks of a target; an artifact's code without it.
static Expected<EmitKind> emitKindOf(const CompileOptions &options, const Target &target) {
  if (options.emit.empty())
    return EmitKind::Object;
  return parseEmitKind(options.emit, target);
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

/// The folders that may have a model's tokenizer: of its weights, and of its configuration, which
/// has it where weights are random.
static std::vector<std::string> tokenizerFolders(ModuleOp module, const CompileOptions &options) {
  std::vector<std::string> folders;
  if (std::string folder = checkpointFolder(module, modelFolder(options)); !folder.empty())
    folders.push_back(folder);
  std::filesystem::path input = options.input;
  if (input.extension() != ".mlir")
    folders.push_back(std::filesystem::is_directory(input) ? input.string()
                                                           : input.parent_path().string());
  return folders;
}

/// Writes the artifact of a module after the tile stage.
static Error writeModel(ModuleOp module, std::vector<CodeObject> objects,
                        const CompileOptions &options, Progress &progress) {
  ArtifactContents contents;
  contents.module = module;
  contents.codeObjects = std::move(objects);
  contents.modelText = printModel(module, options);
  Expected<std::unique_ptr<WeightReader>> reader = WeightReader::open(module, modelFolder(options));
  if (!reader)
    return reader.takeError();
  contents.checkpoints = tokenizerFolders(module, options);
  contents.weights = reader->get();
  contents.weightsOf = options.weightsOf;
  contents.checkPlan = options.checkPlan;
  contents.progress = [&](uint64_t done, uint64_t total) { progress.packed(done, total); };
  if (Error error = writeArtifact(options.output, contents))
    return error;
  progress.finished("artifact", options.output);
  if (options.checkText)
    for (const std::string &problem : options.checkText(options.output))
      progress.warn(problem);
  return writeStage(options, Stage::Object, module);
}

/// From a module after the tile stage to what was asked for.
static Error finish(ModuleOp module, const Target &target, Stage last,
                    const CompileOptions &options, std::ostream &out, Progress &progress) {
  Expected<EmitKind> emit = emitKindOf(options, target);
  if (!emit)
    return emit.takeError();
  if (Error error = checkStrict(module, options))
    return error;
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
  if (Error error = writeModel(module, std::move(*objects), options, progress))
    return error;
  out << describeSchedules(module);
  return Error::success();
}

static Stage nextStage(Stage stage) { return Stage(unsigned(stage) + 1); }

/// The machine of a module whose stages so far were run.
static Expected<const Target *> targetOf(ModuleOp module, Stage last) {
  DiagnosticCollector said(module.getContext());
  FailureOr<const Target *> target = findTarget(module);
  if (failed(target))
    return Error::make(said.error());
  if (!*target && last > Stage::Tile)
    return Error::make("the module is for no machine: it has no moec.target, which stage ",
                       stageName(Stage::Fuse), " sets");
  return *target;
}

static Error compileIn(MLIRContext &context, const CompileOptions &options, std::ostream &out,
                       std::ostream &log) {
  Expected<std::pair<Stage, Stage>> range = stageRange(options);
  if (!range)
    return range.takeError();
  auto [from, last] = *range;
  Progress progress(log);
  Expected<OwningOpRef<ModuleOp>> loaded = loadModel(context, options);
  if (!loaded)
    return loaded.takeError();
  ModuleOp module = **loaded;
  if (Error error = checkStage(module, options))
    return error;
  progress.finished(stageName(from), options.input);
  if (Error error = from == Stage::Import ? writeStage(options, from, module) : Error::success())
    return error;

  if (last == Stage::Object) {
    if (Error error = checkConfig(module, options))
      return error;
    if (Error error = checkCopiedFiles(tokenizerFolders(module, options)))
      return error;
  }

  auto after = [&](Stage stage) -> Error {
    progress.finished(stageName(stage), stage == Stage::Tile ? summarise(module) : "");
    if (stage == Stage::Tile && !options.tuning.empty() && !countMeasuredSchedules(module))
      progress.warn(strCat("'", options.tuning, "' has no row for a kernel of this model"));
    return writeStage(options, stage, module);
  };
  auto warn = [&](const std::string &text) { progress.warn(text); };
  if (Error error = runStages(module, options, nextStage(from), last, after, warn))
    return error;
  if (last <= Stage::Tile) {
    out << printModule(module, modelFolder(options), modelFolder(options));
    return Error::success();
  }
  Expected<const Target *> target = targetOf(module, last);
  if (!target)
    return target.takeError();
  return finish(module, **target, last, options, out, progress);
}

Error moec::compileFor(const Target &target, const CompileOptions &options, MLIRContext &context,
                       std::ostream &out, std::ostream &log) {
  CompileOptions exact = options;
  exact.target = target.name();
  exact.chip = target.chip();
  exact.tuning.clear();
  getTargetResolver(&context)->provide(makeTargetAttr(&context, target), target);
  return compileIn(context, exact, out, log);
}

Error moec::compile(const CompileOptions &options, const TargetRegistry &targets, std::ostream &out,
                    std::ostream &log) {
  // The chip by its own name, so that what is printed means the same elsewhere.
  Expected<std::unique_ptr<Target>> target = targets.create(options.target, options.chip);
  if (!target)
    return target.takeError();
  if (options.startFrom.empty())
    if (Expected<EmitKind> emit = emitKindOf(options, **target); !emit)
      return emit.takeError();
  CompileOptions exact = options;
  exact.chip = (*target)->chip();
  // By a path that means the same in a dump.
  if (!exact.tuning.empty())
    exact.tuning = fs::absolute(exact.tuning).lexically_normal().string();
  if (options.dumpPassPipeline) {
    out << describePipelines(exact);
    return Error::success();
  }
  std::unique_ptr<MLIRContext> context = createContext(&targets);
  // A tuning table that is none is said before anything is done.
  TargetAttr named = makeTargetAttr(context.get(), **target, exact.tuning);
  if (Expected<const Target *> found = getTargetResolver(context.get())->resolve(named); !found)
    return found.takeError();
  return compileIn(*context, exact, out, log);
}
