//===- GptOss.cpp - The gpt_oss family --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped queries with sinks and windows; clamped SwiGLU in fused, biased experts.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static ConfigKeys gptOssKeys() {
  nlohmann::json yarn = {{"rope_type", "yarn"}, {"factor", 32.0},
                         {"beta_fast", 32.0},   {"beta_slow", 1.0},
                         {"truncate", false},   {"original_max_position_embeddings", 4096}};
  ConfigKeys keys{
      required("intermediate_size"),
      required("num_local_experts", {"num_experts"}),
      {"num_experts_per_tok", 4, {"experts_per_token"}},
      nullable("num_key_value_heads", 8),
      nullable("head_dim", 64),
      {"attention_bias", true},
      {"layer_types", nullptr},
      nullable("sliding_window", 128),
      undeclared("swiglu_limit", 7.0),
      {"max_position_embeddings", 131072},
      {"rms_norm_eps", 1e-5},
      {"rope_theta", 150000.0},
      {"rope_parameters", std::move(yarn)},
  };
  return decoderKeys() + keys;
}

static DecoderSpec describeGptOss(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.inputBias = attention.outputBias = config.boolean("attention_bias");
  attention.sinks = true;
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);

  ExpertMlp experts;
  experts.router = "router";
  experts.routerBias = true;
  experts.interleaved = true;
  experts.count = config.count("num_local_experts");
  experts.topK = config.count("num_experts_per_tok");
  experts.inner = config.count("intermediate_size");
  experts.score = moe::ScoreFunction::ChosenSoftmax;
  experts.renormalize = false;
  experts.limit = readLimit(config);
  experts.alpha = 1.702;
  experts.upOffset = 1;

  std::vector<std::string> types = config.wordPerLayer("layer_types", spec.layers.size(),
                                                       {"full_attention", "sliding_attention"});
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    // Without a list, every second layer is windowed, the first one included.
    bool windowed = types.empty() ? index % 2 == 0 : types[index] == "sliding_attention";
    GroupedAttention own = attention;
    if (windowed)
      own.window = config.optionalCount("sliding_window");
    spec.layers[index] = {own, experts};
  }
  return spec;
}

void import::addGptOss(std::vector<ModelFamily> &families) {
  families.push_back({"gpt_oss", gptOssKeys(), describeGptOss});
}
