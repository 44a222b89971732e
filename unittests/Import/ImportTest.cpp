//===- ImportTest.cpp - What import accepts, says and refuses ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Real configurations, both forms of their keys, and checkpoints that do not fit.
//
//===----------------------------------------------------------------------===//

#include "moec/Import/Import.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/Support/SafeTensors.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace moec;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string source(const std::string &path) { return std::string(MOEC_SOURCE_DIR) + "/" + path; }

class ImportTest : public ::testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() /
             ("moec-import-" +
              std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
              std::to_string(::getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  /// The golden model's configuration.
  static json configOf(const std::string &model) {
    return json::parse(std::ifstream(source("test/golden/" + model + "/config.json")));
  }
  /// A folder with this configuration, and the tensors of a golden model for which `keep` gives
  /// true, plus `extra`.
  void write(
      const json &config, const std::string &model,
      const std::function<bool(const std::string &)> &keep = [](auto &) { return true; },
      const std::vector<SafeTensorsWriter::Declaration> &extra = {}) {
    std::ofstream(folder / "config.json") << config;
    auto from = SafeTensors::open(source("test/golden/" + model + "/model.safetensors"));
    ASSERT_TRUE(bool(from));
    std::vector<SafeTensorsWriter::Declaration> declarations;
    std::vector<std::byte> bytes;
    for (const TensorInfo &info : from->tensors())
      if (keep(info.name)) {
        declarations.push_back({info.name, info.dtype, info.shape});
        auto data = from->data(info);
        bytes.insert(bytes.end(), data.begin(), data.end());
      }
    for (const auto &declaration : extra) {
      declarations.push_back(declaration);
      int64_t size = dtypeSize(declaration.dtype);
      for (int64_t extent : declaration.shape)
        size *= extent;
      bytes.resize(bytes.size() + size);
    }
    auto writer = SafeTensorsWriter::create((folder / "model.safetensors").string(), declarations);
    ASSERT_TRUE(bool(writer)) << writer.takeError().message();
    ASSERT_FALSE(bool(writer->append(bytes)));
    ASSERT_FALSE(bool(writer->finish()));
  }

  Expected<mlir::OwningOpRef<mlir::ModuleOp>> import(ImportOptions options) {
    if (options.path.empty())
      options.path = folder.string();
    options.outputDir = folder.string();
    options.note = [this](const std::string &text) { notes.push_back(text); };
    return importModel(context, options);
  }
  /// The sentence with which an import fails.
  std::string refusal(ImportOptions options = {}) {
    auto module = import(options);
    EXPECT_FALSE(bool(module));
    return module ? "" : module.takeError().message();
  }
  static std::string print(mlir::ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream os(text);
    module.print(os);
    return text;
  }

  fs::path folder;
  mlir::MLIRContext context;
  std::vector<std::string> notes;
};

template <typename Op> int64_t count(mlir::ModuleOp module) {
  int64_t n = 0;
  module.walk([&](Op) { ++n; });
  return n;
}

TEST_F(ImportTest, Glm52WithoutWeights) {
  ImportOptions options;
  options.path = source("test/Import/Inputs/glm-5.2.json");
  options.weights = WeightSource();
  auto module = import(options);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  std::string text = print(**module);
  EXPECT_LT(text.size(), 1'000'000u);
  EXPECT_EQ(count<moe::MLAAttentionOp>(**module), 78);
  EXPECT_EQ(count<moe::IndexSelectOp>(**module), 21);
  EXPECT_EQ(count<moe::ExpertsOp>(**module), 75);
  (*module)->walk([](moe::RopeOp rope) {
    EXPECT_EQ(rope.getTheta().convertToDouble(), 8e6); // From rope_parameters.
    EXPECT_EQ(rope.getStyle(), moe::RopeStyle::Interleaved);
  });
  auto config = (*module)->getOperation()->getAttrOfType<mlir::DictionaryAttr>("moe.config");
  EXPECT_EQ(config.getAs<mlir::DenseI64ArrayAttr>("eos_token_ids").asArrayRef(),
            (llvm::ArrayRef<int64_t>{154820, 154827, 154829}));

  // The text gives the same module again.
  auto again = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  ASSERT_TRUE(again);
  EXPECT_EQ(print(*again), text);
}

TEST_F(ImportTest, MiniMaxM3WithoutWeights) {
  ImportOptions options;
  options.path = source("test/Import/Inputs/minimax-m3.json");
  options.weights = WeightSource();
  auto module = import(options);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ(count<moe::AttentionOp>(**module), 60);
  EXPECT_EQ(count<moe::BlockSelectOp>(**module), 57);
  EXPECT_EQ(count<moe::ExpertsOp>(**module), 57);
  (*module)->walk([](moe::BlockSelectOp select) {
    EXPECT_EQ(select.getQuery().getType().getShape().drop_front(),
              (llvm::ArrayRef<int64_t>{4, 128}));
    EXPECT_EQ(select.getBlock(), 128u);
    EXPECT_EQ(select.getTopK(), 16u);
    EXPECT_EQ(select.getLocal(), 1u);
  });
  (*module)->walk([](moe::RopeOp rope) {
    EXPECT_EQ(rope.getSize(), 64u);
    EXPECT_EQ(rope.getTheta().convertToDouble(), 5e6);
  });
  (*module)->walk([](moe::ActivationOp activation) {
    EXPECT_EQ(activation.getKind().getLimit().convertToDouble(), 7.0);
  });
  moe::WeightOp head = (*module)->lookupSymbol<moe::WeightOp>("lm_head");
  ASSERT_TRUE(head);
  EXPECT_EQ(head.getSource(), "language_model.lm_head.weight");
}

TEST_F(ImportTest, FlatKeysMeanTheSameAsNestedOnes) {
  json nested = configOf("deepseek_v3"), flat = nested;
  flat.erase("rope_parameters");
  flat.erase("dtype");
  flat["torch_dtype"] = "bfloat16";
  flat["rope_theta"] = nested["rope_parameters"]["rope_theta"];
  flat["rope_scaling"] = nested["rope_parameters"];
  flat["rope_scaling"].erase("rope_theta");
  flat["rope_scaling"].erase("rope_type");
  flat["rope_scaling"]["type"] = "yarn";
  write(nested, "deepseek_v3");
  auto first = import({});
  ASSERT_TRUE(bool(first)) << first.takeError().message();
  write(flat, "deepseek_v3");
  auto second = import({});
  ASSERT_TRUE(bool(second)) << second.takeError().message();
  EXPECT_EQ(print(**first), print(**second));
  EXPECT_NE(print(**first).find("#moe.yarn<factor = 4.0"), std::string::npos);
}

TEST_F(ImportTest, AbsentInterleaveKeys) {
  json config = configOf("glm_moe_dsa");
  ASSERT_FALSE(config.contains("rope_interleave") || config.contains("indexer_rope_interleave"));
  write(config, "glm_moe_dsa");
  auto module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  int64_t half = 0, interleaved = 0;
  (*module)->walk([&](moe::RopeOp rope) {
    (rope.getStyle() == moe::RopeStyle::Half ? half : interleaved) += 1;
  });
  EXPECT_EQ(half, 4);        // A query and a key of each of two indexers.
  EXPECT_EQ(interleaved, 6); // A query and a key of each of three layers.
}

TEST_F(ImportTest, IndexersByFrequencyWhereNoListSaysWhich) {
  json config = json::parse(std::ifstream(source("test/Import/Inputs/glm-5.2.json")));
  config.erase("indexer_types");
  std::ofstream(folder / "config.json") << config;
  ImportOptions options;
  options.weights = WeightSource();
  auto module = import(options); // Offset 3 and frequency 4 give what the list says.
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  std::vector<bool> full(78);
  (*module)->walk([&](moe::CacheAppendOp append) {
    llvm::StringRef name = append.getCache();
    int64_t layer;
    if (name.ends_with(".index") && name.consume_front("layers.") &&
        !name.consumeInteger(10, layer))
      full[layer] = true;
  });
  for (int64_t layer = 0; layer < 78; ++layer)
    EXPECT_EQ(full[layer], layer < 3 || (layer - 2) % 4 == 0) << layer;
}

TEST_F(ImportTest, MtpTensorsAreKept) {
  ImportOptions options;
  options.path = source("examples/model");
  auto module = import(options);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  int64_t tensors = 0;
  for (moe::WeightOp weight : (*module)->getOps<moe::WeightOp>())
    if (weight.getMtp())
      tensors += weight.getSourceCount();
  EXPECT_EQ(tensors, 71);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].find("71 tensors of 1 multi-token-prediction layer"), 0u) << notes[0];
}

