//===- Qwen3Next.cpp - The families qwen3_next and qwen3_5_moe --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Gated delta nets, every fourth layer grouped queries with a gate on their output; softmax routing
// with a gated shared expert.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::import;

static ConfigKeys hybridKeys() {
  return decoderKeys() + ConfigKeys{
                             {"layer_types", nullptr},
                             undeclared("full_attention_interval", 4),
                             required("linear_num_key_heads"),
                             required("linear_num_value_heads"),
                             required("linear_key_head_dim"),
                             required("linear_value_head_dim"),
                             {"linear_conv_kernel_dim", 4},
                             required("moe_intermediate_size"),
                             required("shared_expert_intermediate_size"),
                             required("num_experts"),
                             required("num_experts_per_tok"),
                             {"num_key_value_heads", 2},
                             {"head_dim", 256},
                             {"attention_bias", false},
                             undeclared("attn_output_gate", true),
                             {"max_position_embeddings", 32768},
                             {"rms_norm_eps", 1e-6},
                             {"partial_rotary_factor", 0.25},
                             // Published checkpoints have a layer, whether they say so or not.
                             undeclared("mtp_num_hidden_layers", 1),
                         };
}

static ConfigKeys qwen3NextKeys() {
  return hybridKeys() + ConfigKeys{
                            required("intermediate_size"),
                            {"norm_topk_prob", true},
                            {"mlp_only_layers", nullptr},
                            {"decoder_sparse_step", 1},
                        };
}

static DeltaAttention describeDeltaNet(const Config &config) {
  DeltaAttention net;
  net.keyHeads = config.count("linear_num_key_heads");
  net.valueHeads = config.count("linear_num_value_heads");
  net.keyDim = config.count("linear_key_head_dim");
  net.valueDim = config.count("linear_value_head_dim");
  net.filterWidth = config.count("linear_conv_kernel_dim");
  if (net.valueHeads % net.keyHeads != 0)
    config.fail("linear_num_value_heads ", net.valueHeads,
                " does not divide by linear_num_key_heads ", net.keyHeads);
  if (net.filterWidth < 2)
    config.fail("linear_conv_kernel_dim ", net.filterWidth, " is less than 2");
  return net;
}

/// A layer of multi-token prediction is one of full attention.
static void describeHybridDraft(DecoderSpec &spec, const LayerSpec &like) {
  spec.mtpPrefix = "mtp.";
  describeDraft(spec, like);
  if (!spec.draft)
    return;
  DraftSpec &draft = *spec.draft;
  draft.prefix = spec.mtpPrefix;
  draft.layerPrefix = draft.prefix + "layers.0.";
  draft.embeddingNorm = "pre_fc_norm_embedding";
  draft.hiddenNorm = "pre_fc_norm_hidden";
  draft.join = "fc";
  draft.norm = "norm";
  draft.head = "lm_head.weight";
}

/// What both families have in common; all layers with experts.
static DecoderSpec describeHybrid(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  spec.mtpLayers = config.integer("mtp_num_hidden_layers");
  spec.normOffset = 1;
  GroupedAttention attention = describeGrouped(config);
  attention.norm = GroupedAttention::Norm::PerHead;
  attention.outputGate = config.boolean("attn_output_gate");
  attention.inputBias = attention.outputBias = config.boolean("attention_bias");
  double part = config.rope().partialFactor;
  attention.rope =
      describeRope(config, moe::RopeStyle::Half, int64_t(double(attention.headDim) * part));

  ExpertMlp experts;
  experts.count = config.count("num_experts");
  experts.topK = config.count("num_experts_per_tok");
  experts.inner = config.count("moe_intermediate_size");
  experts.sharedInner = config.count("shared_expert_intermediate_size");
  experts.shared = "shared_expert";
  experts.sharedGate = "shared_expert_gate";
  if (config.knows("norm_topk_prob"))
    experts.renormalize = config.boolean("norm_topk_prob");

  DeltaAttention net = describeDeltaNet(config);
  int64_t layers = int64_t(spec.layers.size());
  std::vector<std::string> types =
      config.wordPerLayer("layer_types", layers, {"linear_attention", "full_attention"});
  int64_t interval = config.count("full_attention_interval");
  for (int64_t index = 0; index < layers; ++index) {
    bool full = types.empty() ? (index + 1) % interval == 0 : types[index] == "full_attention";
    if (full)
      spec.layers[index].attention = attention;
    else
      spec.layers[index].attention = net;
    spec.layers[index].mlp = experts;
  }
  describeHybridDraft(spec, {attention, experts});
  return spec;
}

static DecoderSpec describeQwen3Next(const Config &config) {
  DecoderSpec spec = describeHybrid(config);
  std::vector<int64_t> dense = config.integers("mlp_only_layers");
  int64_t step = config.count("decoder_sparse_step");
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    LayerSpec &layer = spec.layers[index];
    if (auto *net = std::get_if<DeltaAttention>(&layer.attention))
      net->joinedByKeyHead = true;
    if (std::ranges::find(dense, index) != dense.end() || (index + 1) % step != 0)
      layer.mlp = DenseMlp{config.count("intermediate_size")};
  }
  return spec;
}

void import::addQwen3Next(std::vector<ModelFamily> &families) {
  families.push_back({"qwen3_next", qwen3NextKeys(), describeQwen3Next});
  TensorNames names{"model.language_model.", "lm_head.", {"model.visual."}};
  families.push_back(
      {"qwen3_5_moe_text", hybridKeys(), describeHybrid, {{"qwen3_5_moe", std::move(names)}}});
}
