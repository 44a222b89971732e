//===- RandomConfig.cpp - Random configurations of every family -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Valid configurations only, of odd shapes: what families do not allow is not drawn.
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace moec::random;
using nlohmann::json;

namespace {
/// Fills one configuration.
class ConfigMaker {
public:
  explicit ConfigMaker(Draw &draw) : draw(draw) {}

  json make(int64_t positions, int64_t vocabulary);

private:
  int64_t width() {
    return draw.oneOf<int64_t>({2, 3, 5, 8, 13, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 96, 100});
  }
  int64_t evenWidth() { return draw.oneOf<int64_t>({2, 4, 6, 8, 10, 16, 18, 24, 32, 34, 64}); }
  bool coin() { return draw.chance(2); }
  int64_t layers() { return config["num_hidden_layers"]; }

  void addRope(double partialFactor);
  void addGrouped(double partialFactor = 1);
  void addLatent();
  void addIndexer();
  void addExperts(const char *countKey, const char *innerKey);
  void addSigmoidExperts();
  void addDenseLayers();

  void addDeepseek();
  void addErnie();
  void addGlm4();
  void addGptOss();
  void addMiniMax();
  void addLlama();
  void addMiniMaxM3();
  void addMixtral();
  void addOlmoe();
  void addQwen();
  void addQwenDense();
  void addQwenHybrid();

  Draw &draw;
  json config;
};
} // namespace

void ConfigMaker::addRope(double partialFactor) {
  json rope = {{"rope_theta", draw.oneOf({10000.0, 150000.0, 3.5})}};
  std::string type = draw.oneOf({"default", "default", "linear", "llama3", "yarn"});
  rope["rope_type"] = type;
  if (type != "default")
    rope["factor"] = draw.oneOf({1.0, 4.0, 32.0});
  if (type == "llama3") {
    rope["low_freq_factor"] = draw.oneOf({0.5, 1.0});
    rope["high_freq_factor"] = draw.oneOf({1.5, 4.0});
  }
  if (type == "llama3" || type == "yarn")
    rope["original_max_position_embeddings"] = draw.pick(8, 64);
  if (type == "yarn") {
    rope["truncate"] = coin();
    if (coin())
      rope["mscale"] = rope["mscale_all_dim"] = 1.0;
  }
  // Said even where it is 1: glm4_moe's default is one half.
  rope["partial_rotary_factor"] = partialFactor;
  config["rope_parameters"] = rope;
}

void ConfigMaker::addGrouped(double partialFactor) {
  int64_t kvHeads = draw.pick(1, 3);
  config["num_key_value_heads"] = kvHeads;
  config["num_attention_heads"] = kvHeads * draw.pick(1, 4);
  // The rotated part of a head is a number of pairs.
  config["head_dim"] = partialFactor == 1 ? evenWidth() : 4 * draw.pick(1, 9);
  addRope(partialFactor);
}

void ConfigMaker::addLatent() {
  config["num_attention_heads"] = draw.pick(1, 4);
  config["q_lora_rank"] = coin() ? json(width()) : json(nullptr);
  config["kv_lora_rank"] = width();
  config["qk_nope_head_dim"] = width();
  config["qk_rope_head_dim"] = evenWidth();
  config["v_head_dim"] = width();
  config["attention_bias"] = coin();
  config["rope_interleave"] = coin();
  addRope(1);
}

void ConfigMaker::addIndexer() {
  config["index_n_heads"] = draw.pick(1, 5);
  config["index_head_dim"] = config["qk_rope_head_dim"].get<int64_t>() + draw.pick(0, 17);
  config["index_topk"] = draw.oneOf<int64_t>({1, 2, 5, 16, 33});
  config["indexer_rope_interleave"] = coin();
}

void ConfigMaker::addExperts(const char *countKey, const char *innerKey) {
  int64_t count = draw.oneOf<int64_t>({1, 2, 3, 4, 7, 8, 17});
  config[countKey] = count;
  config["num_experts_per_tok"] =
      draw.chance(3) ? count : draw.pick(1, std::min<int64_t>(count, 4));
  config[innerKey] = width();
}

