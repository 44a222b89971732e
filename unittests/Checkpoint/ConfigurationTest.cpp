//===- ConfigurationTest.cpp - quantization_config and tensors --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is there decides; what contradicts it is said with both names. test/Checkpoint has a file
// for each of many contradictions; here are those of precedence and of what is left alone.
//
//===----------------------------------------------------------------------===//

#include "CheckpointFixture.h"

#include <gmock/gmock.h>

using namespace moec;
using testing::HasSubstr;

namespace {
class ConfigurationTest : public CheckpointTest {
protected:
  void addFp8(const std::string &module, bool block = true) {
    add(module + ".weight", DType::F8E4M3, {2, 4}, std::vector<uint8_t>(8, 0x38));
    if (block)
      add(module + ".weight_scale_inv", DType::F32, {1, 1}, std::vector<float>{1});
    else
      add(module + ".weight_scale", DType::F32, {}, std::vector<float>{1});
  }
  void addPlain(const std::string &name, std::vector<int64_t> shape = {2, 4}) {
    int64_t count = 1;
    for (int64_t extent : shape)
      count *= extent;
    add(name, DType::BF16, shape, std::vector<uint16_t>(count));
  }
  static constexpr const char *fp8Blocks =
      R"({"quant_method": "fp8", "weight_block_size": [128, 128]})";
};
} // namespace

TEST_F(ConfigurationTest, WithoutOneTensorsAreWhatTheyAre) {
  add("x.weight", DType::F8E4M3, {2, 4}, std::vector<uint8_t>(8, 0x38));
  Expected<StoredTensors> opened = open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->method(), "");
  EXPECT_EQ(opened->names(), (std::vector<std::string>{"x.weight"}));
  Expected<std::optional<StoredTensor>> found = opened->find("x.weight");
  ASSERT_TRUE(found && *found);
  EXPECT_FALSE((*found)->format);
  EXPECT_EQ((*found)->dtype, DType::F8E4M3);
  found = opened->find("y.weight");
  EXPECT_TRUE(found && !*found);
  add("x.weight_scale_inv", DType::F32, {1, 1}, std::vector<float>{1});
  EXPECT_THAT(errorOf("x.weight"), HasSubstr("tensor 'x.weight_scale_inv' is of a quantised module "
                                             "of fp8, mxfp8, and config.json has no "
                                             "quantization_config"));
}

/// A tensor that only other methods have would be lost, also where theirs is not read.
TEST_F(ConfigurationTest, TensorsOfOtherMethodsAreErrors) {
  config = fp8Blocks;
  addFp8("a");
  addPlain("b.weight");
  add("a.k_proj.k_scale", DType::F32, {}, std::vector<float>{1});
  EXPECT_EQ(errorOf("a.weight"), "");
  add("a.qzeros", DType::I32, {1, 1}, std::vector<int32_t>{0});
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("tensor 'a.qzeros' would change the numbers, and is "
                                             "nothing that quant_method fp8 of quantization_config "
                                             "has, but one of awq, gptq"));
  add("b.pre_quant_scale", DType::F32, {4}, std::vector<float>(4, 2));
  EXPECT_THAT(errorOf("b.weight"), HasSubstr("tensor 'b.pre_quant_scale' would change"));
}

/// Where config.json has nothing, a file that older tools wrote is read.
TEST_F(ConfigurationTest, AFileOfItsOwnSaysWhatItsToolQuantised) {
  add("a.qweight", DType::I32, {8, 1}, std::vector<int32_t>(8));
  add("a.qzeros", DType::I32, {1, 1}, std::vector<int32_t>{0});
  add("a.scales", DType::F16, {1, 8}, std::vector<uint16_t>(8, 0x3c00));
  older = {"quant_config.json",
           R"({"zero_point": true, "q_group_size": 8, "w_bit": 4, "version": "GEMM"})"};
  EXPECT_EQ(errorOf("a.weight", 0, 8), "");
  older = {"quantize_config.json", R"({"bits": 4, "group_size": 8, "sym": true})"};
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("quantize_config (bits 4, group_size 8)"));
  older.text = R"({"bits": 3, "group_size": 8})";
  EXPECT_THAT(errorOf("a.weight"), testing::AllOf(HasSubstr("quantize_config.json': "),
                                                  HasSubstr("quantize_config.bits is 3")));
  config = fp8Blocks;
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("nothing that quant_method fp8"));
}

