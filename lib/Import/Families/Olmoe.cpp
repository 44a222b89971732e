//===- Olmoe.cpp - The olmoe family -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Full-width norms on queries and keys, optional clipping; softmax routing.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys olmoeKeys() {
  return decoderKeys() +
         ConfigKeys{
             required("intermediate_size"),     required("num_experts", {"num_local_experts"}),
             {"num_experts_per_tok", 8},        {"norm_topk_prob", false},
             {"num_key_value_heads", nullptr},  undeclared("head_dim", nullptr),
             {"attention_bias", false},         {"clip_qkv", nullptr},
             {"max_position_embeddings", 4096}, {"rms_norm_eps", 1e-5},
             nullable("eos_token_id", 50279),
         };
}

static DecoderSpec describeOlmoe(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.norm = GroupedAttention::Norm::FullWidth;
  attention.inputBias = attention.outputBias = config.boolean("attention_bias");
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  attention.clip = config.optionalNumber("clip_qkv");

  ExpertMlp experts;
  experts.count = config.count("num_experts");
  experts.topK = config.count("num_experts_per_tok");
  experts.inner = config.count("intermediate_size");
  experts.renormalize = config.boolean("norm_topk_prob");
  for (LayerSpec &layer : spec.layers)
    layer = {attention, experts};
  return spec;
}

void import::addOlmoe(std::vector<ModelFamily> &families) {
  families.push_back({"olmoe", olmoeKeys(), describeOlmoe});
}