TEST_F(ImportTest, MtpTensorsWithAPrefixAreKept) {
  json config = configOf("ernie4_5_moe");
  config["num_nextn_predict_layers"] = 1;
  write(config, "ernie4_5_moe", [](auto &) { return true; },
        {{"model.mtp_linear_proj.0.weight", DType::BF16, {128, 256}}});
  auto module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].find("1 tensors of 1 multi-token-prediction layer"), 0u) << notes[0];
  config.erase("num_nextn_predict_layers");
  std::ofstream(folder / "config.json") << config;
  notes.clear();
  ASSERT_TRUE(bool(import({})));
  EXPECT_EQ(notes, std::vector<std::string>{"1 tensor is left out (nothing in the model uses "
                                            "this): model.mtp_linear_proj.0.weight"});
}

TEST_F(ImportTest, ExpertsFromALayerToAnother) {
  json config = configOf("ernie4_5_moe");
  auto expertLayers = [&](json start, json end, json interval) {
    config["num_hidden_layers"] = 6;
    config["moe_layer_start_index"] = start;
    config["moe_layer_end_index"] = end;
    config["moe_layer_interval"] = interval;
    std::ofstream(folder / "config.json") << config;
    ImportOptions options;
    options.weights = WeightSource();
    auto module = import(options);
    EXPECT_TRUE(bool(module)) << module.takeError().message();
    std::string layers;
    (*module)->walk([&](moe::ExpertsOp op) { layers += op.getGate().split('.').second.front(); });
    return layers;
  };
  EXPECT_EQ(expertLayers(1, -1, 1), "12345");
  EXPECT_EQ(expertLayers(0, 3, 1), "0123");
  EXPECT_EQ(expertLayers(2, nullptr, 2), "35");
}

