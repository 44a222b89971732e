//===- ModelTest.cpp - Whole tokenizers of rare components ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small tokenizers with byte fallback, unknown tokens, affixes, templates and every kind of added
// token; what they do is recorded from Hugging Face tokenizers.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

using namespace moec;
using namespace moec::testing;
using runtime::Tokenizer;

TEST(TokenizerModels, EqualHuggingFace) {
  size_t count = 0;
  for (const auto &row : readVectors("synthetic/models.json")) {
    SCOPED_TRACE(row["name"].get<std::string>());
    Expected<Tokenizer> tokenizer = Tokenizer::fromJson(row["json"].dump());
    ASSERT_TRUE(static_cast<bool>(tokenizer)) << tokenizer.takeError().message();
    EXPECT_EQ(tokenizer->size(), row["size"].get<size_t>());
    for (const auto &vector : row["vectors"]) {
      const std::string text = vector["text"];
      const std::vector<int32_t> ids = vector["ids"], withSpecial = vector["with_special"];
      EXPECT_EQ(valueOf(tokenizer->encode(text)), ids) << text;
      EXPECT_EQ(valueOf(tokenizer->encode(text, true)), withSpecial) << text;
      EXPECT_EQ(valueOf(tokenizer->decode(ids)), vector["decoded"].get<std::string>()) << text;
      ++count;
    }
    for (const auto &vector : row["decodes"]) {
      const std::vector<int32_t> ids = vector["ids"];
      EXPECT_EQ(valueOf(tokenizer->decode(ids)), vector["decoded"].get<std::string>());
      EXPECT_EQ(valueOf(tokenizer->decode(ids, true)), vector["skipped"].get<std::string>());
    }
  }
  EXPECT_GE(count, 700u);
}
