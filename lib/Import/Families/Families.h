//===- Families.h - The model families that import knows --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One function a family: from its configuration to a DecoderSpec. A new family is one file here:
// <Name>.cpp defines add<Name>(), which the build calls because the file is there.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_FAMILIES_FAMILIES_H
#define MOEC_LIB_IMPORT_FAMILIES_FAMILIES_H

#include "../Decoder.h"

#include "llvm/ADT/ArrayRef.h"

namespace moec::import {

/// A value of `model_type`, and how to describe such a model. Errors are left in the configuration.
struct ModelFamily {
  const char *modelType;
  DecoderSpec (*describe)(const Config &config);
};

/// All families, sorted by name.
llvm::ArrayRef<ModelFamily> families();

// add<Name>() of every file here.
#define MOEC_FAMILY(NAME) void add##NAME(std::vector<ModelFamily> &families);
#include "FamilyList.inc"
#undef MOEC_FAMILY

// What several families share.

/// DeepSeek V3 and V3.2, which others are like.
DecoderSpec describeDeepseekV3(const Config &config);
DecoderSpec describeDeepseekV32(const Config &config);

/// Heads, key/value heads and head width, with an unrotated default for the rest.
GroupedAttention describeGrouped(const Config &config);

/// Latent attention as DeepSeek's configurations state it, without an indexer.
LatentAttention describeLatent(const Config &config);

/// DeepSeek's router and experts: sigmoid scores, a choice bias, groups, shared experts.
ExpertMlp describeSigmoidExperts(const Config &config);

/// Whether layer `index` is dense, by `mlp_layer_types` or `first_k_dense_replace`.
bool isDenseLayer(const Config &config, int64_t index);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_FAMILIES_FAMILIES_H
