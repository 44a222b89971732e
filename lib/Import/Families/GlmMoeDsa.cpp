//===- GlmMoeDsa.cpp - The glm_moe_dsa family -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// DeepSeek V3.2's architecture, in which some layers reuse the selection of the one before.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;

static ConfigKeys glmMoeDsaKeys() {
  return decoderKeys() + latentKeys() + sigmoidExpertKeys() + indexerKeys() +
         ConfigKeys{
             nullable("q_lora_rank", 2048),
             {"num_experts_per_tok", 8},
             {"routed_scaling_factor", 2.5},
             {"n_group", 1},
             {"topk_group", 1},
             {"mlp_layer_types", nullptr},
             {"first_k_dense_replace", 3},
             {"index_n_heads", 32},
             {"indexer_types", nullptr},
             undeclared("index_topk_pattern", nullptr),
             undeclared("index_topk_freq", 1),
             undeclared("index_skip_topk_offset", 2),
             {"max_position_embeddings", 202752},
             {"rms_norm_eps", 1e-5},
             nullable("eos_token_id", 1),
         };
}

/// Which layers have an indexer: by `indexer_types`, else `index_topk_pattern` ("F" or "S" a
/// layer), else every `index_topk_freq`-th.
static std::vector<bool> findIndexers(const Config &config, int64_t layers) {
  std::vector<bool> full(layers);
  std::vector<std::string> types = config.wordPerLayer("indexer_types", layers, {"full", "shared"});
  std::string pattern = config.optionalText("index_topk_pattern");
  if (types.empty() && !pattern.empty() &&
      (int64_t(pattern.size()) < layers || pattern.find_first_not_of("FS") != pattern.npos)) {
    config.fail("index_topk_pattern '", pattern, "' is not F or S for each of ", layers, " layers");
    pattern.clear();
  }
  int64_t offset = config.integer("index_skip_topk_offset");
  int64_t frequency = std::max<int64_t>(config.integer("index_topk_freq"), 1);
  for (int64_t index = 0; index < layers; ++index)
    if (!types.empty())
      full[index] = types[index] == "full";
    else if (!pattern.empty())
      full[index] = pattern[index] == 'F';
    else
      full[index] = std::max<int64_t>(index - offset + 1, 0) % frequency == 0;
  return full;
}

static DecoderSpec describeGlmMoeDsa(const Config &config) {
  DecoderSpec spec = describeDeepseekV32(config);
  std::vector<bool> full = findIndexers(config, spec.layers.size());
  if (!full.front())
    config.fail("layer 0 shares an indexer, but none is before it");
  for (size_t index = 0; index < spec.layers.size(); ++index)
    std::get<LatentAttention>(spec.layers[index].attention).indexer->full = full[index];
  return spec;
}

void import::addGlmMoeDsa(std::vector<ModelFamily> &families) {
  families.push_back({"glm_moe_dsa", glmMoeDsaKeys(), describeGlmMoeDsa});
}
