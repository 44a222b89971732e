//===- Qwen3.cpp - The qwen3 family -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries with a norm per head, a window in some layers; dense layers.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys qwen3Keys() {
  return decoderKeys() + ConfigKeys{
                             required("intermediate_size"),
                             nullable("num_key_value_heads", 32),
                             {"head_dim", 128},
                             {"attention_bias", false},
                             {"use_sliding_window", false},
                             nullable("sliding_window", 4096),
                             {"max_window_layers", 28},
                             {"layer_types", nullptr},
                             {"max_position_embeddings", 32768},
                             {"rms_norm_eps", 1e-6},
                         };
}

/// Which layers have a window, as `layer_types` says, or those from `max_window_layers` on.
static std::vector<bool> findWindows(const Config &config, int64_t layers) {
  std::vector<std::string> types =
      config.wordPerLayer("layer_types", layers, {"full_attention", "sliding_attention"});
  int64_t full = config.integer("max_window_layers");
  std::vector<bool> windows(layers);
  for (int64_t index = 0; index < layers; ++index)
    windows[index] = types.empty() ? index >= full : types[index] == "sliding_attention";
  return windows;
}

static DecoderSpec describeQwen3(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.norm = GroupedAttention::Norm::PerHead;
  attention.inputBias = attention.outputBias = config.boolean("attention_bias");
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);
  std::optional<int64_t> window;
  if (config.boolean("use_sliding_window"))
    window = config.optionalCount("sliding_window");
  const std::vector<bool> windows = findWindows(config, int64_t(spec.layers.size()));
  for (size_t index = 0; index < spec.layers.size(); ++index) {
    attention.window = windows[index] ? window : std::nullopt;
    spec.layers[index] = {attention, DenseMlp{config.count("intermediate_size")}};
  }
  return spec;
}

void import::addQwen3(std::vector<ModelFamily> &families) {
  families.push_back({"qwen3", qwen3Keys(), describeQwen3});
}
