//===- ChatTemplateTest.cpp - Chats by a model's own template ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/ChatTemplate.h"

#include "FakeApi.h"
#include "moec/Support/File.h"
#include "runtime/server/api/LiteralText.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

namespace {

ChatSettings settingsOf(const char *source, const char *tokens = "{}") {
  Expected<jinja::Template> parsed = jinja::Template::parse(source, "t");
  Expected<jinja::Json> special = jinja::Json::parse(tokens);
  if (!parsed || !special)
    throw std::runtime_error("a template is wrong");
  return {
      std::make_shared<const jinja::ModelTemplate>(jinja::ModelTemplate{*parsed, "t", *special})};
}

constexpr const char *simple = "{% for m in messages %}<|im_start|>{{ m.role }}:{{ m.content }}"
                               "{{ eos_token }}{% endfor %}{{ style }}"
                               "{% if add_generation_prompt %}<|im_start|>{% endif %}";

/// A server whose model has a template.
struct ChatTemplateTest : ApiTest {
  void use(const char *source, const char *tokens = R"({"eos_token": "<|im_end|>"})") {
    options.chat = settingsOf(source, tokens);
  }
  std::string promptOf(size_t index) {
    return *byteTokenizer().decode(backend.request(index).prompt);
  }
};

TEST_F(ChatTemplateTest, RendersAndStopsAsTheModelDoes) {
  use(simple);
  chat();
  EXPECT_EQ(promptOf(0), "<|im_start|>user:Hi<|im_end|><|im_start|>");
  EXPECT_EQ(backend.request(0).stopTokens, std::vector<int32_t>{257});
  auto ids = post("/tokenize", R"({"messages": [{"role": "user", "content": "a"}],
                                   "add_generation_prompt": false})")
                 ->json()["tokens"];
  EXPECT_EQ(ids, Json::parse("[256, 117, 115, 101, 114, 58, 97, 257]"));
}

TEST_F(ChatTemplateTest, TakesVariablesInTheirOrder) {
  use(simple);
  auto response = chat(R"(, "chat_template_kwargs": {"style": {"b": 1, "a": 1.0}, "other": 2})");
  EXPECT_EQ(promptOf(0), "<|im_start|>user:Hi<|im_end|>{'b': 1, 'a': 1.0}<|im_start|>");
  backend.say(0, "x", runtime::FinishReason::Stop);
  EXPECT_EQ(response->header("X-Moec-Ignored-Fields"), "chat_template_kwargs.other");
  EXPECT_EQ(chat(R"(, "chat_template_kwargs": {"messages": []})")->message(),
            "'chat_template_kwargs.messages' is []; it must be absent: a field of the request has "
            "its name");
}

TEST_F(ChatTemplateTest, ContinuesTheFinalMessage) {
  for (bool hasTemplate : {true, false}) {
    options.chat = {};
    if (hasTemplate)
      use(simple);
    chat(R"(, "continue_final_message": true)");
    EXPECT_EQ(promptOf(hasTemplate ? 0 : 1),
              hasTemplate ? "<|im_start|>user:Hi" : "<|im_start|>user\nHi");
  }
  EXPECT_EQ(chat(R"(, "continue_final_message": true, "add_generation_prompt": true)")->message(),
            "'continue_final_message' and 'add_generation_prompt' are true; a text either goes on "
            "or an answer begins");
}

TEST_F(ChatTemplateTest, SaysWhyATemplateRefuses) {
  use("{{ raise_exception('Only one user may speak') }}");
  EXPECT_EQ(chat()->message(), "the chat template refuses the messages: Only one user may speak");
  options.chat = {nullptr, "line 1: it is broken"};
  EXPECT_EQ(chat()->message(), "the model's chat template cannot be used: line 1: it is broken");
  EXPECT_EQ(chat()->head.status, 400);
}

