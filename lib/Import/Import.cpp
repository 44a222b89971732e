//===- Import.cpp - Checkpoints to the model dialect ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Finds the configuration, the family and the checkpoint, and puts the parts together.
//
//===----------------------------------------------------------------------===//

#include "moec/Import/Import.h"

#include "Coverage.h"
#include "Families/Families.h"

#include "moec/Diagnostics/Diagnostics.h"

#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"

#include <filesystem>
#include <set>

using namespace mlir;
using namespace moec;
using namespace moec::import;
namespace fs = std::filesystem;

Expected<WeightSource> WeightSource::parse(const std::string &text) {
  WeightSource source;
  if (text == "none")
    return source;
  StringRef seed = text;
  if (seed.consume_front("random:")) {
    source.kind = Kind::Random;
    if (seed.getAsInteger(10, source.seed))
      return Error::make("--weights ", text, ": '", seed.str(), "' is no seed");
    return source;
  }
  source.kind = Kind::Folder;
  source.folder = text;
  return source;
}

std::vector<std::string> moec::importedFamilies() {
  std::vector<std::string> names;
  for (const ModelFamily &family : families())
    names.push_back(family.modelType);
  return names;
}

static nlohmann::ordered_json describeKeys(const ConfigKeys &keys) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ConfigKey &key : keys) {
    nlohmann::ordered_json entry = {{"name", key.name}};
    if (!key.fallback.is_discarded())
      entry["default"] = key.fallback;
    if (!key.aliases.empty())
      entry["aliases"] = key.aliases;
    if (key.nullIsValue)
      entry["null_is_value"] = true;
    if (!key.declared)
      entry["undeclared"] = true;
    list.push_back(std::move(entry));
  }
  return list;
}

std::string moec::describeConfigKeys() {
  nlohmann::ordered_json all;
  for (const ModelFamily &family : families())
    all[family.modelType] = describeKeys(family.keys);
  all["rope_parameters"] = describeKeys(ropeKeys());
  return all.dump(1);
}

/// The model's facts that the runtime needs.
static DictionaryAttr describeForRuntime(MLIRContext *context, const Config &config,
                                         const DecoderSpec &spec) {
  Builder b(context);
  std::vector<int64_t> eos = config.integerOrList("eos_token_id");
  return b.getDictionaryAttr({
      b.getNamedAttr("eos_token_ids", b.getDenseI64ArrayAttr(eos)),
      b.getNamedAttr("max_positions", b.getI64IntegerAttr(spec.maxPositions)),
      b.getNamedAttr("model_type", b.getStringAttr(config.modelType())),
      b.getNamedAttr("vocab_size", b.getI64IntegerAttr(spec.vocabulary)),
  });
}

/// Describes the configured model by its family.
static Expected<DecoderSpec> describe(Config &config) {
  const std::string type = config.modelType();
  std::vector<std::string> known;
  for (const ModelFamily &family : families()) {
    known.push_back(family.modelType);
    auto wrapper = llvm::find_if(family.wrappers,
                                 [&](const Wrapper &other) { return type == other.modelType; });
    const bool isWrapped = wrapper != family.wrappers.end();
    for (const Wrapper &other : family.wrappers)
      known.push_back(other.modelType);
    if (!isWrapped && type != family.modelType)
      continue;
    if (isWrapped)
      config.enterText(family.modelType);
    if (Error error = config.takeError())
      return error;
    config.use(family.keys);
    DecoderSpec spec = family.describe(config);
    checkDecoder(config, spec);
    if (isWrapped)
      spec.names = wrapper->names;
    if (Error error = config.takeError())
      return error;
    return spec;
  }
  return Error::make(config.path(), ": model_type '", type, "' is none of ",
                     llvm::join(known, ", "));
}

/// Weights in a form that is not read, at `path` or in that folder; empty without any.
static std::string findOtherWeights(const fs::path &path) {
  static constexpr StringRef endings[] = {".gguf", ".bin", ".pt", ".pth", ".onnx"};
  auto isOther = [](const fs::path &file) {
    return llvm::is_contained(endings, StringRef(file.extension().native()));
  };
  std::error_code ec;
  if (!fs::is_directory(path, ec))
    return isOther(path) ? path.string() : std::string();
  std::set<std::string> found;
  for (const fs::directory_entry &entry : fs::directory_iterator(path, ec))
    if (isOther(entry.path()))
      found.insert(entry.path().string());
  return found.empty() ? std::string() : *found.begin();
}

/// Fails if there is nothing but weights in a form that is not read.
static Error refuseOtherWeights(const fs::path &path) {
  std::string other = findOtherWeights(path);
  if (other.empty() || Checkpoint::isIn(path.string()))
    return Error::success();
  return Error::make("'", other,
                     "' is not safetensors, which is all that is read; take the same "
                     "model's checkpoint with config.json and model.safetensors");
}

