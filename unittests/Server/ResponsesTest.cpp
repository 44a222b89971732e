//===- ResponsesTest.cpp - OpenAI's responses -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ChatFixture.h"

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

namespace {

constexpr const char *tool =
    R"(, "tools": [{"type": "function", "name": "f", "description": "d", "strict": false, "parameters":
       {"type": "object", "properties": {"z": {"type": "string"}, "a": {"type": "integer"}}}}])";

const std::string answered = "<think>\nOne.\n</think>\n\nHm.\n<tool_call>\n{\"name\": \"f\", "
                             "\"arguments\": {\"z\": \"x\", \"a\": 1}}\n</tool_call>";

struct ResponsesTest : ChatFixture {
  std::shared_ptr<FakeResponder> ask(const std::string &input, const std::string &fields = "") {
    return post("/v1/responses", R"({"model": "m", "input": )" + input + fields + "}");
  }
  std::shared_ptr<FakeResponder> hello(const std::string &fields = "") {
    return ask("\"Hi\"", fields);
  }
  std::string refused(const std::string &fields) {
    auto responder = hello(fields);
    EXPECT_EQ(responder->head.status, 400);
    return responder->message();
  }
  /// The events of a stream, whose numbers must be in order.
  static std::vector<Json> eventsOf(const std::string &body) {
    std::vector<Json> list;
    size_t at = 0;
    for (size_t end; (end = body.find("\n\n", at)) != body.npos; at = end + 2) {
      const std::string event = body.substr(at, end - at);
      const size_t line = event.find("\ndata: ");
      Json json = Json::parse(event.substr(line + 7));
      EXPECT_EQ(event.substr(0, line), "event: " + json["type"].get<std::string>());
      EXPECT_EQ(json["sequence_number"], list.size());
      list.push_back(std::move(json));
    }
    EXPECT_EQ(at, body.size());
    return list;
  }
  /// Says a text, a token for each byte, and ends it.
  void sayAll(size_t number, const std::string &text, FinishReason reason = FinishReason::Stop) {
    for (char c : text)
      backend.say(number, std::string(1, c));
    backend.say(number, "", reason);
  }
};

