//===- GenerateCallTest.cpp - Bodies of requests for text ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace moec;
using namespace moec::server;

namespace {

std::optional<ApiError> parse(Endpoint endpoint, const std::string &body, GenerateCall &call) {
  return parseGenerateCall(endpoint, body, {.temperature = 0.5f, .topK = 7}, call);
}

/// The call that a body is, with `model` and a prompt or a message added.
GenerateCall parsed(Endpoint endpoint, const std::string &fields) {
  GenerateCall call;
  std::string body =
      R"({"model": "m", )" +
      std::string(endpoint == Endpoint::Chat ? R"("messages": [{"role": "user", "content": "Hi"}])"
                                             : R"("prompt": "Hi")") +
      (fields.empty() ? "" : ", ") + fields + "}";
  std::optional<ApiError> error = parse(endpoint, body, call);
  EXPECT_FALSE(error) << body << "\n" << error->message;
  return call;
}

/// Why a body is refused: "param: message".
std::string refusal(Endpoint endpoint, const std::string &body) {
  GenerateCall call;
  std::optional<ApiError> error = parse(endpoint, body, call);
  if (!error)
    return "accepted";
  EXPECT_EQ(error->status, 400);
  return error->param.value_or("-") + ": " + error->message;
}

std::string refusedField(Endpoint endpoint, const std::string &field) {
  return refusal(endpoint, R"({"model": "m", "prompt": "Hi", )" + field + "}");
}

TEST(GenerateCall, Defaults) {
  GenerateCall call = parsed(Endpoint::Completions, "");
  EXPECT_EQ(call.model, "m");
  EXPECT_EQ(std::get<std::string>(call.prompts.at(0)), "Hi");
  EXPECT_EQ(call.generation.sampling.temperature, 0.5f);
  EXPECT_EQ(call.generation.sampling.topK, 7u);
  EXPECT_EQ(call.generation.choices, 1u);
  EXPECT_FALSE(call.maxTokens);
  EXPECT_FALSE(call.seed);
  EXPECT_TRUE(call.generation.skipSpecial);
  EXPECT_TRUE(call.addSpecialTokens);
  EXPECT_TRUE(call.ignored.empty());
}

TEST(GenerateCall, EveryFieldOfCompletions) {
  GenerateCall call = parsed(Endpoint::Completions, R"(
    "temperature": 1.5, "top_p": 0.25, "min_p": 0.125, "top_k": -1, "frequency_penalty": -2,
    "presence_penalty": 2, "repetition_penalty": 1.5, "seed": -3, "logit_bias": {"17": -100, "4": 2.5},
    "n": 3, "best_of": 3, "min_tokens": 2, "max_tokens": 9.0, "priority": -5, "prompt_logprobs": 1,
    "stop": ["a", "bc"], "stop_token_ids": [5, 6], "include_stop_str_in_output": true,
    "ignore_eos": true, "skip_special_tokens": false, "logprobs": 4, "echo": true,
     "add_special_tokens": false, "return_tokens_as_token_ids": true, "user": "someone",
     "cache_salt": "s", "stream": false, "stream_options": null)");
  const runtime::GenerationRequest &request = call.generation;
  const runtime::SamplingParams &sampling = request.sampling;
  EXPECT_EQ(sampling.temperature, 1.5f);
  EXPECT_EQ(sampling.topP, 0.25f);
  EXPECT_EQ(sampling.minP, 0.125f);
  EXPECT_EQ(sampling.topK, 0u);
  EXPECT_EQ(sampling.frequencyPenalty, -2);
  EXPECT_EQ(sampling.presencePenalty, 2);
  EXPECT_EQ(sampling.repetitionPenalty, 1.5f);
  EXPECT_EQ(call.seed, -3);
  ASSERT_EQ(sampling.logitBias.size(), 2u);
  EXPECT_EQ(sampling.logitBias[0].token, 17);
  EXPECT_EQ(sampling.logitBias[1].bias, 2.5f);
  EXPECT_EQ(request.choices, 3u);
  EXPECT_EQ(request.minTokens, 2u);
  EXPECT_EQ(call.maxTokens, 9u);
  EXPECT_EQ(request.priority, -5);
  EXPECT_EQ(request.promptLogprobs, 1u);
  EXPECT_EQ(request.stop, (std::vector<std::string>{"a", "bc"}));
  EXPECT_EQ(request.stopTokens, (std::vector<int32_t>{5, 6}));
  EXPECT_EQ(request.cacheSalt, "s");
  EXPECT_TRUE(request.includeStop && request.ignoreEos && !request.skipSpecial);
  EXPECT_EQ(sampling.logprobs, 4u);
  EXPECT_TRUE(call.echo && !call.addSpecialTokens && !call.stream && call.showsTokenIds);
  EXPECT_TRUE(call.ignored.empty());
}

TEST(GenerateCall, EveryFieldOfChats) {
  GenerateCall call = parsed(Endpoint::Chat, R"(
    "max_tokens": 3, "max_completion_tokens": 5, "logprobs": true, "top_logprobs": 2, "stop": "x",
    "stream": true, "stream_options": {"include_usage": true, "continuous_usage_stats": true})");
  EXPECT_EQ(call.maxTokens, 5u) << "the newer name counts";
  EXPECT_EQ(call.generation.sampling.logprobs, 2u);
  EXPECT_EQ(call.generation.stop, std::vector<std::string>{"x"});
  EXPECT_TRUE(call.stream && call.includeUsage && call.continuousUsage);
  EXPECT_EQ(parsed(Endpoint::Chat, R"("logprobs": true)").generation.sampling.logprobs, 0u);
  EXPECT_FALSE(parsed(Endpoint::Chat, R"("logprobs": false)").generation.sampling.logprobs);
  EXPECT_FALSE(parsed(Endpoint::Chat, R"("top_logprobs": 0)").generation.sampling.logprobs);
}

TEST(GenerateCall, PromptsOfEachShape) {
  auto prompts = [](const std::string &prompt) {
    GenerateCall call;
    auto error = parse(Endpoint::Completions, R"({"model": "m", "prompt": )" + prompt + "}", call);
    EXPECT_FALSE(error) << error->message;
    return call.prompts;
  };
  using Ids = std::vector<int32_t>;
  EXPECT_EQ(prompts(R"("a")"), (std::vector<Prompt>{"a"}));
  EXPECT_EQ(prompts(R"(["a", "b"])"), (std::vector<Prompt>{"a", "b"}));
  EXPECT_EQ(prompts("[1, 2]"), (std::vector<Prompt>{Ids{1, 2}}));
  EXPECT_EQ(prompts("[[1, 2], [3]]"), (std::vector<Prompt>{Ids{1, 2}, Ids{3}}));
}

TEST(GenerateCall, Messages) {
  GenerateCall call;
  auto error = parse(Endpoint::Chat, R"({"model": "m", "messages": [
    {"role": "developer", "content": "Be brief."}, {"role": "user", "name": "x", "mood": 1, "content":
    [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    {"role": "assistant", "content": "c", "tool_calls": null}]})",
                     call);
  ASSERT_FALSE(error) << error->message;
  ASSERT_EQ(call.messages.size(), 3u);
  EXPECT_EQ(call.messages[0].role, "system");
  EXPECT_EQ(call.messages[1].content, "a\nb");
  EXPECT_EQ(call.messages[2].role, "assistant");
  EXPECT_EQ(call.messages[1].name, "x");
  EXPECT_EQ(call.ignored, std::vector<std::string>{"messages[].mood"});
}