TEST_F(ChatTemplateTest, WhatUsersWriteIsNoMark) {
  runtime::Tokenizer tokenizer = byteTokenizer();
  const std::string written = "a<|im_end|>\xEF\xB7\x90<|im_start|>";
  const Message messages[] = {{"user", written}, {"assistant", written}};
  Expected<ChatPrompt> prompt =
      renderChat(tokenizer, settingsOf(simple), messages, {.addsGenerationPrompt = false});
  ASSERT_TRUE(bool(prompt));
  EXPECT_EQ(*tokenizer.decode(prompt->ids),
            "<|im_start|>user:" + written + "<|im_start|>assistant:" + written);
  // Those of the template, and of an assistant, who may have said them.
  EXPECT_EQ(std::ranges::count(prompt->ids, 256), 3);
  EXPECT_EQ(std::ranges::count(prompt->ids, 257), 1);
}

TEST_F(ChatTemplateTest, KnowsWhereTheNextTurnBranchesOff) {
  auto turnEnd = [&](const std::string &more = "") {
    chat(more);
    return backend.request(backend.count() - 1).turnEnd;
  };
  auto length = [&] { return backend.request(backend.count() - 1).prompt.size(); };
  use(simple);
  EXPECT_EQ(turnEnd(), 0u) << "nobody wants to know";
  backend.hasStates = true;
  // "<|im_start|>assistant:" follows where this prompt ends.
  EXPECT_EQ(turnEnd(), length());
  EXPECT_EQ(turnEnd(R"(, "add_generation_prompt": false)"), 0u);
  EXPECT_EQ(turnEnd(R"(, "continue_final_message": true)"), 0u);
  options.chat = {};
  EXPECT_EQ(turnEnd(), length()) << "in ChatML";
  // Reasoning is opened for an answer, and not written again.
  use("{% for m in messages %}{{ m.role }}:{{ m.content }}|{% endfor %}"
      "{% if add_generation_prompt %}assistant:<think>{% endif %}");
  EXPECT_EQ(turnEnd(), length() - std::string("<think>").size());
  // Not within a character: é and è begin with the same byte.
  use("{% if messages|length == 1 %}Hi\xC3\xA9{% else %}Hi\xC3\xA8{% endif %}");
  EXPECT_EQ(turnEnd(), 2u);
  use("{% if messages|length > 1 %}{{ raise_exception('One message') }}{% endif %}a");
  EXPECT_EQ(turnEnd(), 0u);
}

TEST_F(ChatTemplateTest, ARealTemplateDropsTheReasoningOfEarlierAnswers) {
  Expected<std::string> source = readFile(MOEC_TEST_TEMPLATES "/qwen3.6.jinja");
  ASSERT_TRUE(source) << source.takeError().message();
  use(source->c_str());
  backend.hasStates = true;
  chat();
  const runtime::GenerationRequest &request = backend.request(0);
  EXPECT_EQ(promptOf(0), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n");
  std::vector<int32_t> turn(request.prompt.begin(), request.prompt.begin() + request.turnEnd);
  EXPECT_EQ(*byteTokenizer().decode(turn),
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(Prompts, SayWhereBosIsTwice) {
  const char *before = R"({"type": "TemplateProcessing", "pair": [], "single": [
      {"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
      "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [256],
                                          "tokens": ["<|im_start|>"]}}})";
  runtime::Tokenizer tokenizer = byteTokenizer(nlohmann::json::parse(before));
  GenerateCall call;
  call.prompts = {"<|im_start|>a", "a"};
  ChatSettings chat;
  std::vector<PreparedPrompt> prompts;
  ASSERT_FALSE(preparePrompts(call, {}, {&tokenizer, 64, 1000, chat, false}, prompts));
  EXPECT_EQ(prompts[0].request.prompt, (std::vector<int32_t>{256, 256, 'a'}));
  EXPECT_TRUE(prompts[0].beginsTwice);
  EXPECT_FALSE(prompts[1].beginsTwice);
  // A chat's template writes it, and nothing is added.
  ChatSettings model =
      settingsOf("{{ bos_token }}{{ messages[0].content }}", R"({"bos_token": "<|im_start|>"})");
  const Message message{"user", "a"};
  Expected<ChatPrompt> rendered = renderChat(tokenizer, model, {&message, 1}, {});
  ASSERT_TRUE(bool(rendered));
  EXPECT_EQ(rendered->ids, (std::vector<int32_t>{256, 'a'}));
}

} // namespace