void ConfigMaker::addSigmoidExperts() {
  addExperts("n_routed_experts", "moe_intermediate_size");
  int64_t count = config["n_routed_experts"];
  config["n_shared_experts"] = draw.pick(0, 2);
  config["norm_topk_prob"] = coin();
  config["routed_scaling_factor"] = draw.oneOf({1.0, 2.5});
  int64_t groups = count % 4 == 0 && coin() ? draw.oneOf<int64_t>({2, count / 2}) : 1;
  int64_t kept = draw.pick(1, groups), candidates = count / groups * kept;
  config["n_group"] = groups;
  config["topk_group"] = kept;
  config["num_experts_per_tok"] =
      std::min(config["num_experts_per_tok"].get<int64_t>(), candidates);
}

void ConfigMaker::addDenseLayers() {
  config["intermediate_size"] = width();
  config["first_k_dense_replace"] = draw.pick(0, layers());
}

void ConfigMaker::addDeepseek() {
  addLatent();
  addSigmoidExperts();
  addDenseLayers();
}

void ConfigMaker::addErnie() {
  addGrouped();
  addExperts("moe_num_experts", "moe_intermediate_size");
  config["moe_k"] = config["num_experts_per_tok"];
  config["moe_num_shared_experts"] = draw.pick(0, 2);
  config["moe_layer_start_index"] = draw.pick(0, layers());
  config["moe_layer_end_index"] = draw.oneOf<int64_t>({-1, layers() - 1});
  config["moe_layer_interval"] = draw.pick(1, 2);
  config["intermediate_size"] = width();
}

void ConfigMaker::addGlm4() {
  addGrouped(draw.oneOf({1.0, 0.5}));
  config["attention_bias"] = coin();
  config["use_qk_norm"] = coin();
  addSigmoidExperts();
  addDenseLayers();
}

void ConfigMaker::addGptOss() {
  addGrouped();
  addExperts("num_local_experts", "intermediate_size");
  config["attention_bias"] = coin();
  config["swiglu_limit"] = draw.oneOf({7.0, 0.5});
  config["sliding_window"] = draw.pick(1, 19);
  json types = json::array();
  for (int64_t i = 0; i < layers(); ++i)
    types.push_back(coin() ? "sliding_attention" : "full_attention");
  config["layer_types"] = types;
}

void ConfigMaker::addLlama() {
  addGrouped();
  config["attention_bias"] = coin();
  config["mlp_bias"] = coin();
  config["intermediate_size"] = width();
}

void ConfigMaker::addMiniMax() {
  addGrouped(draw.oneOf({1.0, 0.5}));
  config["use_qk_norm"] = coin();
  addExperts("num_local_experts", "intermediate_size");
}

void ConfigMaker::addMiniMaxM3() {
  double rotated = draw.oneOf({1.0, 0.5});
  addGrouped(rotated);
  config["rotary_dim"] = int64_t(config["head_dim"].get<double>() * rotated);
  addExperts("num_local_experts", "intermediate_size");
  config["shared_intermediate_size"] = width();
  config["dense_intermediate_size"] = width();
  config["routed_scaling_factor"] = draw.oneOf({1.0, 2.5});
  config["swiglu_limit"] = draw.oneOf({7.0, 0.5});
  config["index_n_heads"] = draw.pick(1, 5);
  config["index_head_dim"] = config["rotary_dim"].get<int64_t>() + draw.pick(0, 17);
  config["index_block_size"] = draw.oneOf<int64_t>({1, 2, 4, 8, 16});
  config["index_topk_blocks"] = draw.pick(1, 5);
  config["index_local_blocks"] = draw.pick(0, config["index_topk_blocks"]);
  json attentions = json::array(), mlps = json::array();
  for (int64_t i = 0; i < layers(); ++i) {
    attentions.push_back(draw.chance(3) ? "full_attention" : "minimax_m3_sparse");
    mlps.push_back(draw.chance(3) ? "dense" : "sparse");
  }
  config["layer_types"] = attentions;
  config["mlp_layer_types"] = mlps;
}

void ConfigMaker::addMixtral() {
  addGrouped();
  addExperts("num_local_experts", "intermediate_size");
  config["sliding_window"] = coin() ? json(draw.pick(1, 19)) : json(nullptr);
}

void ConfigMaker::addOlmoe() {
  addGrouped();
  addExperts("num_experts", "intermediate_size");
  config["attention_bias"] = coin();
  config["clip_qkv"] = coin() ? json(0.5) : json(nullptr);
  config["norm_topk_prob"] = coin();
}

