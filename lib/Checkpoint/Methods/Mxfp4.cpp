//===- Mxfp4.cpp - gpt-oss as it is published -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The experts of a layer are one tensor; a block of 32 codes is its last dimension, of 16 bytes.
//
//===----------------------------------------------------------------------===//

#include "../Quantization.h"

using namespace moec;
using namespace moec::checkpoint;

static constexpr Suffix suffixes[] = {{"_blocks", Part::Codes}, {"_scales", Part::Scales}};

static void read(const Section &config, const Section *, Quantization &into) {
  into.exclude(config, "modules_to_not_convert", Syntax::Modules);
  Scheme scheme{.code = CodeType::E2M1,
                .blockColumns = 32,
                .scale = ScaleType::E8M0,
                .packing = Packing::Blocks,
                .words = strCat(config.path(), " (quant_method mxfp4)")};
  Rule rule;
  rule.rank = 1;
  rule.scheme = into.add(std::move(scheme));
  into.addRule(config, "quant_method", Syntax::Everything, "", std::move(rule));
}

const Method checkpoint::mxfp4 = {
    .name = "mxfp4", .suffixes = suffixes, .plainSuffix = "", .read = read};
