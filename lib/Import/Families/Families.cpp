//===- Families.cpp - The table of families ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one place that lists families, and what several of them share.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;

llvm::ArrayRef<ModelFamily> import::families() {
  static const std::vector<ModelFamily> table = [] {
    std::vector<ModelFamily> list;
#define MOEC_FAMILY(NAME) add##NAME(list);
#include "FamilyList.inc"
#undef MOEC_FAMILY
    llvm::sort(list, [](const ModelFamily &a, const ModelFamily &b) {
      return llvm::StringRef(a.modelType) < b.modelType;
    });
    return list;
  }();
  return table;
}

double import::readLimit(const Config &config) {
  double limit = config.number("swiglu_limit");
  if (limit >= 0)
    return limit;
  config.fail("key 'swiglu_limit' is ", limit, ", not a limit, nor 0 for none");
  return 0;
}

GroupedAttention import::describeGrouped(const Config &config) {
  GroupedAttention attention;
  attention.heads = config.count("num_attention_heads");
  attention.kvHeads = config.optionalCount("num_key_value_heads").value_or(attention.heads);
  int64_t hidden = config.count("hidden_size");
  attention.headDim =
      config.optionalCount("head_dim").value_or(std::max<int64_t>(hidden / attention.heads, 1));
  if (attention.heads % attention.kvHeads != 0)
    config.fail("num_attention_heads ", attention.heads, " does not divide by num_key_value_heads ",
                attention.kvHeads);
  return attention;
}

ExpertMlp import::describeMixtralExperts(const Config &config) {
  ExpertMlp experts;
  experts.prefix = "block_sparse_moe";
  experts.otherPrefix = "mlp"; // as Transformers 5 names modules
  experts.gate = "w1";
  experts.up = "w3";
  experts.down = "w2";
  experts.count = config.count("num_local_experts");
  experts.topK = config.count("num_experts_per_tok");
  experts.inner = config.count("intermediate_size");
  return experts;
}

ExpertMlp import::describeMiniMaxExperts(const Config &config) {
  ExpertMlp experts = describeMixtralExperts(config);
  experts.choiceBias = "e_score_correction_bias";
  experts.score = moe::ScoreFunction::Sigmoid;
  return experts;
}

std::vector<bool> import::findDenseLayers(const Config &config, int64_t layers) {
  std::vector<std::string> types;
  if (config.knows("mlp_layer_types"))
    types = config.wordPerLayer("mlp_layer_types", layers, {"sparse", "dense"});
  int64_t first = config.integer("first_k_dense_replace");
  std::vector<bool> dense(layers);
  for (int64_t index = 0; index < layers; ++index)
    dense[index] = types.empty() ? index < first : types[index] == "dense";
  return dense;
}