TEST(GenerateCall, AssistantsMaySayNothingOrRefuse) {
  GenerateCall call;
  EXPECT_FALSE(parseGenerateCall(Endpoint::Chat, R"({"messages": [
    {"role": "assistant", "content": null, "tool_calls": []}, {"role": "assistant"},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}]})",
                                 {}, call));
  ASSERT_EQ(call.messages.size(), 3u);
  EXPECT_EQ(call.messages[0].content + call.messages[1].content, "");
  EXPECT_EQ(call.messages[2].content, "No.");
  EXPECT_TRUE(call.ignored.empty());
}

TEST(GenerateCall, ListsWhatHasNoEffect) {
  GenerateCall call = parsed(Endpoint::Completions, R"("stor": true, "echo": null, "stream": true,
    "stream_options": {"x": 1}, "tools": [], "suffix": "", "unknown": null)");
  EXPECT_EQ(call.ignored, (std::vector<std::string>{"stream_options.x", "stor"}));
}

TEST(GenerateCall, RefusesValuesOutOfRange) {
  // Field, value, what it must be, by endpoint: c, h (chat) or b (both).
  struct Case {
    char endpoint;
    const char *name, *value, *wanted;
  };
  const char *id = "a token id of 0 to 2147483647";
  const Case cases[] = {
      {'b', "temperature", "-0.1", "a number of at least 0"},
      {'b', "temperature", "1e300", "a number of at least 0"},
      {'b', "temperature", "\"1\"", "a number of at least 0"},
      {'b', "top_p", "0", "a number above 0 and at most 1"},
      {'b', "top_p", "1.5", "a number above 0 and at most 1"},
      {'b', "top_k", "-2", "an integer of -1 to 2147483647"},
      {'b', "top_k", "1.5", "an integer of -1 to 2147483647"},
      {'b', "min_p", "-1", "a number of 0 to 1"},
      {'b', "frequency_penalty", "2.5", "a number of -2 to 2"},
      {'b', "presence_penalty", "-3", "a number of -2 to 2"},
      {'b', "repetition_penalty", "0", "a number above 0"},
      {'b', "cache_salt", "\"\"", "a string that is not empty"},
      {'b', "cache_salt", "7", "a string that is not empty"},
      {'b', "seed", "0.5", "an integer of -9223372036854775808 to 9223372036854775807"},
      {'b', "seed", "18446744073709551615",
       "an integer of -9223372036854775808 to 9223372036854775807"},
      {'b', "n", "0", "an integer of 1 to 128"},
      {'b', "n", "true", "an integer of 1 to 128"},
      {'b', "model", "3", "a string"},
      {'b', "min_tokens", "-1", "an integer of 0 to 2147483647"},
      {'b', "priority", "3000000000", "an integer of -2147483648 to 2147483647"},
      {'b', "prompt_logprobs", "21", "an integer of 0 to 20"},
      {'b', "stop", "\"\"", "a string of 1 to 1024 bytes, or an array of at most 256"},
      {'b', "stop_token_ids", "3", "an array of at most 256 token ids"},
      {'b', "stream", "1", "true or false"},
      {'b', "ignore_eos", "\"no\"", "true or false"},
      {'b', "include_stop_str_in_output", "0", "true or false"},
      {'b', "skip_special_tokens", "[]", "true or false"},
      {'b', "stream_options", "true", "an object"},
      {'b', "user", "7", "a string"},
      {'b', "logit_bias", "[1]", "an object from token ids to numbers of -100 to 100"},
      {'c', "logprobs", "21", "an integer of 0 to 20"},
      {'c', "logprobs", "true", "an integer of 0 to 20"},
      {'c', "max_tokens", "-1", "an integer of 0 to 2147483647"},
      {'c', "echo", "\"\"", "true or false"},
      {'c', "add_special_tokens", "0", "true or false"},
      {'c', "prompt", "{}", "a string, an array of token ids, or an array of such"},
      {'c', "prompt", "[]", "a string, an array of token ids, or an array of such"},
      {'h', "logprobs", "1", "true or false"},
      {'h', "top_logprobs", "21", "an integer of 0 to 20"},
      {'h', "max_tokens", "0", "an integer of 1 to 2147483647"},
      {'h', "max_completion_tokens", "0", "an integer of 1 to 2147483647"},
      {'h', "messages", "[]", "an array of messages that is not empty"},
  };
  for (const Case &c : cases)
    for (Endpoint endpoint : {Endpoint::Completions, Endpoint::Chat}) {
      if (c.endpoint != 'b' && (c.endpoint == 'h') != (endpoint == Endpoint::Chat))
        continue;
      std::string body = strCat("{\"", c.name, "\": ", c.value, "}");
      std::string name = c.name, shown = c.value == std::string("1e300") ? "1e+300" : c.value;
      EXPECT_EQ(refusal(endpoint, body),
                name + ": '" + name + "' is " + shown + "; it must be " + c.wanted);
    }
  // Places inside of a field.
  EXPECT_EQ(refusedField(Endpoint::Completions, R"("stop_token_ids": [1, -1])"),
            strCat("stop_token_ids[1]: 'stop_token_ids[1]' is -1; it must be ", id));
  EXPECT_EQ(refusedField(Endpoint::Completions, R"("stop": ["a", ""])"),
            "stop[1]: 'stop[1]' is \"\"; it must be a string of 1 to 1024 bytes");
  EXPECT_EQ(refusedField(Endpoint::Completions, R"("logit_bias": {"17": 101})"),
            "logit_bias[\"17\"]: 'logit_bias[\"17\"]' is 101; it must be a number of -100 to 100");
  EXPECT_EQ(refusedField(Endpoint::Completions, R"("logit_bias": {"x": 1})"),
            "logit_bias: 'logit_bias' is of \"x\"; it must be an object from token ids to numbers "
            "of -100 to 100");
  EXPECT_EQ(refusedField(Endpoint::Completions, R"("stream_options": {"include_usage": 1})"),
            "stream_options.include_usage: 'stream_options.include_usage' is 1; it must be true or "
            "false");
  EXPECT_EQ(refusal(Endpoint::Completions, R"({"prompt": [[1], [2, "x"]]})"),
            strCat("prompt[1][1]: 'prompt[1][1]' is \"x\"; it must be ", id));
  EXPECT_EQ(refusal(Endpoint::Completions, R"({"prompt": ["a", 3]})"),
            "prompt[1]: 'prompt[1]' is 3; it must be a string or an array of token ids");
}

