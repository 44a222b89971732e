//===- RealTest.cpp - Tokenizers of real models -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Encoding and decoding equal Hugging Face's, and it does not take long.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include "runtime/tokenizer/text/Unicode.h"

#include <algorithm>
#include <ctime>

using namespace moec;
using namespace moec::testing;
using runtime::Tokenizer;

namespace {

class RealTokenizer : public ::testing::TestWithParam<const char *> {};

TEST_P(RealTokenizer, EqualsHuggingFace) {
  const Tokenizer tokenizer = realTokenizer(GetParam());
  size_t count = 0;
  for (const auto &vector : readVectors(std::string("real/") + GetParam() + ".json")) {
    const std::string text = vector["text"];
    const std::vector<int32_t> ids = vector["ids"];
    EXPECT_EQ(valueOf(tokenizer.encode(text)), ids) << text;
    EXPECT_EQ(valueOf(tokenizer.decode(ids)), vector["decoded"].get<std::string>()) << text;
    ++count;
  }
  EXPECT_GE(count, 97u);
}

/// A text of many scripts, with all that the vectors contain.
std::string longText(const char *name) {
  std::string text;
  for (const auto &vector : readVectors(std::string("real/") + name + ".json"))
    text += vector["text"].get<std::string>() + " ";
  return text;
}

TEST_P(RealTokenizer, DecodesWhatItEncoded) {
  const Tokenizer tokenizer = realTokenizer(GetParam());
  const std::string text = longText(GetParam());
  const std::string expected =
      std::string_view(GetParam()) == "qwen3"
          ? valueOf(tokenizer::normalizeText(text, tokenizer::NormalForm::C))
          : text;
  const std::vector<int32_t> ids = valueOf(tokenizer.encode(text));
  EXPECT_EQ(valueOf(tokenizer.decode(ids)), expected);
  // A text may be cut anywhere between characters; its parts then still add up.
  for (size_t cut = 0; cut < text.size(); cut += 97) {
    size_t at = cut;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
      ++at;
    std::vector<int32_t> parts = valueOf(tokenizer.encode(text.substr(0, at)));
    const std::vector<int32_t> rest = valueOf(tokenizer.encode(text.substr(at)));
    parts.insert(parts.end(), rest.begin(), rest.end());
    EXPECT_EQ(valueOf(tokenizer::normalizeText(valueOf(tokenizer.decode(parts)),
                                               tokenizer::NormalForm::C)),
              valueOf(tokenizer::normalizeText(text, tokenizer::NormalForm::C)));
  }
}

/// How much longer than usual code may take here.
#ifdef MOEC_SANITIZED
constexpr double patience = 20;
#else
constexpr double patience = 1;
#endif

/// Of this thread on a processor, whatever else the machine does.
double processorSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

double secondsToEncode(const Tokenizer &tokenizer, const std::string &text) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double start = processorSeconds();
    EXPECT_FALSE(valueOf(tokenizer.encode(text)).empty());
    best = std::min(best, processorSeconds() - start);
  }
  return best;
}

TEST_P(RealTokenizer, Encodes100kBIn100ms) {
  const Tokenizer tokenizer = realTokenizer(GetParam());
  std::string text = longText(GetParam());
  while (text.size() < 100'000)
    text += text;
  text.resize(100'000);
  while (!tokenizer.encode(text))
    text.pop_back(); // The cut may have gone through a character.
  EXPECT_LT(secondsToEncode(tokenizer, text), 0.1 * patience);
}

TEST_P(RealTokenizer, LongWordsTakeNoQuadraticTime) {
  const Tokenizer tokenizer = realTokenizer(GetParam());
  const std::pair<const char *, size_t> cases[] = {
      {"a", 1'000'000}, {" ", 240'000}, {"\n", 240'000}, {"ab", 240'000}, {"語", 240'000}};
  for (const auto &[unit, size] : cases) {
    std::string large;
    while (large.size() < size)
      large += unit;
    // Sixteen times the text takes sixteen times as long, with a logarithm and noise on top; if
    // the time were quadratic it would be 256 times.
    const double small = secondsToEncode(tokenizer, large.substr(0, size / 48 * 3));
    EXPECT_LT(secondsToEncode(tokenizer, large), 80 * small + 0.02 * patience) << unit;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RealTokenizer, ::testing::Values("gpt2", "qwen3", "tiny-glm"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(RealTokenizers, SizesAndLookup) {
  const Tokenizer gpt2 = realTokenizer("gpt2"), qwen3 = realTokenizer("qwen3");
  EXPECT_EQ(gpt2.size(), 50257u);
  EXPECT_EQ(qwen3.size(), 151669u);
  EXPECT_EQ(qwen3.idBound(), 151669);
  EXPECT_EQ(gpt2.idOf("Ġthe"), 262);
  EXPECT_EQ(gpt2.tokenOf(262), "Ġthe");
  EXPECT_EQ(gpt2.idOf("no such token"), std::nullopt);
  EXPECT_EQ(gpt2.tokenOf(50257), std::nullopt);
  EXPECT_EQ(qwen3.idOf("<|im_end|>"), 151645);
  EXPECT_TRUE(qwen3.isSpecial(151645));
  EXPECT_FALSE(qwen3.isSpecial(0));
}

TEST(RealTokenizers, SpecialTokensCanBeText) {
  const Tokenizer qwen3 = realTokenizer("qwen3");
  const std::string text = "<|im_end|>";
  const auto ids =
      valueOf(qwen3.encode(text, {.addSpecialTokens = false, .matchSpecialTokens = false}));
  EXPECT_GT(ids.size(), 1u);
  EXPECT_EQ(valueOf(qwen3.decode(ids)), text);
  EXPECT_EQ(valueOf(qwen3.decode(std::vector<int32_t>{872, 151645}, true)), "user");
}

} // namespace
