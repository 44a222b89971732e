//===- AnswerParserTest.cpp - Content, reasoning and calls ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/parser/AnswerParser.h"

#include <gtest/gtest.h>
#include <random>

using namespace moec;
using namespace moec::parser;

namespace {

/// A text of a family, and what it says.
struct Case {
  const char *name, *tools, *reasoning, *prompt;
  std::string text;
  const char *expected; ///< as show() writes it
};

std::string show(const Answer &answer) {
  std::string out = answer.reasoning.empty() ? "" : "(" + answer.reasoning + ")";
  out += answer.content;
  for (const Answer::Call &call : answer.calls)
    out += " " + call.id + "#" + call.name + call.arguments;
  return out;
}

AnswerParser makeParser(const Case &about) {
  const char *schema = R"({"properties": {
    "s": {"type": "string"}, "n": {"type": "integer"}, "b": {"type": ["boolean", "null"]},
    "o": {"$ref": "#/$defs/o"}, "e": {"enum": [1, "x"]}}, "$defs": {"o": {"type": "object"}}})";
  Formats formats{about.tools ? findToolFormat(about.tools) : nullptr,
                  about.reasoning ? findReasoningFormat(about.reasoning) : nullptr};
  return {formats, {makeSignature("f", schema), makeSignature("g", "")}, about.prompt};
}

/// Reads a text cut at the places whose bit is set, and behind each piece looks at the events.
template <typename IsCut> std::string parse(const Case &about, IsCut isCut) {
  AnswerParser parser = makeParser(about);
  Answer answer;
  std::string piece;
  auto read = [&](bool isLast) {
    std::vector<AnswerEvent> events;
    parser.push(std::exchange(piece, {}), events);
    if (isLast)
      parser.finish(events);
    for (const AnswerEvent &event : events)
      answer.add(event);
  };
  for (size_t i = 0; i < about.text.size(); ++i) {
    piece += about.text[i];
    if (isCut(i))
      read(false);
  }
  read(true);
  return show(answer);
}