TEST_F(ConfigurationTest, EveryStoredTensorIsOfOneTensorOrAside) {
  config = fp8Blocks;
  addFp8("a.q_proj");
  addPlain("a.norm.weight", {4});
  addPlain("lm_head.weight");
  add("a.q_proj.input_scale", DType::F32, {}, std::vector<float>{1});
  add("a.k_proj.k_scale", DType::F32, {}, std::vector<float>{1});
  Expected<StoredTensors> opened = open();
  ASSERT_TRUE(opened);
  std::vector<std::string> stored;
  for (const Checkpoint::Entry &entry : opened->asides())
    stored.push_back(entry.info->name);
  EXPECT_EQ(stored.size(), 2u);
  EXPECT_EQ(opened->names(),
            (std::vector<std::string>{"a.norm.weight", "a.q_proj.weight", "lm_head.weight"}));
  for (const std::string &name : opened->names()) {
    Expected<std::optional<StoredTensor>> tensor = opened->find(name);
    ASSERT_TRUE(tensor && *tensor) << name;
    for (const Checkpoint::Entry &part : (*tensor)->parts())
      stored.push_back(part.info->name);
  }
  std::sort(stored.begin(), stored.end());
  std::vector<std::string> all;
  for (const Checkpoint::Entry &entry : opened->checkpoint().tensors())
    all.push_back(entry.info->name);
  EXPECT_EQ(stored, all);
}

/// Makers of FP8 checkpoints do not list all that they left as it was; others do.
TEST_F(ConfigurationTest, WhatIsNotListedMayBePlainOnlyOfSomeMethods) {
  addFp8("layers.0.q_proj");
  addPlain("layers.1.q_proj.weight");
  config = fp8Blocks;
  EXPECT_EQ(errorOf("layers.1.q_proj.weight"), "");
  tensors.clear();
  addFp8("layers.0.q_proj", /*block=*/false);
  addPlain("layers.1.q_proj.weight");
  addPlain("layers.1.gate.weight");
  config = R"({"quant_method": "modelopt", "quant_algo": "FP8"})";
  EXPECT_THAT(errorOf("layers.1.q_proj.weight"),
              HasSubstr("names 'layers.1.q_proj' as quantised by quantization_config (quant_algo "
                        "FP8)"));
  EXPECT_EQ(errorOf("layers.1.gate.weight"), "") << "no gate is quantised anywhere";
  config = R"({"quant_method": "modelopt", "quant_algo": "FP8", "ignore": ["layers.1*"]})";
  EXPECT_EQ(errorOf("layers.1.q_proj.weight"), "");
}

/// exclude > layer > type > everything, and the first of two patterns.
TEST_F(ConfigurationTest, QuarkPrefersWhatIsMoreSpecial) {
  add("a.weight", DType::F8E4M3, {2, 4}, std::vector<uint8_t>(8, 0x38));
  add("a.weight_scale", DType::F32, {2}, std::vector<float>{1, 1});
  auto layer = [](const char *granularity) {
    return strCat(R"({"weight": {"dtype": "fp8_e4m3", "qscheme": ")", granularity, "\"}}");
  };
  auto configure = [&](const std::string &rest) {
    config = strCat(R"({"quant_method": "quark", "global_quant_config": )", layer("per_tensor"),
                    rest, "}");
  };
  configure("");
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("global_quant_config.weight (dtype fp8_e4m3, qscheme "
                                             "per_tensor) asks for [1, 1]"));
  configure(strCat(R"(, "layer_quant_config": {"a": )", layer("per_channel"), R"(, "*": )",
                   layer("per_tensor"), "}"));
  EXPECT_EQ(errorOf("a.weight"), "");
  configure(strCat(R"(, "layer_type_quant_config": {"nn.Linear": )", layer("per_channel"), "}"));
  EXPECT_EQ(errorOf("a.weight"), "");
  configure(
      strCat(R"(, "exclude": ["*"], "layer_quant_config": {"a": )", layer("per_channel"), "}"));
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("tensor 'a.weight_scale' is of a quantised module, "
                                             "but '*' of quantization_config.exclude names it"));
}

