//===- MessagesTest.cpp - Anthropic's API -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ChatFixture.h"

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

namespace {

constexpr const char *tool =
    R"(, "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object", "properties":
       {"z": {"type": "string"}, "a": {"type": "integer"}}}, "cache_control": {"type": "ephemeral"}}])";

struct MessagesTest : ChatFixture {
  std::shared_ptr<FakeResponder> ask(const std::string &fields,
                                     const std::string &path = "/v1/messages") {
    return post(path, R"({"model": "m", "max_tokens": 64)" + fields + "}");
  }
  std::shared_ptr<FakeResponder> hello(const std::string &fields = "") {
    return ask(R"(, "messages": [{"role": "user", "content": "Hi"}])" + fields);
  }
  /// The types of a stream's events, and their objects.
  static std::vector<Json> eventsOf(const std::string &body) {
    std::vector<Json> list;
    size_t at = 0;
    for (size_t end; (end = body.find("\n\n", at)) != body.npos; at = end + 2) {
      const std::string event = body.substr(at, end - at);
      const size_t line = event.find("\ndata: ");
      list.push_back(Json::parse(event.substr(line + 7)));
      EXPECT_EQ(event.substr(0, line), "event: " + list.back()["type"].get<std::string>());
    }
    EXPECT_EQ(at, body.size());
    return list;
  }
};

