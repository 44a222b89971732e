//===- EvalTest.cpp - The command eval --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Recorded logits of the tiny model, right and wrong ones.
//
//===----------------------------------------------------------------------===//

#include "CommandsFixture.h"
#include "Perplexity.h"
#include "moec/Support/SafeTensors.h"

#include <cmath>
#include <cstring>

using namespace moec;
using namespace moec::test;

namespace {
class EvalTest : public CommandsTest {
protected:
  static constexpr int64_t sequences = 2, width = 20, greedyWidth = 16;

  void SetUp() override {
    CommandsTest::SetUp();
    for (int64_t s = 0; s < sequences; ++s) {
      std::vector<int32_t> tokens;
      for (int64_t t = 0; t < width; ++t) {
        tokens.push_back(static_cast<int32_t>((t * 5 + s * 11 + t * t) % TinyModel::vocab));
        ids.push_back(tokens.back());
        for (float value : TinyModel::logits(tokens))
          logits.push_back(value);
      }
    }
    // Eight tokens of prompt, eight that follow greedily, end tokens ignored.
    std::vector<int32_t> tokens(ids.begin(), ids.begin() + greedyWidth / 2);
    while (tokens.size() < greedyWidth)
      tokens.push_back(TinyModel::greedy(tokens, 1)[0]);
    greedy.assign(tokens.begin(), tokens.end());
  }
  std::string write() {
    std::string path = dir + "/golden.safetensors";
    Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(
        path, {{"input_ids", DType::I64, {sequences, width}},
               {"greedy_prompt_and_output", DType::I64, {1, greedyWidth}},
               {"logits", DType::F32, {sequences, width, TinyModel::vocab}}});
    EXPECT_TRUE(writer);
    EXPECT_FALSE(writer->append(std::as_bytes(std::span(ids))));
    EXPECT_FALSE(writer->append(std::as_bytes(std::span(greedy))));
    EXPECT_FALSE(writer->append(std::as_bytes(std::span(logits))));
    EXPECT_FALSE(writer->finish());
    return path;
  }
  nlohmann::json eval(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"eval",  model,    "--tokens",
                                      write(), "--json", dir + "/out.json"};
    words.insert(words.end(), more.begin(), more.end());
    CommandResult result = run(words);
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return nlohmann::json::parse(*readFile(dir + "/out.json"));
  }
  std::vector<int64_t> ids, greedy;
  std::vector<float> logits;
};
} // namespace

TEST_F(EvalTest, RightLogitsInAnyChunksBatchesAndThreads) {
  for (std::vector<std::string> more :
       std::vector<std::vector<std::string>>{{},
                                             {"--chunk", "7"},
                                             {"--batch", "1", "--threads", "2"},
                                             {"--batch", "2", "--chunk", "1"}}) {
    nlohmann::json report = eval(more);
    EXPECT_EQ(report["positions"], sequences * width);
    EXPECT_EQ(report["max"], 0.0);
    EXPECT_EQ(report["greedy_mismatches"], 0);
    EXPECT_EQ(report["greedy"]["tokens"], 8);
    EXPECT_EQ(report["greedy"]["mismatches"], 0);
  }
}

TEST_F(EvalTest, WrongLogitsAndTokensAreCounted) {
  logits[3 * TinyModel::vocab] += 64;
  greedy.back() = (greedy.back() + 1) % TinyModel::vocab;
  nlohmann::json report = eval();
  EXPECT_NEAR(report["max"], 64.0, 1e-4);
  EXPECT_EQ(report["median"], 0.0);
  EXPECT_EQ(report["greedy_mismatches"], 1);
  EXPECT_EQ(report["greedy"]["mismatches"], 1);
}

TEST_F(EvalTest, WritesLogits) {
  std::string out = dir + "/logits.safetensors";
  eval({"--logits", out});
  Expected<SafeTensors> file = SafeTensors::open(out);
  ASSERT_TRUE(file);
  auto data = file->data(*file->find("logits"));
  ASSERT_EQ(data.size(), logits.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(data.data(), logits.data(), data.size()), 0);
}

TEST_F(EvalTest, PerplexityOfAText) {
  std::string text = "thequickbrownfoxjumps", path = dir + "/text.txt";
  std::replace(text.begin(), text.end(), 'x', 'a');
  ASSERT_FALSE(writeFileAtomic(path, text));
  CommandResult result =
      run({"eval", model, "--text", path, "--window", "8", "--json", dir + "/out.json"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  double total = 0;
  size_t predictions = 0;
  std::vector<int32_t> tokens = idsOf(text);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (i % 8 == 7)
      continue;
    std::vector<int32_t> window(tokens.begin() + i / 8 * 8, tokens.begin() + i + 1);
    total += runtime::negativeLogLikelihood(TinyModel::logits(window), tokens[i + 1]);
    ++predictions;
  }
  nlohmann::json report = nlohmann::json::parse(*readFile(dir + "/out.json"));
  EXPECT_EQ(report["predictions"], predictions);
  EXPECT_NEAR(report["perplexity"], std::exp(total / double(predictions)), 1e-9);
}

TEST_F(EvalTest, WrongFilesAreNamed) {
  std::string path = dir + "/x.safetensors";
  auto errorOf = [&](std::vector<SafeTensorsWriter::Declaration> tensors, size_t bytes) {
    Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(path, std::move(tensors));
    EXPECT_TRUE(writer);
    EXPECT_FALSE(writer->append(std::vector<std::byte>(bytes, std::byte(0xff))));
    EXPECT_FALSE(writer->finish());
    return run({"eval", model, "--tokens", path}).err;
  };
  std::string prefix = "moec-run: error: '" + path + "'";
  EXPECT_EQ(errorOf({{"ids", DType::U8, {1}}}, 1), prefix + " has no tensor input_ids\n");
  EXPECT_EQ(errorOf({{"input_ids", DType::F32, {1, 1}}}, 4),
            prefix + ": input_ids has type F32, not I64 or I32\n");
  EXPECT_EQ(errorOf({{"input_ids", DType::I32, {4}}}, 16),
            prefix + ": input_ids is not a matrix [sequences, tokens]\n");
  EXPECT_EQ(errorOf({{"input_ids", DType::I64, {1, 1}}}, 8),
            prefix + ": input_ids holds -1, which is no token id\n");
  EXPECT_EQ(run({"eval", model}).err, "moec-run: error: give either --tokens or --text\n");
}