const Case cases[] = {
    {"Hermes", "hermes", "qwen3", "",
     "<think>\nOne.\n\nTwo.\n</think>\n\nHm.\n<tool_call>\n{\"name\": \"f\", \"arguments\": "
     "{\"s\": \"}\"}}\n"
     "</tool_call>\n<tool_call>\n{\"arguments\": {}, \"name\": \"g\"}\n</tool_call>\n",
     "(One.\n\nTwo.)Hm. #f{\"s\": \"}\"} #g{}"},
    {"OnlyContent", "hermes", "qwen3", "", "\nIf a < b: <tool\n\n", "\nIf a < b: <tool\n\n"},
    {"ThoughtsOfThePrompt", "hermes", "qwen3", "a<think>\n", "One.\n</think>\n\nHm.", "(One.)Hm."},
    {"ThoughtsThatDoNotEnd", "hermes", "qwen3", "<think>", "\nOne.\n</thi", "(One.\n</thi)"},
    {"Functions", "qwen3_coder", nullptr, "",
     "Hm.\n\n<tool_call>\n<function=f>\n<parameter=s>\n\"a\"\n\nb\n</"
     "parameter>\n<parameter=n>\n3\n</parameter>\n"
     "<parameter=b>\nTrue\n</parameter>\n<parameter=o>\n{'a': "
     "[None]}\n</parameter>\n<parameter=u>\n3\n"
     "</parameter>\n</function>\n</tool_call>",
     "Hm. #f{\"s\": \"\\\"a\\\"\\n\\nb\", \"n\": 3, \"b\": true, \"o\": {\"a\": [null]}, \"u\": "
     "\"3\"}"},
    {"Pairs", "glm45", "glm45", "",
     "\n<think></think>\nHm.\n<tool_call>f\n<arg_key>s</arg_key>\n<arg_value>3</"
     "arg_value>\n<arg_key>u</arg_key>\n"
     "<arg_value>[3]</arg_value>\n</tool_call>\n<tool_call>g</tool_call>",
     "Hm. #f{\"s\": \"3\", \"u\": [3]} #g{}"},
    {"DeepSeek", "deepseek_v31", "deepseek_r1", "<think>",
     "One.</think>\nHm.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"n\": "
     "1}<｜tool▁call▁end｜>"
     "<｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
     "(One.)\nHm. #f{\"n\": 1} #g{}"},
    {"DeepSeekWithFences", "deepseek_v3", nullptr, "",
     "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"n\": "
     "1}\n```<｜tool▁call▁end｜>\n"
     "<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><"
     "｜tool▁calls▁end｜>",
     " #f{\"n\": 1} #g{}"},
    {"KimiCallsAmongThoughts", "kimi_k2", "kimi_k2", "<think>",
     "One.<|tool_calls_section_begin|><|tool_call_begin|>functions.f:3<|tool_call_argument_begin|>{"
     "\"n\": 1}"
     "<|tool_call_end|><|tool_calls_section_end|>",
     "(One.) functions.f:3#f{\"n\": 1}"},
    {"MiniMax", "minimax_m2", "minimax_m2", "<think>\n",
     "One.\n</think>\n\n<minimax:tool_call>\n<invoke name=\"f\">\n<parameter "
     "name=\"e\">1</parameter>\n</invoke>\n"
     "<invoke name=\"g\">\n</invoke>\n</minimax:tool_call>",
     "(One.) #f{\"e\": 1} #g{}"},
    {"Mistral", "mistral", "mistral", "",
     "[THINK]One.[/THINK]Hm.[TOOL_CALLS]f[CALL_ID]123456789[ARGS]{\"n\": 1}[TOOL_CALLS]g[ARGS]{}",
     "(One.)Hm. 123456789#f{\"n\": 1} #g{}"},
    {"MistralWithArrays", "mistral_v3", nullptr, "",
     "[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {\"n\": 1}, \"id\": \"123456789\"}, {\"name\": "
     "\"g\"}]",
     " 123456789#f{\"n\": 1} #g{}"},
    {"Harmony", "openai", "openai_gptoss", "",
     "<|channel|>analysis<|message|>One.<|end|><|start|>assistant<|channel|>commentary<|message|>"
     "Hm.<|end|>"
     "<|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{\"n\": "
     "1}",
     "(One.)Hm. #f{\"n\": 1}"},
    {"HarmonyAsTemplatesWriteIt", "openai", "openai_gptoss", "",
     " to=functions.f<|channel|>commentary json<|message|>{\"n\": 1}<|call|>", " #f{\"n\": 1}"},
    {"HarmonyJoinsMessages", "openai", "openai_gptoss", "",
     "<|channel|>analysis<|message|>One.<|end|><|start|>assistant<|channel|>analysis<|message|>Two."
     "<|end|>"
     "<|start|>assistant<|channel|>final<|message|>Hm.\n",
     "(One.\nTwo.)Hm.\n"},
    // What is no call is content, to the last byte.
    {"UnknownTool", "hermes", nullptr, "",
     "Hm.\n<tool_call>\n{\"name\": \"h\", \"arguments\": {}}\n</tool_call>\n",
     "Hm.\n<tool_call>\n{\"name\": \"h\", \"arguments\": {}}\n</tool_call>\n"},
    {"CutOff", "hermes", nullptr, "",
     "Hm.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"a",
     "Hm.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"a"},
    {"OnlyTheEndIsMissing", "hermes", nullptr, "",
     "<tool_call>{\"name\": \"f\", \"arguments\": {}}", " #f{}"},
    {"NoJson", "hermes", nullptr, "",
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"n\": 01}}</tool_call>",
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"n\": 01}}</tool_call>"},
    {"NoObject", "hermes", nullptr, "",
     "<tool_call>{\"name\": \"f\", \"arguments\": [1]}</tool_call>",
     "<tool_call>{\"name\": \"f\", \"arguments\": [1]}</tool_call>"},
    {"BrokenThenWhole", "hermes", nullptr, "",
     "<tool_call>\n{\"name\": \"f\", <tool_call>{\"name\": \"g\"}</tool_call>",
     "<tool_call>\n{\"name\": \"f\",  #g{}"},
    {"TheSameArgumentTwice", "qwen3_coder", nullptr, "",
     "<tool_call><function=f><parameter=s>a</parameter><parameter=s>b</parameter></function></"
     "tool_call>",
     "<tool_call><function=f><parameter=s>a</parameter><parameter=s>b</parameter></function></"
     "tool_call>"},
    {"TextAmongElements", "qwen3_coder", nullptr, "",
     "<tool_call><function=f>oh<parameter=s>a</parameter></function></tool_call>",
     "<tool_call><function=f>oh<parameter=s>a</parameter></function></tool_call>"},
    {"NoNameInAnId", "kimi_k2", nullptr, "",
     "<|tool_calls_section_begin|><|tool_call_begin|>call_1<|tool_call_argument_begin|>{}",
     "<|tool_calls_section_begin|><|tool_call_begin|>call_1<|tool_call_argument_begin|>{}"},
    {"AnEmptySection", "minimax_m2", nullptr, "", "Hm.\n<minimax:tool_call>\n</minimax:tool_call>",
     "Hm.\n<minimax:tool_call>\n</minimax:tool_call>"},
    {"HarmonyWithoutHeaders", "openai", nullptr, "", "Hello.", "Hello."},
    {"HarmonyToAnotherTool", "openai", nullptr, "",
     "<|channel|>analysis to=browser.open code<|message|>{}<|call|>",
     "<|channel|>analysis to=browser.open code<|message|>{}"},
    {"TextBehindACall", "hermes", nullptr, "", "<tool_call>{\"name\": \"g\"}</tool_call>\nDone.",
     "\nDone. #g{}"},
    {"NoFormats", nullptr, nullptr, "", "<think>a</think>", "<think>a</think>"},
};

class Answers : public testing::TestWithParam<Case> {};

TEST_P(Answers, AreWhatTheySay) {
  EXPECT_EQ(parse(GetParam(), [](size_t) { return false; }), GetParam().expected);
}

TEST_P(Answers, DoNotDependOnTheCuts) {
  const Case &about = GetParam();
  EXPECT_EQ(parse(about, [](size_t) { return true; }), about.expected);
  // Each cut in two, and in three, of which one has one byte.
  for (size_t at = 0; at < about.text.size(); ++at) {
    ASSERT_EQ(parse(about, [&](size_t i) { return i == at; }), about.expected) << at;
    ASSERT_EQ(parse(about, [&](size_t i) { return i == at || i == at + 1; }), about.expected) << at;
  }
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round)
    ASSERT_EQ(parse(about, [&](size_t) { return random() % 8 == 0; }), about.expected) << round;
}

