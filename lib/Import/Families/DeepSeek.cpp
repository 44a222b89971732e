//===- DeepSeek.cpp - The deepseek_v3, deepseek_v32, kimi_k2 families ------===//
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

ConfigKeys import::latentKeys() {
  return {
      required("kv_lora_rank"), required("qk_nope_head_dim"), required("qk_rope_head_dim"),
      required("v_head_dim"),   {"attention_bias", false},    undeclared("rope_interleave", true),
  };
}

ConfigKeys import::sigmoidExpertKeys() {
  return {
      required("intermediate_size"),
      required("moe_intermediate_size"),
      required("n_routed_experts", {"num_local_experts"}),
      {"n_shared_experts", 1},
      {"norm_topk_prob", true},
      undeclared("scoring_func", "sigmoid"),
  };
}

ConfigKeys import::indexerKeys() {
  return {
      {"index_head_dim", 128},
      {"index_topk", 2048},
      undeclared("indexer_rope_interleave", false),
      undeclared("index_share_for_mtp_iteration", false),
  };
}

/// What V3 and V3.2 have in common.
static ConfigKeys deepseekKeys() {
  return decoderKeys() + latentKeys() + sigmoidExpertKeys() +
         ConfigKeys{
             nullable("q_lora_rank", 1536),
             {"num_experts_per_tok", 8},
             {"routed_scaling_factor", 2.5},
             {"n_group", 8},
             {"topk_group", 4},
             {"first_k_dense_replace", 3},
             {"rms_norm_eps", 1e-6},
             nullable("eos_token_id", 1),
         };
}

static ConfigKeys deepseekV3Keys() {
  return deepseekKeys() + ConfigKeys{
                              {"rope_interleave", true},
                              {"max_position_embeddings", 4096},
                          };
}

static ConfigKeys deepseekV32Keys() {
  return deepseekKeys() + indexerKeys() +
         ConfigKeys{
             {"mlp_layer_types", nullptr},
             {"index_n_heads", 64},
             // num_local_experts is another name of num_experts there, which the router ignores.
             required("n_routed_experts"),
             {"max_position_embeddings", 163840},
         };
}

LatentAttention import::describeLatent(const Config &config) {
  LatentAttention attention;
  attention.heads = config.count("num_attention_heads");
  attention.queryRank = config.optionalCount("q_lora_rank");
  attention.rank = config.count("kv_lora_rank");
  attention.nopeDim = config.count("qk_nope_head_dim");
  attention.ropeDim = config.count("qk_rope_head_dim");
  attention.valueDim = config.count("v_head_dim");
  attention.inputBias = config.boolean("attention_bias");
  bool interleaved = config.boolean("rope_interleave");
  attention.rope = describeRope(
      config, interleaved ? moe::RopeStyle::Interleaved : moe::RopeStyle::Half, attention.ropeDim);
  attention.softmaxFactor = attention.rope.config.softmaxFactor();
  return attention;
}

ExpertMlp import::describeSigmoidExperts(const Config &config) {
  ExpertMlp experts;
  experts.count = config.count("n_routed_experts");
  experts.topK = config.count("num_experts_per_tok");
  experts.inner = config.count("moe_intermediate_size");
  experts.sharedInner = experts.inner * std::max<int64_t>(config.integer("n_shared_experts"), 0);
  experts.score = moe::ScoreFunction::Sigmoid;
  experts.choiceBias = "gate.e_score_correction_bias";
  experts.groups = config.count("n_group");
  experts.keptGroups = config.count("topk_group");
  experts.renormalize = config.boolean("norm_topk_prob");
  experts.scale = config.number("routed_scaling_factor");
  std::string score = config.text("scoring_func");
  if (score != "sigmoid")
    config.fail("scoring_func '", score, "' is not sigmoid");
  return experts;
}

DecoderSpec import::describeDeepseekV3(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  LatentAttention attention = describeLatent(config);
  ExpertMlp experts = describeSigmoidExperts(config);
  std::vector<bool> dense = findDenseLayers(config, spec.layers.size());
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    spec.layers[index].attention = attention;
    if (dense[index])
      spec.layers[index].mlp = DenseMlp{config.count("intermediate_size")};
    else
      spec.layers[index].mlp = experts;
  }
  describeDraft(spec, {attention, experts}, DenseMlp{config.count("intermediate_size")});
  return spec;
}

DecoderSpec import::describeDeepseekV32(const Config &config) {
  DecoderSpec spec = describeDeepseekV3(config);
  IndexerSpec indexer;
  indexer.heads = config.count("index_n_heads");
  indexer.headDim = config.count("index_head_dim");
  indexer.topK = config.count("index_topk");
  bool interleaved = config.boolean("indexer_rope_interleave");
  indexer.rope =
      describeRope(config, interleaved ? moe::RopeStyle::Interleaved : moe::RopeStyle::Half,
                   config.count("qk_rope_head_dim"));
  for (LayerSpec &layer : spec.layers)
    std::get<LatentAttention>(layer.attention).indexer = indexer;
  if (spec.draft) {
    std::get<LatentAttention>(spec.draft->layer.attention).indexer = indexer;
    spec.draft->sharesSelection = config.boolean("index_share_for_mtp_iteration");
  }
  return spec;
}

void import::addDeepSeek(std::vector<ModelFamily> &families) {
  families.push_back({"deepseek_v3", deepseekV3Keys(), describeDeepseekV3});
  families.push_back({"deepseek_v32", deepseekV32Keys(), describeDeepseekV32});
  // DeepSeek V3 in everything; its checkpoints name DeepseekV3ForCausalLM.
  families.push_back({"kimi_k2", deepseekV3Keys(), describeDeepseekV3});
}