TEST_F(ImportTest, CheckpointPathIsRelative) {
  write(configOf("olmoe"), "olmoe");
  fs::create_directories(folder / "out");
  ImportOptions options;
  options.path = folder.string();
  options.outputDir = (folder / "out").string();
  auto module = importModel(context, options);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ((*module)->getOperation()->getAttrOfType<mlir::StringAttr>("moe.checkpoint"), "..");
}

TEST_F(ImportTest, CutLayers) {
  write(configOf("olmoe"), "olmoe");
  ImportOptions options;
  options.layers = 1;
  auto module = import(options);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ(count<moe::AttentionOp>(**module), 1);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("layers 1 to 1, which are cut off"), std::string::npos);
  options.layers = 3;
  EXPECT_NE(refusal(options).find("has 2 layers, 3 are asked for"), std::string::npos);
}

TEST_F(ImportTest, TiedEmbeddingsAreOneWeight) {
  json config = configOf("olmoe");
  config["tie_word_embeddings"] = true;
  write(config, "olmoe", [](const std::string &name) { return name != "lm_head.weight"; });
  auto module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ((*module)->lookupSymbol("lm_head"), nullptr);
  EXPECT_TRUE(notes.empty());

  // A tie is symmetric.
  write(config, "olmoe",
        [](const std::string &name) { return name != "model.embed_tokens.weight"; });
  module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_NE((*module)->lookupSymbol("lm_head"), nullptr);
  EXPECT_EQ((*module)->lookupSymbol("embed_tokens"), nullptr);
  EXPECT_TRUE(notes.empty());

  write(config, "olmoe"); // Another head, whatever the configuration says.
  module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_NE((*module)->lookupSymbol("lm_head"), nullptr);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("lm_head.weight differs from model.embed_tokens.weight"),
            std::string::npos);
  notes.clear();

  // The same head, stored twice: both are of zeros.
  auto isLayer = [](const std::string &name) {
    return name != "lm_head.weight" && name != "model.embed_tokens.weight";
  };
  std::vector<int64_t> shape{config["vocab_size"], config["hidden_size"]};
  write(
      config, "olmoe", isLayer,
      {{"lm_head.weight", DType::BF16, shape}, {"model.embed_tokens.weight", DType::BF16, shape}});
  module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ((*module)->lookupSymbol("lm_head"), nullptr);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("the embedding again"), std::string::npos) << notes[0];
}

