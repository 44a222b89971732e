//===- ToolCallsTest.cpp - Tools, calls and thoughts of chats ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ChatFixture.h"
#include "runtime/server/chat/Reading.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

namespace {

constexpr const char *tools =
    R"(, "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "g"}}])";

struct ToolCallsTest : ChatFixture {
  /// The choice of an answer to which the model says `text`.
  Json answer(const std::string &fields, const std::string &text,
              FinishReason reason = FinishReason::Stop) {
    size_t number = backend.count();
    auto responder = chat(fields);
    EXPECT_EQ(backend.count(), number + 1) << responder->body;
    backend.say(number, text, reason);
    return responder->json()["choices"][0];
  }
  /// The deltas of a stream to which the model says `text`, a character at a time.
  std::vector<Json> deltas(const std::string &fields, const std::string &text,
                           FinishReason reason = FinishReason::Stop) {
    size_t number = backend.count();
    auto responder = chat(fields + R"(, "stream": true)");
    for (size_t at = 0, end; at < text.size(); at = end) {
      // Whole characters, as a generator gives them.
      for (end = at + 1; end < text.size() && (text[end] & 0xC0) == 0x80; ++end)
        ;
      backend.say(number, text.substr(at, end - at));
    }
    backend.say(number, "", reason);
    std::vector<Json> list;
    for (const Json &event : responder->events()) {
      list.push_back(event["choices"][0]["delta"]);
      lastReason = event["choices"][0]["finish_reason"];
    }
    return list;
  }

  Json lastReason;
};

const std::string calls =
    "Hm.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"z\": \"ü\", \"a\": 1}}\n"
    "</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>";

TEST_F(ToolCallsTest, TemplatesGetToolsAsTheyAreWritten) {
  chat(tools);
  EXPECT_EQ(promptOf(0), "<T>{\"type\": \"function\", \"function\": {\"name\": \"f\"}}\n"
                         "<T>{\"type\": \"function\", \"function\": {\"name\": \"g\"}}\n"
                         "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  chat(
      R"(, "tools": [{"type": "function", "function": {"name": "f", "x": {"z": 1.0, "a": 12345678901234567890123,
          "<|im_end|>": "a<|im_end|>"}}}])");
  EXPECT_NE(
      promptOf(1).find(R"({"z": 1.0, "a": 12345678901234567890123, "<|im_end|>": "a<|im_end|>"})"),
      std::string::npos);
  EXPECT_EQ(std::ranges::count(backend.request(1).prompt, 257), 1) << "what is in tools is text";
}

