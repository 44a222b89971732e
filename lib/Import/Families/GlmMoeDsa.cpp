//===- GlmMoeDsa.cpp - The glm_moe_dsa family -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// DeepSeek V3.2's architecture, in which some layers reuse the selection of the one before.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

#include <algorithm>

/// Which layers have an indexer: by `indexer_types`, else `index_topk_pattern` ("F" or "S" a
/// layer), else every `index_topk_freq`-th.
static bool hasIndexer(const Config &config, int64_t index) {
  std::vector<std::string> types = config.texts("indexer_types");
  if (index < int64_t(types.size()))
    return types[index] == "full";
  std::string pattern = config.text("index_topk_pattern", "");
  if (index < int64_t(pattern.size()))
    return pattern[index] == 'F';
  int64_t offset = config.integer("index_skip_topk_offset", 2);
  int64_t frequency = config.integer("index_topk_freq", 1);
  if (frequency < 1) {
    config.fail("index_topk_freq ", frequency, " is not positive");
    return true;
  }
  return std::max<int64_t>(index - offset + 1, 0) % frequency == 0;
}

static DecoderSpec describeGlmMoeDsa(const Config &config) {
  DecoderSpec spec = describeDeepseekV32(config);
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    bool full = hasIndexer(config, index);
    if (index == 0 && !full)
      config.fail("layer 0 shares an indexer, but none is before it");
    std::get<LatentAttention>(spec.layers[index].attention).indexer->full = full;
  }
  return spec;
}

void import::addGlmMoeDsa(std::vector<ModelFamily> &families) {
  families.push_back({"glm_moe_dsa", describeGlmMoeDsa});
}
