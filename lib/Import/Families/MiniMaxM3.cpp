//===- MiniMaxM3.cpp - The minimax_m3_vl_text family ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries that attend to blocks of keys, with norms a head and partial rotation; clamped
// SwiGLU; sigmoid routing with a choice bias and a shared expert. Published with a vision tower.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

/// The published name of an indexer's key.
static std::string sparse(const char *name) { return strCat("sparse_attention_config.", name); }

static ConfigKeys miniMaxM3Keys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"),
                             required("num_local_experts", {"num_experts"}),
                             {"dense_intermediate_size", 12288},
                             {"shared_intermediate_size", 3072},
                             {"num_experts_per_tok", 4},
                             {"routed_scaling_factor", 2.0},
                             {"num_key_value_heads", 4},
                             {"head_dim", 128},
                             {"rotary_dim", 64},
                             {"swiglu_alpha", 1.702},
                             {"swiglu_limit", 7.0},
                             {"layer_types", nullptr},
                             undeclared("sparse_attention_config.sparse_attention_freq", nullptr),
                             {"mlp_layer_types", nullptr},
                             undeclared("moe_layer_freq", nullptr),
                             {"index_n_heads", 4, {sparse("sparse_num_index_heads")}},
                             {"index_head_dim", 128, {sparse("sparse_index_dim")}},
                             {"index_block_size", 128, {sparse("sparse_block_size")}},
                             {"index_topk_blocks", 16, {sparse("sparse_topk_blocks")}},
                             {"index_local_blocks", 1, {sparse("sparse_local_block")}},
                             {"max_position_embeddings", 524288},
                             {"rms_norm_eps", 1e-6},
                             {"rope_theta", 5e6},
                             nullable("eos_token_id", 200020),
                             undeclared("scoring_func", "sigmoid"),
                             undeclared("qk_norm_type", "per_head"),
                             undeclared("use_qk_norm", true),
                             undeclared("use_gemma_norm", true),
                             undeclared("use_routing_bias", true),
                             undeclared("attention_output_gate", false),
                             undeclared("sparse_attention_config.use_sparse_attention", true),
                             undeclared("sparse_attention_config.sparse_score_type", "max"),
                             undeclared("sparse_attention_config.sparse_init_block", 0),
                         };
}

/// Published files state what all models of the family have.
static void checkFixedKeys(const Config &config) {
  for (const auto &[key, known] : {std::pair("scoring_func", "sigmoid"),
                                   {"qk_norm_type", "per_head"},
                                   {"sparse_attention_config.sparse_score_type", "max"}})
    if (std::string value = config.text(key); value != known)
      config.fail("key '", key, "' is '", value, "', but only '", known, "' is known");
  for (const char *key : {"use_qk_norm", "use_gemma_norm", "use_routing_bias",
                          "sparse_attention_config.use_sparse_attention"})
    if (!config.boolean(key))
      config.fail("key '", key, "' is false, but only true is known");
  if (config.boolean("attention_output_gate"))
    config.fail("key 'attention_output_gate' is true, but only false is known");
  const char *first = "sparse_attention_config.sparse_init_block";
  if (int64_t blocks = config.integer(first); blocks != 0)
    config.fail("key '", first, "' is ", blocks, ", but only 0 is known");
}

/// Which layers are of the kind `is`, not `isNot`: by a list of words, or an older one of numbers,
/// of which 0 is not; else all are as `otherwise` says.
static std::vector<bool> findLayers(const Config &config, int64_t layers, const char *words,
                                    const char *is, const char *isNot, const char *numbers,
                                    bool otherwise) {
  std::vector<bool> found(layers, otherwise);
  std::vector<std::string> types = config.wordPerLayer(words, layers, {isNot, is});
  std::vector<int64_t> flags = config.integers(numbers);
  if (types.empty() && !flags.empty() && int64_t(flags.size()) < layers) {
    config.fail("key '", numbers, "' has ", flags.size(), " entries for ", layers, " layers");
    return found;
  }
  for (int64_t index = 0; index < layers; ++index)
    if (!types.empty())
      found[index] = types[index] == is;
    else if (!flags.empty())
      found[index] = flags[index] != 0;
  return found;
}

/// The numbers of a head that are rotated: the part that is stated, or `rotary_dim`.
static int64_t countRotated(const Config &config, int64_t headDim) {
  double factor = config.rope().partialFactor;
  int64_t part = int64_t(double(headDim) * factor), rotated = config.count("rotary_dim");
  if (factor == 1 && rotated <= headDim)
    return rotated;
  if (config.states("rotary_dim") && rotated != part)
    config.fail("key 'rotary_dim' is ", rotated, ", but 'partial_rotary_factor' ", factor, " of ",
                headDim, " is ", part);
  return part;
}

static BlockIndexerSpec describeIndexer(const Config &config, const RopeSpec &rope) {
  BlockIndexerSpec indexer;
  indexer.heads = config.count("index_n_heads");
  indexer.headDim = config.count("index_head_dim");
  indexer.block = config.count("index_block_size");
  indexer.topK = config.count("index_topk_blocks");
  indexer.local = config.integer("index_local_blocks");
  indexer.rope = rope;
  return indexer;
}

static ExpertMlp describeExperts(const Config &config) {
  ExpertMlp experts = describeMiniMaxExperts(config);
  experts.otherChoiceBias = "gate.e_score_correction_bias";
  experts.sharedInner = config.count("shared_intermediate_size");
  experts.scale = config.number("routed_scaling_factor");
  experts.limit = readLimit(config);
  experts.alpha = config.number("swiglu_alpha");
  experts.upOffset = 1;
  return experts;
}

static DecoderSpec describeMiniMaxM3(const Config &config) {
  // Published files name the clamped activation, which the other keys state.
  DecoderSpec spec = describeDecoder(config, {"silu", "swish", "swigluoai"});
  checkFixedKeys(config);
  spec.normOffset = 1;
  GroupedAttention attention = describeGrouped(config);
  attention.norm = GroupedAttention::Norm::PerHead;
  attention.rope =
      describeRope(config, moe::RopeStyle::Half, countRotated(config, attention.headDim));
  ExpertMlp experts = describeExperts(config);
  DenseMlp mlp{config.count("dense_intermediate_size"), experts.limit, experts.alpha,
               experts.upOffset};

  int64_t layers = spec.layers.size();
  std::vector<bool> isSparse =
      findLayers(config, layers, "layer_types", "minimax_m3_sparse", "full_attention",
                 "sparse_attention_config.sparse_attention_freq", /*otherwise=*/false);
  std::vector<bool> hasExperts = findLayers(config, layers, "mlp_layer_types", "sparse", "dense",
                                            "moe_layer_freq", /*otherwise=*/true);
  for (int64_t index = 0; index < layers; ++index) {
    GroupedAttention own = attention;
    if (isSparse[index])
      own.indexer = describeIndexer(config, attention.rope);
    spec.layers[index].attention = own;
    if (hasExperts[index])
      spec.layers[index].mlp = experts;
    else
      spec.layers[index].mlp = mlp;
  }
  return spec;
}

void import::addMiniMaxM3(std::vector<ModelFamily> &families) {
  TensorNames names{"language_model.model.",
                    "language_model.lm_head.",
                    {"vision_tower.", "multi_modal_projector.", "patch_merge_mlp."}};
  families.push_back({"minimax_m3_vl_text",
                      miniMaxM3Keys(),
                      describeMiniMaxM3,
                      {{"minimax_m3_vl", std::move(names)}}});
}
