//===- Glm4Moe.cpp - The glm4_moe family ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries with biases and partial rotation; sigmoid routing with shared experts.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys glm4MoeKeys() {
  return decoderKeys() + sigmoidExpertKeys() +
         ConfigKeys{
             {"num_experts_per_tok", 8},
             {"routed_scaling_factor", 1.0},
             {"n_group", 1},
             {"topk_group", 1},
             {"first_k_dense_replace", 1},
             nullable("num_key_value_heads", 8),
             undeclared("head_dim", nullptr),
             {"attention_bias", false},
             {"use_qk_norm", false},
             {"max_position_embeddings", 131072},
             {"rms_norm_eps", 1e-5},
             {"partial_rotary_factor", 0.5},
         };
}

static DecoderSpec describeGlm4Moe(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.inputBias = config.boolean("attention_bias");
  if (config.boolean("use_qk_norm"))
    attention.norm = GroupedAttention::Norm::PerHead;
  double part = config.rope().partialFactor;
  attention.rope =
      describeRope(config, moe::RopeStyle::Half, int64_t(double(attention.headDim) * part));
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

void import::addGlm4Moe(std::vector<ModelFamily> &families) {
  families.push_back({"glm4_moe", glm4MoeKeys(), describeGlm4Moe});
}