TEST_F(MessagesTest, AnswersAreBlocks) {
  auto responder = hello(tool);
  EXPECT_EQ(promptOf(0), "<T>{\"type\": \"function\", \"function\": {\"name\": \"f\", "
                         "\"description\": \"d\", \"parameters\": "
                         "{\"type\": \"object\", \"properties\": {\"z\": {\"type\": \"string\"}, "
                         "\"a\": {\"type\": \"integer\"}}}}}\n"
                         "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(backend.request(0).maxTokens, 64u);
  runtime::GenerationEvent event;
  event.text = "<think>\nOne.\n</think>\n\nHm.\n<tool_call>\n{\"name\": \"f\", \"arguments\": "
               "{\"z\": \"x\", \"a\": 1}}\n"
               "</tool_call>";
  event.tokens = {{5, std::nullopt}, {6, std::nullopt}};
  event.reason = FinishReason::Stop;
  event.cachedTokens = 3;
  backend.send(0, event);
  Json json = responder->json();
  EXPECT_EQ(json["type"], "message");
  EXPECT_EQ(json["stop_reason"], "tool_use");
  ASSERT_EQ(json["content"].size(), 3u);
  EXPECT_EQ(json["content"][0],
            Json::parse(R"({"type": "thinking", "thinking": "One.", "signature": ""})"));
  EXPECT_EQ(json["content"][1], Json::parse(R"({"type": "text", "text": "Hm."})"));
  EXPECT_EQ(json["content"][2]["input"], Json::parse(R"({"z": "x", "a": 1})"));
  EXPECT_NE(responder->body.find(R"("input":{"z": "x", "a": 1})"), std::string::npos)
      << "as they are written";
  EXPECT_EQ(json["usage"]["input_tokens"], backend.request(0).prompt.size() - 3);
  EXPECT_EQ(json["usage"]["cache_read_input_tokens"], 3);
  EXPECT_EQ(json["usage"]["output_tokens"], 2);
}

TEST_F(MessagesTest, StopReasons) {
  auto reasonOf = [&](const std::string &fields, FinishReason reason, const char *stop) {
    size_t number = backend.count();
    auto responder = hello(fields);
    runtime::GenerationEvent event;
    event.text = "a";
    event.reason = reason;
    if (stop)
      event.stopString = stop;
    backend.send(number, event);
    Json json = responder->json();
    return json["stop_reason"].get<std::string>() + " " + json["stop_sequence"].dump();
  };
  EXPECT_EQ(reasonOf("", FinishReason::Stop, nullptr), "end_turn null");
  EXPECT_EQ(reasonOf("", FinishReason::Length, nullptr), "max_tokens null");
  EXPECT_EQ(reasonOf(R"(, "stop_sequences": ["x"])", FinishReason::Stop, "x"),
            "stop_sequence \"x\"");
}

TEST_F(MessagesTest, StreamsAreBlocksThatOpenAndClose) {
  auto responder = hello(std::string(tool) + R"(, "stream": true)");
  for (char c :
       std::string("<think>On</think>Hm.\n<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}"
                   "</tool_call>"))
    backend.say(0, std::string(1, c));
  backend.say(0, "", FinishReason::Stop);
  std::string shown, thoughts, text, input;
  for (const Json &event : eventsOf(responder->body)) {
    const std::string type = event["type"].get<std::string>();
    if (type == "content_block_start") {
      shown += " +" + event["index"].dump() + event["content_block"]["type"].get<std::string>();
    } else if (type == "content_block_stop") {
      shown += " -" + event["index"].dump();
    } else if (type == "content_block_delta") {
      thoughts += event["delta"].value("thinking", "");
      text += event["delta"].value("text", "");
      input += event["delta"].value("partial_json", "");
    } else {
      shown += " " + type;
    }
    if (type == "message_delta") {
      EXPECT_EQ(event["delta"]["stop_reason"], "tool_use");
    }
  }
  EXPECT_EQ(shown,
            " message_start +0thinking -0 +1text -1 +2tool_use -2 message_delta message_stop");
  EXPECT_EQ(thoughts + "|" + text + "|" + input, "On|Hm.|{\"a\": 1}");
}

/// Clients run a call that they are told of, even if it breaks off.
TEST_F(MessagesTest, BrokenCallsAreNoUses) {
  auto responder = hello(std::string(tool) + R"(, "stream": true)");
  for (char c : std::string("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>\n"
                            "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 2"))
    backend.say(0, std::string(1, c));
  backend.say(0, "", FinishReason::Stop);
  std::string starts, input, text;
  for (const Json &event : eventsOf(responder->body)) {
    if (event["type"] == "content_block_start")
      starts += event["content_block"]["type"].get<std::string>() + " ";
    if (event["type"] == "content_block_delta") {
      input += event["delta"].value("partial_json", "");
      text += event["delta"].value("text", "");
    }
  }
  EXPECT_EQ(starts, "tool_use text ");
  EXPECT_EQ(input, "{\"a\": 1}");
  EXPECT_NE(text.find("{\"a\": 2"), text.npos) << text;
}

TEST_F(MessagesTest, BlocksAreInTheOrderOfTheText) {
  auto responder = hello(tool);
  backend.say(0,
              "Before.\n<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>\nAfter."
              "<tool_call>{\"name\": \"f\", \"arguments\": {",
              FinishReason::Stop);
  std::string types, text;
  const Json content = responder->json()["content"];
  for (const Json &block : content) {
    types += block["type"].get<std::string>() + " ";
    text += block.value("text", "");
  }
  EXPECT_EQ(types, "text tool_use text ");
  EXPECT_EQ(text.find("Before."), 0u);
  EXPECT_NE(text.find("\"arguments\": {"), text.npos) << text;
}

TEST_F(MessagesTest, WhatNobodyCanReadIsRefused) {
  for (const char *path : {"/v1/messages", "/v1/messages/count_tokens"}) {
    auto responder = ask(R"(, "messages": [{"role": "assistant", "content": [
        {"type": "redacted_thinking", "data": "x"}]}])",
                         path);
    EXPECT_EQ(responder->head.status, 400);
    EXPECT_EQ(responder->message(), "'messages' has nothing that the model could read");
  }
}

