//===- CommandsTest.cpp - run, bench, inspect and tokenize ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each command over the tiny model: its output, its files, its errors.
//
//===----------------------------------------------------------------------===//

#include "CommandsFixture.h"
#include "MemoryPlan.h"
#include "moec/Support/SafeTensors.h"

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

/// A prompt's trouble is its own: it gets a line and an empty output, the others go on.
TEST_F(CommandsTest, RunGoesOnBesideAPromptThatCannotBeRun) {
  std::string tooLong = "1";
  for (uint32_t i = 0; i < TinyModel::maxContext; ++i)
    tooLong += ",1";
  CommandResult result = run({"run", model, "--tokens", tooLong, "--tokens", "1,2,5", "--tokens",
                              "1,x", "--tokens", "99", "--max-tokens", "6"});
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_EQ(result.out, "\n" + listOf(TinyModel::greedy({1, 2, 5}, 6)) + "\n\n\n");
  EXPECT_EQ(result.err.substr(result.err.find('\n') + 1),
            "moec-run: error: prompt 1: the prompt has 65 tokens but at most 64 can ever fit "
            "(context 64, 512 cache pages of 4)\n"
            "moec-run: error: prompt 3: --tokens is '1,x', where 'x' is not a token id\n"
            "moec-run: error: prompt 4: token 0 of the prompt is 99 but the vocabulary has 24 "
            "tokens\n");
  result = run({"run", model, "--prompt", "\xff", "--prompt", "ab", "--max-tokens", "4"});
  EXPECT_EQ(result.exitCode, 1);
  EXPECT_EQ(result.out,
            "[1] \xff\n\n[2] ab\n" + lettersOf(TinyModel::greedy(idsOf("ab"), 4)) + "\n");
  EXPECT_NE(result.err.find("error: prompt 1: the text is not valid UTF-8 at byte 0 of 1\n"),
            std::string::npos)
      << result.err;
}

