//===- Ernie45Moe.cpp - The ernie4_5_moe family -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries with interleaved rotation; softmax routing with a choice bias and shared experts.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;

static ConfigKeys ernie45MoeKeys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"),
                             required("moe_intermediate_size"),
                             required("moe_num_experts", {"num_experts"}),
                             {"moe_k", 6, {"num_experts_per_tok"}},
                             {"moe_num_shared_experts", 2},
                             {"moe_layer_start_index", 1},
                             {"moe_layer_end_index", -1},
                             {"moe_layer_interval", 1},
                             {"moe_norm_min", 1e-12},
                             nullable("num_key_value_heads", 4),
                             undeclared("head_dim", nullptr),
                             {"use_bias", false},
                             {"max_position_embeddings", 131072},
                             {"rms_norm_eps", 1e-5},
                             {"rope_theta", 500000.0},
                             {"tie_word_embeddings", true},
                             nullable("eos_token_id", 2),
                         };
}

/// Experts are in every `moe_layer_interval`-th layer from `moe_layer_start_index` to
/// `moe_layer_end_index`, of which -1 is the last one.
static bool hasExperts(const Config &config, int64_t index) {
  int64_t interval = config.count("moe_layer_interval");
  int64_t start = config.integer("moe_layer_start_index");
  int64_t end = config.integer("moe_layer_end_index");
  return index >= start && (end == -1 || index <= end) && (index + 1) % interval == 0;
}

static ExpertMlp describeExperts(const Config &config) {
  ExpertMlp experts;
  experts.count = config.count("moe_num_experts");
  experts.topK = config.count("moe_k");
  experts.inner = config.count("moe_intermediate_size");
  experts.sharedInner =
      experts.inner * std::max<int64_t>(config.integer("moe_num_shared_experts"), 0);
  experts.choiceBias = "moe_statics.e_score_correction_bias";
  experts.otherChoiceBias = "gate.moe_statics.e_score_correction_bias";
  // The least sum that weights are divided by; scores of a softmax never come near it.
  double least = config.number("moe_norm_min");
  if (least > 1e-6)
    config.fail("moe_norm_min ", least, " is above 1e-6");
  return experts;
}

static DecoderSpec describeErnie45Moe(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  spec.mtpPrefix = "model.mtp_";
  if (config.boolean("use_bias"))
    config.fail("use_bias is true, but only models without biases are known");
  GroupedAttention attention = describeGrouped(config);
  attention.rope = describeRope(config, moe::RopeStyle::Interleaved, attention.headDim);
  ExpertMlp experts = describeExperts(config);
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    spec.layers[index].attention = attention;
    if (hasExperts(config, index))
      spec.layers[index].mlp = experts;
    else
      spec.layers[index].mlp = DenseMlp{config.count("intermediate_size")};
  }
  return spec;
}

void import::addErnie45Moe(std::vector<ModelFamily> &families) {
  families.push_back({"ernie4_5_moe", ernie45MoeKeys(), describeErnie45Moe});
}