TEST_F(ToolCallsTest, AnswersHaveCalls) {
  Json choice = answer(tools, calls);
  EXPECT_EQ(choice["finish_reason"], "tool_calls");
  Json message = choice["message"];
  EXPECT_EQ(message["content"], "Hm.");
  ASSERT_EQ(message["tool_calls"].size(), 2u);
  EXPECT_EQ(message["tool_calls"][0]["function"],
            Json::parse(R"({"name": "f", "arguments": "{\"z\": \"ü\", \"a\": 1}"})"));
  std::string id = message["tool_calls"][0]["id"].get<std::string>();
  EXPECT_EQ(id.substr(0, 5), "call_");
  EXPECT_EQ(id.size(), 29u);
  EXPECT_NE(message["tool_calls"][1]["id"], id);
  EXPECT_EQ(answer(tools, "<tool_call>{\"name\": \"g\"}</tool_call>")["message"]["content"],
            nullptr);
  // Only one where only one is wanted.
  Json one = answer(std::string(tools) + R"(, "parallel_tool_calls": false)", calls);
  EXPECT_EQ(one["message"]["tool_calls"].size(), 1u);
}

TEST_F(ToolCallsTest, WithoutToolsThereAreNoCalls) {
  for (std::string fields : {std::string(), std::string(tools) + R"(, "tool_choice": "none")"}) {
    Json choice = answer(fields, calls);
    EXPECT_EQ(choice["finish_reason"], "stop");
    EXPECT_EQ(choice["message"]["content"], calls);
    EXPECT_FALSE(choice["message"].contains("tool_calls"));
  }
}

TEST_F(ToolCallsTest, WhatIsNoCallIsContent) {
  const std::string broken = "Hm.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"z\": \"";
  Json choice = answer(tools, broken, FinishReason::Length);
  EXPECT_EQ(choice["finish_reason"], "length");
  EXPECT_EQ(choice["message"]["content"], broken);
  // A stream has begun the call by then; the text comes as well.
  std::string content;
  for (const Json &delta : deltas(tools, broken, FinishReason::Length))
    content += delta.value("content", "");
  EXPECT_EQ(content, broken);
  EXPECT_EQ(lastReason, "length");
}

TEST_F(ToolCallsTest, StreamsHaveNamesThenArguments) {
  std::string text, arguments;
  std::vector<std::string> names;
  for (const Json &delta : deltas(tools, calls)) {
    text += delta.value("content", "");
    for (const Json &call : delta.value("tool_calls", Json::array())) {
      if (call["index"] == names.size()) {
        names.push_back(call["function"]["name"].get<std::string>());
        EXPECT_EQ(call["type"], "function");
        EXPECT_EQ(call["id"].get<std::string>().size(), 29u);
        EXPECT_EQ(call["function"]["arguments"], "");
        arguments += "|";
      } else {
        EXPECT_EQ(call["index"], names.size() - 1);
        EXPECT_FALSE(call["function"].contains("name"));
      }
      arguments += call["function"]["arguments"].get<std::string>();
    }
  }
  EXPECT_EQ(text, "Hm.");
  EXPECT_EQ(names, (std::vector<std::string>{"f", "g"}));
  EXPECT_EQ(arguments, "|{\"z\": \"ü\", \"a\": 1}|{}");
  EXPECT_EQ(lastReason, "tool_calls");
}

TEST_F(ToolCallsTest, CallsAreForcedInAnswersOnly) {
  auto responder = post("/v1/chat/completions", R"({"messages": [{"role": "user", "content": "Hi"}],
      "add_generation_prompt": false, "tool_choice": "required")" +
                                                    std::string(tools) + "}");
  EXPECT_EQ(responder->head.status, 400);
  EXPECT_NE(responder->body.find("no answer begins"), std::string::npos) << responder->body;
}

TEST_F(ToolCallsTest, CallsAreNoTextToGoOnWith) {
  auto responder = post("/v1/chat/completions", R"({"continue_final_message": true, "messages": [
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function",
       "function": {"name": "f", "arguments": "{}"}}]}]})");
  EXPECT_EQ(responder->head.status, 400);
  EXPECT_NE(responder->body.find("the last message has 'tool_calls'"), std::string::npos)
      << responder->body;
}

