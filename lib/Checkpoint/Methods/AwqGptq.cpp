//===- AwqGptq.cpp - Integers with zero points ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Both store a matrix the other way round, input by output, in words of 32 bits: AWQ has words
// along the outputs in an order of its own, GPTQ along the inputs.
//
//===----------------------------------------------------------------------===//

#include "../Quantization.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr Suffix awqSuffixes[] = {
    {".qweight", Part::Codes}, {".scales", Part::Scales}, {".qzeros", Part::Zeros}};
static constexpr Suffix gptqSuffixes[] = {{".qweight", Part::Codes},
                                          {".scales", Part::Scales},
                                          {".qzeros", Part::Zeros},
                                          {".g_idx", Part::Order}};

/// Reads bits and group size of `section`, or where it has none, those of `otherwise`.
static void readGroups(const Section &section, const Section &otherwise, Scheme &scheme,
                       bool takesEight) {
  // The second names are those of AWQ's own file.
  const char *bitsKey = otherwise.has("w_bit") ? "w_bit" : "bits";
  const char *groupKey = otherwise.has("q_group_size") ? "q_group_size" : "group_size";
  const Section &bitsOf = section.has(bitsKey) ? section : otherwise;
  const Section &groupsOf = section.has(groupKey) ? section : otherwise;
  int64_t bits = bitsOf.integer(bitsKey);
  if (bits != 4 && !(takesEight && bits == 8))
    bitsOf.refuse(bitsKey,
                  strCat(takesEight ? "4 or 8, which are read; " : "4, which is read; ", wayOut));
  scheme.code = bits == 8 ? CodeType::Int8 : CodeType::Int4;
  scheme.blockColumns = groupsOf.integer(groupKey);
  scheme.words = strCat(section.path(), " (bits ", bits, ", group_size ", scheme.blockColumns, ")");
  if (scheme.blockColumns == -1)
    scheme.blockColumns = 0;
  else if (scheme.blockColumns < 1)
    groupsOf.refuse(groupKey, "a positive integer or -1");
}

/// Lists of what was quantised leave out the rest.
static bool demandsAll(const Section &config) {
  return !config.has("modules_in_block_to_quantize");
}

static void addEverything(const Section &config, Scheme scheme, Quantization &into) {
  Rule rule;
  rule.rank = 2;
  rule.demands = demandsAll(config);
  rule.scheme = into.add(std::move(scheme));
  into.addRule(config, "quant_method", Syntax::Everything, "", std::move(rule));
}

static void readAwq(const Section &config, const Section *, Quantization &into) {
  into.exclude(config, "modules_to_not_convert", Syntax::Substring);
  if (std::string version = config.text("version", "gemm"); version != "gemm" && version != "GEMM")
    config.refuse("version", strCat("gemm, whose packing is read; ", wayOut));
  if (!config.boolean("zero_point", true))
    config.refuse("zero_point", strCat("true, with which it is read; ", wayOut));
  Scheme scheme{.hasZero = true, .packing = Packing::Awq};
  readGroups(config, config, scheme, /*takesEight=*/false);
  addEverything(config, std::move(scheme), into);
}

/// What all modules have in common.
static Scheme readGptqScheme(const Section &section, const Section &config, int zeroBias) {
  bool symmetric = section.boolean("sym", config.boolean("sym", true));
  Scheme scheme{.hasZero = !symmetric,
                .packing = Packing::Gptq,
                .hasMiddleZeros = symmetric,
                .zeroBias = zeroBias};
  readGroups(section, config, scheme, /*takesEight=*/true);
  // In one group the order changes nothing.
  scheme.isReordered =
      section.boolean("desc_act", config.boolean("desc_act", false)) && scheme.blockColumns != 0;
  if (scheme.isReordered)
    scheme.words.insert(scheme.words.size() - 1, ", desc_act true");
  return scheme;
}

static void readGptq(const Section &config, const Section *, Quantization &into) {
  std::string format = config.text("checkpoint_format", "gptq");
  if (format != "gptq" && format != "gptq_v2")
    config.refuse("checkpoint_format", strCat("gptq or gptq_v2, which are read; ", wayOut));
  if (config.boolean("is_marlin_format", false))
    config.refuse("is_marlin_format", strCat("false, with which it is read; ", wayOut));
  if (config.text("pack_dtype", "int32") != "int32")
    config.refuse("pack_dtype", strCat("int32, which is read; ", wayOut));
  // The first version stores one less.
  int zeroBias = format == "gptq" ? 1 : 0;
  for (const auto &[entry, section] : config.section("dynamic").sections()) {
    bool isExcluded = entry.starts_with("-:");
    Rule rule;
    if (!isExcluded) {
      rule.rank = 1;
      rule.demands = demandsAll(config);
      rule.scheme = into.add(readGptqScheme(section, config, zeroBias));
    }
    bool hasMark = isExcluded || entry.starts_with("+:");
    into.addRule(config, "dynamic", Syntax::Regex, hasMark ? entry.substr(2) : entry,
                 std::move(rule));
  }
  addEverything(config, readGptqScheme(config, config, zeroBias), into);
}

const Method checkpoint::awq = {
    .name = "awq", .suffixes = awqSuffixes, .olderFile = "quant_config.json", .read = readAwq};
const Method checkpoint::gptq = {.name = "gptq",
                                 .suffixes = gptqSuffixes,
                                 .olderFile = "quantize_config.json",
                                 .read = readGptq};
