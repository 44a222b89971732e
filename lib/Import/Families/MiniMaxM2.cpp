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

static ConfigKeys miniMaxM2Keys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"),
                             required("num_local_experts", {"num_experts"}),
                             {"num_experts_per_tok", 8},
                             nullable("num_key_value_heads", 8),
                             {"head_dim", 128},
                             undeclared("rotary_dim", nullptr),
                             undeclared("use_qk_norm", true),
                             {"max_position_embeddings", 196608},
                             {"rms_norm_eps", 1e-6},
                             {"rope_theta", 5e6},
                             nullable("eos_token_id", 200020),
                         };
}

/// The numbers of a head that are rotated: `rotary_dim`, or a part of all.
static int64_t countRotated(const Config &config, const GroupedAttention &attention) {
  double factor = config.rope().partialFactor;
  int64_t part = int64_t(double(attention.headDim) * factor);
  std::optional<int64_t> rotated = config.optionalCount("rotary_dim");
  if (rotated && factor != 1 && *rotated != part)
    config.fail("key 'rotary_dim' is ", *rotated, ", but 'partial_rotary_factor' ", factor, " of ",
                attention.headDim, " is ", part);
  return rotated.value_or(part);
}

static DecoderSpec describeMiniMaxM2(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  if (config.boolean("use_qk_norm"))
    attention.norm = GroupedAttention::Norm::FullWidth;
  attention.rope = describeRope(config, moe::RopeStyle::Half, countRotated(config, attention));

  ExpertMlp experts = describeMiniMaxExperts(config);
  for (LayerSpec &layer : spec.layers)
    layer = {attention, experts};
  return spec;
}

void import::addMiniMaxM2(std::vector<ModelFamily> &families) {
  families.push_back({"minimax_m2", miniMaxM2Keys(), describeMiniMaxM2});
}