TEST_F(ResponsesTest, AnswersAreItems) {
  auto responder =
      hello(std::string(tool) +
            R"(, "instructions": "Be brief.", "max_output_tokens": 60, "metadata": {"a": "b"},
                            "temperature": 0.7, "store": false)");
  EXPECT_EQ(promptOf(0), "<T>{\"type\": \"function\", \"function\": {\"name\": \"f\", "
                         "\"description\": \"d\", \"parameters\": "
                         "{\"type\": \"object\", \"properties\": {\"z\": {\"type\": \"string\"}, "
                         "\"a\": {\"type\": \"integer\"}}}}}\n"
                         "<|im_start|>system\nBe brief.<|im_end|>\n"
                         "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(backend.request(0).maxTokens, 60u);
  runtime::GenerationEvent event;
  event.text = answered;
  event.tokens = {{5, std::nullopt}, {6, std::nullopt}};
  event.reason = FinishReason::Stop;
  event.cachedTokens = 3;
  backend.send(0, event);
  Json json = responder->json();
  EXPECT_EQ(json["id"], "resp_" + responder->record.id);
  EXPECT_EQ(json["object"], "response");
  EXPECT_EQ(json["status"], "completed");
  EXPECT_EQ(json["error"], nullptr);
  EXPECT_EQ(json["incomplete_details"], nullptr);
  EXPECT_EQ(json["store"], false);
  EXPECT_EQ(json["instructions"], "Be brief.");
  EXPECT_EQ(json["temperature"], 0.7);
  EXPECT_EQ(json["top_p"], 1);
  EXPECT_EQ(json["metadata"], Json::parse(R"({"a": "b"})"));
  EXPECT_EQ(json["tools"][0]["name"], "f");
  ASSERT_EQ(json["output"].size(), 3u);
  Json thoughts = json["output"][0], said = json["output"][1], call = json["output"][2];
  EXPECT_EQ(thoughts["type"], "reasoning");
  EXPECT_EQ(thoughts["summary"], Json::array());
  EXPECT_EQ(thoughts["content"], Json::parse(R"([{"type": "reasoning_text", "text": "One."}])"));
  EXPECT_EQ(said["type"], "message");
  EXPECT_EQ(said["role"], "assistant");
  EXPECT_EQ(said["content"],
            Json::parse(
                R"([{"type": "output_text", "text": "Hm.", "annotations": [], "logprobs": []}])"));
  EXPECT_EQ(call["type"], "function_call");
  EXPECT_EQ(call["name"], "f");
  EXPECT_EQ(call["arguments"], R"({"z": "x", "a": 1})");
  EXPECT_EQ(call["call_id"].get<std::string>().substr(0, 5), "call_");
  EXPECT_NE(call["id"], said["id"]);
  for (const Json &item : json["output"])
    EXPECT_EQ(item["status"], "completed");
  EXPECT_EQ(json["usage"]["input_tokens"], backend.request(0).prompt.size());
  EXPECT_EQ(json["usage"]["input_tokens_details"]["cached_tokens"], 3);
  EXPECT_EQ(json["usage"]["output_tokens"], 2);
  EXPECT_EQ(json["usage"]["total_tokens"], backend.request(0).prompt.size() + 2);
}

TEST_F(ResponsesTest, StreamsTellOfItemsInOrder) {
  auto responder = hello(std::string(tool) + R"(, "stream": true)");
  sayAll(0, answered);
  std::string order, thoughts, text, arguments;
  std::vector<Json> events = eventsOf(responder->body);
  for (const Json &event : events) {
    std::string type = event["type"].get<std::string>().substr(9);
    if (type == "reasoning_text.delta")
      thoughts += event["delta"].get<std::string>();
    if (type == "output_text.delta")
      text += event["delta"].get<std::string>();
    if (type == "function_call_arguments.delta")
      arguments += event["delta"].get<std::string>();
    if (type.ends_with(".delta") && order.ends_with(type + "\n"))
      continue;
    order +=
        (event.contains("output_index") ? event["output_index"].dump() + " " : "") + type + "\n";
  }
  EXPECT_EQ(order, "created\nin_progress\n"
                   "0 output_item.added\n0 content_part.added\n0 reasoning_text.delta\n"
                   "0 reasoning_text.done\n0 content_part.done\n0 output_item.done\n"
                   "1 output_item.added\n1 content_part.added\n1 output_text.delta\n"
                   "1 output_text.done\n1 content_part.done\n1 output_item.done\n"
                   "2 output_item.added\n2 function_call_arguments.delta\n"
                   "2 function_call_arguments.done\n2 output_item.done\ncompleted\n");
  EXPECT_EQ(thoughts + "|" + text + "|" + arguments, "One.|Hm.|{\"z\": \"x\", \"a\": 1}");
  EXPECT_EQ(events[0]["response"]["status"], "in_progress");
  EXPECT_EQ(events[0]["response"]["output"], Json::array());
  // The last event has all that was told.
  Json whole = events.back()["response"];
  EXPECT_EQ(whole["status"], "completed");
  size_t number = 0;
  for (const Json &event : events)
    if (event["type"] == "response.output_item.done") {
      EXPECT_EQ(event["item"], whole["output"][number++]);
    }
  EXPECT_EQ(number, 3u);
  EXPECT_EQ(whole["usage"]["output_tokens"], answered.size());
  EXPECT_GE(whole["usage"]["output_tokens_details"]["reasoning_tokens"], 4);
}

TEST_F(ResponsesTest, CountsTokensOfThoughts) {
  auto responder = hello();
  for (const char *text : {"<think>", "a", "b", "</think>", "x"}) {
    runtime::GenerationEvent event;
    event.text = text;
    event.tokens = {{7, std::nullopt}};
    backend.send(0, event);
  }
  backend.say(0, "", FinishReason::Stop);
  EXPECT_EQ(responder->json()["usage"]["output_tokens_details"]["reasoning_tokens"], 2);
}

TEST_F(ResponsesTest, WhatEndsThoughtsBeforeTheirTimeIsNoThought) {
  auto responder = hello(R"(, "reasoning": {"max_tokens": 2})");
  for (const char *text : {"<think>", "a", "b", "\n", "</think>", "\n\n", "x"}) {
    runtime::GenerationEvent event;
    event.text = text;
    event.tokens = {{7, std::nullopt}};
    event.forcedTokens = std::string_view("ab<think>x").find(text) == std::string_view::npos;
    backend.send(0, event);
  }
  backend.say(0, "", FinishReason::Stop);
  EXPECT_EQ(responder->json()["usage"]["output_tokens_details"]["reasoning_tokens"], 2);
}

TEST_F(ResponsesTest, WhatIsCutOffIsIncomplete) {
  auto responder = hello();
  backend.say(0, "On", FinishReason::Length);
  Json json = responder->json();
  EXPECT_EQ(json["status"], "incomplete");
  EXPECT_EQ(json["incomplete_details"]["reason"], "max_output_tokens");
  EXPECT_EQ(json["output"][0]["status"], "incomplete");
  auto streamed = hello(R"(, "stream": true)");
  backend.say(1, "On", FinishReason::Length);
  std::vector<Json> events = eventsOf(streamed->body);
  EXPECT_EQ(events.back()["type"], "response.incomplete");
  EXPECT_EQ(events.back()["response"]["output"][0]["content"][0]["text"], "On");
}

/// A client acts on a call once it is done, so one that is cut off is told of and never done.
TEST_F(ResponsesTest, CallsThatBreakOffAreNeverDone) {
  const std::string broken = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"z\": \"";
  auto responder = hello(std::string(tool) + R"(, "stream": true)");
  sayAll(0, broken, FinishReason::Length);
  std::vector<Json> events = eventsOf(responder->body);
  for (const Json &event : events)
    if (event["type"] == "response.output_item.done") {
      EXPECT_EQ(event["item"]["type"], "message");
      EXPECT_EQ(event["output_index"], 1);
    }
  Json output = events.back()["response"]["output"];
  ASSERT_EQ(output.size(), 1u);
  EXPECT_EQ(output[0]["content"][0]["text"], broken);
}

TEST_F(ResponsesTest, StreamsThatFailSaySo) {
  auto responder = hello(R"(, "stream": true)");
  backend.say(0, "a");
  runtime::GenerationEvent failure;
  failure.reason = FinishReason::Error;
  failure.message = "it broke";
  backend.send(0, failure);
  Json last = eventsOf(responder->body).back();
  EXPECT_EQ(last["type"], "response.failed");
  EXPECT_EQ(last["response"]["status"], "failed");
  EXPECT_EQ(last["response"]["error"],
            Json::parse(R"({"code": "server_error", "message": "it broke"})"));
}

TEST_F(ResponsesTest, InputIsAChat) {
  ask(R"([{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be"},
       {"type": "input_text", "text": "good."}]}, {"role": "user", "content": "Hi"},
      {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "no"}],
       "content": [{"type": "reasoning_text", "text": "One."}], "encrypted_content": null},
      {"type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text",
       "text": "Hm.", "annotations": []}]},
      {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{\"z\": \"x\", \"a\": 1.0}"},
      {"type": "function_call_output", "call_id": "1", "output": "rain"},
      {"type": "reasoning", "summary": [], "encrypted_content": "AAAA"},
      {"role": "user", "content": [{"type": "input_text", "text": "And?"}]}])",
      std::string(tool) + R"(, "instructions": "Be brief.")");
  EXPECT_TRUE(promptOf(0).ends_with("<|im_start|>system\nBe brief.\n\nBe\ngood.<|im_end|>\n"
                                    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
                                    "<think>One.</think>Hm.\n<tool_call>\n{\"name\": \"f\", "
                                    "\"arguments\": {\"z\": \"x\", \"a\": 1.0}}\n</tool_call>"
                                    "<|im_end|>\n<|im_start|>tool\nrain<|im_end|>\n<|im_start|>"
                                    "user\nAnd?<|im_end|>\n<|im_start|>assistant\n"))
      << promptOf(0);
}