TEST_F(MessagesTest, HistoryIsAChat) {
  ask(std::string(tool) +
      R"(, "system": [{"type": "text", "text": "Be"}, {"type": "text", "text": "brief."}],
      "messages": [{"role": "user", "content": "Hi"},
      {"role": "assistant", "content": [{"type": "thinking", "thinking": "One.", "signature": "s"},
       {"type": "text", "text": "Hm."}, {"type": "tool_use", "id": "1", "name": "f", "input": {"z": "x", "a": 1.0}}]},
      {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text",
       "text": "rain"}]}, {"type": "text", "text": "And?"}]}])");
  EXPECT_TRUE(promptOf(0).ends_with("<|im_start|>system\nBe\nbrief.<|im_end|>\n<|im_start|>"
                                    "user\nHi<|im_end|>\n<|im_start|>assistant\n"
                                    "<think>One.</think>Hm.\n<tool_call>\n{\"name\": \"f\", "
                                    "\"arguments\": {\"z\": \"x\", \"a\": 1.0}}\n</tool_call>"
                                    "<|im_end|>\n<|im_start|>tool\nrain<|im_end|>\n<|im_start|>"
                                    "user\nAnd?<|im_end|>\n<|im_start|>assistant\n"))
      << promptOf(0);
  // The beginning of an answer goes on.
  ask(R"(, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So"}])");
  EXPECT_TRUE(promptOf(1).ends_with("assistant\nSo"));
}

/// A session of an agent, in which each request has what was said before: both APIs prompt it with
/// the same tokens.
TEST_F(MessagesTest, BothApisPromptAnAgentAlike) {
  const std::string answer =
      "<think>\nI look.\n</think>\n\nLet me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": "
      "{\"z\": \"a \\\"b\\\" <|im_end|>\", \"a\": 1}}\n</tool_call>";
  OrderedJson chatTools =
      OrderedJson::parse(R"([{"type": "function", "function": {"name": "f", "parameters":
      {"type": "object", "properties": {"z": {"type": "string"}}}}}])");
  OrderedJson tools =
      OrderedJson::parse(R"([{"name": "f", "input_schema": {"type": "object", "properties": {"z":
      {"type": "string"}}}}])");
  OrderedJson said = OrderedJson::parse(R"([{"role": "user", "content": "Fix it."}])"),
              turns = said;
  for (int turn = 0; turn < 4; ++turn) {
    const size_t number = backend.count();
    auto chatted =
        post("/v1/chat/completions", OrderedJson{{"messages", said}, {"tools", chatTools}}.dump());
    auto answered =
        post("/v1/messages",
             OrderedJson{{"max_tokens", 9}, {"messages", turns}, {"tools", tools}}.dump());
    ASSERT_EQ(backend.count(), number + 2) << chatted->body << answered->body;
    EXPECT_EQ(backend.request(number).prompt, backend.request(number + 1).prompt);
    backend.say(number, answer, FinishReason::Stop);
    backend.say(number + 1, answer, FinishReason::Stop);
    OrderedJson message = OrderedJson::parse(chatted->body)["choices"][0]["message"];
    OrderedJson content = OrderedJson::parse(answered->body)["content"];
    ASSERT_EQ(content.size(), 3u) << answered->body;
    EXPECT_EQ(
        content[2]["input"],
        OrderedJson::parse(message["tool_calls"][0]["function"]["arguments"].get<std::string>()));
    said.push_back(message);
    said.push_back(
        {{"role", "tool"}, {"tool_call_id", message["tool_calls"][0]["id"]}, {"content", "done"}});
    turns.push_back({{"role", "assistant"}, {"content", content}});
    turns.push_back(
        {{"role", "user"},
         {"content",
          {{{"type", "tool_result"}, {"tool_use_id", content[2]["id"]}, {"content", "done"}}}}});
  }
}