TEST(GenerateCall, RefusesMessages) {
  auto refused = [](const std::string &message) {
    return refusal(Endpoint::Chat, R"({"model": "m", "messages": [)" + message + "]}");
  };
  const std::string roles = "\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"";
  EXPECT_EQ(refused("3"),
            "messages[0]: 'messages[0]' is 3; it must be an object with a role and a content");
  EXPECT_EQ(refused(R"({"role": "root", "content": "a"})"),
            "messages[0].role: 'messages[0].role' is \"root\"; it must be " + roles);
  EXPECT_EQ(refused(R"({"content": "a"})"),
            "messages[0].role: 'messages[0].role' is missing; it must be " + roles);
  EXPECT_EQ(refused(R"({"role": "user"})"),
            "messages[0].content: 'messages[0].content' is missing; "
            "it must be a string or an array of parts");
  EXPECT_EQ(refused(R"({"role": "user", "content": [{"type": "image_url"}]})"),
            "messages[0].content[0].type: 'messages[0].content[0].type' is \"image_url\"; it must "
            "be \"text\"; other parts are not supported");
  EXPECT_EQ(refused(R"({"role": "user", "content": [{"type": "refusal", "refusal": "a"}]})"),
            "messages[0].content[0].type: 'messages[0].content[0].type' is \"refusal\"; it must "
            "be \"text\"; other parts are not supported");
  EXPECT_EQ(refused(R"({"role": "user", "content": null})"),
            "messages[0].content: 'messages[0].content' is null; "
            "it must be a string or an array of parts");
  EXPECT_EQ(refused(R"({"role": "user", "content": [{"type": "text"}]})"),
            "messages[0].content[0].text: 'messages[0].content[0].text' is missing; it must be a "
            "string");
  EXPECT_EQ(refused(R"({"role": "assistant", "content": "", "tool_calls": [{}]})"),
            "messages[0].tool_calls[0].function.name: 'messages[0].tool_calls[0].function.name' is "
            "missing; it must be the name of a tool");
}