TEST_F(ResponsesTest, DevelopersInTheMidstSpeakAsUsers) {
  ask(R"([{"role": "developer", "content": "A"}, {"role": "system", "content": "B"},
          {"role": "user", "content": "C"}, {"role": "developer", "content": "D"}])");
  EXPECT_EQ(promptOf(0), "<|im_start|>system\nA\n\nB<|im_end|>\n<|im_start|>user\nC\n\nD<|im_end|>"
                         "\n<|im_start|>assistant\n");
}

TEST_F(ResponsesTest, TheTimeOfTheirTextIsMeasured) {
  hello();
  backend.say(0, "a", FinishReason::Stop);
  post("/v1/completions", R"({"prompt": "Hi"})");
  backend.say(1, "a", FinishReason::Stop);
  const std::string text = get("/metrics")->body;
  EXPECT_NE(text.find("moec:chat_text_seconds_count{model_name=\"m\"} 1\n"), text.npos) << text;
  EXPECT_EQ(text.find("moec:chat_text_seconds_sum{model_name=\"m\"} 0.0\n"), text.npos) << text;
}

/// A session of an agent, whose next request has the items of the last response: it is prompted as
/// the same chat is.
TEST_F(ResponsesTest, PromptsAnAgentAsChatsDo) {
  OrderedJson chatTools = OrderedJson::parse(
      R"([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}])");
  OrderedJson tools = OrderedJson::parse(
      R"([{"type": "function", "name": "f", "parameters": {"type": "object"}}])");
  OrderedJson said = OrderedJson::parse(R"([{"role": "user", "content": "Fix it."}])"),
              items = said;
  for (int turn = 0; turn < 4; ++turn) {
    const size_t number = backend.count();
    auto chatted =
        post("/v1/chat/completions", OrderedJson{{"messages", said}, {"tools", chatTools}}.dump());
    auto responded = post("/v1/responses", OrderedJson{{"input", items}, {"tools", tools}}.dump());
    ASSERT_EQ(backend.count(), number + 2) << chatted->body << responded->body;
    EXPECT_EQ(backend.request(number).prompt, backend.request(number + 1).prompt);
    backend.say(number, answered, FinishReason::Stop);
    backend.say(number + 1, answered, FinishReason::Stop);
    OrderedJson message = OrderedJson::parse(chatted->body)["choices"][0]["message"];
    said.push_back(message);
    said.push_back(
        {{"role", "tool"}, {"tool_call_id", message["tool_calls"][0]["id"]}, {"content", "done"}});
    const OrderedJson output = OrderedJson::parse(responded->body)["output"];
    ASSERT_EQ(output.size(), 3u) << responded->body;
    items.insert(items.end(), output.begin(), output.end());
    items.push_back(
        {{"type", "function_call_output"}, {"call_id", output[2]["call_id"]}, {"output", "done"}});
  }
}

