//===- Quantization.cpp - What a quantization_config says -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of methods, where configurations are looked for, and the precedence of rules.
//
//===----------------------------------------------------------------------===//

#include "Quantization.h"

#include "moec/Support/Json.h"

#include <algorithm>
#include <filesystem>

using namespace moec;
using namespace moec::checkpoint;

namespace fs = std::filesystem;

static constexpr const Method *methods[] = {
    &awq, &compressedTensors, &fp8, &gptq, &modelOpt, &modelOptFp4, &mxfp4, &mxfp8, &quark};

static const Method *findMethod(std::string_view name) {
  for (const Method *method : methods)
    if (method->name == name)
      return method;
  return nullptr;
}

const Suffix *checkpoint::findSuffix(const Method &method, std::string_view name) {
  for (const Suffix &suffix : method.suffixes)
    if (name.ends_with(suffix.text))
      return &suffix;
  return nullptr;
}

std::optional<ForeignSuffix> checkpoint::findForeign(const Method *method, std::string_view name) {
  if (method && findSuffix(*method, name))
    return std::nullopt;
  // Activations are divided by it, channel by channel.
  constexpr std::string_view smoothing = ".pre_quant_scale";
  if (name.ends_with(smoothing))
    return ForeignSuffix{smoothing, ".weight", {}};
  std::optional<ForeignSuffix> found;
  for (const Method *other : methods) {
    const Suffix *suffix = findSuffix(*other, name);
    if (!suffix || suffix->part == Part::Aside || suffix->text == ".weight")
      continue;
    if (!found)
      found = {suffix->text, other->plainSuffix, {}};
    found->methods += strCat(found->methods.empty() ? "" : ", ", other->name);
  }
  return found;
}

bool Scheme::isLike(const Scheme &other) const {
  Scheme renamed = other;
  renamed.words = words;
  return renamed == *this;
}

size_t Quantization::add(Scheme scheme) {
  schemes.push_back(std::move(scheme));
  return schemes.size() - 1;
}

void Quantization::addRule(const Section &section, const std::string &key, Syntax syntax,
                           const std::string &entry, Rule rule) {
  Expected<NamePattern> pattern = NamePattern::make(syntax, entry);
  if (!pattern)
    return section.fail(key, "has '", entry, "', which ", pattern.takeError().message());
  rule.pattern = std::move(*pattern);
  rule.key = section.path() + (key.empty() ? "" : "." + key);
  auto behind =
      std::upper_bound(rules.begin(), rules.end(), rule.rank,
                       [](unsigned rank, const Rule &other) { return rank < other.rank; });
  rules.insert(behind, std::move(rule));
}

void Quantization::exclude(const Section &section, const std::string &key, Syntax syntax) {
  for (const std::string &entry : section.texts(key))
    addRule(section, key, syntax, entry, Rule());
}

Expected<const Rule *> Quantization::find(std::string_view module) const {
  const Rule *found = nullptr;
  auto differ = [&](const Rule &one, const Rule &other) {
    return one.scheme && other.scheme && !schemes[*one.scheme].isLike(schemes[*other.scheme]);
  };
  for (const Rule &rule : rules) {
    if (found && (rule.rank != found->rank || !found->scheme || !method->isStrict))
      break;
    Expected<bool> matches = rule.pattern.matches(module);
    if (!matches)
      return matches.takeError().addContext(strCat("'", rule.pattern.text(), "' of ", rule.key));
    if (!*matches)
      continue;
    if (!found)
      found = &rule;
    else if (differ(*found, rule))
      return Error::make("module '", module, "' is named by '", found->pattern.text(), "' of ",
                         found->key, " and by '", rule.pattern.text(), "' of ", rule.key);
  }
  return found;
}

/// The object that a text holds; empty for none.
static Expected<Json> readObject(const std::string &file, std::string_view text) {
  if (text.empty())
    return Json::object();
  if (Expected<nlohmann::json> checked = parseJson(text); !checked)
    return Error::make("'", file, "' ", checked.takeError().message());
  Json root = Json::parse(text);
  if (!root.is_object())
    return Error::make("'", file, "' holds ", root.type_name(), " where a JSON object belongs");
  return root;
}

/// MLX states its quantisation without a method, and its codes, scales and biases have an
/// arrangement of their own.
static bool isOfMlx(const Section &config) {
  return !config.has("quant_method") && config.has("group_size") && config.has("bits");
}