/// Where the weights of the configuration at `path` come from.
static Expected<WeightSource> chooseWeights(const fs::path &path, const ImportOptions &options) {
  if (options.weights)
    return *options.weights;
  WeightSource source;
  source.kind = WeightSource::Kind::Folder;
  source.folder = path.parent_path().string();
  if (source.folder.empty())
    source.folder = ".";
  if (Error error = refuseOtherWeights(source.folder))
    return error;
  if (!Checkpoint::isIn(source.folder))
    return Error::make(path.string(), ": has no model.safetensors beside it; say --weights none, "
                                      "random:SEED or a folder");
  return source;
}

/// Names the weights' place, relative to where the module is written.
static void nameWeights(ModuleOp module, const WeightSource &source, const ImportOptions &options) {
  Builder b(module.getContext());
  if (source.kind == WeightSource::Kind::Folder) {
    fs::path output = options.outputDir.empty() ? "." : options.outputDir;
    fs::path relative =
        fs::proximate(fs::weakly_canonical(source.folder), fs::weakly_canonical(output));
    module->setAttr(moe::MoEDialect::getCheckpointAttrName(),
                    b.getStringAttr(relative.generic_string()));
  } else if (source.kind == WeightSource::Kind::Random) {
    module->setAttr(moe::MoEDialect::getRandomWeightsAttrName(),
                    b.getI64IntegerAttr(int64_t(source.seed)));
  }
}

/// A configuration may say what no op takes.
static Error verifyModel(ModuleOp module, const Config &config) {
  DiagnosticCollector said(module.getContext());
  if (succeeded(verify(module)))
    return Error::success();
  return Error::make(config.path(),
                     ": states a model whose parts do not fit together: ", said.error());
}

/// Fails where there is no layer of multi-token prediction to make `@draft` of.
static Error checkDraft(const ModelBuilder &model, const Config &config, const DecoderSpec &spec,
                        bool hasCheckpoint) {
  auto fail = [&](const auto &...why) {
    return Error::make(config.path(), ": --draft asks for a layer of multi-token prediction, and ",
                       why..., "; leave --draft out");
  };
  if (!spec.draft && spec.mtpLayers > 0)
    return fail("those of model_type '", config.modelType(), "' are not read");
  if (!spec.draft)
    return fail("the configuration of model_type '", config.modelType(), "' states ",
                spec.mtpLayers, " of them");
  std::string join = spec.draft->prefix + spec.draft->join + ".weight";
  if (hasCheckpoint && !model.holds(join))
    return fail("the checkpoint holds no tensor '", join, "'");
  return Error::success();
}

Expected<OwningOpRef<ModuleOp>> moec::importModel(MLIRContext &context,
                                                  const ImportOptions &options) {
  context.loadDialect<moe::MoEDialect, func::FuncDialect>();
  fs::path path = options.path;
  if (fs::is_directory(path))
    path /= "config.json";
  if (!fs::exists(path) || !fs::is_directory(options.path))
    if (Error error = refuseOtherWeights(options.path))
      return error;
  Expected<Config> config = Config::read(path.string());
  if (!config)
    return config.takeError();
  Expected<DecoderSpec> spec = describe(*config);
  if (!spec)
    return spec.takeError();
  int64_t allLayers = spec->layers.size();
  if (options.layers) {
    if (*options.layers < 1 || *options.layers > allLayers)
      return Error::make(config->path(), ": has ", allLayers, " layers, ", *options.layers,
                         " are asked for");
    spec->layers.resize(*options.layers);
  }

  Expected<WeightSource> source = chooseWeights(path, options);
  if (!source)
    return source.takeError();
  std::optional<StoredTensors> tensors;
  if (source->kind == WeightSource::Kind::Folder) {
    Expected<StoredTensors> opened = StoredTensors::open(source->folder);
    if (!opened)
      return opened.takeError();
    tensors.emplace(std::move(*opened));
  }

  OwningOpRef<ModuleOp> module = ModuleOp::create(
      FileLineColLoc::get(&context, path.filename().string(), /*line=*/0, /*column=*/0));
  ModelBuilder model(*module, *config, spec->names, tensors ? &*tensors : nullptr);
  if (Error error = config->takeError())
    return error;
  if (options.draft)
    if (Error error = checkDraft(model, *config, *spec, tensors.has_value()))
      return error;
  buildDecoder(model, *spec, options.draft);
  if (Error error = config->takeError())
    return error;
  if (Error error = model.takeError())
    return error;
  if (tensors) {
    for (const std::string &remark : tensors->checkpoint().remarks())
      config->note(remark);
    if (Error error = coverCheckpoint(model, *tensors, *spec, allLayers))
      return error;
  }
  if (options.note)
    for (const std::string &sentence : config->notes())
      options.note(sentence);

  (*module)->setAttr(moe::MoEDialect::getConfigAttrName(),
                     describeForRuntime(&context, *config, *spec));
  nameWeights(*module, *source, options);
  if (Error error = verifyModel(*module, *config))
    return error;
  return module;
}
