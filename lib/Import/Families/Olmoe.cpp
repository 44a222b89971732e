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

static DecoderSpec describeOlmoe(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.norm = GroupedAttention::Norm::FullWidth;
  attention.inputBias = attention.outputBias = config.boolean("attention_bias", false);
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  if (config.has("clip_qkv"))
    attention.clip = config.number("clip_qkv");

  ExpertMlp experts;
  experts.count = config.integer("num_experts");
  experts.topK = config.integer("num_experts_per_tok");
  experts.inner = config.integer("intermediate_size");
  experts.renormalize = config.boolean("norm_topk_prob", false);
  for (LayerSpec &layer : spec.layers)
    layer = {attention, experts};
  return spec;
}

void import::addOlmoe(std::vector<ModelFamily> &families) {
  families.push_back({"olmoe", describeOlmoe});
}
