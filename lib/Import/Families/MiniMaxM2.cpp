//===- MiniMaxM2.cpp - The minimax_m2 family --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries with full-width norms and partial rotation; sigmoid routing with a choice bias.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static DecoderSpec describeMiniMaxM2(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  if (config.boolean("use_qk_norm", true))
    attention.norm = GroupedAttention::Norm::FullWidth;
  int64_t rotated = int64_t(double(attention.headDim) * config.rope().partialFactor);
  attention.rope = describeRope(config, moe::RopeStyle::Half, config.count("rotary_dim", rotated));

  ExpertMlp experts;
  experts.prefix = "block_sparse_moe";
  experts.gate = "w1";
  experts.up = "w3";
  experts.down = "w2";
  experts.choiceBias = "e_score_correction_bias";
  experts.score = moe::ScoreFunction::Sigmoid;
  experts.count = config.integer("num_local_experts");
  experts.topK = config.integer("num_experts_per_tok");
  experts.inner = config.integer("intermediate_size");
  for (LayerSpec &layer : spec.layers)
    layer = {attention, experts};
  return spec;
}

void import::addMiniMaxM2(std::vector<ModelFamily> &families) {
  families.push_back({"minimax_m2", describeMiniMaxM2});
}
