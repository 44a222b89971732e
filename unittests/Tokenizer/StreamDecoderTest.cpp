//===- StreamDecoderTest.cpp - Decoding ids as they come --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include "runtime/tokenizer/text/Utf8.h"

#include <random>

using namespace moec;
using namespace moec::testing;
using runtime::StreamDecoder;
using runtime::Tokenizer;

/// Streams `ids` and checks at every one that only whole characters came out, and that what came
/// out is the beginning of what decode says about all of them.
static void checkStream(const Tokenizer &tokenizer, std::span<const int32_t> ids) {
  for (bool skipSpecial : {false, true}) {
    const std::string all = valueOf(tokenizer.decode(ids, skipSpecial));
    StreamDecoder stream(tokenizer, skipSpecial);
    std::string out;
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::string part = valueOf(stream.push(ids[i]));
      ASSERT_EQ(tokenizer::findInvalidUtf8(part), std::string::npos);
      out += part;
      ASSERT_TRUE(all.starts_with(out));
    }
    ASSERT_EQ(out + valueOf(stream.finish()), all);
  }
}

TEST(StreamDecoder, EqualsDecodeOnVectors) {
  for (const char *name : {"gpt2", "qwen3", "tiny-glm"}) {
    const Tokenizer tokenizer = realTokenizer(name);
    for (const auto &vector : readVectors(std::string("real/") + name + ".json"))
      checkStream(tokenizer, vector["ids"].get<std::vector<int32_t>>());
  }
}

TEST(StreamDecoder, EqualsDecodeOnRandomIds) {
  std::mt19937 random(3);
  std::vector<Tokenizer> tokenizers = {realTokenizer("gpt2"), realTokenizer("tiny-glm")};
  for (const auto &row : readVectors("synthetic/models.json"))
    tokenizers.push_back(*Tokenizer::fromJson(row["json"].dump()));
  for (const Tokenizer &tokenizer : tokenizers)
    for (int round = 0; round < 200; ++round) {
      std::vector<int32_t> ids(random() % 40);
      for (int32_t &id : ids)
        id = static_cast<int32_t>(random() % tokenizer.idBound());
      checkStream(tokenizer, ids);
    }
}

TEST(StreamDecoder, HoldsBackOnlyHalfACharacter) {
  const Tokenizer gpt2 = realTokenizer("gpt2");
  const std::vector<int32_t> ids = valueOf(gpt2.encode("a😀b"));
  ASSERT_GT(ids.size(), 3u);
  StreamDecoder stream(gpt2);
  EXPECT_EQ(valueOf(stream.push(ids[0])), "a");
  for (size_t i = 1; i + 2 < ids.size(); ++i)
    EXPECT_EQ(valueOf(stream.push(ids[i])), "");
  EXPECT_EQ(valueOf(stream.push(ids[ids.size() - 2])), "😀");
  EXPECT_EQ(valueOf(stream.push(ids.back())), "b");
  EXPECT_EQ(valueOf(stream.finish()), "");
}

TEST(StreamDecoder, AnUnknownIdChangesNothing) {
  const Tokenizer gpt2 = realTokenizer("gpt2");
  const std::vector<int32_t> ids = valueOf(gpt2.encode("😀"));
  StreamDecoder stream(gpt2);
  EXPECT_EQ(valueOf(stream.push(ids[0])), "");
  EXPECT_EQ(valueOf(stream.push(50257)), "");
  EXPECT_EQ(valueOf(stream.push(-1)), "");
  std::string out;
  for (size_t i = 1; i < ids.size(); ++i)
    out += valueOf(stream.push(ids[i]));
  EXPECT_EQ(out, "😀");
}

TEST(StreamDecoder, ShowsSpecialTokensThatAreAskedFor) {
  const Tokenizer qwen = realTokenizer("qwen3");
  const std::vector<int32_t> ids = valueOf(qwen.encode("<|im_start|>a<|im_end|>"));
  StreamDecoder stream(qwen, /*skipSpecial=*/true, {*qwen.idOf("<|im_end|>")});
  std::string out;
  for (int32_t id : ids)
    out += valueOf(stream.push(id));
  EXPECT_EQ(out + valueOf(stream.finish()), "a<|im_end|>");
}
