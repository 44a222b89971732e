//===- ReplyTest.cpp - Answers as the API writes them ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Replies.h"

#include "Tokenizers.h"
#include "runtime/server/api/ChatTemplate.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

namespace {

runtime::SampledToken token(int32_t id, float logprob, std::vector<runtime::TokenLogprob> top) {
  return {id, runtime::TokenLogprobs{{id, logprob, 1}, std::move(top)}};
}

GenerateCall makeCall(Endpoint endpoint) {
  GenerateCall call;
  call.endpoint = endpoint;
  call.model = "m";
  return call;
}

struct ReplyTest : testing::Test {
  runtime::Tokenizer tokenizer = byteTokenizer();
  ChoicePart part{.text = "ab",
                  .tokens = {token('a', -0.5f, {{'a', -0.5f, 1}, {'c', -1, 2}}),
                             token('b', -2, {{'c', -1, 1}})},
                  .reason = FinishReason::Stop};
};

TEST(Errors, HaveOpenAIsShape) {
  EXPECT_EQ(toJson(invalidField("n", "bad \xFF")),
            "{\"error\":{\"message\":\"bad \xEF\xBF\xBD\",\"type\":\"invalid_request_error\","
            "\"param\":\"n\",\"code\":null}}");
  EXPECT_EQ(toJson(unavailable("x")), R"({"error":{"message":"x","type":"server_error","param":)"
                                      R"(null,"code":"unavailable"}})");
}

TEST_F(ReplyTest, WholeChat) {
  GenerateCall call = makeCall(Endpoint::Chat);
  call.generation.sampling.logprobs = 2;
  ReplyFormat format(call, "chatcmpl-1", 12, &tokenizer);
  const PromptPart *prompts[] = {nullptr};
  Json json = Json::parse(format.whole({&part, 1}, prompts, {3, 2, 1}));
  EXPECT_EQ(json, Json::parse(R"({"id": "chatcmpl-1", "object": "chat.completion", "created": 12,
    "model": "m", "system_fingerprint": null, "choices": [{"index": 0, "message":
    {"role": "assistant", "content": "ab", "refusal": null}, "logprobs": {"content": [
    {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [
      {"token": "a", "logprob": -0.5, "bytes": [97]}, {"token": "c", "logprob": -1.0, "bytes": [99]}]},
    {"token": "b", "logprob": -2.0, "bytes": [98], "top_logprobs": [
      {"token": "c", "logprob": -1.0, "bytes": [99]}]}]},
    "finish_reason": "stop", "stop_reason": null}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 1}}})"));
}

TEST_F(ReplyTest, EchoedCompletionWithLogprobs) {
  // What lm-eval's local-completions reads.
  GenerateCall call = makeCall(Endpoint::Completions);
  call.echo = true;
  call.generation.sampling.logprobs = 1;
  ReplyFormat format(call, "cmpl-1", 12, &tokenizer);
  PromptPart prompt{{'x', 'y'}, "xy", {{{'y', -3, 9}, {{'z', -0.25f, 1}}}}};
  const PromptPart *prompts[] = {&prompt};
  part.reason = FinishReason::Full;
  Json choice = Json::parse(format.whole({&part, 1}, prompts, {}))["choices"][0];
  EXPECT_EQ(choice, Json::parse(R"({"index": 0, "text": "xyab", "logprobs": {
    "text_offset": [0, 1, 2, 3], "tokens": ["x", "y", "a", "b"],
    "token_logprobs": [null, -3.0, -0.5, -2.0],
    "top_logprobs": [null, {"z": -0.25, "y": -3.0}, {"a": -0.5}, {"c": -1.0, "b": -2.0}]},
    "finish_reason": "length", "stop_reason": null})"));
}

TEST_F(ReplyTest, PromptLogprobs) {
  GenerateCall call = makeCall(Endpoint::Completions);
  call.generation.promptLogprobs = 1;
  ReplyFormat format(call, "cmpl-1", 12, &tokenizer);
  const float never = -std::numeric_limits<float>::infinity();
  PromptPart prompt{{'x', 'y'}, "", {{{'y', never, 9}, {{'z', -0.25f, 1}}}}};
  const PromptPart *prompts[] = {&prompt};
  Json choice = Json::parse(format.whole({&part, 1}, prompts, {}))["choices"][0];
  EXPECT_EQ(choice["text"], "ab");
  EXPECT_EQ(choice["logprobs"], nullptr);
  EXPECT_EQ(choice["prompt_logprobs"], Json::parse(R"([null, {
    "121": {"logprob": -9999.0, "rank": 9, "decoded_token": "y"},
    "122": {"logprob": -0.25, "rank": 1, "decoded_token": "z"}}])"));
}

