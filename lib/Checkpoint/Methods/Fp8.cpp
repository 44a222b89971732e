//===- Fp8.cpp - FP8 with block scales ------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// As model makers publish it themselves: codes of eight bits, with scales of blocks as large as the
// configuration says, or of whole tensors. What is not quantised is not always listed.
//
//===----------------------------------------------------------------------===//

#include "../Quantization.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr Suffix suffixes[] = {
    {".weight", Part::Codes},           {".weight_scale_inv", Part::Scales},
    {".weight_scale", Part::Scales},    {".input_scale", Part::Aside},
    {".activation_scale", Part::Aside}, {".k_scale", Part::Aside},
    {".v_scale", Part::Aside},
};

static void readWith(const Section &config, Quantization &into, std::optional<ScaleType> scale) {
  for (const char *key : {"modules_to_not_convert", "ignored_layers"})
    into.exclude(config, key, Syntax::Modules);
  std::string format = config.text("fmt", "e4m3");
  if (format != "e4m3" && format != "float8_e4m3fn")
    config.refuse("fmt", strCat("e4m3 or float8_e4m3fn, which are read; ", wayOut));
  Scheme scheme{.code = CodeType::E4M3, .blockRows = 0, .blockColumns = 0, .scale = scale};
  scheme.words = strCat(config.path(), " (fmt ", format);
  if (scale || config.has("weight_block_size")) {
    std::vector<int64_t> extents = config.extents("weight_block_size", 2);
    scheme.blockRows = extents[0];
    scheme.blockColumns = extents[1];
    scheme.words += strCat(", weight_block_size [", extents[0], ", ", extents[1], "]");
  }
  scheme.words += ")";
  Rule rule;
  rule.rank = 1;
  rule.scheme = into.add(std::move(scheme));
  into.addRule(config, "quant_method", Syntax::Everything, "", std::move(rule));
}

static void readFp8(const Section &config, const Section *, Quantization &into) {
  readWith(config, into, std::nullopt);
}

/// The names of FP8's tensors, with the scales of MX.
static void readMxfp8(const Section &config, const Section *, Quantization &into) {
  readWith(config, into, ScaleType::E8M0);
}

const Method checkpoint::fp8 = {.name = "fp8", .suffixes = suffixes, .read = readFp8};
const Method checkpoint::mxfp8 = {.name = "mxfp8", .suffixes = suffixes, .read = readMxfp8};
