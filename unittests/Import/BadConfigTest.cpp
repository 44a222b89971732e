//===- BadConfigTest.cpp - What is wrong with a config.json -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Import/Import.h"
#include "moec/Support/File.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace moec;
using nlohmann::json;

/// What import says about Mixtral's golden configuration with `value` for `key`; the file's name,
/// which starts every message, is left out.
static std::string messageWith(const char *key, const json &value) {
  Expected<std::string> text = readFile(MOEC_SOURCE_DIR "/test/golden/mixtral/config.json");
  if (!text)
    return text.takeError().message();
  json config = json::parse(*text);
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
  EXPECT_EQ(messageWith("dtype", "float7"), "dtype 'float7' is none of float32, float16, bfloat16");
  EXPECT_TRUE(messageWith("model_type", "eliza").starts_with("model_type 'eliza' is none of "));
}