TEST_F(ReplyTest, EventsOfAChat) {
  GenerateCall call = makeCall(Endpoint::Chat);
  call.includeUsage = true;
  ReplyFormat format(call, "chatcmpl-1", 12, &tokenizer);
  const std::string head = R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk",)"
                           R"("created":12,"model":"m","system_fingerprint":null,"choices":[)";
  EXPECT_EQ(format.firstEvent(1, {}),
            head +
                R"({"index":1,"delta":{"role":"assistant","content":""},"logprobs":null,)"
                R"("finish_reason":null}],"usage":null})" +
                "\n\n");
  size_t position = 0;
  part.reason = FinishReason::None;
  EXPECT_EQ(format.event(part, nullptr, position, {}),
            head +
                R"({"index":0,"delta":{"content":"ab"},"logprobs":null,"finish_reason":null}],)"
                R"("usage":null})" +
                "\n\n");
  ChoicePart last{.reason = FinishReason::Stop, .stopString = "x"};
  EXPECT_EQ(format.event(last, nullptr, position, {}),
            head +
                R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop",)"
                R"("stop_reason":"x"}],"usage":null})" +
                "\n\n");
  EXPECT_EQ(format.endEvent({1, 2, 0}),
            head +
                R"(],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,)"
                R"("prompt_tokens_details":{"cached_tokens":0}}})" +
                "\n\ndata: [DONE]\n\n");
}

TEST_F(ReplyTest, EventsOfCompletionsCountCharacters) {
  GenerateCall call = makeCall(Endpoint::Completions);
  call.generation.sampling.logprobs = 0;
  call.continuousUsage = true;
  ReplyFormat format(call, "cmpl-1", 12, &tokenizer);
  EXPECT_EQ(format.firstEvent(0, {}), "");
  size_t position = 4;
  Json json = Json::parse(format.event(part, nullptr, position, {1, 2, 0}).substr(6));
  EXPECT_EQ(json["choices"][0]["logprobs"]["text_offset"], Json::parse("[4, 5]"));
  EXPECT_EQ(json["choices"][0]["logprobs"]["top_logprobs"],
            Json::parse(R"([{"a": -0.5}, {"b": -2.0}])"));
  EXPECT_EQ(json["usage"]["completion_tokens"], 2);
  EXPECT_EQ(position, 6u);
}

TEST_F(ReplyTest, TokensThatArePartsOfCharacters) {
  TokenText text(&tokenizer);
  EXPECT_EQ(text.text('a'), "a");
  EXPECT_EQ(text.text(0xC3), "\xEF\xBF\xBD");
  EXPECT_EQ(text.bytes(0xC3), "\xC3");
  EXPECT_EQ(text.bytes(' '), " ");
  EXPECT_EQ(TokenText(nullptr).text(3), "token_id:3");
}

TEST_F(ReplyTest, ChatsAreChatML) {
  const Message messages[] = {{"system", "Be brief."}, {"user", "Say <|im_end|>"}};
  Expected<ChatPrompt> prompt = renderChat(tokenizer, {}, messages, {});
  ASSERT_TRUE(bool(prompt));
  const std::vector<int32_t> &ids = prompt->ids;
  EXPECT_EQ(*tokenizer.decode(ids), "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
                                    "Say <|im_end|><|im_end|>\n<|im_start|>assistant\n");
  // What a user writes is no mark.
  EXPECT_EQ(std::ranges::count(ids, *tokenizer.idOf("<|im_end|>")), 2);
  EXPECT_EQ(std::ranges::count(ids, *tokenizer.idOf("<|im_start|>")), 3);
  runtime::GenerationRequest request;
  stopAtAnswersEnd(tokenizer, {}, request);
  EXPECT_EQ(request.stopTokens, std::vector<int32_t>{*tokenizer.idOf("<|im_end|>")});
}

} // namespace