/// Texts that tools take, and namespaces: the template knows neither.
TEST_F(ResponsesTest, ToolsThatAreNoFunctions) {
  const char *tools =
      R"(, "stream": true, "tools": [{"type": "custom", "name": "patch", "description": "Patches.",
      "format": {"type": "grammar", "syntax": "lark", "definition": "start: \"a\""}},
      {"type": "namespace", "name": "mcp", "description": "n", "tools": [
        {"type": "function", "name": "get", "parameters": {"type": "object"}}]},
      {"type": "web_search", "external_web_access": false}, {"type": "local_shell"}])";
  auto responder = ask(R"([{"role": "user", "content": "Hi"},
              {"type": "custom_tool_call", "call_id": "1", "name": "patch", "input": "a\"b"},
              {"type": "custom_tool_call_output", "call_id": "1", "output": "ok"},
              {"type": "function_call", "call_id": "2", "name": "get", "namespace": "mcp", "arguments": ""},
              {"type": "function_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "so"}]},
              {"type": "web_search_call", "status": "completed"}])",
                       tools);
  ASSERT_EQ(backend.count(), 1u) << responder->body;
  const std::string prompt = promptOf(0);
  EXPECT_NE(
      prompt.find(
          R"("description": "Patches.\n\nThe text follows this grammar (lark):\nstart: \"a\"")"),
      prompt.npos)
      << prompt;
  EXPECT_NE(prompt.find(R"({"name": "mcp__get", "description": "Tools of mcp: n", "parameters")"),
            prompt.npos)
      << prompt;
  EXPECT_NE(prompt.find(R"({"name": "patch", "arguments": {"input": "a\"b"}})"), prompt.npos);
  EXPECT_NE(prompt.find(R"({"name": "mcp__get", "arguments": {}})"), prompt.npos);
  sayAll(0,
         "<tool_call>\n{\"name\": \"patch\", \"arguments\": {\"input\": \"x\\ny\"}}\n</tool_call>\n"
         "<tool_call>\n{\"name\": \"mcp__get\", \"arguments\": {}}\n</tool_call>");
  EXPECT_EQ(responder->header("X-Moec-Ignored-Fields"),
            "input[5]:web_search_call, tools[2]:web_search, tools[3]:local_shell");
  std::vector<Json> events = eventsOf(responder->body);
  Json response = events.back()["response"];
  EXPECT_EQ(response["tools"].size(), 2u) << "only those that the model was told of";
  Json output = response["output"];
  ASSERT_EQ(output.size(), 2u);
  EXPECT_EQ(output[0]["type"], "custom_tool_call");
  EXPECT_EQ(output[0]["name"], "patch");
  EXPECT_EQ(output[0]["input"], "x\ny");
  EXPECT_EQ(output[1]["type"], "function_call");
  EXPECT_EQ(output[1]["name"], "get");
  EXPECT_EQ(output[1]["namespace"], "mcp");
  std::string input;
  for (const Json &event : events)
    if (event["type"] == "response.custom_tool_call_input.delta")
      input += event["delta"].get<std::string>();
  EXPECT_EQ(input, "x\ny");
}

