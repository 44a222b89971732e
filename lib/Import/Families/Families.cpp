//===- Families.cpp - The table of families ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one place that lists families, and what several of them share.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;

static const Family table[] = {
    {"deepseek_v3", describeDeepseekV3},
    {"deepseek_v32", describeDeepseekV32},
    {"glm4_moe", describeGlm4Moe},
    {"glm4_moe_lite", describeGlm4MoeLite},
    {"glm_moe_dsa", describeGlmMoeDsa},
    {"gpt_oss", describeGptOss},
    {"minimax_m2", describeMiniMaxM2},
    {"mixtral", describeMixtral},
    {"olmoe", describeOlmoe},
    {"qwen3_moe", describeQwen3Moe},
};

llvm::ArrayRef<Family> import::families() { return table; }

GroupedAttention import::describeGrouped(const Config &config) {
  GroupedAttention attention;
  attention.heads = config.integer("num_attention_heads");
  attention.kvHeads = config.count("num_key_value_heads", attention.heads);
  int64_t hidden = config.integer("hidden_size");
  attention.headDim = config.count("head_dim", std::max<int64_t>(hidden / attention.heads, 1));
  if (attention.heads % attention.kvHeads != 0)
    config.fail("num_attention_heads ", attention.heads, " does not divide by num_key_value_heads ",
                attention.kvHeads);
  return attention;
}

bool import::isDenseLayer(const Config &config, int64_t index) {
  std::vector<std::string> types = config.texts("mlp_layer_types");
  if (index < int64_t(types.size()))
    return types[index] == "dense";
  return index < config.integer("first_k_dense_replace", 0);
}
