//===- BadConfigTest.cpp - What is wrong with a config.json -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Import/Import.h"
#include "moec/Support/File.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace moec;
using nlohmann::json;

/// What import says about a golden configuration with these changes; the file's name, which starts
/// every message, is left out.
static std::string messageOf(const char *model, const json &changes) {
  Expected<std::string> text =
      readFile(strCat(MOEC_SOURCE_DIR, "/test/golden/", model, "/config.json"));
  if (!text)
    return text.takeError().message();
  json config = json::parse(*text);
  for (const auto &[key, value] : changes.items())
    config[key] = value;
  const std::string path = ::testing::TempDir() + "moec-bad-config.json";
  if (Error error = writeFileAtomic(path, config.dump()))
    return error.message();
  mlir::MLIRContext context;
  ImportOptions options;
  options.path = path;
  options.weights = WeightSource();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = importModel(context, options);
  if (module)
    return "";
  std::string message = module.takeError().message();
  EXPECT_TRUE(message.starts_with(path + ": ")) << message;
  return message.substr(std::min(message.size(), path.size() + 2));
}

/// The same of Mixtral's with `value` for `key`.
static std::string messageWith(const char *key, const json &value) {
  return messageOf("mixtral", {{key, value}});
}

TEST(BadConfig, TheGoldenOneIsGood) { EXPECT_EQ(messageWith("note", "ignored"), ""); }