TEST_F(ResponsesTest, ChoicesOfTools) {
  hello(std::string(tool) + R"(, "tool_choice": {"type": "function", "name": "f"})");
  EXPECT_TRUE(promptOf(0).ends_with("<tool_call>\n{\"name\": \"f\", \"arguments\": "));
  const char *two =
      R"(, "tools": [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}],
      "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "g"}]})";
  auto responder = hello(two);
  backend.say(1,
              "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n"
              "<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>",
              FinishReason::Stop);
  Json output = responder->json()["output"];
  ASSERT_EQ(output.size(), 2u) << "the other one is text";
  EXPECT_EQ(output[0]["type"], "message");
  EXPECT_EQ(output[1]["name"], "g");
  EXPECT_EQ(
      refused(std::string(tool) + R"(, "tool_choice": {"type": "function", "name": "h"})"),
      "'tool_choice.name' is \"h\"; it must be the name of one of 'tools', with its namespace "
      "where several have it");
  const std::string spaces = R"(, "tools": [{"type": "namespace", "name": "a", "tools":
      [{"type": "function", "name": "f"}]}, {"type": "namespace", "name": "b", "tools": [{"type": "function", "name": "f"}]})";
  const std::string choice = R"(, "tool_choice": {"type": "function", "name": "f")";
  EXPECT_NE(refused(spaces + "]" + choice + "}").find("where several have it"), std::string::npos);
  size_t number = backend.count();
  hello(spaces + "]" + choice + R"(, "namespace": "b"})");
  EXPECT_NE(promptOf(number).find("{\"name\": \"b__f\""), std::string::npos) << promptOf(number);
  hello(spaces + R"(, {"type": "function", "name": "f"}])" + choice + "}");
  EXPECT_NE(promptOf(number + 1).find("{\"name\": \"f\""), std::string::npos);
  EXPECT_EQ(refused(R"(, "tools": [{"type": "web_search"}], "tool_choice": "required")"),
            "'tool_choice' wants a call and there are no 'tools'");
}

