//===- Llama.cpp - The llama family -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries without norms; dense layers, optional biases everywhere.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys llamaKeys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"), {"num_key_value_heads", nullptr},
                             {"head_dim", nullptr},         {"attention_bias", false},
                             {"mlp_bias", false},           {"max_position_embeddings", 2048},
                             {"rms_norm_eps", 1e-6},        nullable("eos_token_id", 2),
                         };
}

static DecoderSpec describeLlama(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.inputBias = attention.outputBias = config.boolean("attention_bias");
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  DenseMlp mlp{config.count("intermediate_size")};
  mlp.bias = config.boolean("mlp_bias");
  for (LayerSpec &layer : spec.layers)
    layer = {attention, mlp};
  return spec;
}

void import::addLlama(std::vector<ModelFamily> &families) {
  families.push_back({"llama", llamaKeys(), describeLlama});
}