INSTANTIATE_TEST_SUITE_P(All, Answers, testing::ValuesIn(cases),
                         [](const auto &info) { return std::string(info.param.name); });

/// Every way in which a short text can be cut.
TEST(Answers, OfShortTextsUnderEveryCut) {
  for (Case about : {Case{"", "glm45", nullptr, "", "\n<tool_call>g<", ""},
                     Case{"", "mistral", nullptr, "", "[TOOL_CALLS]g[", ""},
                     Case{"", "hermes", "qwen3", "<think>\n", "a\n\n</think>\nb", ""}}) {
    const std::string whole = parse(about, [](size_t) { return false; });
    for (uint32_t cuts = 0; cuts < (1u << (about.text.size() - 1)); ++cuts)
      ASSERT_EQ(parse(about, [&](size_t i) { return cuts >> i & 1; }), whole) << cuts;
  }
}

TEST(Answers, ArgumentsComeAsTheyAreWritten) {
  const Case about{"", "qwen3_coder", nullptr, "", "", ""};
  AnswerParser parser = makeParser(about);
  std::vector<AnswerEvent> events;
  auto next = [&](const char *text) {
    events.clear();
    parser.push(text, events);
    std::string out;
    for (const AnswerEvent &event : events)
      out += event.kind == EventKind::CallBegin ? "+" + event.text : event.text;
    return out;
  };
  EXPECT_EQ(next("Hm.\n\n<tool_call>\n<function=f"), "Hm.");
  EXPECT_EQ(next(">\n<parameter=s>"), "+f{\"s\": \"");
  EXPECT_EQ(next("\nab"), "ab");
  EXPECT_EQ(next("c\n"), "c");
  EXPECT_EQ(next("d\n</param"), "\\nd") << "a newline may be the last one";
  EXPECT_EQ(next("eter>\n<parameter=n>\n1"), "\", \"n\": ") << "a number is known at its end";
  EXPECT_EQ(next("2\n</parameter>\n</function>\n</tool_call>"), "12}");
  EXPECT_EQ(events.back().kind, EventKind::CallEnd);
}

TEST(Answers, SayWhichCallBreaks) {
  const Case about{"", "hermes", nullptr, "", "", ""};
  AnswerParser parser = makeParser(about);
  std::vector<AnswerEvent> events;
  parser.push("<tool_call>{\"name\": \"g\"}</tool_call><tool_call>{\"name\": \"f\", \"arguments\": "
              "{\"a\" 1",
              events);
  ASSERT_EQ(events.size(), 7u);
  EXPECT_EQ(events[3].kind, EventKind::CallBegin);
  EXPECT_EQ(events[3].call, 1u);
  EXPECT_EQ(events[5].kind, EventKind::CallBroken);
  EXPECT_EQ(events[5].call, 1u);
  EXPECT_EQ(events[6].kind, EventKind::Content);
  EXPECT_EQ(events[6].text, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\" 1");
}

} // namespace
