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
  std::string expected; ///< as show() writes it
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
    {"HarmonyWithoutAnEnd", "openai", "openai_gptoss", "",
     "<|channel|>analysis<|message|>Think.<|channel|>final<|message|>Answer.", "(Think.)Answer."},
    {"HarmonyWithoutHeaders", "openai", nullptr, "", "Hello.", "Hello."},
    {"HarmonyWithWordsOfHeaders", "openai", nullptr, "", "assistants to=a b", "assistants to=a b"},
    {"HarmonyToAnotherTool", "openai", nullptr, "",
     "<|channel|>analysis to=browser.open code<|message|>{}<|call|>",
     "<|channel|>analysis to=browser.open code<|message|>{}"},
    {"TextBehindACall", "hermes", nullptr, "", "<tool_call>{\"name\": \"g\"}</tool_call>\nDone.",
     "\nDone. #g{}"},
    {"NoFormats", nullptr, nullptr, "", "<think>a</think>", "<think>a</think>"},
};

const char *const m3 = "]<]minimax[>[";

/// An argument of MiniMax M3.
std::string element(const std::string &name, const std::string &value) {
  return m3 + ("<" + name + ">") + value + m3 + "</" + name + ">";
}

const Case moreCases[] = {
    {"Gemma", "gemma4", "gemma4", "",
     "<|channel>thought\nOne.\n<channel|>Hm.<|tool_call>call:f{n:3,o:{a b:[1e-07,None,true],"
     "<|\"|>q<|\"|>:<|\"|>a "
     "\"<|b\"<|\"|>},s:<|\"|>}<|\"|>}<tool_call|><|tool_call>call:g{}<tool_call|>",
     "(One.)Hm. #f{\"n\": 3, \"o\": {\"a b\": [1e-07, null, true], \"q\": \"a \\\"<|b\\\"\"}, "
     "\"s\": \"}\"} #g{}"},
    {"GemmaWithBareTexts", "gemma4", nullptr, "", "<|tool_call>call:f{s:New York,e:x}<tool_call|>",
     " #f{\"s\": \"New York\", \"e\": \"x\"}"},
    {"GemmaCutOff", "gemma4", nullptr, "", "Hm.<|tool_call>call:f{s:<|\"|>a<|",
     "Hm.<|tool_call>call:f{s:<|\"|>a<|"},
    {"GemmaTheSameTwice", "gemma4", nullptr, "", "<|tool_call>call:f{a:1,a:2}<tool_call|>",
     "<|tool_call>call:f{a:1,a:2}<tool_call|>"},
    {"LlamaJson", "llama3_json", nullptr, "",
     "{\"name\": \"f\", \"parameters\": {\"n\": 1}}; {\"type\": \"function\", \"name\": \"g\", "
     "\"parameters\": {}}",
     " #f{\"n\": 1} #g{}"},
    {"LlamaBehindItsMark", "llama3_json", nullptr, "",
     "<|python_tag|>{\"name\": \"f\", \"parameters\": {\"n\": 1}}", " #f{\"n\": 1}"},
    {"LlamaBuiltIn", "llama3_json", nullptr, "", "<|python_tag|>f.call(s=\"a, b\")",
     " #f{\"s\": \"a, b\"}"},
    {"LlamaOtherObjects", "llama3_json", nullptr, "", "{\"name\": \"Ann\", \"age\": 3}",
     "{\"name\": \"Ann\", \"age\": 3}"},
    {"LlamaText", "llama3_json", nullptr, "", "So: {\"name\": \"f\", \"parameters\": {}}",
     "So: {\"name\": \"f\", \"parameters\": {}}"},
    {"Pythonic", "pythonic", nullptr, "",
     R"([f(s='it\'s "é" \u00fc\d', n=-1.5e3, b=None, o={'a': [True, (1, 2,)]}), g()])",
     R"( #f{"s": "it's \"é\" \u00fc\\d", "n": -1.5e3, "b": null, "o": {"a": [true, [1, 2]]}} #g{})"},
    {"PythonicBehindThoughts", "pythonic", "qwen3", "", "<think>\nOne.\n</think>\n\n[g()]",
     "(One.) #g{}"},
    {"PythonicText", "pythonic", "qwen3", "<think>", "</think>\n\n[1] says [g()]",
     "[1] says [g()]"},
    {"PythonicPositional", "pythonic", nullptr, "", "[f(1)]", "[f(1)]"},
    {"PythonicNames", "pythonic", nullptr, "", "[f(s=x)]", "[f(s=x)]"},
    {"Llama4AsItsTemplateWritesIt", "llama4_pythonic", nullptr, "",
     "<|python_start|>Hm.<|python_end|>{\"name\": \"f\", \"parameters\": {\"n\": 1}}{\"name\": "
     "\"g\", \"parameters\": {}}",
     "Hm. #f{\"n\": 1} #g{}"},
    {"Llama4Pythonic", "llama4_pythonic", nullptr, "",
     "<|python_start|>[f(n=1), g()]<|python_end|>", " #f{\"n\": 1} #g{}"},
    {"MiniMax3", "minimax_m3", "minimax_m3", "",
     "<mm:think>One.</mm:think>Hm." +
         (m3 + ("<tool_call>\n" + (m3 + std::string("<invoke name=\"f\">")))) + element("s", "3") +
         element("n", "3") + element("b", "true") +
         element("o",
                 element("a", "x") + element("l", element("item", "1") + element("item", "2"))) +
         m3 + "</invoke>\n" + m3 + "<invoke name=\"g\">" + m3 + "</invoke>\n" + m3 + "</tool_call>",
     "(One.)Hm. #f{\"s\": \"3\", \"n\": 3, \"b\": true, \"o\": {\"a\": \"x\", \"l\": [\"1\", "
     "\"2\"]}} #g{}"},
    {"MiniMax3WithoutThoughts", "minimax_m3", "minimax_m3", "", "</mm:think>Hm.", "Hm."},
    {"MiniMax3Unclosed", "minimax_m3", nullptr, "",
     m3 + ("<tool_call>\n" + (m3 + std::string("<invoke name=\"f\">"))) + m3 + "<s>a" + m3 + "</t>",
     m3 + ("<tool_call>\n" + (m3 + std::string("<invoke name=\"f\">"))) + m3 + "<s>a" + m3 +
         "</t>"},
    {"MiniMax1", "minimax", nullptr, "",
     "<tool_calls>\n{\"name\": \"f\", \"arguments\": {\"n\": 1}}\n{\"name\": \"g\", "
     "\"arguments\": {}}\n</tool_calls>",
     " #f{\"n\": 1} #g{}"},
    {"Hunyuan", "hunyuan_a13b", "hunyuan_a13b", "",
     "<think>\nOne.\n</think>\n<answer>\nHm.\n<tool_calls>[{\"name\": \"f\", \"arguments\": "
     "{\"n\": "
     "1}}, {\"name\": \"g\", \"arguments\": {}}]</tool_calls>\n</answer>",
     "(One.)Hm. #f{\"n\": 1} #g{}"},
    {"Hunyuan3", "hy_v3", "hy_v3", "<think:opensource>",
     "One.</"
     "think:opensource>Hm.<tool_calls:opensource>\n<tool_call:opensource>f<tool_sep:opensource>"
     "\n<arg_key:opensource>s</arg_key:opensource>\n<arg_value:opensource>3</"
     "arg_value:opensource>\n"
     "<arg_key:opensource>u</arg_key:opensource>\n<arg_value:opensource>[3]</"
     "arg_value:opensource>\n"
     "</tool_call:opensource>\n<tool_call:opensource>g<tool_sep:opensource>\n</"
     "tool_call:opensource>"
     "\n</tool_calls:opensource>",
     "(One.)Hm. #f{\"s\": \"3\", \"u\": [3]} #g{}"},
    {"DeepSeekElements", "deepseek_v4", "deepseek_v4", "<think>",
     "One.</think>Hm.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter "
     "name=\"u\" string=\"true\">3</｜DSML｜parameter>\n<｜DSML｜parameter name=\"v\" "
     "string=\"false\">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"g\">\n\n"
     "</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
     "(One.)Hm. #f{\"u\": \"3\", \"v\": 3} #g{}"},
    {"MiniCpm", "minicpm5", "qwen3", "",
     "Hm.\n<function name=\"f\"><param name=\"s\"><![CDATA[a <b>\n]]></param><param "
     "name=\"n\">3</param></function>\n<function name=\"g\"></function>",
     "Hm. #f{\"s\": \"a <b>\\n\", \"n\": 3} #g{}"},
    {"Kimi3", "kimi_k3", "kimi_k3", "<|open|>think<|sep|>",
     "One.<|close|>think<|sep|><|open|>response<|sep|>Hm.<|close|>response<|sep|><|open|>tools<|"
     "sep|>"
     "<|open|>call tool=\"f\" index=\"1\"<|sep|><|open|>argument key=\"a&quot;&amp;\" "
     "type=\"string\"<|sep|>3<|close|>argument<|sep|><|open|>argument key=\"u\" "
     "type=\"number\"<|sep|>3<|close|>argument<|sep|><|close|>call<|sep|><|open|>call tool=\"g\" "
     "index=\"2\"<|sep|><|open|>json type=\"object\"<|sep|>{\"n\": "
     "1}<|close|>json<|sep|><|close|>call"
     "<|sep|><|close|>tools<|sep|><|close|>message<|sep|>",
     "(One.)Hm. #f{\"a\\\"&\": \"3\", \"u\": 3} #g{\"n\": 1}"},
    {"Solar", "solar_open", "solar_open", "",
     "<|think|>One.<|end|><|begin|>assistant<|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:"
     "name|>f<|tool_call:args|>{\"n\": 1}<|tool_call:end|><|calls|>",
     "(One.) a1b2c3d4e5#f{\"n\": 1}"},
    {"SolarText", "solar_open", "solar_open", "", "<|content|>Hm.<|end|>", "Hm."},
    {"Apertus", "apertus", "apertus", "",
     "<|inner_prefix|>One.<|inner_suffix|>Hm.<|tools_prefix|>[{\"f\": {\"n\": 1}}, {\"g\": "
     "{}}]<|tools_suffix|>",
     "(One.)Hm. #f{\"n\": 1} #g{}"},
    {"Functionary", "functionary_v3", nullptr, "", "all\nHm.>>>f\n{\"n\": 1}>>>g\n{}",
     "Hm. #f{\"n\": 1} #g{}"},
    {"FunctionaryUnknown", "functionary_v3", nullptr, "", "h\n{}", "h\n{}"},
    {"GigaChat", "gigachat3", nullptr, "",
     "Hm.<|function_call|>{\"name\": \"f\", \"arguments\": {\"n\": 1}}", "Hm. #f{\"n\": 1}"},
    {"Granite", "granite", "granite", "",
     "<think>One.</think><response>Hm.</response><|tool_call|>[{\"name\": \"f\", \"arguments\": "
     "{\"n\": 1}}, {\"name\": \"g\", \"arguments\": {}}]",
     "(One.)Hm. #f{\"n\": 1} #g{}"},
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
INSTANTIATE_TEST_SUITE_P(Newer, Answers, testing::ValuesIn(moreCases),
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

/// The texts and names that have come behind each piece.
std::vector<std::string> stream(const Case &about, std::initializer_list<const char *> pieces) {
  AnswerParser parser = makeParser(about);
  std::vector<std::string> texts;
  for (const char *piece : pieces) {
    std::vector<AnswerEvent> events;
    parser.push(piece, events);
    texts.emplace_back();
    for (const AnswerEvent &event : events)
      texts.back() += event.kind == EventKind::CallBegin ? "+" + event.text : event.text;
  }
  return texts;
}

TEST(Answers, ArgumentsOfOtherNotationsComeAsTheyAreWritten) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(stream({"", "gemma4", nullptr, "", "", ""}, {"<|tool_call>call:f{", "s:<|\"|>a", "b<|",
                                                         "c<|\"|>,n:1", "2}", "<tool_call|>"}),
            (Texts{"+f", "{\"s\": \"a", "b", "<|c\", \"n\": ", "12}", ""}));
  EXPECT_EQ(stream({"", "pythonic", nullptr, "", "", ""}, {"[f(s='a", "b", "', n=1", "2)"}),
            (Texts{"+f{\"s\": \"a", "b", "\", \"n\": ", "12}"}));
  const std::string begin = m3 + ("<tool_call>\n" + (m3 + std::string("<invoke name=\"f\">")));
  EXPECT_EQ(stream({"", "minimax_m3", nullptr, "", "", ""},
                   {begin.c_str(), "]<]minimax[>[<s>a", "b]<]min", "c", "]<]minimax[>[</s>"}),
            (Texts{"+f", "{\"s\": \"a", "b", "]<]minc", "\""}));
}

TEST(Answers, WhatIsNoHeaderIsNotHeld) {
  const Case about{"", "openai", "openai_gptoss", "", "", ""};
  EXPECT_EQ(stream(about, {"He", "llo"}), (std::vector<std::string>{"He", "llo"}));
  EXPECT_EQ(stream(about, {"ass", "ume"}), (std::vector<std::string>{"", "assume"}));
}

TEST(Answers, ObjectsThatAreNoCallsAreNotHeld) {
  const Case about{"", "llama3_json", nullptr, "", "", ""};
  EXPECT_EQ(stream(about, {"{\"a\":", " 1"}), (std::vector<std::string>{"{\"a\":", " 1"}));
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