/// The vocabulary of a model may be wider than its tokenizer's: the ids beyond are no text.
TEST_F(CommandsTest, RunPrintsNothingForIdsBeyondTheTokenizer) {
  // A prompt whose continuation has the token after it, which stays, and another, which goes.
  std::string prompt;
  std::vector<int32_t> output;
  std::set<int32_t> kept;
  auto isKept = [&](int32_t id) { return kept.contains(id); };
  for (char second = 'a'; output.empty() || std::all_of(output.begin(), output.end(), isKept);
       ++second) {
    ASSERT_LT(second - 'a', int(TinyModel::vocab)) << "no prompt is a case";
    prompt = {'a', second};
    output = TinyModel::greedy(idsOf(prompt), 8);
    kept = {0, second - 'a', output[0]};
  }
  nlohmann::json narrow = nlohmann::json::parse(tokenizerJson());
  std::string expected;
  for (int32_t id : output)
    if (isKept(id))
      expected += lettersOf({id});
    else
      narrow["model"]["vocab"].erase(lettersOf({id}));
  ASSERT_FALSE(writeFileAtomic(model + "/tokenizer.json", narrow.dump()));
  CommandResult result = run({"run", model, "--prompt", prompt, "--max-tokens", "8"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_EQ(result.out, expected + "\n");
}

TEST_F(CommandsTest, RunSaysWhereTheContextOrTheMemoryEnds) {
  CommandResult result =
      run({"run", model, "--tokens", "1,2,5", "--max-tokens", "100", "--ignore-eos"});
  EXPECT_EQ(result.exitCode, 0);
  EXPECT_EQ(result.err.substr(result.err.find('\n') + 1),
            "moec-run: note: prompt 1: stopped at 64 tokens: at most 64 can ever fit (context 64, "
            "512 cache pages of 4)\n");
  result = run({"run", model, "--tokens", "1,2,5", "--max-tokens", "100", "--ignore-eos",
                "--kv-memory", "256"});
  EXPECT_EQ(result.exitCode, 0);
  EXPECT_EQ(result.err.substr(result.err.find('\n') + 1),
            "moec-run: note: prompt 1: stopped at 8 tokens: at most 8 can ever fit (context 64, 2 "
            "cache pages of 4); raise --kv-memory\n");
}

/// Two prompts a step each: the second finds the pages that the first has left, unless it may not.
TEST_F(CommandsTest, RunSharesPrefixesUnlessTheCacheIsOff) {
  auto runWith = [&](const char *cache) {
    CommandResult result =
        run({"run", model, "--tokens", "1,2,5,4,5,6,7,8,9", "--tokens", "1,2,5,4,5,6,7,8,10",
             "--max-tokens", "4", "--ignore-eos", "--max-sequences", "1", "--prefix-cache", cache});
    EXPECT_EQ(result.exitCode, 0) << result.err;
    EXPECT_EQ(result.out, listOf(TinyModel::greedy({1, 2, 5, 4, 5, 6, 7, 8, 9}, 4)) + "\n" +
                              listOf(TinyModel::greedy({1, 2, 5, 4, 5, 6, 7, 8, 10}, 4)) + "\n");
    return result.err.substr(0, result.err.find(", 8 generated"));
  };
  EXPECT_EQ(runWith("off"), "18 prompt tokens");
  EXPECT_EQ(runWith("1M"), "10 prompt tokens and 8 from the prefix cache");
  // A page of four rows of 32 bytes.
  EXPECT_EQ(runWith("128b"), "14 prompt tokens and 4 from the prefix cache");
  EXPECT_EQ(run({"run", model, "--tokens", "1", "--prefix-cache", "some"}).exitCode, 1);
}

TEST_F(CommandsTest, RunSaysWhatCameOfDrafts) {
  auto runWith = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"run", model, "--tokens", "1,2,5", "--max-tokens", "12"};
    words.insert(words.end(), more.begin(), more.end());
    CommandResult result = run(words);
    if (result.exitCode == 0)
      EXPECT_EQ(result.out, listOf(TinyModel::greedy({1, 2, 5}, 12)) + "\n");
    return result.err;
  };
  auto hasDrafts = [](const std::string &said) {
    return said.find(" drafted tokens followed") != std::string::npos &&
           said.find(" tokens each time\n") != std::string::npos;
  };
  EXPECT_TRUE(hasDrafts(runWith({"--draft", "3"})));
  EXPECT_TRUE(hasDrafts(runWith({"--draft", "2", "--draft-method", "mtp"})));
  EXPECT_FALSE(hasDrafts(runWith({"--draft", "off"})));
  EXPECT_FALSE(hasDrafts(runWith({"--draft", "auto"}))) << "so short a text is no trial";
  EXPECT_FALSE(hasDrafts(runWith({})));
  for (const char *wrong : {"0", "16", "-1", "some"})
    EXPECT_NE(runWith({"--draft", wrong})
                  .find(strCat("--draft: is '", wrong, "'; it must be off, auto or 1 to 15")),
              std::string::npos);
  EXPECT_NE(runWith({"--draft", "2", "--draft-method", "eagle"}).find("--draft-method"),
            std::string::npos);
  EXPECT_NE(runWith({"--draft-method", "ngram"}).find("--draft-method requires --draft"),
            std::string::npos);

  // The model drafts for itself.
  std::string right = runWith({"--draft", "3", "--draft-model", model});
  size_t line = right.find(" drafted tokens followed"), begin = right.rfind('\n', line) + 1;
  size_t followed = 0, drafted = 0;
  ASSERT_EQ(std::sscanf(right.c_str() + begin, "%zu of %zu", &followed, &drafted), 2) << right;
  EXPECT_GT(drafted, 0u);
  EXPECT_EQ(followed, drafted);
  std::string said = strCat("moec-run: error: --draft-model is '", model, "' but ");
  EXPECT_EQ(runWith({"--draft", "off", "--draft-model", model}),
            said + "nothing is drafted; say --draft N or auto\n");
  EXPECT_EQ(runWith({"--draft", "2", "--draft-method", "mtp", "--draft-model", model}),
            said + "--draft-method is mtp, which needs none; leave one of them out\n");
  EXPECT_NE(
      runWith({"--draft", "2", "--draft-model", dir + "/none"}).find("error: --draft-model: "),
      std::string::npos);
}