TEST(GenerateCall, RefusesWhatItCannotDo) {
  for (const char *field :
       {R"("tools": [{}])", R"("functions": [{}])", R"("response_format": {"type": "json_object"})",
        R"("suffix": "x")", R"("use_beam_search": true)", R"("guided_json": {})",
        R"("tool_choice": "required")", R"("chat_template": "x")", R"("audio": {})",
        R"("modalities": ["audio"])", R"("allowed_token_ids": [1])"}) {
    std::string message = refusedField(Endpoint::Completions, field);
    EXPECT_NE(message.find("is not supported yet; leave it out"), message.npos) << message;
  }
  EXPECT_EQ(refusedField(Endpoint::Completions, R"("response_format": {"type": "text"}, "n": 0)"),
            "n: 'n' is 0; it must be an integer of 1 to 128");
}

TEST(GenerateCall, RefusesFieldsThatExcludeEachOther) {
  auto refused = [](const std::string &fields) {
    return refusedField(Endpoint::Completions, fields);
  };
  EXPECT_EQ(refused(R"("best_of": 2)"),
            "best_of: 'best_of' is 2 and 'n' is 1; they must be equal: the best of more choices "
            "than are returned is not supported");
  EXPECT_EQ(refused(R"("stream_options": {})"),
            "stream_options: 'stream_options' is given and 'stream' is not true");
  EXPECT_EQ(refused(R"("stream": true, "prompt_logprobs": 1)"),
            "prompt_logprobs: 'prompt_logprobs' is given and 'stream' is true; they exclude each "
            "other");
  EXPECT_EQ(refused(R"("min_tokens": 5, "max_tokens": 4)"),
            "min_tokens: 'min_tokens' is 5; it must be at most 'max_tokens', which is 4");
  EXPECT_EQ(refusal(Endpoint::Chat, R"({"model": "m", "top_logprobs": 2, "messages": [{"role":
            "user", "content": ""}]})"),
            "top_logprobs: 'top_logprobs' is 2 and 'logprobs' is not true");
  EXPECT_EQ(refusal(Endpoint::Completions, R"({"model": "m"})"),
            "prompt: 'prompt' is missing; it must be a string or an array");
  EXPECT_EQ(refusal(Endpoint::Chat, R"({"model": "m"})"),
            "messages: 'messages' is missing; it must be an array of messages");
  std::string many = "[\"a\"";
  for (int i = 1; i < 600; ++i)
    many += ", \"a\"";
  EXPECT_EQ(refusal(Endpoint::Completions, R"({"model": "m", "n": 2, "prompt": )" + many + "]}"),
            "n: 'n' is 2 and there are 600 prompts; 1200 texts are more than 1024");
}