TEST_F(ImportTest, WhatNothingUsesIsSaid) {
  write(configOf("olmoe"), "olmoe", [](auto &) { return true; },
        {{"model.layers.0.self_attn.rotary_emb.inv_freq", DType::F32, {16}},
         {"model.layers.1.self_attn.rotary_emb.inv_freq", DType::F32, {16}},
         {"model.layers.1.self_attn.rotary_emb.cos_cached", DType::F32, {8, 16}},
         {"model.layers.0.nothing", DType::F32, {4, 0}},
         {"model.layers.0.self_attn.q_proj.bias", DType::BF16, {128}},
         {"model.layers.2.eh_proj.weight", DType::F8E4M3, {128, 256}},
         {"model.layers.2.mlp.experts.0.up_proj.weight", DType::F8E4M3, {64, 128}},
         {"model.layers.2.mlp.experts.1.up_proj.weight", DType::F8E4M3, {64, 128}},
         {"visual.patch", DType::I8, {3}}});
  auto module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  EXPECT_EQ(notes,
            (std::vector<std::string>{
                "1 tensor is left out (no elements): model.layers.{n}.nothing",
                "1 tensor is left out (not in the configuration, although the weights beside are "
                "used): model.layers.{n}.self_attn.q_proj.bias",
                "1 tensor is left out (nothing in the model uses this): visual.patch",
                "3 tensors are left out (frequencies, which follow from the configuration): "
                "model.layers.{n}.self_attn.rotary_emb.cos_cached, "
                "model.layers.{n}.self_attn.rotary_emb.inv_freq",
                "3 tensors are left out (layers beyond the 2 of the configuration): "
                "model.layers.{n}.eh_proj.weight, "
                "model.layers.{n}.mlp.experts.{e}.up_proj.weight"}));
}

TEST_F(ImportTest, QuantisedMtpTensorsAreLeftOut) {
  json config = configOf("deepseek_v3");
  config["num_nextn_predict_layers"] = 1;
  int64_t layers = config["num_hidden_layers"];
  std::string prefix = "model.layers." + std::to_string(layers) + ".";
  write(config, "deepseek_v3", [](auto &) { return true; },
        {{prefix + "eh_proj.weight", DType::F8E4M3, {2, 4}},
         {prefix + "enorm.weight", DType::BF16, {4}},
         {prefix + "mlp.experts.0.up_proj.weight", DType::BF16, {2, 4}},
         {prefix + "mlp.experts.1.up_proj.weight", DType::F32, {2, 4}}});
  auto module = import({});
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].find("1 tensors of 1 multi-token-prediction layer"), 0u) << notes[0];
  EXPECT_EQ(notes[1], "3 tensors are left out (multi-token prediction, which nothing uses): "
                      "model.layers.{n}.eh_proj.weight, "
                      "model.layers.{n}.mlp.experts.{e}.up_proj.weight");
}

TEST_F(ImportTest, RefusesWhatDoesNotFit) {
  json config = configOf("mixtral");
  write(config, "mixtral", [](const std::string &name) { return name != "model.norm.weight"; });
  EXPECT_NE(refusal().find("asks for tensor 'model.norm.weight' of shape [128]"),
            std::string::npos);

  write(config, "mixtral", [](const std::string &name) { return name != "model.norm.weight"; },
        {{"model.norm.weight", DType::I8, {128}}});
  EXPECT_NE(refusal().find("'model.norm.weight' has element type I8, import reads F32"),
            std::string::npos);

  config["intermediate_size"] = 64;
  write(config, "mixtral");
  EXPECT_NE(refusal().find("has shape [96, 128], the configuration says [64, 128]"),
            std::string::npos);

  config["model_type"] = "nonesuch";
  write(config, "mixtral");
  EXPECT_NE(refusal().find("model_type 'nonesuch' is none of deepseek_v3"), std::string::npos);

  config = configOf("mixtral");
  config.erase("hidden_size");
  write(config, "mixtral");
  EXPECT_NE(refusal().find("key 'hidden_size' is missing"), std::string::npos);

  fs::remove(folder / "model.safetensors");
  std::ofstream(folder / "config.json") << configOf("mixtral");
  EXPECT_NE(refusal().find("has no model.safetensors beside it"), std::string::npos);
}

TEST_F(ImportTest, WeightSources) {
  EXPECT_EQ(WeightSource::parse("none")->kind, WeightSource::Kind::None);
  EXPECT_EQ(WeightSource::parse("random:42")->seed, 42u);
  EXPECT_EQ(WeightSource::parse("some/folder")->folder, "some/folder");
  EXPECT_FALSE(bool(WeightSource::parse("random:x")));
}

} // namespace
