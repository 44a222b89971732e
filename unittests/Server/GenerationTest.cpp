//===- GenerationTest.cpp - Requests for text, served ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "FakeApi.h"

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;
using runtime::GenerationEvent;

namespace {

using GenerationTest = ApiTest;

TEST_F(GenerationTest, WholeCompletion) {
  auto responder = complete();
  EXPECT_FALSE(responder->isComplete);
  EXPECT_EQ(backend.request(0).prompt, (std::vector<int32_t>{'H', 'i'}));
  EXPECT_EQ(backend.request(0).maxTokens, 16u);
  backend.say(0, "a");
  backend.say(0, "b", FinishReason::Length);
  ASSERT_TRUE(responder->isComplete);
  Json json = responder->json();
  EXPECT_EQ(json["object"], "text_completion");
  EXPECT_EQ(json["id"], "cmpl-" + responder->record.id);
  EXPECT_EQ(json["choices"][0]["text"], "ab");
  EXPECT_EQ(json["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(json["usage"]["prompt_tokens"], 2);
  EXPECT_EQ(json["usage"]["total_tokens"], 4);
  EXPECT_EQ(responder->record.reason, "length");
  EXPECT_EQ(responder->record.completionTokens, 2u);
  EXPECT_TRUE(responder->record.firstTokenSeconds);
  EXPECT_TRUE(api.generations.empty());
  EXPECT_EQ(api.liveChoices, 0u);
}

TEST_F(GenerationTest, StreamedChat) {
  auto responder = chat(R"(, "stream": true, "stream_options": {"include_usage": true})");
  EXPECT_EQ(responder->head.status, 0) << "an error may still come";
  backend.say(0, "a");
  EXPECT_EQ(responder->head.contentType, "text/event-stream; charset=utf-8");
  // A token that completes no character.
  GenerationEvent part;
  part.tokens = {{0xC3, std::nullopt}};
  backend.send(0, part);
  GenerationEvent last;
  last.text = "ü";
  last.tokens = {{0xBC, std::nullopt}, {257, std::nullopt}};
  last.reason = FinishReason::Stop;
  last.stopToken = 257;
  backend.send(0, last);
  ASSERT_TRUE(responder->isComplete);
  std::vector<Json> events = responder->events();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["choices"][0]["delta"], Json::parse(R"({"role":"assistant","content":""})"));
  EXPECT_EQ(events[1]["choices"][0]["delta"]["content"], "a");
  EXPECT_EQ(events[2]["choices"][0]["delta"]["content"], "ü");
  EXPECT_EQ(events[2]["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(events[2]["choices"][0]["stop_reason"], nullptr)
      << "the end of an answer is the model's";
  EXPECT_EQ(events[2]["usage"], nullptr);
  EXPECT_EQ(events[3]["choices"], Json::array());
  EXPECT_EQ(events[3]["usage"]["completion_tokens"], 4);
}

TEST_F(GenerationTest, StopReasonsAreTheClientsOwn) {
  auto reason = [&](std::optional<std::string> text, std::optional<int32_t> token) {
    size_t number = backend.count();
    auto responder = complete(R"(, "stop": ["x"], "stop_token_ids": [7])");
    GenerationEvent event;
    event.reason = FinishReason::Stop;
    event.stopString = std::move(text);
    event.stopToken = token;
    event.cachedTokens = 1;
    backend.send(number, event);
    EXPECT_EQ(responder->json()["usage"]["prompt_tokens_details"]["cached_tokens"], 1);
    return responder->json()["choices"][0]["stop_reason"];
  };
  EXPECT_EQ(reason("x", std::nullopt), "x");
  EXPECT_EQ(reason(std::nullopt, 7), 7);
  EXPECT_EQ(reason(std::nullopt, 0), nullptr) << "the model's end token";
}

TEST_F(GenerationTest, ChatsTakeWhatFitsTheContext) {
  chat();
  size_t prompt = backend.request(0).prompt.size();
  EXPECT_EQ(backend.request(0).maxTokens, 64 - prompt);
  EXPECT_EQ(backend.request(0).stopTokens, std::vector<int32_t>{257});
  chat(R"(, "ignore_eos": true, "max_tokens": 3, "seed": 5)");
  EXPECT_TRUE(backend.request(1).stopTokens.empty());
  EXPECT_EQ(backend.request(1).maxTokens, 3u);
  EXPECT_EQ(backend.request(1).sampling.seed, 5u);
  options.defaults.maxTokens = 2;
  chat();
  EXPECT_EQ(backend.request(2).maxTokens, 2u);
  EXPECT_NE(backend.request(0).sampling.seed, backend.request(2).sampling.seed);
}

TEST_F(GenerationTest, ChoicesOfSeveralPrompts) {
  auto responder =
      post("/v1/completions", R"({"model": "alias", "prompt": ["x", [65, 66]], "n": 2})");
  ASSERT_EQ(backend.count(), 2u);
  EXPECT_EQ(backend.request(0).choices, 2u);
  EXPECT_EQ(backend.request(1).prompt, (std::vector<int32_t>{65, 66}));
  backend.say(1, "d", FinishReason::Stop, 1);
  backend.say(0, "b", FinishReason::Length, 1);
  backend.say(0, "a", FinishReason::Stop, 0);
  EXPECT_FALSE(responder->isComplete);
  backend.say(1, "c", FinishReason::Stop, 0);
  Json json = responder->json();
  std::string texts;
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(json["choices"][i]["index"], i);
    texts += json["choices"][i]["text"].get<std::string>();
  }
  EXPECT_EQ(texts, "abcd");
  EXPECT_EQ(json["model"], "alias");
  EXPECT_EQ(json["usage"]["prompt_tokens"], 3);
  EXPECT_EQ(json["usage"]["completion_tokens"], 4);
}

TEST_F(GenerationTest, EchoOfAPromptAlone) {
  // max_tokens 0: the prompt's log probabilities come with an event without a token.
  auto responder = complete(R"(, "echo": true, "max_tokens": 0, "logprobs": 1)");
  EXPECT_EQ(backend.request(0).promptLogprobs, 1u);
  EXPECT_EQ(backend.request(0).maxTokens, 0u);
  GenerationEvent event;
  event.promptLogprobs = {{{'i', -1, 1}, {{'i', -1, 1}}}};
  event.reason = FinishReason::Length;
  backend.send(0, event);
  Json choice = responder->json()["choices"][0];
  EXPECT_EQ(choice["text"], "Hi");
  EXPECT_EQ(choice["logprobs"]["token_logprobs"], Json::parse("[null, -1.0]"));
  EXPECT_EQ(choice["logprobs"]["text_offset"], Json::parse("[0, 1]"));
}

TEST_F(GenerationTest, StreamedEchoComesFirst) {
  auto responder = complete(R"(, "echo": true, "logprobs": 0, "n": 2, "stream": true)");
  backend.say(0, "b", FinishReason::Stop, 1);
  EXPECT_EQ(responder->body, "") << "waits for the prompt's log probabilities";
  GenerationEvent first;
  first.promptLogprobs = {{{'i', -1, 1}, {}}};
  first.text = "a";
  first.tokens = {{'a', runtime::TokenLogprobs{{'a', -2, 1}, {}}}};
  first.reason = FinishReason::Stop;
  backend.send(0, first);
  std::vector<Json> events = responder->events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["choices"][0]["text"], "Hia");
  EXPECT_EQ(events[0]["choices"][0]["logprobs"]["token_logprobs"],
            Json::parse("[null, -1.0, -2.0]"));
  EXPECT_EQ(events[1]["choices"][0]["text"], "Hib");
  EXPECT_EQ(events[1]["choices"][0]["index"], 1);
}

TEST_F(GenerationTest, ErrorsBeforeAndWithinStreams) {
  GenerationEvent error;
  error.reason = FinishReason::Error;
  error.message = "its logits are not numbers";
  auto whole = complete();
  backend.send(0, error);
  EXPECT_EQ(whole->head.status, 500);
  EXPECT_EQ(whole->message(), error.message);
  auto early = complete(R"(, "stream": true)");
  backend.send(1, error);
  EXPECT_EQ(early->head.status, 500);
  auto late = complete(R"(, "stream": true, "n": 2)");
  backend.say(2, "a");
  backend.send(2, error);
  EXPECT_TRUE(late->isComplete);
  EXPECT_TRUE(backend.waitForCancel(2)) << "the other choice is of no use";
  std::vector<Json> events = late->events();
  EXPECT_EQ(events.back()["error"]["message"], error.message);
  EXPECT_EQ(api.generations.size(), 1u) << "until the other choice has ended";
  backend.say(2, "", FinishReason::Abort, 1);
  EXPECT_TRUE(api.generations.empty());
}

TEST_F(GenerationTest, AbortIsNoEnd) {
  auto responder = complete();
  backend.say(0, "a", FinishReason::Abort);
  EXPECT_EQ(responder->head.status, 500);
  EXPECT_EQ(responder->message(), "the request was aborted");
}

TEST_F(GenerationTest, ClientsThatLeaveAreCanceled) {
  auto responder = complete();
  responder->leave();
  EXPECT_TRUE(backend.waitForCancel(0));
  EXPECT_EQ(api.liveChoices, 1u);
  backend.say(0, "", FinishReason::Abort);
  EXPECT_FALSE(responder->isComplete);
  EXPECT_TRUE(api.generations.empty());
  EXPECT_EQ(api.liveChoices, 0u);
}

TEST_F(GenerationTest, RefusesWhatExceedsTheContext) {
  auto error = [&](const std::string &fields) {
    auto responder = complete(fields);
    EXPECT_EQ(responder->head.status, 400);
    EXPECT_EQ(responder->json()["error"]["code"], "context_length_exceeded");
    return responder->message();
  };
  EXPECT_EQ(error(R"(, "max_tokens": 63)"),
            "this model's maximum context length is 64 tokens; the prompt has 2 and 'max_tokens' "
            "is 63, together 65");
  EXPECT_EQ(error(R"(, "min_tokens": 63)"),
            "this model's maximum context length is 64 tokens; the prompt has 2 and 'min_tokens' "
            "is 63");
  std::string text(64, 'x');
  auto responder = post("/v1/completions", R"({"model": "m", "prompt": ")" + text + "\"}");
  EXPECT_EQ(responder->message(), "this model's maximum context length is 64 tokens; the prompt "
                                  "has 64, which leaves no room");
  complete(R"(, "max_tokens": 62)");
  EXPECT_EQ(backend.request(0).maxTokens, 62u);
}

TEST_F(GenerationTest, RefusesWhatTheEngineRefuses) {
  backend.refusal = "token 300 is not below the vocabulary's 258";
  auto responder = complete();
  EXPECT_EQ(responder->head.status, 400);
  EXPECT_EQ(responder->message(), backend.refusal);
  EXPECT_TRUE(api.generations.empty());
  backend.refusal = "the engine is dead";
  backend.die("step 7 failed");
  EXPECT_EQ(complete()->head.status, 503);
}

TEST_F(GenerationTest, RefusesTokensThatTheModelHasNot) {
  auto refused = [&](const std::string &fields) {
    Json error = post("/v1/completions", R"({"model": "m", )" + fields + "}")->json()["error"];
    return strCat(error["param"].get<std::string>(), ": ", error["message"].get<std::string>());
  };
  const std::string ids = "; it must be one of the model's 1000 token ids";
  EXPECT_EQ(refused(R"("prompt": [1, 1000])"), "prompt: 'prompt[1]' is 1000" + ids);
  EXPECT_EQ(refused(R"("prompt": [[1], [5000]])"), "prompt: 'prompt[1][0]' is 5000" + ids);
  EXPECT_EQ(refused(R"("prompt": [1], "stop_token_ids": [5000])"),
            "stop_token_ids: 'stop_token_ids[0]' is 5000" + ids);
  EXPECT_EQ(refused(R"("prompt": [1], "logit_bias": {"5000": 1})"),
            "logit_bias: 'logit_bias' has token 5000" + ids);
  EXPECT_EQ(refused(R"("prompt": "")"), "prompt: 'prompt' is empty; it must have a token");
  EXPECT_EQ(refused(R"("prompt": ["a", ""])"),
            "prompt: 'prompt[1]' is empty; it must have a token");
}

TEST_F(GenerationTest, RefusesOtherModels) {
  auto responder = post("/v1/completions", R"({"model": "x", "prompt": "Hi"})");
  EXPECT_EQ(responder->head.status, 404);
  EXPECT_EQ(responder->json()["error"]["code"], "model_not_found");
  EXPECT_EQ(responder->message(), "the model 'x' does not exist; served is 'm', 'alias'");
}

TEST_F(GenerationTest, RefusesMoreThanMayWait) {
  options.maxQueue = 2;
  complete(R"(, "n": 2)");
  auto refused = complete();
  EXPECT_EQ(refused->head.status, 429);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  EXPECT_EQ(refused->message(), "2 choices wait; at most 2 may (--max-queue)");
  backend.counters.running = 1;
  EXPECT_FALSE(complete()->isComplete) << "one of them runs by now";
}

TEST_F(GenerationTest, ListsIgnoredFields) {
  EXPECT_EQ(complete(R"(, "stor": 1, "a\nb": 2)")->header("X-Moec-Ignored-Fields"), "a?b, stor");
  EXPECT_EQ(complete()->header("X-Moec-Ignored-Fields"), "");
}

TEST_F(GenerationTest, OwnersAreKeys) {
  auto ask = [&] {
    post("/v1/completions", R"({"model": "m", "prompt": "Hi"})",
         {{"authorization", "Bearer secret"}});
  };
  ask();
  EXPECT_EQ(backend.request(0).owner, "") << "nobody has checked it";
  options.apiKeys = {"secret"};
  ask();
  EXPECT_EQ(backend.request(1).owner, "secret");
}

} // namespace