/// The method that a configuration names, or the sentence that says why none is known.
static const Method *chooseMethod(const Section &config) {
  // Early versions of the tool do not name themselves; their keys do.
  if (!config.has("quant_method") && config.has("quant_algo"))
    return &modelOpt;
  if (isOfMlx(config)) {
    config.fail("", "has bits ", config.integer("bits"), " and group_size ",
                config.integer("group_size"),
                " and no quant_method: the checkpoint is quantised "
                "by MLX, whose form is not read; ",
                wayOut);
    return nullptr;
  }
  std::string name = config.text("quant_method");
  if (const Method *method = findMethod(name))
    return method;
  std::string known;
  for (const Method *method : methods)
    known += strCat(known.empty() ? "" : ", ", method->name);
  config.fail("quant_method", "is \"", name, "\", which is not supported: supported are ", known,
              "; ", wayOut);
  return nullptr;
}

/// Fails where a second file has a scheme that the first one, which was read, has not.
static void checkSecond(const Section &first, const Quantization &read, const Quantization &other,
                        const std::string &file) {
  auto isSame = [](const Scheme &one, const Scheme &two) {
    return one.code == two.code && one.blockRows == two.blockRows &&
           one.blockColumns == two.blockColumns && one.hasGlobal == two.hasGlobal &&
           one.isReordered == two.isReordered;
  };
  for (const Scheme &scheme : other.schemes)
    if (std::none_of(read.schemes.begin(), read.schemes.end(),
                     [&](const Scheme &own) { return isSame(own, scheme); }))
      return first.fail("", "has ", read.schemes.empty() ? "no scheme" : read.schemes[0].words,
                        ", and '", file, "' has ", scheme.words,
                        "; take the two files that were published together");
}

/// Reads a file that has the configuration alone.
static Expected<std::unique_ptr<Quantization>> readOlder(const std::string &folder,
                                                         const NamedText &older) {
  if (older.text.empty())
    return std::unique_ptr<Quantization>();
  fs::path path = fs::path(folder) / older.name;
  Expected<Json> root = readObject(path.string(), older.text);
  if (!root)
    return root.takeError();
  auto quantization = std::make_unique<Quantization>();
  std::optional<std::string> failed;
  Section config(*root, path.stem().string(), path.string(), failed);
  for (const Method *method : methods)
    if (method->olderFile == older.name)
      quantization->method = method;
  if (config.has("quant_method") || !quantization->method)
    quantization->method = chooseMethod(config);
  if (!failed)
    quantization->method->read(config, nullptr, *quantization);
  if (failed)
    return Error::make(*failed);
  return quantization;
}

Expected<std::unique_ptr<Quantization>>
moec::checkpoint::readQuantization(const std::string &folder, std::string_view configText,
                                   std::string_view modelOptText, const NamedText &older) {
  std::string configFile = (fs::path(folder) / "config.json").string();
  std::string modelOptFile = (fs::path(folder) / "hf_quant_config.json").string();
  Expected<Json> config = readObject(configFile, configText);
  if (!config)
    return config.takeError();
  Expected<Json> other = readObject(modelOptFile, modelOptText);
  if (!other)
    return other.takeError();
  auto quantization = std::make_unique<Quantization>();
  std::optional<std::string> failed;
  auto inside = [&](const Json &root, const char *key, const std::string &file) {
    auto it = root.find(key);
    bool exists = it != root.end() && !it->is_null();
    return exists ? std::optional<Section>(Section(*it, key, file, failed)) : std::nullopt;
  };
  std::optional<Section> second = inside(*other, "quantization", modelOptFile);
  std::optional<Section> first = inside(*config, "quantization_config", configFile);
  // Of models that see or hear, the part for text may have it; early versions had another key.
  if (auto text = config->find("text_config"); !first && text != config->end() && text->is_object())
    first = inside(*text, "quantization_config", configFile);
  if (!first)
    first = inside(*config, "compression_config", configFile);
  if (auto mlx = inside(*config, "quantization", configFile); !first && mlx && isOfMlx(*mlx))
    first = mlx;
  if (!first && !second)
    return readOlder(folder, older);
  quantization->method = first ? chooseMethod(*first) : &modelOpt;
  if (!failed)
    quantization->method->read(first ? *first : *second, second ? &*second : nullptr,
                               *quantization);
  if (!failed && first && second && quantization->method->read != modelOpt.read) {
    Quantization others;
    modelOpt.read(*second, nullptr, others);
    checkSecond(*first, *quantization, others, second->file());
  }
  if (!failed && first && quantization->method->olderFile == older.name) {
    Expected<std::unique_ptr<Quantization>> others = readOlder(folder, older);
    if (!others)
      return others.takeError();
    if (*others)
      checkSecond(*first, *quantization, **others, (fs::path(folder) / older.name).string());
  }
  if (failed)
    return Error::make(*failed);
  return quantization;
}
