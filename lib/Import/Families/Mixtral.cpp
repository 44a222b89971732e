//===- Mixtral.cpp - The mixtral family -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries, an optional window; softmax routing, renormalised.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys mixtralKeys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"),
                             required("num_local_experts", {"num_experts"}),
                             {"num_experts_per_tok", 2},
                             nullable("num_key_value_heads", 8),
                             {"head_dim", nullptr},
                             {"sliding_window", nullptr},
                             {"max_position_embeddings", 131072},
                             {"rms_norm_eps", 1e-5},
                             {"rope_theta", 1e6},
                             nullable("eos_token_id", 2),
                         };
}

static DecoderSpec describeMixtral(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  attention.window = config.optionalCount("sliding_window");

  ExpertMlp experts = describeMixtralExperts(config);
  for (LayerSpec &layer : spec.layers)
    layer = {attention, experts};
  return spec;
}

void import::addMixtral(std::vector<ModelFamily> &families) {
  families.push_back({"mixtral", mixtralKeys(), describeMixtral});
}