TEST_F(ResponsesTest, RepeatsToolsWithNumbersBeyondADouble) {
  auto responder = hello(R"(, "tools": [{"type": "function", "name": "f", "parameters":
      {"type": "object", "properties": {"a": {"maximum": 1e400}}}}])");
  backend.say(0, "x", FinishReason::Stop);
  EXPECT_EQ(responder->json()["tools"][0]["name"], "f");
}

TEST_F(ResponsesTest, FormatsAreObjectsWithAType) {
  for (const char *format : {"\"json_object\"", "[\"x\"]", "{\"schema\": {}}"})
    EXPECT_EQ(refused(strCat(R"(, "text": {"format": )", format, "}")).find("'text.format' is"), 0u)
        << format;
  EXPECT_EQ(refused(R"(, "text": {"format": {"type": "json_object"}})").find("'text.format.type'"),
            0u);
}

TEST_F(ResponsesTest, HistoryOfHostedToolsIsLeftOut) {
  auto responder =
      ask(R"([{"role": "user", "content": "Hi"}, {"type": "local_shell_call", "id": "1"},
      {"type": "local_shell_call_output", "id": "1"}, {"type": "mcp_call"},
      {"role": "assistant", "content": "A"}, {"role": "assistant", "content": "B"}, {"role": "user", "content": "C"}])",
          R"(, "cache_salt": "s", "priority": 3)");
  EXPECT_EQ(backend.request(0).cacheSalt, "s");
  EXPECT_EQ(backend.request(0).priority, 3);
  EXPECT_NE(promptOf(0).find("A\n\nB"), std::string::npos) << promptOf(0);
  backend.say(0, "x", FinishReason::Stop);
  EXPECT_NE(responder->header("X-Moec-Ignored-Fields").find("input[1]:local_shell_call"),
            std::string::npos);
}

TEST_F(ResponsesTest, ReasoningIsTheTemplates) {
  hello(R"(, "reasoning": {"effort": "high", "summary": "auto"})");
  EXPECT_TRUE(promptOf(0).ends_with("assistant\nhigh"));
  use("{{ messages[0].content }}{{ enable_thinking }}");
  auto responder =
      hello(R"(, "reasoning": {"effort": "low", "summary": "auto"}, "text": {"verbosity": "low"},
      "include": ["reasoning.encrypted_content"], "prompt_cache_key": "k", "client_metadata": {}, "store": true)");
  backend.say(1, "x", FinishReason::Stop);
  EXPECT_EQ(responder->json()["reasoning"], Json::parse(R"({"effort": "low", "summary": null})"));
  EXPECT_EQ(responder->header("X-Moec-Ignored-Fields"),
            "client_metadata, include, reasoning.summary, store, text.verbosity, reasoning.effort");
}

TEST_F(ResponsesTest, RefusesWhatNeedsAStore) {
  EXPECT_EQ(refused(R"(, "previous_response_id": "resp_1")"),
            "'previous_response_id' is \"resp_1\", but no response is kept; send the whole "
            "conversation as 'input'");
  EXPECT_EQ(refused(R"(, "background": true)"),
            "'background' is true, but no response is kept that could be asked for later; leave it "
            "out");
  EXPECT_EQ(hello(R"(, "conversation": "c")")->json()["error"]["code"], "unsupported_parameter");
  EXPECT_EQ(ask(R"([{"type": "item_reference", "id": "rs_1"}])")->message(),
            "'input[0].type' is \"item_reference\"; it must be an item itself: no response is kept "
            "that could be referred to");
  for (const char *path : {"/v1/responses/resp_1", "/v1/responses/resp_1/cancel"})
    for (const char *method : {"GET", "POST", "DELETE"}) {
      auto responder = call({method, path, {}, ""});
      EXPECT_EQ(responder->head.status, 404);
      EXPECT_EQ(responder->message(), "the response 'resp_1' does not exist: none is kept");
    }
  EXPECT_EQ(post("/v1/responses/compact", "{}")->message(), "there is no /v1/responses/compact");
}