void ConfigMaker::addQwen() {
  addGrouped();
  addExperts("num_experts", "moe_intermediate_size");
  config["attention_bias"] = coin();
  config["norm_topk_prob"] = coin();
  config["use_sliding_window"] = coin();
  config["sliding_window"] = draw.pick(1, 19);
  config["intermediate_size"] = width();
  config["mlp_only_layers"] = coin() ? json::array({0}) : json::array();
  config["decoder_sparse_step"] = draw.pick(1, 2);
}

void ConfigMaker::addQwenDense() {
  addGrouped();
  config["attention_bias"] = coin();
  config["use_sliding_window"] = coin();
  config["sliding_window"] = draw.pick(1, 19);
  config["max_window_layers"] = draw.pick(0, layers());
  config["intermediate_size"] = width();
}

void ConfigMaker::addQwenHybrid() {
  addGrouped(draw.oneOf({1.0, 0.5}));
  addExperts("num_experts", "moe_intermediate_size");
  config["shared_expert_intermediate_size"] = width();
  config["attention_bias"] = coin();
  config["norm_topk_prob"] = coin();
  int64_t keyHeads = draw.pick(1, 3);
  config["linear_num_key_heads"] = keyHeads;
  config["linear_num_value_heads"] = keyHeads * draw.pick(1, 3);
  config["linear_key_head_dim"] = width();
  config["linear_value_head_dim"] = width();
  config["linear_conv_kernel_dim"] = draw.pick(2, 5);
  json types = json::array();
  for (int64_t i = 0; i < layers(); ++i)
    types.push_back(draw.chance(3) ? "full_attention" : "linear_attention");
  config["layer_types"] = types;
  if (config["model_type"] == "qwen3_next") {
    config["intermediate_size"] = width();
    config["mlp_only_layers"] = coin() ? json::array({0}) : json::array();
    config["decoder_sparse_step"] = draw.pick(1, 2);
  }
}

json ConfigMaker::make(int64_t positions, int64_t vocabulary) {
  struct Family {
    const char *type;
    void (ConfigMaker::*fill)();
  };
  Family family = draw.oneOf<Family>({{"deepseek_v3", &ConfigMaker::addDeepseek},
                                      {"deepseek_v32", &ConfigMaker::addDeepseek},
                                      {"ernie4_5_moe", &ConfigMaker::addErnie},
                                      {"glm4_moe", &ConfigMaker::addGlm4},
                                      {"glm4_moe_lite", &ConfigMaker::addDeepseek},
                                      {"glm_moe_dsa", &ConfigMaker::addDeepseek},
                                      {"gpt_oss", &ConfigMaker::addGptOss},
                                      {"kimi_k2", &ConfigMaker::addDeepseek},
                                      {"llama", &ConfigMaker::addLlama},
                                      {"minimax_m2", &ConfigMaker::addMiniMax},
                                      {"minimax_m3_vl_text", &ConfigMaker::addMiniMaxM3},
                                      {"mixtral", &ConfigMaker::addMixtral},
                                      {"olmoe", &ConfigMaker::addOlmoe},
                                      {"qwen3", &ConfigMaker::addQwenDense},
                                      {"qwen3_5_moe_text", &ConfigMaker::addQwenHybrid},
                                      {"qwen3_moe", &ConfigMaker::addQwen},
                                      {"qwen3_next", &ConfigMaker::addQwenHybrid}});
  config = {{"model_type", family.type},
            {"vocab_size", vocabulary},
            {"max_position_embeddings", positions},
            {"hidden_size", width()},
            {"num_hidden_layers", draw.pick(1, 3)},
            {"rms_norm_eps", draw.oneOf({1e-6, 1e-5})},
            {"tie_word_embeddings", coin()},
            {"dtype", draw.oneOf({"bfloat16", "float16", "float32"})}};
  (this->*family.fill)();
  bool selects = config["model_type"] == "deepseek_v32" || config["model_type"] == "glm_moe_dsa";
  if (selects)
    addIndexer();
  if (config["model_type"] == "glm_moe_dsa") {
    json types = json::array({"full"});
    while (int64_t(types.size()) < layers())
      types.push_back(coin() ? "full" : "shared");
    config["indexer_types"] = types;
  }
  return config;
}

std::string moec::random::makeConfig(Draw &draw, int64_t positions, int64_t vocabulary) {
  return ConfigMaker(draw).make(positions, vocabulary).dump(2) + "\n";
}