/// A name counts before a pattern, and a pattern before a class.
TEST_F(ConfigurationTest, CompressedTensorsPrefersNames) {
  addFp8("a.b", /*block=*/false);
  auto group = [](const char *target, const char *strategy) {
    return strCat(R"({"targets": [")", target, R"("], "format": "float-quantized", "weights":
      {"num_bits": 8, "type": "float", "strategy": ")",
                  strategy, "\"}}");
  };
  auto configure = [&](const std::string &one, const std::string &other) {
    config = strCat(R"({"quant_method": "compressed-tensors", "config_groups": {"one": )", one,
                    R"(, "other": )", other, "}}");
  };
  configure(group("Linear", "channel"), group("re:a.*", "tensor"));
  EXPECT_EQ(errorOf("a.b.weight"), "");
  configure(group("re:a.*", "channel"), group("a.b", "tensor"));
  EXPECT_EQ(errorOf("a.b.weight"), "");
  configure(group("re:a.*", "channel"), group("re:.*b", "tensor"));
  EXPECT_THAT(errorOf("a.b.weight"), HasSubstr("'a.b' is named by 're:a.*' of "
                                               "quantization_config.config_groups.one.targets and "
                                               "by 're:.*b' of"));
  configure(group("re:a.*", "tensor"), group("re:.*b", "tensor"));
  EXPECT_EQ(errorOf("a.b.weight"), "") << "both say the same";
}

TEST_F(ConfigurationTest, ModelOptIsReadFromEitherFile) {
  addFp8("a", /*block=*/false);
  modelOpt = R"({"quantization": {"quant_algo": "FP8", "exclude_modules": ["b"]}})";
  EXPECT_EQ(errorOf("a.weight"), "");
  modelOpt = R"({"quantization": {"quant_algo": null, "kv_cache_quant_algo": "FP8"}})";
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("nothing in quantization_config says how 'a'"));
  config = R"({"quant_method": "modelopt", "quant_algo": "FP8"})";
  EXPECT_EQ(errorOf("a.weight"), "");
}

TEST_F(ConfigurationTest, WhatIsNotSupportedIsQuotedWithTheWayOut) {
  addPlain("a.weight");
  config = R"({"quant_method": "bitsandbytes", "load_in_4bit": true})";
  EXPECT_THAT(errorOf("a.weight"),
              testing::AllOf(HasSubstr("quantization_config.quant_method is \"bitsandbytes\""),
                             HasSubstr("compressed-tensors"), HasSubstr("--quantize")));
}

/// Weights that were rotated or pruned are others than their codes.
TEST_F(ConfigurationTest, WhatChangesTheMeaningOfCodesIsRefused) {
  addFp8("a", /*block=*/false);
  auto configure = [&](const std::string &rest) {
    config = strCat(R"({"quant_method": "compressed-tensors", "format": "float-quantized",
      "config_groups": {"g": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float",
      "strategy": "tensor"}}})",
                    rest, "}");
  };
  configure(R"(, "transform_config": {}, "sparsity_config": {"format": "dense"})");
  EXPECT_EQ(errorOf("a.weight"), "");
  configure(R"(, "transform_config": {"config_groups": {"u": {"type": "hadamard"}}})");
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("quantization_config.transform_config is"));
  configure(R"(, "sparsity_config": {"format": "sparse-24-bitmask"})");
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("quantization_config.sparsity_config is"));
}

TEST_F(ConfigurationTest, TheSameMatrixTwiceIsAnError) {
  config = fp8Blocks;
  addFp8("a");
  add("a.weight_scale", DType::F32, {1, 1}, std::vector<float>{1});
  EXPECT_THAT(errorOf("a.weight"), HasSubstr("is the same as"));
}
