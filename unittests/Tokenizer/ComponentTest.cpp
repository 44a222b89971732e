//===- ComponentTest.cpp - Normalizers, pre-tokenizers, decoders *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each component alone does what Hugging Face tokenizers recorded for it.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include "runtime/tokenizer/decode/Decoder.h"
#include "runtime/tokenizer/pretokenize/Normalizer.h"
#include "runtime/tokenizer/pretokenize/PreTokenizer.h"
#include "runtime/tokenizer/text/Utf8.h"

using namespace moec;
using namespace moec::testing;
using namespace moec::tokenizer;
using nlohmann::json;

namespace {

Pieces piecesOf(const std::string &text) {
  Pieces pieces{text, {}, text.empty() ? 0 : charSize(text[0]), growthLimit(text.size())};
  if (!text.empty())
    pieces.ranges.push_back({0, text.size()});
  return pieces;
}

class Collector : public TokenSink {
public:
  explicit Collector(std::string &out) : out(out) {}
  Error text(std::string_view part) override {
    out += part;
    return Error::success();
  }
  Error endToken() override { return Error::success(); }
  Error finish() override { return Error::success(); }

private:
  std::string &out;
};

void checkNormalizer(const json &row) {
  auto normalizer = valueOf(readNormalizer(row["json"], "normalizer"));
  ASSERT_TRUE(normalizer);
  MatchScratch scratch;
  for (const auto &test : row["cases"]) {
    Pieces pieces = piecesOf(test[0]);
    EXPECT_EQ(normalizer->run(pieces, scratch).message(), "");
    EXPECT_EQ(pieces.text, test[1].get<std::string>()) << test[0];
    EXPECT_LE(pieces.origin, pieces.text.size());
  }
}

void checkPreTokenizer(const json &row) {
  auto preTokenizer = readPreTokenizer(row["json"], "pre_tokenizer");
  if (row.contains("error")) {
    EXPECT_FALSE(static_cast<bool>(preTokenizer));
    return;
  }
  ASSERT_TRUE(static_cast<bool>(preTokenizer)) << preTokenizer.takeError().message();
  MatchScratch scratch;
  for (const auto &test : row["cases"]) {
    Pieces pieces = piecesOf(test[0]);
    EXPECT_EQ((*preTokenizer)->run(pieces, scratch).message(), "");
    json found = json::array();
    for (const Range &range : pieces.ranges)
      found.push_back(std::string(pieces.view(range)));
    EXPECT_EQ(found, test[1]) << test[0];
  }
}

void checkDecoder(const json &row) {
  auto decoder = valueOf(readDecoder(row["json"], "decoder"));
  ASSERT_TRUE(decoder);
  for (const auto &test : row["cases"]) {
    std::string out;
    auto chain = decoder->stage(std::make_unique<Collector>(out));
    for (const auto &token : test[0]) {
      EXPECT_EQ(chain->text(token.get<std::string>()).message(), "");
      EXPECT_EQ(chain->endToken().message(), "");
      EXPECT_EQ(findInvalidUtf8(out), std::string::npos);
    }
    EXPECT_EQ(chain->finish().message(), "");
    EXPECT_EQ(out, test[1].get<std::string>()) << test[0];
  }
}

} // namespace

TEST(TokenizerComponents, EqualHuggingFace) {
  const json rows = readVectors("synthetic/components.json");
  EXPECT_GE(rows.size(), 70u);
  for (const auto &row : rows) {
    SCOPED_TRACE(row["json"].dump());
    if (row["component"] == "normalizer")
      checkNormalizer(row);
    else if (row["component"] == "pre_tokenizer")
      checkPreTokenizer(row);
    else
      checkDecoder(row);
  }
}

TEST(TokenizerComponents, RegexesEqualOniguruma) {
  const json rows = readVectors("synthetic/regexes.json");
  EXPECT_GE(rows.size(), 68u);
  for (const auto &row : rows) {
    SCOPED_TRACE(row["json"]["pattern"].dump());
    checkPreTokenizer(row);
  }
}