TEST_F(CommandsTest, TheMemoryPlanHasALineForEachUse) {
  auto planOf = [&](const TinyModel::Pools &pools, uint64_t cache, const std::string &draft = "") {
    TinyModel::write(model, nullptr, pools);
    runtime::EngineOptions options;
    options.kvMemoryBytes = 5000;
    options.maxSequences = 2;
    options.prefixCacheBytes = cache;
    options.drafts.model = draft;
    options.drafts.tokens = draft.empty() ? 0 : 3;
    auto engine = runtime::Engine::open(model, options);
    EXPECT_TRUE(engine) << engine.takeError().message();
    return runtime::describeMemory(**engine, cache);
  };
  EXPECT_EQ(planOf(TinyModel::onePool(), UINT64_MAX),
            "weights       1.5 KiB\n"
            "cache         4.0 KiB: 32 pages of 4 tokens\n"
            "workspace     11.6 KiB\n"
            "prefix cache  the pages that no text needs\n");
  std::string three = planOf(TinyModel::threePools(), 4096);
  EXPECT_NE(three.find("\ncache         "), std::string::npos) << three;
  EXPECT_NE(three.find(" pages of 3 tokens for windows of 7\n"), std::string::npos) << three;
  EXPECT_NE(three.find("\nstates        64 B: 2 slots, one for each sequence; those that none has "
                       "are for snapshots\nsnapshots     192 B: 6 slots more\n"),
            std::string::npos)
      << three;
  EXPECT_NE(three.find("\nprefix cache  at most 4.0 KiB of pages and slots that no text needs; "
                       "snapshots every 192 tokens and where texts are likely to branch off\n"),
            std::string::npos)
      << three;
  EXPECT_NE(planOf(TinyModel::onePool(), 0).find("\nprefix cache  off\n"), std::string::npos);
  EXPECT_NE(planOf(TinyModel::onePool(), 1024)
                .find("\nprefix cache  at most 1.0 KiB of pages that no text needs\n"),
            std::string::npos);
  // Of 5000 bytes, each has a half.
  std::string draft = dir + "/draft.moec";
  TinyModel::write(draft);
  EXPECT_EQ(planOf(TinyModel::onePool(), 0, draft),
            strCat("weights       1.5 KiB\n"
                   "cache         2.4 KiB: 19 pages of 4 tokens\n"
                   "workspace     11.6 KiB\n"
                   "prefix cache  off\n"
                   "drafts        3 tokens at most by the model '",
                   draft,
                   "'\n"
                   "  weights     1.5 KiB\n"
                   "  cache       2.4 KiB: 19 pages of 4 tokens\n"
                   "  workspace   11.6 KiB\n"));
}

/// BOS is added as tokenizer_config.json says, once; ids are taken as they are.
TEST_F(CommandsTest, RunAddsTheTokenThatBeginsAText) {
  ASSERT_FALSE(writeFileAtomic(model + "/tokenizer_config.json",
                               R"({"add_bos_token": true, "bos_token": {"content": "f"}})"));
  auto outputOf = [&](const char *prompt) {
    return run({"run", model, "--prompt", prompt, "--max-tokens", "4", "--ignore-eos"});
  };
  auto text = [](const char *prompt) {
    return lettersOf(TinyModel::greedy(idsOf(prompt), 4)) + "\n";
  };
  EXPECT_EQ(outputOf("ab").out, text("fab"));
  EXPECT_EQ(outputOf("ab").err.find("note"), std::string::npos);
  CommandResult twice = outputOf("fab");
  EXPECT_EQ(twice.out, text("ffab"));
  EXPECT_NE(twice.err.find("note: prompt 1: begins with \"f\" twice; every prompt gets one, so "
                           "leave it out of the text\n"),
            std::string::npos)
      << twice.err;
  CommandResult ids = run({"run", model, "--tokens", "5,5,0", "--max-tokens", "4"});
  EXPECT_EQ(ids.out, listOf(TinyModel::greedy({5, 5, 0}, 4)) + "\n");
  EXPECT_EQ(ids.err.find("note"), std::string::npos);
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
            "moec-run: error: prompt 1: --tokens is '1,x', where 'x' is not a token id\n");
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

