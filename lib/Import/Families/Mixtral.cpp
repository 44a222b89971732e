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

static DecoderSpec describeMixtral(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  if (config.has("sliding_window"))
    attention.window = config.integer("sliding_window");

  ExpertMlp experts;
  experts.prefix = "block_sparse_moe";
  experts.gate = "w1";
  experts.up = "w3";
  experts.down = "w2";
  experts.count = config.integer("num_local_experts");
  experts.topK = config.integer("num_experts_per_tok");
  experts.inner = config.integer("intermediate_size");
  for (LayerSpec &layer : spec.layers)
    layer = {attention, experts};
  return spec;
}

void import::addMixtral(std::vector<ModelFamily> &families) {
  families.push_back({"mixtral", describeMixtral});
}