TEST_F(ToolCallsTest, ThoughtsAreNoContent) {
  const std::string text = "<think>\nOne.\n</think>\n\nHm.";
  Json message = answer("", text)["message"];
  EXPECT_EQ(message["content"], "Hm.");
  EXPECT_EQ(message["reasoning_content"], "One.");
  EXPECT_EQ(message["reasoning"], "One.");
  EXPECT_FALSE(answer(R"(, "include_reasoning": false)", text)["message"].contains("reasoning"));
  // Where the template begins them, too.
  EXPECT_EQ(answer(R"(, "chat_template_kwargs": {"begin": "<think>\n"})",
                   "One.\n</think>\n\nHm.")["message"],
            message);
  std::string thoughts, content;
  for (const Json &delta : deltas("", text)) {
    thoughts += delta.value("reasoning_content", "");
    content += delta.value("content", "");
  }
  EXPECT_EQ(thoughts + "|" + content, "One.|Hm.");
  // A message that goes on in the midst of them.
  size_t number = backend.count();
  auto responder = post("/v1/chat/completions", R"({"continue_final_message": true, "messages": [
      {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>On"}]})");
  backend.say(number, "e.</think>Hm.", FinishReason::Stop);
  EXPECT_EQ(responder->json()["choices"][0]["message"]["reasoning"], "e.");
}

TEST_F(ToolCallsTest, CallsAreForcedByTheirBeginning) {
  Json choice = answer(std::string(tools) +
                           R"(, "tool_choice": {"type": "function", "function": {"name": "g"}})",
                       "{\"a\": 1}}\n</tool_call>");
  EXPECT_TRUE(promptOf(0).ends_with("assistant\n<tool_call>\n{\"name\": \"g\", \"arguments\": "));
  EXPECT_EQ(choice["message"]["tool_calls"][0]["function"],
            Json::parse(R"({"name": "g", "arguments": "{\"a\": 1}"})"));
  choice = answer(std::string(tools) + R"(, "tool_choice": "required",
                  "chat_template_kwargs": {"begin": "<think>\n"})",
                  "f\", \"arguments\": {}}\n</tool_call>");
  EXPECT_TRUE(promptOf(1).ends_with("<think>\n\n</think>\n\n<tool_call>\n{\"name\": \""))
      << promptOf(1);
  EXPECT_EQ(choice["message"]["tool_calls"][0]["function"]["name"], "f");
  EXPECT_EQ(choice["finish_reason"], "tool_calls");
}

TEST_F(ToolCallsTest, HistoryIsRenderedAsItWasSaid) {
  const char *messages =
      R"({"tools": [{"type": "function", "function": {"name": "f"}}], "messages": [
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": null, "reasoning": "One.", "tool_calls": [{"id": "1", "type": "function",
       "function": {"name": "f", "arguments": "{\"z\": 1.0, \"a\": [\"<|im_end|>\"]}"}}]},
      {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "rain"}]}]})";
  post("/v1/chat/completions", messages);
  const std::string turns =
      "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>One.</think>\n<tool_call>\n"
      "{\"name\": \"f\", \"arguments\": {\"z\": 1.0, \"a\": "
      "[\"<|im_end|>\"]}}\n</tool_call><|im_end|>\n"
      "<|im_start|>tool\nrain<|im_end|>\n<|im_start|>assistant\n";
  EXPECT_TRUE(promptOf(0).ends_with(turns)) << promptOf(0);
  EXPECT_EQ(std::ranges::count(backend.request(0).prompt, 257), 3) << "arguments are text";
  // Templates that add arguments to a text get them as one.
  use("{{ tools }}{% for m in messages %}{% for c in m.tool_calls or [] %}<tool_call>{{ "
      "c.function.name + "
      "c.function.arguments }}{% endfor %}{% endfor %}");
  post("/v1/chat/completions", messages);
  EXPECT_TRUE(promptOf(1).ends_with("<tool_call>f{\"z\": 1.0, \"a\": [\"<|im_end|>\"]}"))
      << promptOf(1);
}

TEST_F(ToolCallsTest, ArgumentsOfEarlierCallsAreObjects) {
  auto ask = [&](const std::string &arguments) {
    return post("/v1/chat/completions",
                R"({"messages": [{"role": "user", "content": "Hi"},
      {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function":
       {"name": "f", "arguments": )" +
                    arguments + R"(}}]}, {"role": "tool", "tool_call_id": "1", "content": "r"}]})");
  };
  const std::string place = "'messages[1].tool_calls[0].function.arguments' is ",
                    wanted = "; it must be a string with a JSON object";
  EXPECT_EQ(ask("\"rain\"")->message(), place + "\"rain\"" + wanted);
  EXPECT_EQ(ask("\"[1]\"")->message(), place + "\"[1]\"" + wanted);
  EXPECT_EQ(ask("3")->message(), place + "3" + wanted);
  ask("\" {}\"");
  ask("\"\"");
  ask("{}");
  ASSERT_EQ(backend.count(), 3u);
  EXPECT_EQ(promptOf(0), promptOf(1));
  EXPECT_EQ(promptOf(0), promptOf(2));
}

/// What the model has written comes back, whatever its numbers are.
TEST_F(ToolCallsTest, NumbersBeyondADoubleComeBack) {
  const std::string arguments = R"({"a": 1e400, "b": 12345678901234567890123})";
  Json call = answer(tools, "<tool_call>\n{\"name\": \"f\", \"arguments\": " + arguments +
                                "}\n</tool_call>")["message"]["tool_calls"][0];
  EXPECT_EQ(call["function"]["arguments"], arguments);
  Json body = Json::parse(R"({"messages": [{"role": "user", "content": "Hi"},
      {"role": "assistant", "content": null}, {"role": "tool", "tool_call_id": "1", "content": ""}]})");
  body["messages"][1]["tool_calls"] = Json::array({call});
  auto responder = post("/v1/chat/completions", body.dump());
  ASSERT_EQ(backend.count(), 2u) << responder->body;
  // As Python writes it.
  EXPECT_NE(promptOf(1).find(R"({"a": Infinity, "b": 12345678901234567890123})"), std::string::npos)
      << promptOf(1);
}

