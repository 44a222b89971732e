//===- Quark.cpp - What Quark writes --------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A configuration for everything, others for layers and types of layers, and a list of what is left
// out. How codes of four bits are said to be packed has no effect on floats.
//
//===----------------------------------------------------------------------===//

#include "../Quantization.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr Suffix suffixes[] = {
    {".weight", Part::Codes},
    {".weight_scale", Part::Scales},
    {".weight_zero_point", Part::Zeros},
    {".input_scale", Part::Aside},
    {".input_zero_point", Part::Aside},
    {".output_scale", Part::Aside},
    {".k_scale", Part::Aside},
    {".v_scale", Part::Aside},
    {".q_scale", Part::Aside},
    {".prob_output_scale", Part::Aside},
};

namespace {
struct Element {
  std::string_view name;
  CodeType code;
};
} // namespace

static constexpr Element elements[] = {
    {"fp4", CodeType::E2M1},      {"fp6_e2m3", CodeType::E2M3}, {"fp6_e3m2", CodeType::E3M2},
    {"fp8_e4m3", CodeType::E4M3}, {"fp8_e5m2", CodeType::E5M2}, {"int8", CodeType::Int8},
};

/// Reads the extents of a block and the type of its scale.
static void readBlock(const Section &weight, Scheme &scheme) {
  std::string granularity = weight.text("qscheme");
  scheme.words = strCat(weight.path(), " (dtype ", weight.text("dtype"), ", qscheme ", granularity);
  std::string scales = weight.text("scale_format", "");
  scheme.takesPowers = scales.empty() || scales == "e8m0";
  if (!scheme.takesPowers)
    scheme.words += strCat(", scale_format ", scales);
  if (granularity == "per_group") {
    scheme.blockColumns = weight.integer("group_size");
    scheme.words += strCat(", group_size ", scheme.blockColumns);
    if (scheme.blockColumns < 1)
      weight.refuse("group_size", "a positive integer");
    if (scheme.takesPowers)
      scheme.scale = ScaleType::E8M0;
    // Counted from the end, or of the two sides of a matrix.
    if (int64_t axis = weight.integer("ch_axis", -1); axis != -1 && axis != 1)
      weight.refuse("ch_axis",
                    strCat("-1 or 1, the columns, along which groups are read; ", wayOut));
  } else if (granularity == "per_tensor") {
    scheme.blockRows = 0;
  } else if (granularity != "per_channel") {
    weight.refuse("qscheme", "per_group, per_channel or per_tensor, which are read");
  } else if (weight.integer("ch_axis", 0) != 0) {
    weight.refuse("ch_axis", strCat("0, the rows, along which channels are read; ", wayOut));
  }
  scheme.words += ")";
}

/// The scheme of a layer's configuration; none where its weight is not quantised.
static std::optional<size_t> readLayer(const Section &layer, Quantization &into) {
  if (!layer.has("weight"))
    return std::nullopt;
  Section weight = layer.section("weight");
  std::string name = weight.text("dtype");
  if (name == "mx")
    name = weight.text("mx_element_dtype");
  Scheme scheme;
  bool known = false;
  for (const Element &element : elements)
    if (element.name == name) {
      scheme.code = element.code;
      known = true;
    }
  if (!known)
    weight.refuse("dtype", strCat("fp4, fp6_e2m3, fp6_e3m2, fp8_e4m3, fp8_e5m2 or int8, which are "
                                  "read; ",
                                  wayOut));
  if (scheme.code == CodeType::Int8 && !weight.boolean("symmetric", true))
    weight.refuse("symmetric", strCat("true, with which integers are read; ", wayOut));
  readBlock(weight, scheme);
  return into.add(std::move(scheme));
}

/// What was done to the weights before: a rotation may have to be undone as the model runs, what
/// others scale is in the norms and weights already.
static void checkAlgorithms(const Section &config) {
  for (const Section &algorithm : config.items("algo_config")) {
    std::string name = algorithm.text("name", "");
    if (name == "rotation" || name == "quarot")
      algorithm.fail("name", "is \"", name, "\", and weights that it changed are not read; ",
                     wayOut);
  }
}

static void read(const Section &config, const Section *, Quantization &into) {
  checkAlgorithms(config);
  into.exclude(config, "exclude", Syntax::GlobOrRegex);
  for (const auto &[name, layer] : config.section("layer_quant_config").sections()) {
    Rule rule;
    rule.rank = 1;
    rule.demands = true;
    rule.scheme = readLayer(layer, into);
    into.addRule(config, "layer_quant_config", Syntax::GlobOrRegex, name, std::move(rule));
  }
  for (const auto &[name, layer] : config.section("layer_type_quant_config").sections()) {
    if (name != "nn.Linear" && name != "Linear")
      continue;
    Rule rule;
    rule.rank = 2;
    rule.demands = true;
    rule.scheme = readLayer(layer, into);
    into.addRule(config, "layer_type_quant_config", Syntax::Everything, name, std::move(rule));
  }
  Rule rule;
  rule.rank = 3;
  rule.demands = true;
  rule.scheme = readLayer(config.section("global_quant_config"), into);
  if (rule.scheme)
    into.addRule(config, "global_quant_config", Syntax::Everything, "", std::move(rule));
}

const Method checkpoint::quark = {.name = "quark", .suffixes = suffixes, .read = read};
