//===- LoadModel.cpp - Models from checkpoints and files ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Where a module comes from, where its weights are, and how it is printed: a checkpoint's path in a
// module is relative to the file that holds it.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/Diagnostics/Diagnostics.h"
#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/MoE/Config.h"
#include "moec/Import/Import.h"
#include "moec/Import/WeightReader.h"
#include "moec/InitAllDialects.h"
#include "moec/Support/File.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Parser/Parser.h"

#include <filesystem>
#include <iostream>

using namespace mlir;
using namespace moec;

namespace fs = std::filesystem;

std::unique_ptr<MLIRContext> moec::createContext(const TargetRegistry *targets) {
  DialectRegistry registry;
  registerAllDialects(registry);
  if (targets)
    registerTargetResolver(registry, *targets);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  // An error names its place; the whole op would hide it.
  context->printOpOnDiagnostic(false);
  return context;
}

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
  DiagnosticCollector said(&context);
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return Error::make("'", path, "' is not a valid model: ", said.error());
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
    if (options.draft)
      return Error::make("'", options.input,
                         "': --draft is for a checkpoint or a config.json; a model that is "
                         "imported already has its draft, or none");
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
  import.draft = options.draft;
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
  auto vocabulary = moe::getConfig(module).getAs<IntegerAttr>("vocab_size");
  return vocabulary ? vocabulary.getInt() : 0;
}

std::string moec::printModule(ModuleOp module, const std::string &base, const std::string &folder,
                              bool withLocations) {
  std::string checkpoint = checkpointFolder(module, base);
  OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone());
  if (!checkpoint.empty())
    nameCheckpoint(*copy, checkpoint, folder.empty() ? "." : folder);
  std::string text;
  llvm::raw_string_ostream os(text);
  copy->print(os, OpPrintingFlags().enableDebugInfo(withLocations));
  os << "\n";
  return text;
}

Error moec::importToFile(const CompileOptions &options) {
  std::unique_ptr<MLIRContext> context = createContext();
  Expected<OwningOpRef<ModuleOp>> module = loadModel(*context, options);
  if (!module)
    return module.takeError();
  std::string text =
      printModule(**module, modelFolder(options), fs::path(options.output).parent_path().string());
  if (options.output == "-") {
    std::cout << text;
    return Error::success();
  }
  return writeFileAtomic(options.output, text);
}