TEST(BadConfig, Numbers) {
  EXPECT_EQ(messageWith("num_hidden_layers", -1),
            "key 'num_hidden_layers' is -1, not 1 to 2147483647");
  EXPECT_EQ(messageWith("num_hidden_layers", 0),
            "key 'num_hidden_layers' is 0, not 1 to 2147483647");
  EXPECT_EQ(messageWith("num_hidden_layers", 1'000'000),
            "key 'num_hidden_layers' is 1000000, not 1 to 10000");
  EXPECT_EQ(messageWith("vocab_size", 4'000'000'000),
            "key 'vocab_size' is 4000000000, not 1 to 2147483647");
  EXPECT_EQ(messageWith("first_k_dense_replace", 1), "");
  EXPECT_EQ(messageWith("num_key_value_heads", 9'000'000'000),
            "key 'num_key_value_heads' is 9000000000, not 1 to 2147483647");
  EXPECT_EQ(messageWith("num_key_value_heads", 0),
            "key 'num_key_value_heads' is 0, not 1 to 2147483647");
  EXPECT_EQ(messageWith("num_key_value_heads", 3),
            "num_attention_heads 4 does not divide by num_key_value_heads 3");
  EXPECT_EQ(
      messageWith("num_nextn_predict_layers", UINT64_MAX),
      "key 'num_nextn_predict_layers' is 18446744073709551615, not -2147483648 to 2147483647");
  EXPECT_EQ(messageWith("hidden_size", 1.5), "key 'hidden_size' is 1.5, not an integer");
}

TEST(BadConfig, Types) {
  EXPECT_EQ(messageWith("dtype", "float7"),
            "dtype 'float7' is none of float32, float16, bfloat16, auto");
  EXPECT_EQ(messageWith("hidden_act", "gelu"), "hidden_act 'gelu' is none of silu, swish");
  EXPECT_EQ(messageWith("hidden_act", "swish"), "");
  EXPECT_EQ(messageWith("tie_word_embeddings", 1),
            "key 'tie_word_embeddings' is 1, not true or false");
  EXPECT_TRUE(messageWith("model_type", "eliza").starts_with("model_type 'eliza' is none of "));
}

TEST(BadConfig, ListsWithAWordALayer) {
  EXPECT_EQ(messageOf("gpt_oss", {{"layer_types", {"full_attention"}}}),
            "key 'layer_types' has 1 entries for 3 layers");
  EXPECT_EQ(messageOf("gpt_oss",
                      {{"layer_types", {"full_attention", "half_attention", "full_attention"}}}),
            "key 'layer_types' has 'half_attention', which is none of full_attention, "
            "sliding_attention");
  json longer = {"full_attention", "sliding_attention", "full_attention", "mtp"};
  EXPECT_EQ(messageOf("gpt_oss", {{"layer_types", longer}}), "");
}

TEST(BadConfig, Rope) {
  auto rope = [](json parameters) {
    return messageOf("mixtral", {{"rope_parameters", std::move(parameters)}});
  };
  EXPECT_EQ(rope({{"rope_type", 5}}), "key 'rope_type' of 'rope_parameters' is 5, not a string");
  EXPECT_EQ(rope({{"rope_type", "su"}}), "rope type 'su' is none of default, linear, llama3, yarn");
  EXPECT_EQ(rope({{"rope_type", "linear"}}), "rope type 'linear' needs the key 'factor'");
  EXPECT_EQ(rope({{"rope_type", "llama3"}, {"factor", 8}, {"low_freq_factor", 1}}),
            "rope type 'llama3' needs the key 'high_freq_factor'");
  EXPECT_EQ(rope({{"rope_type", "llama3"},
                  {"factor", 8},
                  {"low_freq_factor", 4},
                  {"high_freq_factor", 4}}),
            "rope type 'llama3' has low_freq_factor 4 and high_freq_factor 4, not a positive one "
            "and a larger one");
  EXPECT_EQ(rope({{"rope_type", "yarn"}, {"factor", -3}}),
            "rope type 'yarn' has factor -3, not positive");
  EXPECT_EQ(rope({{"rope_type", "yarn"}, {"factor", 4}, {"beta_fast", -1}}),
            "rope type 'yarn' has beta_fast -1, not positive");
  EXPECT_EQ(rope({{"rope_type", "yarn"}, {"factor", 4}, {"attention_factor", -1}}),
            "rope type 'yarn' has attention_factor -1, not positive");
  EXPECT_EQ(rope({{"rope_type", "yarn"}, {"factor", 4}, {"truncate", 1}}),
            "key 'truncate' is 1, not true or false");
  EXPECT_EQ(rope({{"rope_type", "yarn"}, {"original_max_position_embeddings", -4}}),
            "key 'original_max_position_embeddings' is -4, not 1 to 2147483647");
  // Null and zero mean what absence means; what nobody knows is passed over.
  EXPECT_EQ(rope({{"rope_type", "yarn"},
                  {"factor", nullptr},
                  {"original_max_position_embeddings", 64},
                  {"beta_fast", 0},
                  {"note", json::object()}}),
            "");
}

TEST(BadConfig, OneSettingInTwoPlaces) {
  EXPECT_EQ(messageWith("num_experts", 5), "key 'num_local_experts' is 8, but 'num_experts', which "
                                           "means the same, is 5");
  EXPECT_EQ(messageWith("num_experts", 8), "");
  EXPECT_EQ(messageWith("num_experts", nullptr), "");

  json yarn = {{"rope_type", "yarn"}, {"factor", 4.0}};
  json other = {{"type", "yarn"}, {"factor", 8.0}};
  json none = {{"rope_type", "default"}, {"rope_theta", 5e5}};
  auto rope = [&](const json &newer, const json &older, const json &more = json::object()) {
    json changes = more;
    changes["rope_parameters"] = newer;
    changes["rope_scaling"] = older;
    return messageOf("mixtral", changes);
  };
  EXPECT_EQ(rope(yarn, yarn), "");
  EXPECT_EQ(rope(yarn, other), "'rope_parameters' has factor 4.0, but 'rope_scaling' has 8.0");
  EXPECT_EQ(rope(yarn, none),
            "'rope_parameters' has rope_type 'yarn', but 'rope_scaling' has 'default'");
  EXPECT_EQ(rope(none, yarn), "");
  EXPECT_EQ(rope(none, yarn, {{"rope_theta", 1e4}}),
            "key 'rope_theta' is 10000.0, but in 'rope_parameters' it is 500000.0");
  EXPECT_EQ(rope(none, nullptr, {{"rope_theta", 1e4}}), "");
  EXPECT_EQ(rope(yarn, nullptr, {{"original_max_position_embeddings", 32}}), "");
  yarn["original_max_position_embeddings"] = 64;
  EXPECT_EQ(rope(yarn, nullptr, {{"original_max_position_embeddings", 32}}),
            "key 'original_max_position_embeddings' is 32, but in 'rope_parameters' or "
            "'rope_scaling' it is 64");
  EXPECT_EQ(rope("yarn", nullptr), "key 'rope_parameters' is \"yarn\", not an object");
  EXPECT_EQ(rope({{"full_attention", none}}, nullptr),
            "key 'rope_parameters.full_attention' is an object: frequencies for each kind of layer "
            "are not known to 'mixtral'");
}

/// What import says about the text part of a model with several modalities, whose first layer
/// selects blocks of keys.
static std::string messageOfText(const json &changes) {
  json text = {{"num_hidden_layers", 2},
               {"hidden_size", 64},
               {"num_attention_heads", 4},
               {"vocab_size", 32},
               {"intermediate_size", 8},
               {"num_local_experts", 4},
               {"layer_types", {"minimax_m3_sparse", "full_attention"}}};
  text.merge_patch(changes);
  return messageOf("mixtral", {{"model_type", "minimax_m3_vl"}, {"text_config", text}});
}

TEST(BadConfig, ObjectsInObjects) {
  auto sparse = [](const char *key, const json &value) {
    return messageOfText(
        {{"layer_types", nullptr},
         {"sparse_attention_config", {{"sparse_attention_freq", {0, 1}}, {key, value}}}});
  };
  EXPECT_EQ(messageOfText(json::object()), "");
  EXPECT_EQ(messageOf("mixtral", {{"model_type", "minimax_m3_vl"}}),
            "key 'text_config' is missing, but a model of type 'minimax_m3_vl' has its text model "
            "there");
  EXPECT_EQ(messageOf("mixtral", {{"model_type", "minimax_m3_vl"}, {"text_config", 3}}),
            "key 'text_config' is 3, but a model of type 'minimax_m3_vl' has its text model there");
  EXPECT_EQ(sparse("sparse_topk_blocks", 16), "");
  EXPECT_EQ(sparse("sparse_topk_blocks", 0), "key 'index_topk_blocks' is 0, not 1 to 2147483647");
  EXPECT_EQ(messageOfText({{"layer_types", nullptr},
                           {"sparse_attention_config", {{"sparse_attention_freq", {1}}}}}),
            "key 'sparse_attention_config.sparse_attention_freq' has 1 entries for 2 layers");
  EXPECT_EQ(messageOfText({{"index_topk_blocks", 8},
                           {"sparse_attention_config", {{"sparse_topk_blocks", 16}}}}),
            "key 'index_topk_blocks' is 8, but 'sparse_attention_config.sparse_topk_blocks', which "
            "means the same, is 16");
  EXPECT_EQ(sparse("sparse_score_type", "sum"),
            "key 'sparse_attention_config.sparse_score_type' is 'sum', but only 'max' is known");
  EXPECT_EQ(sparse("sparse_init_block", 1),
            "key 'sparse_attention_config.sparse_init_block' is 1, but only 0 is known");
}

TEST(BadConfig, WhatAllModelsOfAFamilyHave) {
  EXPECT_EQ(messageOfText({{"use_gemma_norm", false}}),
            "key 'use_gemma_norm' is false, but only true is known");
  EXPECT_EQ(messageOfText({{"attention_output_gate", true}}),
            "key 'attention_output_gate' is true, but only false is known");
  EXPECT_EQ(messageOfText({{"rotary_dim", 32}, {"partial_rotary_factor", 0.5}}),
            "key 'rotary_dim' is 32, but 'partial_rotary_factor' 0.5 of 128 is 64");
  EXPECT_THAT(messageOfText({{"index_block_size", 24}}),
              testing::HasSubstr("key 'index_block_size' is 24, not a power of two"));
  EXPECT_THAT(
      messageOfText({{"index_local_blocks", 17}}),
      testing::HasSubstr("key 'index_local_blocks' is 17, not 0 to 'index_topk_blocks' 16"));
}
