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

static DecoderSpec describeGlm4Moe(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.inputBias = config.boolean("attention_bias", false);
  if (config.boolean("use_qk_norm", false))
    attention.norm = GroupedAttention::Norm::PerHead;
  double part = config.rope().partialFactor;
  attention.rope =
      describeRope(config, moe::RopeStyle::Half, int64_t(double(attention.headDim) * part));
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

void import::addGlm4Moe(std::vector<ModelFamily> &families) {
  families.push_back({"glm4_moe", describeGlm4Moe});
}
