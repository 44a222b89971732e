//===- ModelOpt.cpp - What TensorRT Model Optimizer writes ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One algorithm for everything but a list, or one for each layer. Earlier versions say so in
// hf_quant_config.json only, later ones in config.json too.
//
//===----------------------------------------------------------------------===//

#include "../Quantization.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr Suffix suffixes[] = {
    {".weight", Part::Codes},          {".weight_scale", Part::Scales},
    {".weight_scale_2", Part::Global}, {".input_scale", Part::Aside},
    {".output_scale", Part::Aside},    {".k_scale", Part::Aside},
    {".v_scale", Part::Aside},         {".q_scale", Part::Aside},
};

namespace {
struct Algorithm {
  std::string_view name;
  CodeType code;
  std::optional<ScaleType> scale;
  int64_t blockRows, blockColumns;
  bool hasGlobal = false;
};
} // namespace

static constexpr Algorithm algorithms[] = {
    {"NVFP4", CodeType::E2M1, ScaleType::E4M3, 1, 16, true},
    {"W4A16_NVFP4", CodeType::E2M1, ScaleType::E4M3, 1, 16, true},
    {"FP8", CodeType::E4M3, std::nullopt, 0, 0},
    {"FP8_PER_CHANNEL_PER_TOKEN", CodeType::E4M3, std::nullopt, 1, 0},
    {"MXFP8", CodeType::E4M3, ScaleType::E8M0, 1, 32},
};

/// The scheme of the algorithm that a section names.
static std::optional<size_t> readAlgorithm(const Section &section, Quantization &into) {
  std::string name = section.text("quant_algo");
  for (const Algorithm &algorithm : algorithms) {
    if (algorithm.name != name)
      continue;
    Scheme scheme{.code = algorithm.code,
                  .blockRows = algorithm.blockRows,
                  .blockColumns = algorithm.blockColumns,
                  .hasGlobal = algorithm.hasGlobal,
                  .scale = algorithm.scale};
    scheme.words = strCat(section.path(), " (quant_algo ", name);
    if (algorithm.blockColumns > 1) {
      scheme.blockColumns = section.integer("group_size", algorithm.blockColumns);
      scheme.words += strCat(", group_size ", scheme.blockColumns);
      if (scheme.blockColumns < 1)
        section.refuse("group_size", "a positive integer");
    }
    scheme.words += ")";
    return into.add(std::move(scheme));
  }
  section.fail("quant_algo", "is \"", name, "\", which is not supported; ", wayOut);
  return std::nullopt;
}

/// A rule for each layer that was quantised, which may be the experts of a layer together.
static void readLayers(const Section &config, Quantization &into) {
  into.namesAll = true;
  for (const auto &[name, layer] : config.section("quantized_layers").sections()) {
    Rule rule;
    rule.rank = 1;
    rule.demands = true;
    rule.scheme = readAlgorithm(layer, into);
    into.addRule(config, "quantized_layers", Syntax::Ancestor, name, std::move(rule));
  }
}

/// Groups say in another way what the algorithm says.
static void checkGroups(const Section &config, const Scheme &scheme) {
  int64_t bits = BlockFormat{scheme.code, ScaleType::F32}.codeBits();
  for (const auto &[name, group] : config.section("config_groups").sections()) {
    Section weights = group.section("weights");
    auto check = [&](const char *key, int64_t expected) {
      if (int64_t stated = weights.integer(key, expected); stated != expected)
        weights.fail(key, "is ", stated, ", and by ", scheme.words, " it is ", expected);
    };
    check("num_bits", bits);
    if (scheme.blockColumns > 1)
      check("group_size", scheme.blockColumns);
    if (std::string type = weights.text("type", "float"); type != "float")
      weights.fail("type", "is \"", type, "\", and by ", scheme.words, " it is \"float\"");
  }
}

static void readOne(const Section &config, const Section *other, Quantization &into) {
  for (const char *key : {"ignore", "exclude_modules"})
    into.exclude(config, key, Syntax::Modules);
  if (other)
    into.exclude(*other, "exclude_modules", Syntax::Modules);
  // Caches alone may be quantised.
  if (!config.has("quant_algo"))
    return;
  std::string name = config.text("quant_algo");
  if (other && other->text("quant_algo", name) != name)
    config.fail("quant_algo", "is \"", name, "\", and in '", other->file(), "' ", other->path(),
                ".quant_algo is \"", other->text("quant_algo"), "\"");
  if (name == "MIXED_PRECISION") {
    const Section *layers = !config.has("quantized_layers") && other ? other : &config;
    if (!layers->has("quantized_layers"))
      layers->refuse("quantized_layers", "an object that says what each layer is quantised to");
    return readLayers(*layers, into);
  }
  Rule rule;
  rule.rank = 2;
  rule.demands = true;
  rule.scheme = readAlgorithm(config, into);
  if (rule.scheme)
    checkGroups(config, into.schemes[*rule.scheme]);
  into.addRule(config, "quant_algo", Syntax::Everything, name, std::move(rule));
}

static void read(const Section &config, const Section *other, Quantization &into) {
  readOne(config.has("quantization") ? config.section("quantization") : config, other, into);
}

const Method checkpoint::modelOpt = {.name = "modelopt", .suffixes = suffixes, .read = read};
const Method checkpoint::modelOptFp4 = {.name = "modelopt_fp4", .suffixes = suffixes, .read = read};