/// Clients send what they know of a place as messages of their own.
TEST_F(ResponsesTest, UsersSpeakTwiceWhereTheTemplateTakesNoMore) {
  const char *input = R"([{"role": "user", "content": "A"}, {"role": "user", "content": "B"}])";
  ask(input);
  EXPECT_EQ(promptOf(0), "<|im_start|>user\nA<|im_end|>\n<|im_start|>user\nB<|im_end|>\n"
                         "<|im_start|>assistant\n");
  use("{% if messages | length > 1 %}{{ raise_exception('turns!') }}{% endif %}"
      "{{ messages[0].content }}");
  ask(input);
  ASSERT_EQ(backend.count(), 2u);
  EXPECT_EQ(promptOf(1), "A\n\nB");
  EXPECT_EQ(ask(R"([{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}])")
                ->message(),
            "the chat template refuses the messages: turns!");
}

TEST_F(ResponsesTest, WhatHasNoEffectIsCheckedToo) {
  EXPECT_EQ(refused(R"(, "store": "no")"), "'store' is \"no\"; it must be true or false");
  EXPECT_EQ(refused(R"(, "include": "all")"), "'include' is \"all\"; it must be an array");
  EXPECT_EQ(refused(R"(, "top_logprobs": 1.5)"), "'top_logprobs' is 1.5; it must be an integer");
  EXPECT_EQ(refused(R"(, "text": {"verbosity": 3})"), "'text.verbosity' is 3; it must be a string");
  EXPECT_EQ(refused(R"(, "reasoning": {"summary": true})"),
            "'reasoning.summary' is true; it must be a string");
  EXPECT_EQ(refused(R"(, "tools": [{"type": "function", "name": "f", "description": 1}])"),
            "'tools[0].description' is 1; it must be a string");
}

TEST_F(ResponsesTest, RefusesWhatItCannotRead) {
  EXPECT_EQ(post("/v1/responses", "{}")->message(),
            "'input' is missing; it must be a string, or an array of items that is not empty");
  EXPECT_EQ(refused(R"(, "text": {"format": {"type": "json_schema"}})"),
            "'text.format.type' is \"json_schema\", which is not supported yet; it must be "
            "\"text\"");
  EXPECT_EQ(refused(R"(, "max_output_tokens": 0)"),
            "'max_output_tokens' is 0; it must be an integer of 1 to 2147483647");
  EXPECT_EQ(refused(R"(, "max_output_tokens": 5000)"),
            "this model's maximum context length is 4096 tokens; the prompt has 21 and "
            "'max_output_tokens' is 5000, together 5021");
  EXPECT_EQ(refused(R"(, "tools": [{"type": "function", "name": "a b"}])"),
            "'tools[0].name' is \"a b\"; it must be a name of 1 to 256 characters, without blanks "
            "or any of <>\"{}");
  EXPECT_EQ(refused(R"(, "tools": [{"type": "telepathy"}])"),
            "'tools[0].type' is \"telepathy\"; it must be \"function\", \"custom\" or "
            "\"namespace\"");
  EXPECT_EQ(ask(R"([{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}])")
                ->message(),
            "'input[0].content[0].type' is \"input_image\"; it must be \"input_text\"; other parts "
            "are not supported");
  EXPECT_EQ(ask(R"([{"type": "function_call", "call_id": "1", "name": "f", "arguments": "{\"a"}])")
                ->message(),
            "'input[0].arguments' is \"{\\\"a\"; it must be a string with a JSON object");
  EXPECT_EQ(ask(R"([{"type": "reasoning", "summary": []}])")->message(),
            "'input' has nothing that the model could read");
}

} // namespace
