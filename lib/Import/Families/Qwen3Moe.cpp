//===- Qwen3Moe.cpp - The qwen3_moe family ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries with a norm per head; softmax routing.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;

static ConfigKeys qwen3MoeKeys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"),
                             required("moe_intermediate_size"),
                             required("num_experts", {"num_local_experts"}),
                             {"num_experts_per_tok", 8},
                             {"norm_topk_prob", false},
                             {"mlp_only_layers", nullptr},
                             {"decoder_sparse_step", 1},
                             nullable("num_key_value_heads", 4),
                             undeclared("head_dim", nullptr),
                             {"attention_bias", false},
                             {"use_sliding_window", false},
                             nullable("sliding_window", 4096),
                             {"max_position_embeddings", 32768},
                             {"rms_norm_eps", 1e-6},
                         };
}

static DecoderSpec describeQwen3Moe(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.norm = GroupedAttention::Norm::PerHead;
  attention.inputBias = attention.outputBias = config.boolean("attention_bias");
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  if (config.boolean("use_sliding_window"))
    attention.window = config.optionalCount("sliding_window");

  ExpertMlp experts;
  experts.count = config.count("num_experts");
  experts.topK = config.count("num_experts_per_tok");
  experts.inner = config.count("moe_intermediate_size");
  experts.renormalize = config.boolean("norm_topk_prob");

  std::vector<int64_t> dense = config.integers("mlp_only_layers");
  int64_t step = config.integer("decoder_sparse_step");
  if (step < 1)
    config.fail("decoder_sparse_step ", step, " is not positive");
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    spec.layers[index].attention = attention;
    bool sparse = std::find(dense.begin(), dense.end(), index) == dense.end() && step > 0 &&
                  (index + 1) % step == 0;
    if (sparse)
      spec.layers[index].mlp = experts;
    else
      spec.layers[index].mlp = DenseMlp{config.count("intermediate_size")};
  }
  return spec;
}

void import::addQwen3Moe(std::vector<ModelFamily> &families) {
  families.push_back({"qwen3_moe", qwen3MoeKeys(), describeQwen3Moe});
}
