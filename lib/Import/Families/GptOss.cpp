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

static DecoderSpec describeGptOss(const Config &config) {
  DecoderSpec spec = describeDecoder(config);
  GroupedAttention attention = describeGrouped(config);
  attention.inputBias = attention.outputBias = config.boolean("attention_bias", true);
  attention.sinks = true;
  attention.rope = describeRope(config, moe::RopeStyle::Half, attention.headDim);

  ExpertMlp experts;
  experts.router = "router";
  experts.routerBias = true;
  experts.fused = true;
  experts.count = config.integer("num_local_experts");
  experts.topK = config.integer({"num_experts_per_tok", "experts_per_token"});
  experts.inner = config.integer("intermediate_size");
  experts.score = moe::ScoreFunction::ChosenSoftmax;
  experts.renormalize = false;
  experts.limit = config.number("swiglu_limit", 7.0);
  experts.alpha = 1.702;
  experts.upOffset = 1;

  std::vector<std::string> types = config.texts("layer_types");
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    // Without a list, every second layer is windowed, the first one included.
    bool windowed =
        index < int64_t(types.size()) ? types[index] == "sliding_attention" : index % 2 == 0;
    GroupedAttention own = attention;
    if (windowed)
      own.window = config.integer("sliding_window");
    spec.layers[index] = {own, experts};
  }
  return spec;
}

void import::addGptOss(std::vector<ModelFamily> &families) {
  families.push_back({"gpt_oss", describeGptOss});
}
