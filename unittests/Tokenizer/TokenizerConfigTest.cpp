//===- TokenizerConfigTest.cpp - What tokenizer_config.json adds ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// BOS and EOS by tokenizer_config.json, then by the post-processor.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace moec;
using namespace moec::testing;
using nlohmann::json;
using runtime::Tokenizer;
using Ids = std::vector<int32_t>;

namespace {
class TokenizerConfigTest : public ::testing::Test {
protected:
  void SetUp() override {
    folder = ::testing::TempDir() + "/tokenizer-config-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// The tokenizer of "a", 0, and the special tokens <s>, 1, and </s>, 2. `post` are the ids that
  /// the post-processor puts before a text, `config` the file beside it; none if empty.
  Expected<Tokenizer> open(const Ids &post, const std::string &config) {
    json document = json::parse(R"({
      "added_tokens": [{"id": 1, "content": "<s>", "special": true},
                       {"id": 2, "content": "</s>", "special": true}],
      "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}})");
    if (!post.empty())
      document["post_processor"] = {
          {"type", "TemplateProcessing"},
          {"single", {{{"SpecialToken", {{"id", "x"}}}}, {{"Sequence", {{"id", "A"}}}}}},
          {"special_tokens", {{"x", {{"id", "x"}, {"ids", post}, {"tokens", json::array()}}}}}};
    std::ofstream(folder + "/tokenizer.json") << document.dump();
    std::filesystem::remove(folder + "/tokenizer_config.json");
    if (!config.empty())
      std::ofstream(folder + "/tokenizer_config.json") << config;
    return Tokenizer::fromFile(folder + "/tokenizer.json");
  }
  Ids encode(const Ids &post, const std::string &config) {
    Expected<Tokenizer> tokenizer = open(post, config);
    EXPECT_TRUE(static_cast<bool>(tokenizer)) << tokenizer.takeError().message();
    EXPECT_EQ(valueOf(tokenizer->encode("a")), Ids{0}) << "only where they are asked for";
    return valueOf(tokenizer->encode("a", /*addSpecialTokens=*/true));
  }
  std::string messageOf(const std::string &config) {
    std::string message = open({}, config).takeError().message();
    std::string place = "'" + folder + "/tokenizer_config.json'";
    EXPECT_EQ(message.substr(0, place.size()), place);
    return message.substr(place.size());
  }

  std::string folder;
};
} // namespace

TEST_F(TokenizerConfigTest, TheFlagCountsBeforeThePostProcessor) {
  const std::string yes = R"({"add_bos_token": true, "bos_token": "<s>"})",
                    no = R"({"add_bos_token": false, "bos_token": "<s>"})";
  EXPECT_EQ(encode({}, ""), Ids{0});
  EXPECT_EQ(encode({1}, ""), (Ids{1, 0}));
  EXPECT_EQ(encode({}, yes), (Ids{1, 0}));
  EXPECT_EQ(encode({1}, yes), (Ids{1, 0})) << "one is enough";
  EXPECT_EQ(encode({2}, yes), (Ids{1, 2, 0}));
  EXPECT_EQ(encode({}, no), Ids{0});
  EXPECT_EQ(encode({2, 1}, no), (Ids{2, 0}));
}

TEST_F(TokenizerConfigTest, WithoutTheFlagThePostProcessorCounts) {
  EXPECT_EQ(encode({1}, R"({"bos_token": "<s>"})"), (Ids{1, 0}));
  EXPECT_EQ(encode({}, R"({"add_bos_token": null, "bos_token": "<s>", "novelty": 1})"), Ids{0});
  EXPECT_EQ(encode({}, R"({"add_bos_token": false, "bos_token": null})"), Ids{0});
}

TEST_F(TokenizerConfigTest, EosFollowsTheSameRule) {
  EXPECT_EQ(encode({1}, R"({"add_eos_token": true, "eos_token": {"content": "</s>"}})"),
            (Ids{1, 0, 2}));
}

TEST_F(TokenizerConfigTest, BeginsWithWhatTheFilesName) {
  EXPECT_EQ(open({}, "")->beginId(), std::nullopt);
  EXPECT_EQ(open({2}, "")->beginId(), 2);
  EXPECT_EQ(open({2}, R"({"bos_token": "<s>"})")->beginId(), 1);
}

TEST_F(TokenizerConfigTest, ContradictionsAreNamed) {
  EXPECT_EQ(messageOf(R"({"add_bos_token": true})"), ": has add_bos_token but no bos_token");
  EXPECT_EQ(messageOf(R"({"add_bos_token": true, "bos_token": "<b>"})"),
            ": has add_bos_token, but its bos_token \"<b>\" is no token of tokenizer.json");
  EXPECT_EQ(messageOf(R"({"add_bos_token": 1})"),
            ": has a \"add_bos_token\" that is number, not true or false");
  EXPECT_EQ(messageOf(R"({"bos_token": 1})"), ": has a \"bos_token\" that is number, not a token");
  EXPECT_EQ(messageOf("[]"), " holds array where a JSON object belongs");
  EXPECT_EQ(messageOf("{").substr(0, 27), " is not valid JSON at byte ");
}
