//===- CompressedTensors.cpp - What compressed-tensors writes -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Groups of modules with a format each. A format says what lies where; bits, type and strategy say
// which numbers that are.
//
//===----------------------------------------------------------------------===//

#include "../Quantization.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr std::string_view plainCodes = ".weight", packedCodes = ".weight_packed";

static constexpr Suffix suffixes[] = {
    {plainCodes, Part::Codes},           {packedCodes, Part::Codes},
    {".weight_scale", Part::Scales},     {".weight_global_scale", Part::Global},
    {".weight_zero_point", Part::Zeros}, {".weight_shape", Part::Shape},
    {".weight_g_idx", Part::Order},      {".input_scale", Part::Aside},
    {".input_zero_point", Part::Aside},  {".input_global_scale", Part::Aside},
    {".output_scale", Part::Aside},      {".output_zero_point", Part::Aside},
    {".k_scale", Part::Aside},           {".v_scale", Part::Aside},
    {".q_scale", Part::Aside},
};

namespace {
/// What a format is written with.
struct Form {
  std::string_view format, type;
  int64_t bits;
  CodeType code;
  std::optional<ScaleType> scale;
  Packing packing;
  std::string_view codes;
  bool hasGlobal = false;
};
} // namespace

static constexpr Form forms[] = {
    {"nvfp4-pack-quantized", "float", 4, CodeType::E2M1, ScaleType::E4M3, Packing::Rows,
     packedCodes, true},
    {"mxfp4-pack-quantized", "float", 4, CodeType::E2M1, ScaleType::E8M0, Packing::Rows,
     packedCodes},
    {"mxfp8-quantized", "float", 8, CodeType::E4M3, ScaleType::E8M0, Packing::Rows, plainCodes},
    {"float-quantized", "float", 8, CodeType::E4M3, std::nullopt, Packing::Rows, plainCodes},
    {"naive-quantized", "float", 8, CodeType::E4M3, std::nullopt, Packing::Rows, plainCodes},
    {"int-quantized", "int", 8, CodeType::Int8, std::nullopt, Packing::Rows, plainCodes},
    {"naive-quantized", "int", 8, CodeType::Int8, std::nullopt, Packing::Rows, plainCodes},
    {"pack-quantized", "int", 4, CodeType::Int4, std::nullopt, Packing::Words, packedCodes},
    {"pack-quantized", "int", 8, CodeType::Int8, std::nullopt, Packing::Words, packedCodes},
};

/// Finds the form of a group, or says what is wrong with it.
static const Form *findForm(const Section &group, const Section &weights,
                            const std::string &format) {
  std::string type = weights.text("type", "int");
  int64_t bits = weights.integer("num_bits", 8);
  bool isKnown = false;
  for (const Form &form : forms) {
    isKnown |= form.format == format;
    if (form.format == format && form.type == type && form.bits == bits)
      return &form;
  }
  if (isKnown)
    weights.fail("", "has num_bits ", bits, " and type \"", type,
                 "\", which are not read in format ", format, "; ", wayOut);
  else
    group.fail("format", "is \"", format, "\", which is not supported; ", wayOut);
  return nullptr;
}

/// Reads the extents of a block.
static void readBlock(const Section &weights, Scheme &scheme) {
  std::string strategy = weights.text("strategy", weights.has("group_size") ? "group" : "tensor");
  scheme.words += strCat(", strategy ", strategy);
  if (strategy == "tensor") {
    scheme.blockRows = 0;
  } else if (strategy == "group" || strategy == "tensor_group") {
    scheme.blockColumns = weights.integer("group_size");
    scheme.words += strCat(", group_size ", scheme.blockColumns);
    if (scheme.blockColumns == -1)
      scheme.blockColumns = 0;
    else if (scheme.blockColumns < 1)
      weights.refuse("group_size", "a positive integer");
  } else if (strategy == "block") {
    std::vector<int64_t> extents = weights.extents("block_structure", 2);
    scheme.blockRows = extents[0];
    scheme.blockColumns = extents[1];
    scheme.words += strCat(", block_structure [", extents[0], ", ", extents[1], "]");
  } else if (strategy != "channel") {
    weights.refuse("strategy", "tensor, channel, group, tensor_group or block");
  }
}

/// The scheme of a group; none where its weights are not quantised.
static std::optional<size_t> readGroup(const Section &config, const Section &group,
                                       Quantization &into) {
  if (!group.has("weights"))
    return std::nullopt;
  Section weights = group.section("weights");
  // Without a format of its own a group has that of all.
  std::string format = group.has("format") ? group.text("format") : config.text("format");
  const Form *form = findForm(group, weights, format);
  if (!form)
    return std::nullopt;
  Scheme scheme{.code = form->code,
                .hasGlobal = form->hasGlobal,
                .hasZero = !weights.boolean("symmetric", true),
                .scale = form->scale,
                .packing = form->packing,
                .codes = form->codes};
  scheme.words = strCat(group.path(), " (", format, ", num_bits ", form->bits);
  readBlock(weights, scheme);
  // "weight" and "static" are orders of quantising, which leave the columns where they are.
  std::string order = weights.textOrBoolean("actorder");
  scheme.isReordered = order == "group" || order == "dynamic" || order == "true";
  if (scheme.isReordered)
    scheme.words += strCat(", actorder ", order);
  scheme.words += ")";
  if (scheme.hasZero && scheme.packing != Packing::Words)
    weights.fail("symmetric", "is false, which is read in format pack-quantized only");
  return into.add(std::move(scheme));
}

/// Whether a target is the name of a class: module names have dots, or are a known one of one part.
static bool isClass(std::string_view target) {
  return target.find('.') == target.npos && !target.empty() && target[0] >= 'A' && target[0] <= 'Z';
}

static void read(const Section &config, const Section *, Quantization &into) {
  into.exclude(config, "ignore", Syntax::ExactOrRegex);
  // Both change what the codes stand for.
  if (!config.section("transform_config").section("config_groups").sections().empty())
    config.refuse("transform_config",
                  strCat("empty, and weights that are rotated are not read; ", wayOut));
  std::string sparsity = config.section("sparsity_config").text("format", "dense");
  if (sparsity != "dense")
    config.refuse("sparsity_config", strCat("one of format dense, which is read; ", wayOut));
  into.namesAll = true;
  for (const auto &[name, group] : config.section("config_groups").sections()) {
    std::optional<size_t> scheme = readGroup(config, group, into);
    for (const std::string &target : group.texts("targets")) {
      bool isLinear = target == "Linear";
      if (isClass(target) && !isLinear) {
        into.namesAll = false;
        continue;
      }
      Rule rule;
      rule.scheme = scheme;
      rule.rank = isLinear ? 3 : target.starts_with("re:") ? 2 : 1;
      rule.demands = true;
      into.addRule(group, "targets", isLinear ? Syntax::Everything : Syntax::ExactOrRegex, target,
                   std::move(rule));
    }
  }
}

const Method checkpoint::compressedTensors = {.name = "compressed-tensors",
                                              .suffixes = suffixes,
                                              .globalDivides = true,
                                              .isStrict = true,
                                              .read = read};