TEST_F(MessagesTest, ChoicesOfToolsAndThoughts) {
  hello(std::string(tool) + R"(, "tool_choice": {"type": "tool", "name": "f"})");
  EXPECT_TRUE(promptOf(0).ends_with("<tool_call>\n{\"name\": \"f\", \"arguments\": "));
  use("{{ messages[0].content }}{{ enable_thinking }}");
  hello(R"(, "thinking": {"type": "enabled", "budget_tokens": 1024})");
  EXPECT_EQ(promptOf(1), "HiTrue");
  hello(R"(, "thinking": {"type": "disabled"})");
  EXPECT_EQ(promptOf(2), "HiFalse");
}

TEST_F(MessagesTest, ThoughtsThatTheTemplateCannotSwitchAreListed) {
  auto ignored = [&](const std::string &fields) {
    const size_t number = backend.count();
    auto responder = hello(fields);
    backend.say(number, "x", FinishReason::Stop);
    return responder->header("X-Moec-Ignored-Fields");
  };
  EXPECT_EQ(ignored(R"(, "thinking": {"type": "enabled", "budget_tokens": 1024})"), "thinking");
  use("{{ messages[0].content }}{{ enable_thinking }}");
  EXPECT_EQ(ignored(R"(, "thinking": {"type": "enabled", "budget_tokens": 1024})"),
            "thinking.budget_tokens")
      << "it is not known how the model thinks";
  EXPECT_EQ(ignored(R"(, "thinking": {"type": "disabled"})"), "");
}

TEST_F(MessagesTest, AnEmptySystemIsNoMessage) {
  hello(R"(, "system": [])");
  EXPECT_EQ(promptOf(0), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  hello(R"(, "system": "")");
  EXPECT_EQ(promptOf(1), promptOf(0));
}

TEST_F(MessagesTest, ErrorsOfToolsNameItsOwnFields) {
  auto message = [&](const std::string &fields) {
    return hello(fields)->json()["error"]["message"].get<std::string>();
  };
  EXPECT_EQ(message(R"(, "tools": [{"name": "f"}])"),
            "'tools[0].input_schema' is missing; it must be a JSON schema");
  EXPECT_EQ(message(R"(, "tools": [{"name": "f", "input_schema": 3}])"),
            "'tools[0].input_schema' is 3; it must be a JSON schema");
  EXPECT_EQ(message(R"(, "tools": [{"name": "a b", "input_schema": {}}])"),
            "'tools[0].name' is \"a b\"; it must be a name of 1 to 256 characters, without blanks "
            "or any of <>\"{}");
  EXPECT_EQ(message(R"(, "tool_choice": {"type": "any"})"),
            "'tool_choice.type' wants a call and there are no 'tools'");
  EXPECT_EQ(message(std::string(tool) + R"(, "tool_choice": {"type": "tool", "name": "h"})"),
            "'tool_choice.name' is the tool 'h', which is none of 'tools'");
  options.chat.formats.tools = nullptr;
  EXPECT_EQ(message(tool),
            "'tools' are given and no parser is known for how the model calls them; name one with "
            "--tool-parser, or set 'tool_choice.type' to \"none\"");
}

TEST_F(MessagesTest, WhetherCallsAreParallelIsChecked) {
  auto responder = hello(std::string(tool) +
                         R"(, "tool_choice": {"type": "auto", "disable_parallel_tool_use": 5})");
  EXPECT_EQ(responder->head.status, 400);
  EXPECT_NE(responder->body.find("tool_choice.disable_parallel_tool_use' is 5"), std::string::npos)
      << responder->body;
}

TEST_F(MessagesTest, CountsTokensAsTheyArePrompted) {
  hello(tool);
  auto responder = post("/v1/messages/count_tokens",
                        R"({"model": "m", "messages": [{"role": "user", "content": "Hi"}])" +
                            std::string(tool) + "}");
  EXPECT_EQ(responder->json()["input_tokens"], backend.request(0).prompt.size());
  EXPECT_EQ(backend.count(), 1u);
}

TEST_F(MessagesTest, ErrorsHaveAnthropicsShape) {
  auto check = [](const FakeResponder &responder, int status, const char *type,
                  const char *message) {
    EXPECT_EQ(responder.head.status, status);
    EXPECT_EQ(responder.json(),
              (Json{{"type", "error"}, {"error", {{"type", type}, {"message", message}}}}));
  };
  check(*post("/v1/messages", R"({"messages": [{"role": "user", "content": "Hi"}]})"), 400,
        "invalid_request_error",
        "'max_tokens' is missing; it must be an integer of 1 to 2147483647");
  check(*ask(R"(, "messages": [{"role": "tool", "content": "Hi"}])"), 400, "invalid_request_error",
        "'messages[0].role' is \"tool\"; it must be \"user\", \"assistant\" or \"system\"");
  check(*ask(R"(, "messages": [{"role": "user", "content": [{"type": "image"}]}])"), 400,
        "invalid_request_error",
        "'messages[0].content[0].type' is \"image\"; it must be \"text\" or \"tool_result\"; other "
        "blocks are "
        "not supported");
  check(*hello(R"(, "tools": [{"type": "web_search_20250305", "name": "w"}])"), 400,
        "invalid_request_error",
        "'tools[0].type' is \"web_search_20250305\"; it must be absent or \"custom\"; tools of the "
        "server are "
        "not supported");
  options.apiKeys = {"k"};
  check(*hello(), 401, "authentication_error",
        "give a valid API key: Authorization: Bearer KEY, or X-Api-Key: KEY");
  options.apiKeys.clear();
  auto responder = hello(R"(, "stream": true)");
  backend.say(0, "a");
  runtime::GenerationEvent failure;
  failure.reason = FinishReason::Error;
  failure.message = "it broke";
  backend.send(0, failure);
  EXPECT_EQ(
      eventsOf(responder->body).back(),
      Json::parse(R"({"type": "error", "error": {"type": "api_error", "message": "it broke"}})"));
}

TEST_F(MessagesTest, WhatTheSystemSaysLaterStandsWithTheUsersWords) {
  ask(R"(, "system": "A", "messages": [{"role": "system", "content": [{"type": "text", "text": "B"}]},
      {"role": "user", "content": "Hi"}, {"role": "system", "content": "C"},
      {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
      {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "D"}]},
      {"role": "system", "content": "E"}])");
  EXPECT_EQ(promptOf(0),
            "<|im_start|>system\nA\nB<|im_end|>\n<|im_start|>user\nHi\nC<|im_end|>\n"
            "<|im_start|>assistant\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n"
            "</tool_call><|im_end|>\n<|im_start|>tool\nD<|im_end|>\n<|im_start|>user\nE<|im_end|>\n"
            "<|im_start|>assistant\n");
}