TEST(GenerateCall, RefusesBodiesThatAreNoObjects) {
  EXPECT_EQ(refusal(Endpoint::Chat, "[1]"), "-: the body is [1], not a JSON object");
  EXPECT_EQ(refusal(Endpoint::Chat, std::string(201, '[')),
            "-: the body is JSON nested deeper than 200");
  for (const char *body : {"", "{", "{\"a\": NaN}", "{\"a\": \"\xFF\"}", "{\"a\": \"\\ud800\"}",
                           "{\"a\": 1e}", "{} x"})
    EXPECT_EQ(refusal(Endpoint::Chat, body).substr(0, 27), "-: the body is not valid JS") << body;
}

TEST(GenerationConfig, GivesDefaults) {
  std::string folder = testing::TempDir() + strCat("moec-config-", getpid());
  std::filesystem::create_directory(folder);
  Expected<GenerateDefaults> none = readGenerationConfig(folder);
  ASSERT_TRUE(bool(none));
  EXPECT_EQ(none->temperature, 1);
  EXPECT_FALSE(none->maxTokens);
  auto read = [&](const char *text) {
    std::ofstream(folder + "/generation_config.json") << text;
    return readGenerationConfig(folder);
  };
  Expected<GenerateDefaults> all = read(R"({"temperature": 0.5, "top_p": 0.25, "min_p": 0.125,
    "top_k": 3, "repetition_penalty": 1.5, "max_new_tokens": 7, "eos_token_id": [1, 2]})");
  ASSERT_TRUE(bool(all));
  EXPECT_EQ(all->temperature, 0.5f);
  EXPECT_EQ(all->topP, 0.25f);
  EXPECT_EQ(all->minP, 0.125f);
  EXPECT_EQ(all->topK, 3u);
  EXPECT_EQ(all->repetitionPenalty, 1.5f);
  EXPECT_EQ(all->maxTokens, 7u);
  EXPECT_EQ(read("[]").takeError().message(),
            "'" + folder + "/generation_config.json' is no JSON object");
  EXPECT_EQ(read(R"({"top_k": -5})").takeError().message(),
            "'" + folder +
                "/generation_config.json': 'top_k' is -5; it must be an integer of 0 to "
                "2147483647");
  std::filesystem::remove_all(folder);
}

} // namespace