TEST_F(ToolCallsTest, ToolsNeedNoDescriptions) {
  use("{% for t in tools %}{{ t.function.name + ': ' + t.function.description }};{% endfor %}"
      "{{ messages[0].content }}<tool_call> arguments");
  chat(R"(, "tools": [{"type": "function", "function": {"name": "f"}},
      {"type": "function", "function": {"parameters": {}, "description": "d", "name": "g"}}])");
  ASSERT_EQ(backend.count(), 1u);
  EXPECT_TRUE(promptOf(0).starts_with("f: ;g: d;Hi")) << promptOf(0);
  // What else the template refuses is not hidden by that.
  use("{{ tools[0].function.description + '' }}{{ raise_exception('no') }}<tool_call> arguments");
  EXPECT_EQ(chat(tools)->message(), "the chat template refuses the messages: no");
}

TEST_F(ToolCallsTest, NamesInPlaceOfMarksAreReadWithoutTools) {
  use("{{ messages[0].content }}>>>all");
  EXPECT_EQ(answer("", "all\nHm.")["message"]["content"], "Hm.");
}

TEST_F(ToolCallsTest, EffortsReachTheTemplate) {
  chat(R"(, "reasoning_effort": "high")");
  EXPECT_TRUE(promptOf(0).ends_with("assistant\nhigh"));
  use("{{ messages[0].content }}{{ enable_thinking }}");
  chat(R"(, "reasoning_effort": "none")");
  EXPECT_EQ(promptOf(1), "HiFalse");
  auto responder = chat(R"(, "reasoning_effort": "low")");
  backend.say(2, "x", FinishReason::Stop);
  EXPECT_EQ(responder->header("X-Moec-Ignored-Fields"), "reasoning_effort");
}

TEST_F(ToolCallsTest, EffortsMustNotContradictEachOther) {
  auto message = [&](const std::string &fields) { return chat(fields)->message(); };
  EXPECT_EQ(message(R"(, "reasoning_effort": "high", "reasoning": {"effort": "low"})"),
            "'reasoning_effort' is \"high\" and 'reasoning.effort' is \"low\"; they contradict "
            "each other, so leave one out");
  for (const char *fields :
       {R"("reasoning": {"effort": "low"}, "chat_template_kwargs": {"reasoning_effort": "high"})",
        R"("reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": true})",
        R"("reasoning_effort": "high", "reasoning": {"enabled": false})",
        R"("reasoning": {"enabled": true}, "chat_template_kwargs": {"thinking": false})"})
    EXPECT_NE(message(strCat(", ", fields)).find("contradict"), std::string::npos) << fields;
  EXPECT_EQ(backend.count(), 0u);
  for (const char *fields :
       {R"("reasoning": {"effort": "low"}, "chat_template_kwargs": {"reasoning_effort": "low"})",
        R"("reasoning_effort": "none", "chat_template_kwargs": {"enable_thinking": false})",
        R"("reasoning_effort": "high", "reasoning": {"enabled": true, "max_tokens": 3})"})
    chat(strCat(", ", fields));
  EXPECT_EQ(backend.count(), 3u);
}

/// Some templates go through a function's properties, whether there are any or not.
TEST_F(ToolCallsTest, ToolsNeedNoProperties) {
  use("{% for t in tools %}{{ t.function.name }}({% for p in "
      "t.function.parameters.properties.items() %}{{ p[0] }}{% endfor %}){% endfor %}"
      "{{ messages[0].content }}<tool_call> arguments");
  chat(R"(, "tools": [{"type": "function", "function": {"name": "f"}},
      {"type": "function", "function": {"name": "g", "parameters": null}},
      {"type": "function", "function": {"name": "h", "parameters": { }}},
      {"type": "function", "function": {"name": "i", "parameters": {"type": "object"}}},
      {"type": "function", "function": {"name": "j", "parameters": {"properties": {"a": {}}}}}])");
  ASSERT_EQ(backend.count(), 1u);
  EXPECT_TRUE(promptOf(0).starts_with("f()g()h()i()j(a)Hi")) << promptOf(0);
}

TEST_F(ToolCallsTest, OneCallIsWantedAndTheNextIsBroken) {
  const std::string one = "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>",
                    half = "\n<tool_call>\n{\"name\": \"f\", \"argu";
  Json message =
      answer(std::string(tools) + R"(, "parallel_tool_calls": false)", one + half)["message"];
  EXPECT_EQ(message["tool_calls"].size(), 1u);
  EXPECT_EQ(message["content"], half) << "what is no call is content, wherever it stands";
}