TEST_F(CommandsTest, BenchSaysWhatDraftsSaveAndWhereTheyBreakEven) {
  auto rowWith = [&](const char *accept) {
    CommandResult result = run({"bench", model, "--prompt-tokens", "8", "--generate-tokens", "41",
                                "--threads", "1", "--repetitions", "1", "--draft", "3", "--accept",
                                accept, "--json", dir + "/drafts.json"});
    EXPECT_EQ(result.exitCode, 0) << result.err;
    EXPECT_NE(result.out.find("break-even"), std::string::npos);
    return nlohmann::json::parse(*readFile(dir + "/drafts.json"))[0];
  };
  nlohmann::json all = rowWith("1"), none = rowWith("0"), half = rowWith("0.5");
  EXPECT_EQ(all["tokens_per_step"], 4.0);
  EXPECT_EQ(none["tokens_per_step"], 1.0);
  EXPECT_GT(half["tokens_per_step"], 1.2);
  EXPECT_LT(half["tokens_per_step"], 3.0);
  for (const nlohmann::json &row : {all, none, half}) {
    EXPECT_GT(row["decode_tokens_per_second_without_drafts"], 0.0);
    EXPECT_GT(row["break_even_tokens_per_step"], 0.0);
  }
  CommandResult own = run({"bench", model, "--prompt-tokens", "8", "--generate-tokens", "41",
                           "--batch", "3", "--threads", "1", "--repetitions", "1", "--draft", "3",
                           "--draft-model", model, "--json", dir + "/drafts.json"});
  EXPECT_EQ(own.exitCode, 0) << own.err;
  EXPECT_EQ(nlohmann::json::parse(*readFile(dir + "/drafts.json"))[0]["tokens_per_step"], 4.0);
  // With auto nothing says what a step with drafts takes.
  CommandResult automatic =
      run({"bench", model, "--prompt-tokens", "8", "--generate-tokens", "5", "--repetitions", "1",
           "--draft", "auto", "--json", dir + "/auto.json"});
  EXPECT_EQ(automatic.exitCode, 0) << automatic.err;
  nlohmann::json row = nlohmann::json::parse(*readFile(dir + "/auto.json"))[0];
  EXPECT_TRUE(row.contains("tokens_per_step"));
  EXPECT_FALSE(row.contains("break_even_tokens_per_step"));
  EXPECT_EQ(run({"bench", model, "--accept", "0.5"}).err,
            "moec-run: error: --accept is 0.5 but nothing is drafted; say --draft N\n");
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

namespace {
/// A table's text with one space for each run of them.
std::string squeeze(const std::string &text) {
  std::string out;
  for (char c : text)
    if (c != ' ' || (!out.empty() && out.back() != ' ' && out.back() != '\n'))
      out += c;
  return out;
}
void expectLines(const CommandResult &result, const std::vector<std::string> &lines) {
  EXPECT_EQ(result.exitCode, 0) << result.err;
  std::string text = squeeze("\n" + result.out);
  for (const std::string &line : lines)
    EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
}
} // namespace

TEST_F(CommandsTest, InspectPrintsThePlan) {
  expectLines(run({"inspect", model}),
              {"model tiny", "vocabulary 24, end tokens 3", "context 64 tokens",
               "context attention kernels/tiny.so 32 B 0", "Function forward",
               "token_ids input i32 1 T -", "block_table input i32 1 S * P 0",
               "logits output f32 24 R -", "Function draft", "hidden input f32 8 T -",
               "Variant for up to 4 tokens: 4 launches, 2 copies, 12.5 us predicted, arena 256 B",
               "head 1 gemm head R x 6 - default 1.5 64 B 32 B",
               "x to y 1 copy buffer to buffer T * 32 bytes - - 0.0 0 B 0 B",
               "y to hidden 1 copy buffer to output T * 32 bytes - - 0.0 0 B 0 B",
               "context 1 attention context T BM = 4, order = \"yx\" default 8.0 400 B 32 B",
               "expected T=4 us T=4 bytes", "0 Paged 4 - 128", "layers.0.kv 0 32 rows f32",
               "embedding weights-0.safetensors embedding 768 -"});
  // Attention between two contexts.
  expectLines(run({"inspect", model, "--context", "40"}),
              {"Variant for up to 32 tokens: 4 launches, 2 copies, 9.5 us predicted, arena 2.0 KiB",
               "context 5.00 282 B", "all 9.50 570 B"});
}

TEST_F(CommandsTest, InspectAddsUpEqualStepsUnlessAskedForAll) {
  std::string two = dir + "/two.moec";
  TinyModel::write(two, nullptr,
                   {{plan::Allocation::Paged, 4, 0}, {plan::Allocation::Paged, 4, 0}});
  expectLines(run({"inspect", two}),
              {"context 2 attention context T BM = 4, order = \"yx\" default 16.0 800 B 64 B"});
  CommandResult all = run({"inspect", two, "--all"});
  expectLines(all, {"context 1 attention context T BM = 4, order = \"yx\" default 8.0 400 B 32 B"});
  EXPECT_EQ(squeeze(all.out).find("context 2 attention"), std::string::npos);
}

TEST_F(CommandsTest, InspectPrintsEveryRuleOfPools) {
  std::string three = dir + "/three.moec";
  // Without a function that an engine can run, too.
  TinyModel::write(
      three, [](plan::PlanT &plan) { plan.functions.erase(plan.functions.begin()); },
      TinyModel::threePools());
  expectLines(run({"inspect", three}), {"0 Paged 4 - 128", "1 Window 3 7 96", "2 Slots - - 32"});
  EXPECT_EQ(run({"run", three, "--tokens", "1"}).err,
            "moec-run: error: '" + three +
                "': the plan has no function 'forward', which an engine needs; it has 1, which "
                "inspect lists\n");
}

TEST_F(CommandsTest, LaunchRunsOneKernelOnGivenData) {
  std::string in = dir + "/in.safetensors", out = dir + "/out.safetensors";
  std::vector<float> x(16), state(16);
  for (size_t i = 0; i < 16; ++i)
    x[i] = float(i), state[i] = 100 + float(i);
  std::vector<int32_t> start = {0, 1, 2}, read = {-1, 0}, written = {1, -1};
  auto writer = SafeTensorsWriter::create(in, {{"arg0", DType::F32, {2, 8}},
                                               {"arg1", DType::I32, {3}},
                                               {"arg2", DType::I32, {2}},
                                               {"arg3", DType::I32, {2}},
                                               {"arg4", DType::F32, {2, 8}},
                                               {"arg5", DType::F32, {2, 8}}});
  ASSERT_TRUE(writer);
  auto append = [&](const auto &values) {
    ASSERT_FALSE(writer->append(std::as_bytes(std::span(values))));
  };
  append(x), append(start), append(read), append(written), append(state), append(x);
  ASSERT_FALSE(writer->finish());
  std::string slots = dir + "/slots.moec";
  TinyModel::write(slots, nullptr, {{plan::Allocation::Slots, 0, 0}});
  CommandResult result = run({"launch", slots, "fold", "--in", in, "--out", out, "--tokens", "2",
                              "--sequences", "2", "--device", "cpu"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  auto file = SafeTensors::open(out);
  ASSERT_TRUE(file) << file.takeError().message();
  EXPECT_EQ(file->tensors().size(), 3u) << "x, the state and y may have been written";
  auto kept =
      std::span(reinterpret_cast<const float *>(file->data(*file->find("arg4")).data()), 16);
  auto y = std::span(reinterpret_cast<const float *>(file->data(*file->find("arg5")).data()), 16);
  for (size_t d = 0; d < 8; ++d) {
    EXPECT_EQ(kept[d], state[d]);
    EXPECT_EQ(kept[8 + d], x[d]) << "the first sequence begins, and is kept in slot 1";
    EXPECT_EQ(y[d], 2 * x[d]);
    EXPECT_EQ(y[8 + d], 2 * x[8 + d] + state[d] / 2);
  }

  result = run({"launch", slots, "turn", "--function", "draft", "--list", "--tokens", "3"});
  EXPECT_EQ(result.exitCode, 0) << result.err;
  EXPECT_NE(result.out.find("kernel turn, op turn, grid T\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("arg0      input hidden     96\n"), std::string::npos) << result.out;
  result = run({"launch", slots, "fold", "--list"});
  EXPECT_NE(result.out.find("arg3      input state_write of pool 0"), std::string::npos)
      << result.out;
  auto errorOf = [&](std::vector<std::string> words) { return run(std::move(words)).err; };
  EXPECT_EQ(
      errorOf({"launch", slots, "turn"}),
      "moec-run: error: '" + slots +
          "' launches no kernel 'turn' in 'forward'; it has 6 kernels, which inspect lists\n");
  EXPECT_EQ(errorOf({"launch", slots, "turn", "--function", "backward"}),
            "moec-run: error: '" + slots +
                "' has no function 'backward'; it has 2, which inspect lists\n");
  EXPECT_EQ(errorOf({"launch", slots, "turn", "--function", "draft"}),
            "moec-run: error: argument 0 (input hidden): nothing says what is in it; give it as "
            "arg0 with --in\n");
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
