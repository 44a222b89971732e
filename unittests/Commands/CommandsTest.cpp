//===- CommandsTest.cpp - run, bench, inspect and tokenize ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each command over the tiny model: its output, its files, its errors.
//
//===----------------------------------------------------------------------===//

#include "CommandsFixture.h"

#include <set>

using namespace moec;
using namespace moec::test;

TEST_F(CommandsTest, RunContinuesIds) {
  CommandResult result = run({"run", model, "--tokens", "1,2,5", "--max-tokens", "6"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.out, listOf(TinyModel::greedy({1, 2, 5}, 6)) + "\n");
  EXPECT_EQ(result.err.find("3 prompt tokens, "), 0u) << result.err;
}

TEST_F(CommandsTest, RunContinuesSeveralTextsInOrder) {
  CommandResult result = run({"run", model, "--prompt", "hello", "--max-tokens", "4", "--prompt",
                              "ab", "--threads", "2", "--device", "cpu:0"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  auto text = [](const char *prompt) { return lettersOf(TinyModel::greedy(idsOf(prompt), 4)); };
  EXPECT_EQ(result.out, "[1] hello\n" + text("hello") + "\n[2] ab\n" + text("ab") + "\n");
}

TEST_F(CommandsTest, RunSamplesBySeed) {
  auto sample = [&](const char *seed) {
    return run({"run", model, "--prompt", "abc", "--max-tokens", "30", "--ignore-eos",
                "--temperature", "2", "--top-k", "20", "--top-p", "0.95", "--min-p", "0.001",
                "--repetition-penalty", "1.1", "--seed", seed})
        .out;
  };
  EXPECT_EQ(sample("1").size(), 31u);
  EXPECT_EQ(sample("1"), sample("1"));
  EXPECT_NE(sample("1"), sample("2"));
}

TEST_F(CommandsTest, ErrorsAreOneLineAndExitCodeOne) {
  auto errorOf = [&](std::vector<std::string> words) {
    CommandResult result = run(std::move(words));
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  };
  EXPECT_EQ(errorOf({"run", model}), "moec-run: error: give either --prompt or --tokens\n");
  EXPECT_EQ(errorOf({"run", model, "--tokens", "1,x"}),
            "moec-run: error: --tokens is '1,x', where 'x' is not a token id\n");
  EXPECT_EQ(errorOf({"run", model, "--tokens", "1", "--device", "cpu:z"}),
            "moec-run: error: --device is 'cpu:z', not KIND or KIND:NUMBER\n");
  EXPECT_EQ(errorOf({"run", model, "--tokens", "1", "--kv-memory", "64"}),
            "moec-run: error: the KV cache has 64 bytes of memory but one page of 4 tokens needs "
            "128; raise --kv-memory\n");
  std::filesystem::remove(model + "/tokenizer.json");
  EXPECT_EQ(errorOf({"run", model, "--prompt", "x"}),
            "moec-run: error: '" + model +
                "' has no tokenizer.json; give token ids with --tokens\n");
  EXPECT_EQ(errorOf({"run"}), "moec-run: error: model is required\n");
  EXPECT_EQ(errorOf({"fly"}).find("moec-run: error: "), 0u);
}

TEST_F(CommandsTest, BenchWritesOneRowForEachCombination) {
  CommandResult result =
      run({"bench", model, "--prompt-tokens", "20", "--generate-tokens", "5", "--batch", "1,3",
           "--threads", "1,2", "--repetitions", "1", "--json", dir + "/bench.json"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  nlohmann::json rows = nlohmann::json::parse(*readFile(dir + "/bench.json"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[3]["prompt_tokens"], 20);
  EXPECT_EQ(rows[3]["generate_tokens"], 5);
  EXPECT_EQ(rows[3]["batch"], 3);
  EXPECT_EQ(rows[3]["threads"], 2);
  std::set<std::string> fields;
  for (const auto &field : rows[0].items())
    fields.insert(field.key());
  EXPECT_EQ(fields,
            (std::set<std::string>{"prompt_tokens", "generate_tokens", "batch", "threads",
                                   "prefill_tokens_per_second", "decode_tokens_per_second"}));
  for (const nlohmann::json &row : rows) {
    EXPECT_GT(row["prefill_tokens_per_second"], 0.0);
    EXPECT_GT(row["decode_tokens_per_second"], 0.0);
  }
  // "All" is a number in the file.
  EXPECT_EQ(run({"bench", model, "--prompt-tokens", "4", "--generate-tokens", "2", "--repetitions",
                 "1", "--json", dir + "/all.json"})
                .exitCode,
            0);
  EXPECT_GE(nlohmann::json::parse(*readFile(dir + "/all.json"))[0]["threads"], 1);
  EXPECT_EQ(
      run({"bench", model, "--batch", "40"}).err,
      "moec-run: error: sequences per step is 40 but the model was compiled for at most 32\n");
}

TEST_F(CommandsTest, BenchProfilesPrefillAndDecodeApart) {
  CommandResult result = run({"bench", model, "--prompt-tokens", "20", "--generate-tokens", "5",
                              "--threads", "1", "--repetitions", "1", "--profile"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  size_t prefill = result.out.find("\nprefill "), decode = result.out.find("\ndecode ");
  ASSERT_NE(prefill, std::string::npos) << result.out;
  ASSERT_NE(decode, std::string::npos) << result.out;
  EXPECT_LT(prefill, decode);
  // Every launch of a step is in the sum: as many in prefill, one step, as in each of four that
  // decode.
  auto launches = [&](size_t from) {
    size_t sum = result.out.find("\nall ", from);
    return std::stoi(result.out.substr(sum + 5));
  };
  EXPECT_GT(launches(prefill), 0);
  EXPECT_EQ(launches(decode), 4 * launches(prefill));
}

TEST_F(CommandsTest, InspectPrintsThePlan) {
  CommandResult result = run({"inspect", model});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  for (const char *expected :
       {"model        tiny", "vocabulary   24, end tokens 3",
        "Variant for up to 4 tokens: 4 launches", "head         1  row    head     R x 6",
        "layers.0.kv  key_value  f32                   32",
        "embedding  weights-0.safetensors  embedding       0    768"})
    EXPECT_NE(result.out.find(expected), std::string::npos) << expected << "\n" << result.out;
}

TEST_F(CommandsTest, InspectVerifiesWeights) {
  EXPECT_EQ(run({"inspect", model, "--verify"}).exitCode, 0);
  std::string path = model + "/weights-0.safetensors", bytes = *readFile(path);
  bytes.back() ^= 1;
  ASSERT_FALSE(writeFileAtomic(path, bytes));
  EXPECT_EQ(run({"inspect", model}).exitCode, 0);
  CommandResult result = run({"inspect", model, "--verify"});
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_NE(result.err.find("'weights-0.safetensors' has SHA-256 "), std::string::npos);
}

TEST_F(CommandsTest, TokenizeBothWays) {
  std::string file = dir + "/in.json";
  ASSERT_FALSE(writeFileAtomic(file, R"(["abc", "", "cab"])"));
  EXPECT_EQ(run({"tokenize", model, "--json", file}).out, "[[0,1,2],[],[2,0,1]]\n");
  ASSERT_FALSE(writeFileAtomic(file, "[[0,1,2],[],[2,0,1]]"));
  EXPECT_EQ(run({"tokenize", model + "/tokenizer.json", "--json", file, "--decode"}).out,
            "[\"abc\",\"\",\"cab\"]\n");
  EXPECT_EQ(run({"tokenize", model, "--json", file}).err,
            "moec-run: error: '" + file + "': item 0: is not a string\n");
}

TEST_F(CommandsTest, TheExampleOfTheApiGenerates) {
  std::string command = strCat(MOEC_TEST_EXAMPLE, " ", model, " abc de"), out;
  FILE *pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  for (int c; (c = std::fgetc(pipe)) != EOF;)
    out.push_back(static_cast<char>(c));
  EXPECT_EQ(pclose(pipe), 0);
  ASSERT_EQ(std::count(out.begin(), out.end(), '\n'), 2) << out;
  EXPECT_EQ(out.find("abc"), 0u);
  EXPECT_EQ(out.find("\nde"), out.find('\n'));
  EXPECT_GT(out.size(), std::string("abc\nde\n").size()) << "nothing was generated";
}
