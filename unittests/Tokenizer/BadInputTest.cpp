//===- BadInputTest.cpp - What is wrong with a tokenizer.json ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One sentence for each thing that can be wrong, and no crash on what is cut short.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include <fstream>

using namespace moec;
using namespace moec::testing;
using nlohmann::json;
using runtime::Tokenizer;

static json smallTokenizer() {
  return json::parse(R"({
    "version": "1.0",
    "added_tokens": [{"id": 3, "content": "<end>", "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null,
    "decoder": {"type": "Fuse"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})");
}

static std::string messageFor(const std::string &text) {
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(text);
  return tokenizer ? "" : tokenizer.takeError().message();
}

/// The message for the small tokenizer with `value` at `pointer`.
static std::string messageWith(const char *pointer, const json &value) {
  json document = smallTokenizer();
  document[json::json_pointer(pointer)] = value;
  return messageFor(document.dump());
}

TEST(TokenizerBadInput, TheSmallOneIsGood) {
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(smallTokenizer().dump());
  ASSERT_TRUE(static_cast<bool>(tokenizer)) << tokenizer.takeError().message();
  EXPECT_EQ(valueOf(tokenizer->encode("ab ba<end>")), (std::vector<int32_t>{2, 1, 0, 3}));
}

/// What changes nothing is taken: an added token listed again as it was, and fields of other
/// programs, anywhere.
TEST(TokenizerBadInput, RepetitionsAndUnknownFieldsChangeNothing) {
  json document = smallTokenizer();
  document["added_tokens"].push_back(document["added_tokens"][0]);
  document["novelty"] = {{"model", 1}};
  for (const char *part : {"/added_tokens/0", "/pre_tokenizer", "/decoder", "/model"})
    document[json::json_pointer(part)]["novelty"] = 1;
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(document.dump());
  ASSERT_TRUE(static_cast<bool>(tokenizer)) << tokenizer.takeError().message();
  EXPECT_EQ(valueOf(tokenizer->encode("ab ba<end>")), (std::vector<int32_t>{2, 1, 0, 3}));
}

TEST(TokenizerBadInput, Vocabulary) {
  EXPECT_EQ(messageWith("/model/vocab/b", 0), "model.vocab: id 0 has two tokens, \"a\" and \"b\"");
  EXPECT_EQ(messageWith("/model/vocab/b", -7),
            "the id of token \"b\" is -7, ids go from 0 to 2147483647");
  EXPECT_EQ(messageWith("/model/vocab/b", 2147483648),
            "the id of token \"b\" is 2147483648, ids go from 0 to 2147483647");
  EXPECT_EQ(messageWith("/model/vocab/b", 1.5), "the id of token \"b\" is not an integer");
  EXPECT_EQ(messageWith("/model/vocab/b", json::object()),
            "the id of token \"b\" is not an integer");
  EXPECT_EQ(messageFor(R"({"model": {"vocab": {"a": 0, "a": 1}, "merges": []}})"),
            "model.vocab: token \"a\" has two ids, 0 and 1");
  EXPECT_EQ(messageFor(R"({"model": {"vocab": {"a": 0}}})"), "model has no merges");
  EXPECT_EQ(messageFor(R"({"model": {"merges": []}})"), "model has no vocab");
}

TEST(TokenizerBadInput, Merges) {
  EXPECT_EQ(messageWith("/model/merges", {"a b", "a c"}),
            "model.merges: merge 1 of 2, \"a c\", names \"c\", which is not in the vocabulary");
  EXPECT_EQ(messageWith("/model/merges", json::parse(R"([["b", "a"]])")),
            "model.merges: merge 0 of 1, \"b a\", names \"ba\", which is not in the vocabulary");
  EXPECT_EQ(messageWith("/model/merges", {"a"}),
            "merge 0, \"a\", is not two tokens with one space between");
  EXPECT_EQ(messageWith("/model/merges", {{"a", "b", "a"}}), "merge 0 has 3 tokens where 2 belong");
  EXPECT_EQ(messageWith("/model/merges", {7}), "merge 0 is not made of strings");
  EXPECT_EQ(messageWith("/model/unk_token", "u"), "model.unk_token \"u\" is not in the vocabulary");
}

TEST(TokenizerBadInput, AddedTokens) {
  EXPECT_EQ(messageWith("/added_tokens/0/id", 1),
            "added_tokens[0]: id 1 has two tokens, \"b\" of the vocabulary and \"<end>\"");
  EXPECT_EQ(messageWith("/added_tokens/0/content", "ab"),
            "added_tokens[0]: token \"ab\" has id 3 but the vocabulary gives it 2");
  EXPECT_EQ(messageWith("/added_tokens/0/id", -1),
            "added_tokens[0] has a \"id\" of -1, it must be 0 to 2147483647");
  EXPECT_EQ(messageWith("/added_tokens/1", {{"id", 3}, {"content", "x"}}),
            "added_tokens[1]: id 3 has two tokens, \"<end>\" and \"x\"");
  EXPECT_EQ(messageWith("/added_tokens/1", {{"id", 4}, {"content", "<end>"}}),
            "added_tokens[1]: token \"<end>\" is listed twice, with id 3 and 4");
  EXPECT_EQ(messageWith("/added_tokens/1", {{"id", 3}, {"content", "<end>"}}),
            "added_tokens[1]: token \"<end>\" is listed twice, with special true and false");
  EXPECT_EQ(messageWith("/added_tokens/1", 5), "added_tokens[1] is number, not an object");
}

TEST(TokenizerBadInput, Components) {
  EXPECT_EQ(messageWith("/model/type", "Unigram"), "model is of the unsupported type \"Unigram\"");
  EXPECT_EQ(messageWith("/version", "2.0"), "the document has version \"2.0\", known is \"1.0\"");
  EXPECT_EQ(messageWith("/normalizer", {{"type", "Precompiled"}}),
            "normalizer is of the unsupported type \"Precompiled\"");
  EXPECT_EQ(messageWith("/pre_tokenizer/type", "UnicodeScripts"),
            "pre_tokenizer is of the unsupported type \"UnicodeScripts\"");
  EXPECT_EQ(messageWith("/decoder/type", "CTC"), "decoder is of the unsupported type \"CTC\"");
  EXPECT_EQ(messageWith("/post_processor", {{"type", "Novel"}}),
            "post_processor is of the unsupported type \"Novel\"");
  EXPECT_EQ(messageWith("/decoder", {{"kind", "Fuse"}}), "decoder has no \"type\"");
  EXPECT_EQ(messageWith("/pre_tokenizer",
                        {{"type", "Sequence"}, {"pretokenizers", {{{"type", "Digits"}}}}}),
            "pre_tokenizer.pretokenizers[0] has no \"individual_digits\"");
  EXPECT_EQ(messageWith("/pre_tokenizer", {{"type", "Punctuation"}, {"behavior", "Odd"}}),
            "pre_tokenizer has a \"behavior\" of \"Odd\", known are Removed, Isolated, "
            "MergedWithPrevious, MergedWithNext, Contiguous");
  EXPECT_EQ(messageWith("/pre_tokenizer", {{"type", "Split"},
                                           {"pattern", {{"Regex", "(a"}}},
                                           {"behavior", "Isolated"},
                                           {"invert", false}}),
            "pre_tokenizer.pattern: bad regular expression \"(a\": missing ) at byte 2 of 2");
}

TEST(TokenizerBadInput, PostProcessor) {
  json processor = {
      {"type", "TemplateProcessing"},
      {"single",
       {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
        {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
      {"pair", json::array()},
      {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {9}}, {"tokens", {"<s>"}}}}}}};
  EXPECT_EQ(messageWith("/post_processor", processor),
            "post_processor.special_tokens[\"<s>\"] adds id 9, which no token has");
  processor["special_tokens"] = json::object();
  EXPECT_EQ(messageWith("/post_processor", processor),
            "post_processor uses \"<s>\", which is not in its \"special_tokens\"");
  processor["single"] = json::array();
  EXPECT_EQ(messageWith("/post_processor", processor),
            "post_processor has the text 0 times in \"single\", 1 is supported");
}

TEST(TokenizerBadInput, InvalidJson) {
  EXPECT_TRUE(messageFor("{\"version\": }").starts_with("invalid JSON at byte 13: syntax error"));
  EXPECT_TRUE(messageFor("").starts_with("invalid JSON at byte 1: "));
  EXPECT_EQ(messageFor("[]"), "the document is array, not an object");
  EXPECT_EQ(messageFor("{}"), "the document has no \"model\"");
  EXPECT_EQ(messageFor(std::string(100, '[')), "JSON nested deeper than 64");
  EXPECT_TRUE(messageFor("{\"model\": \"\xFF\"}").starts_with("invalid JSON at byte 12: "));
}

TEST(TokenizerBadInput, EveryTruncationIsAnError) {
  const std::string text = smallTokenizer().dump();
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_TRUE(messageFor(text.substr(0, size)).starts_with("invalid JSON at byte ")) << size;
}

TEST(TokenizerBadInput, FilesAreNamed) {
  EXPECT_NE(Tokenizer::fromFile("/nonexistent/tokenizer.json")
                .takeError()
                .message()
                .find("/nonexistent/tokenizer.json"),
            std::string::npos);
  const std::string path = ::testing::TempDir() + "moec-bad-tokenizer.json";
  std::ofstream(path) << "{}";
  EXPECT_EQ(Tokenizer::fromFile(path).takeError().message(),
            path + ": the document has no \"model\"");
}

TEST(TokenizerBadInput, Texts) {
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(smallTokenizer().dump());
  ASSERT_TRUE(static_cast<bool>(tokenizer));
  EXPECT_EQ(tokenizer->encode("ab\xC3").takeError().message(),
            "the text is not valid UTF-8 at byte 2 of 3");
  EXPECT_EQ(tokenizer->encode("\xED\xA0\x80").takeError().message(),
            "the text is not valid UTF-8 at byte 0 of 3");
}

TEST(TokenizerBadInput, IdsOfNoTokenDecodeToNothing) {
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(smallTokenizer().dump());
  ASSERT_TRUE(static_cast<bool>(tokenizer));
  Expected<std::string> text = tokenizer->decode(std::vector<int32_t>{0, 4, 1, 2147483647});
  ASSERT_TRUE(static_cast<bool>(text));
  EXPECT_EQ(*text, *tokenizer->decode(std::vector<int32_t>{0, 1}));
}

TEST(TokenizerBadInput, GrowthIsBounded) {
  json steps = json::array();
  for (int i = 0; i < 40; ++i)
    steps.push_back({{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
  json document = smallTokenizer();
  document["normalizer"] = {{"type", "Sequence"}, {"normalizers", steps}};
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(document.dump());
  ASSERT_TRUE(static_cast<bool>(tokenizer));
  EXPECT_EQ(tokenizer->encode("aaaaaaaa").takeError().message(),
            "replacements made the text longer than 65664 bytes");
}