TEST_F(MessagesTest, NumbersComeBackAsTheyAreWritten) {
  auto responder = hello(tool);
  backend.say(0,
              "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"z\": 1e400, \"a\": 1.50}}\n"
              "</tool_call>",
              FinishReason::Stop);
  const std::string use = R"("name":"f","input":{"z": 1e400, "a": 1.50}})";
  ASSERT_NE(responder->body.find(use), std::string::npos) << responder->body;
  ask(R"(, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content":
      [{"type":"tool_use","id":"1",)" +
      use + R"(]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]}])");
  ASSERT_EQ(backend.count(), 2u);
  EXPECT_NE(promptOf(1).find(R"("arguments": {"z": Infinity, "a": 1.5}})"), std::string::npos)
      << promptOf(1);
}

/// As deep as a call's arguments may be.
TEST_F(MessagesTest, DeepArgumentsComeBack) {
  const std::string deep = R"({"z": )" + std::string(188, '[') + std::string(188, ']') + "}";
  auto responder = hello(tool);
  backend.say(0, "<tool_call>\n{\"name\": \"f\", \"arguments\": " + deep + "}\n</tool_call>",
              FinishReason::Stop);
  ASSERT_EQ(responder->json()["stop_reason"], "tool_use");
  auto next = ask(
      R"(, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content":
      [{"type": "tool_use", "id": "1", "name": "f", "input": )" +
      deep + R"(}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]}])");
  ASSERT_EQ(backend.count(), 2u) << next->body;
  EXPECT_NE(promptOf(1).find(deep), std::string::npos);
}

TEST_F(MessagesTest, ConsecutiveMessagesOfARoleAreOneTurn) {
  ask(R"(, "messages": [{"role": "user", "content": "A"}, {"role": "user", "content": [{"type": "text", "text": "B"}]},
      {"role": "assistant", "content": "C"}, {"role": "assistant", "content": [{"type": "text", "text": "D"},
        {"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
      {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "E"}, {"type": "text", "text": "F"}]},
      {"role": "user", "content": "G"}])");
  ASSERT_EQ(backend.count(), 1u);
  EXPECT_EQ(promptOf(0),
            "<|im_start|>user\nA\nB<|im_end|>\n<|im_start|>assistant\nCD\n<tool_call>\n"
            "{\"name\": \"f\", \"arguments\": {}}\n</tool_call><|im_end|>\n<|im_start|>tool\nE"
            "<|im_end|>\n<|im_start|>user\nF\nG<|im_end|>\n<|im_start|>assistant\n");
}

/// What stands behind results of tools, which clients write there.
TEST_F(MessagesTest, TemplatesThatDemandTurnsGetThem) {
  use("{% for m in messages %}{% if m.role == 'user' and not loop.first and "
      "messages[loop.index0 - 1].role != 'assistant' %}{{ raise_exception('turns!') }}{% endif %}"
      "{{ m.role }}:{{ m.content }};{% endfor %}<tool_call> arguments");
  ask(R"(, "messages": [{"role": "user", "content": "A"},
      {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}]},
      {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "B"}, {"type": "text", "text": "C"}]}])");
  ASSERT_EQ(backend.count(), 1u);
  EXPECT_EQ(promptOf(0), "user:A;assistant:;tool:B\n\nC;<tool_call> arguments");
}

