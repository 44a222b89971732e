//===- Families.h - The model families that import knows --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A table of keys and a function a family: from its configuration to a DecoderSpec. A new family is
// one file here: <Name>.cpp defines add<Name>(), which the build calls because the file is there.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_FAMILIES_FAMILIES_H
#define MOEC_LIB_IMPORT_FAMILIES_FAMILIES_H

#include "../Decoder.h"

#include "llvm/ADT/ArrayRef.h"

namespace moec::import {

/// A value of `model_type` of models with several modalities that have a text model in their
/// `text_config`, and under which prefixes their checkpoints have its tensors and others.
struct Wrapper {
  const char *modelType;
  TensorNames names;
};

/// A value of `model_type`, the keys of such a configuration, and how to describe the model by
/// them. Errors are left in the configuration.
struct ModelFamily {
  const char *modelType;
  ConfigKeys keys;
  DecoderSpec (*describe)(const Config &config);
  std::vector<Wrapper> wrappers = {};
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

/// swiglu_limit: 0 for none.
double readLimit(const Config &config);

/// Heads, key/value heads and head width, with an unrotated default for the rest.
GroupedAttention describeGrouped(const Config &config);

/// Latent attention as DeepSeek's configurations state it, without an indexer; its keys but for
/// `q_lora_rank`.
ConfigKeys latentKeys();
LatentAttention describeLatent(const Config &config);

/// The keys of a sparse indexer, but for the number of its heads.
ConfigKeys indexerKeys();

/// DeepSeek's router and experts: sigmoid scores, a choice bias, groups, shared experts; of its
/// keys those whose defaults are the same everywhere.
ConfigKeys sigmoidExpertKeys();
ExpertMlp describeSigmoidExperts(const Config &config);

/// Routed experts under Mixtral's names of weights and keys.
ExpertMlp describeMixtralExperts(const Config &config);

/// MiniMax's routed experts, under Mixtral's names, chosen by sigmoids and a bias.
ExpertMlp describeMiniMaxExperts(const Config &config);

/// Which layers are dense, by `mlp_layer_types` where the family has it, or
/// `first_k_dense_replace`.
std::vector<bool> findDenseLayers(const Config &config, int64_t layers);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_FAMILIES_FAMILIES_H
