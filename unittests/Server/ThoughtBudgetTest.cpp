//===- ThoughtBudgetTest.cpp - Thoughts that must end ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/chat/ThoughtBudget.h"
#include "ChatFixture.h"

#include <deque>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

namespace {

constexpr const char *open = R"(, "chat_template_kwargs": {"begin": "<think>\n"})";

/// What becomes of a text of which each byte is a token, as an engine asks a guide.
std::string guide(runtime::TextGuide &guide, std::string_view text) {
  std::vector<int32_t> begin = guide.begin();
  std::deque<int32_t> forced(begin.begin(), begin.end());
  std::string out;
  while (!text.empty() || !forced.empty()) {
    const char c = static_cast<char>(forced.empty() ? text.front() : forced.front());
    if (forced.empty())
      text.remove_prefix(1);
    else
      forced.pop_front();
    out += c;
    for (int32_t token : guide.push({&c, 1}))
      forced.push_back(token);
  }
  return out;
}

struct ThoughtBudgetTest : ChatFixture {
  /// What the model says of `text` when it is asked with `fields`.
  std::string said(const std::string &fields, std::string_view text) {
    const size_t number = backend.count();
    auto responder = chat(fields);
    EXPECT_EQ(backend.count(), number + 1) << responder->body;
    const auto &make = backend.request(number).makeGuide;
    return make ? guide(*make(), text) : "no guide";
  }
};

TEST_F(ThoughtBudgetTest, ThoughtsEndAtTheBudget) {
  auto bound = [&](int budget) { return strCat(open, ", \"thinking_token_budget\": ", budget); };
  EXPECT_EQ(said(bound(3), "abcdef"), "abc\n</think>\n\ndef");
  EXPECT_EQ(said(bound(0), "def"), "\n</think>\n\ndef") << "before the first token";
  EXPECT_EQ(said(bound(10), "ab</think>c"), "ab</think>c")
      << "those that end by themselves; a mark of several tokens is a thought until it is whole";
  EXPECT_EQ(said(bound(3), "abc</think>d"), "abc\n</think>\n\n</think>d")
      << "the budget is reached before the model ends them";
  // Where the model begins them itself, its mark is none of them.
  EXPECT_EQ(said(R"(, "thinking_token_budget": 2)", "<think>abc"), "<think>ab\n</think>\n\nc");
  EXPECT_EQ(said(R"(, "thinking_token_budget": 2)", "abcdef"), "abcdef") << "none";
  EXPECT_EQ(said(open, "abc"), "no guide");
}

TEST_F(ThoughtBudgetTest, AnswersGoOn) {
  const size_t number = backend.count();
  auto responder = chat(std::string(open) + R"(, "reasoning": {"max_tokens": 3})");
  const std::string text = guide(*backend.request(number).makeGuide(), "abcdef");
  backend.say(number, text, FinishReason::Stop);
  Json message = responder->json()["choices"][0]["message"];
  EXPECT_EQ(message["reasoning"], "abc");
  EXPECT_EQ(message["content"], "def");
}

TEST_F(ThoughtBudgetTest, EachChoiceHasItsOwn) {
  chat(std::string(open) + R"(, "n": 2, "thinking_token_budget": 1)");
  const auto &make = backend.request(0).makeGuide;
  auto first = make(), second = make();
  EXPECT_EQ(guide(*first, "ab"), "a\n</think>\n\nb");
  EXPECT_EQ(guide(*second, "xy"), "x\n</think>\n\ny");
}

TEST_F(ThoughtBudgetTest, TheLowestOfSeveralCounts) {
  EXPECT_EQ(
      said(std::string(open) + R"(, "thinking_token_budget": 2, "reasoning": {"max_tokens": 9})",
           "abc"),
      "ab\n</think>\n\nc");
}

/// Its thoughts are messages, which may follow each other.
TEST_F(ThoughtBudgetTest, HarmonyMayThinkOnceMore) {
  auto plan = std::make_shared<ReadingPlan>();
  plan->formats = {parser::findToolFormat("openai"), parser::findReasoningFormat("openai_gptoss")};
  auto bytesOf = [](const std::string &text) {
    return *byteTokenizer().encode(text, /*addSpecialTokens=*/false);
  };
  const parser::ThoughtsEnd end = *parser::endOfThoughts(plan->formats);
  plan->thoughtLimit = ThoughtLimit{2, bytesOf(end.first), bytesOf(end.again)};
  ThoughtBudget budget(plan);
  EXPECT_EQ(guide(budget, "<|channel|>analysis<|message|>ab"
                          "<|channel|>analysis<|message|>de"),
            "<|channel|>analysis<|message|>ab<|end|><|start|>assistant"
            "<|channel|>analysis<|message|><|end|><|start|>assistant<|channel|>final<|message|>de");
}

TEST_F(ThoughtBudgetTest, RefusesModelsThatHaveNoThoughts) {
  options.chat.formats.reasoning = nullptr;
  const std::string why =
      "and no parser is known for how the model thinks; name one with --reasoning-parser, or leave "
      "it out";
  auto responder = chat(R"(, "thinking_token_budget": 5)");
  EXPECT_EQ(responder->head.status, 400);
  EXPECT_EQ(responder->message(), "'thinking_token_budget' is 5 " + why);
  EXPECT_EQ(responder->json()["error"]["code"], "unsupported_parameter");
  EXPECT_EQ(post("/v1/responses", R"({"input": "Hi", "reasoning": {"max_tokens": 5}})")->message(),
            "'reasoning.max_tokens' is 5 " + why);
  EXPECT_EQ(chat(R"(, "thinking_token_budget": -1)")->message(),
            "'thinking_token_budget' is -1; it must be an integer of 0 to 2147483647");
  // Clients of Anthropic's bound thoughts unasked.
  post("/v1/messages", R"({"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}],
       "thinking": {"type": "enabled", "budget_tokens": 1024}})");
  ASSERT_EQ(backend.count(), 1u);
  EXPECT_FALSE(backend.request(0).makeGuide);
}

TEST_F(ThoughtBudgetTest, MessagesBoundThoughts) {
  post("/v1/messages", R"({"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}],
       "thinking": {"type": "enabled", "budget_tokens": 2}})");
  ASSERT_EQ(backend.count(), 1u);
  EXPECT_EQ(guide(*backend.request(0).makeGuide(), "<think>abc"), "<think>ab\n</think>\n\nc");
}

} // namespace
