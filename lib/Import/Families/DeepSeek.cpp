//===- DeepSeek.cpp - The deepseek_v3 and deepseek_v32 families -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Latent attention; sigmoid routing with a choice bias and groups; v32 adds a sparse indexer.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;

LatentAttention import::describeLatent(const Config &config) {
  LatentAttention attention;
  attention.heads = config.integer("num_attention_heads");
  if (config.has("q_lora_rank"))
    attention.queryRank = config.integer("q_lora_rank");
  attention.rank = config.integer("kv_lora_rank");
  attention.nopeDim = config.integer("qk_nope_head_dim");
  attention.ropeDim = config.integer("qk_rope_head_dim");
  attention.valueDim = config.integer("v_head_dim");
  attention.inputBias = config.boolean("attention_bias", false);
  bool interleaved = config.boolean("rope_interleave", true);
  attention.rope = describeRope(
      config, interleaved ? moe::RopeStyle::Interleaved : moe::RopeStyle::Half, attention.ropeDim);
  attention.softmaxFactor = attention.rope.config.softmaxFactor();
  return attention;
}

ExpertMlp import::describeSigmoidExperts(const Config &config) {
  ExpertMlp experts;
  experts.count = config.integer("n_routed_experts");
  experts.topK = config.integer("num_experts_per_tok");
  experts.inner = config.integer("moe_intermediate_size");
  experts.sharedInner = experts.inner * std::max<int64_t>(config.integer("n_shared_experts", 0), 0);
  experts.score = moe::ScoreFunction::Sigmoid;
  experts.choiceBias = "gate.e_score_correction_bias";
  experts.groups = config.count("n_group", 1);
  experts.keptGroups = config.count("topk_group", 1);
  experts.renormalize = config.boolean("norm_topk_prob", true);
  experts.scale = config.number("routed_scaling_factor", 1.0);
  std::string score = config.text("scoring_func", "sigmoid");
  if (score != "sigmoid")
    config.fail("scoring_func '", score, "' is not sigmoid");
  return experts;
}

DecoderSpec import::describeDeepseekV3(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  LatentAttention attention = describeLatent(config);
  ExpertMlp experts = describeSigmoidExperts(config);
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    spec.layers[index].attention = attention;
    if (isDenseLayer(config, index))
      spec.layers[index].mlp = DenseMlp{config.integer("intermediate_size")};
    else
      spec.layers[index].mlp = experts;
  }
  return spec;
}

DecoderSpec import::describeDeepseekV32(const Config &config) {
  DecoderSpec spec = describeDeepseekV3(config);
  IndexerSpec indexer;
  indexer.heads = config.integer("index_n_heads");
  indexer.headDim = config.integer("index_head_dim");
  indexer.topK = config.integer("index_topk");
  bool interleaved = config.boolean("indexer_rope_interleave", false);
  indexer.rope =
      describeRope(config, interleaved ? moe::RopeStyle::Interleaved : moe::RopeStyle::Half,
                   config.integer("qk_rope_head_dim"));
  for (LayerSpec &layer : spec.layers)
    std::get<LatentAttention>(layer.attention).indexer = indexer;
  return spec;
}

void import::addDeepSeek(std::vector<ModelFamily> &families) {
  families.push_back({"deepseek_v3", describeDeepseekV3});
  families.push_back({"deepseek_v32", describeDeepseekV32});
}