TEST_F(ToolCallsTest, SaysWhatTheTemplateDoesNotWrite) {
  auto ignored = [&](const std::string &body) {
    const size_t number = backend.count();
    auto responder = post("/v1/chat/completions", body);
    backend.say(number, "x", FinishReason::Stop);
    return responder->header("X-Moec-Ignored-Fields");
  };
  const char *said = R"({"messages": [{"role": "user", "content": "a", "name": "A"},
      {"role": "assistant", "content": "b", "reasoning": "c"}, {"role": "user", "content": "d"}]})";
  EXPECT_EQ(ignored(said), "messages[].name");
  use("{% for m in messages %}{{ m.role + m.name | default('') + m.content }}{% endfor %}");
  EXPECT_EQ(ignored(said), "messages[].reasoning_content");
  options.chat.model = nullptr;
  EXPECT_EQ(ignored(said), "messages[].reasoning_content, messages[].name");
}

TEST_F(ToolCallsTest, MarksThatAreSpecialTokensLeaveText) {
  chat();
  EXPECT_TRUE(backend.request(0).shownTokens.empty()) << "of this vocabulary none is a mark";
  const runtime::Tokenizer tokenizer =
      byteTokenizer(nullptr, {"<|end|>", "<|endoftext|>", "<|message|>", "[TOOL_CALLS]"});
  auto marksFor = [&](const char *tools, const char *reasoning) {
    GenerateCall call;
    call.form.tools = {{"f"}};
    runtime::GenerationRequest request;
    request.prompt = {'a'};
    ChatSettings settings;
    settings.formats = {parser::findToolFormat(tools), parser::findReasoningFormat(reasoning)};
    EXPECT_TRUE(bool(planReading(call, settings, tokenizer, request)));
    std::ranges::sort(request.shownTokens);
    return request.shownTokens;
  };
  EXPECT_EQ(marksFor("openai", "openai_gptoss"), (std::vector<int32_t>{256, 258}));
  EXPECT_EQ(marksFor("mistral", ""), (std::vector<int32_t>{259}));
  EXPECT_TRUE(marksFor("hermes", "qwen3").empty());
}

TEST_F(ToolCallsTest, RefusesWhatCannotBe) {
  auto message = [&](const std::string &fields) { return chat(fields)->message(); };
  EXPECT_EQ(message(R"(, "tools": [{"type": "function", "function": {"name": "a b"}}])"),
            "'tools[0].function.name' is \"a b\"; it must be a name of 1 to 256 characters, "
            "without blanks or "
            "any of <>\"{}");
  EXPECT_EQ(message(R"(, "tools": [{"type": "web"}])"),
            "'tools[0].type' is \"web\"; it must be \"function\"");
  EXPECT_EQ(message(R"(, "tool_choice": "required")"),
            "'tool_choice' wants a call and there are no 'tools'");
  EXPECT_EQ(message(std::string(tools) +
                    R"(, "tool_choice": {"type": "function", "function": {"name": "h"}})"),
            "'tool_choice' is the tool 'h', which is none of 'tools'");
  EXPECT_EQ(message(std::string(tools) + R"(, "tool_choice": "all")"),
            "'tool_choice' is \"all\"; it must be \"none\", \"auto\", \"required\" or a function "
            "of the tools");
  options.chat.formats.tools = nullptr;
  EXPECT_EQ(message(tools),
            "'tools' are given and no parser is known for how the model calls them; name one with "
            "--tool-parser, or set 'tool_choice' to \"none\"");
  use("{{ messages[0].content }}");
  EXPECT_EQ(message(tools),
            "'tools' are given and the model's chat template has no place for them; "
            "leave them out, or set 'tool_choice' to \"none\"");
  EXPECT_EQ(chat(tools)->json()["error"]["code"], "unsupported_parameter");
  EXPECT_EQ(
      message(
          R"(, "messages": [{"role": "user", "content": "a", "tool_calls": [{"function": {"name": "f"}}]}])"),
      "'messages[0].tool_calls' is [{\"function\":{\"name\":\"f\"}}]; it must be absent: only "
      "assistants "
      "call tools");
}

} // namespace