TEST_F(MessagesTest, WhatHasNoEffectIsCheckedToo) {
  auto message = [&](const std::string &fields) { return hello(fields)->message(); };
  EXPECT_EQ(message(R"(, "metadata": 3)"), "'metadata' is 3; it must be an object");
  EXPECT_EQ(message(R"(, "output_config": [])"), "'output_config' is []; it must be an object");
  EXPECT_EQ(message(R"(, "tools": [{"name": "f", "description": 1, "input_schema": {}}])"),
            "'tools[0].description' is 1; it must be a string");
  EXPECT_EQ(ask(R"(, "messages": [{"role": "user", "content":
      [{"type": "tool_result", "tool_use_id": "1", "is_error": "yes"}]}])")
                ->message(),
            "'messages[0].content[0].is_error' is \"yes\"; it must be true or false");
}

/// Clients that find this code send all messages instead.
TEST_F(MessagesTest, HoldsNoConversations) {
  auto responder = hello(R"(, "thread": {"type": "create"})");
  EXPECT_EQ(responder->head.status, 400);
  EXPECT_EQ(
      responder->json()["error"]["details"],
      Json::parse(R"({"error_code": "thread_unsupported_request", "unsupported": ["thread"]})"));
  EXPECT_EQ(backend.count(), 0u);
  hello(R"(, "thread": null)");
  EXPECT_EQ(backend.count(), 1u);
}

TEST_F(MessagesTest, TakesItsOwnHeaderForKeys) {
  options.apiKeys = {"k"};
  auto responder =
      post("/v1/messages", R"({"max_tokens": 3, "messages": [{"role": "user", "content": "Hi"}]})",
           {{"x-api-key", "k"}});
  ASSERT_EQ(backend.count(), 1u) << responder->body;
  EXPECT_EQ(backend.request(0).owner, "k");
}

} // namespace
