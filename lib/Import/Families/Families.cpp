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
