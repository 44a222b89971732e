//===- Glm4MoeLite.cpp - The glm4_moe_lite family ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Latent attention without an indexer, as deepseek_v3.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys glm4MoeLiteKeys() {
  return decoderKeys() + latentKeys() + sigmoidExpertKeys() +
         ConfigKeys{
             nullable("q_lora_rank", 768),
             {"rope_interleave", true},
             required("qk_rope_head_dim", {"head_dim"}),
             {"num_experts_per_tok", 4},
             {"routed_scaling_factor", 1.8},
             {"n_group", 1},
             {"topk_group", 1},
             {"mlp_layer_types", nullptr},
             undeclared("first_k_dense_replace", 1),
             {"max_position_embeddings", 202752},
             {"rms_norm_eps", 1e-5},
             nullable("eos_token_id", 1),
         };
}

static DecoderSpec describeGlm4MoeLite(const Config &config) { return describeDeepseekV3(config); }

void import::addGlm4MoeLite(std::vector<ModelFamily> &families) {
  families.push_back({"glm4_moe_lite", glm4MoeLiteKeys(), describeGlm4MoeLite});
}
