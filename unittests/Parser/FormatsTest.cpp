//===- FormatsTest.cpp - Which format a model has ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"
#include "runtime/parser/Harmony.h"
#include "runtime/parser/Values.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::parser;

namespace {

std::string detect(std::string_view text) {
  const Formats formats = detectFormats(text);
  return std::string(formats.tools ? nameOf(*formats.tools) : "-") + " " +
         (formats.reasoning ? nameOf(*formats.reasoning) : "-");
}

TEST(Formats, AreFoundByWhatATemplateWrites) {
  EXPECT_EQ(detect("{{ content }}"), "- -");
  EXPECT_EQ(detect("<tool_call>\\n{\"name\": \"x\", \"arguments\": "), "hermes -");
  EXPECT_EQ(detect("</think> <tool_call><function=x><parameter=y>"), "qwen3_coder qwen3");
  EXPECT_EQ(detect("</think> <arg_key> <arg_value>"), "glm47 glm47");
  EXPECT_EQ(detect("</think> {function-name}\n<arg_key>"), "glm45 glm45");
  EXPECT_EQ(detect("<｜Assistant｜></think><｜tool▁calls▁begin｜>"), "deepseek_v31 deepseek_r1");
  EXPECT_EQ(detect("<｜tool▁calls▁begin｜>```json"), "deepseek_v3 -");
  EXPECT_EQ(detect("<|start|><|channel|>final<|message|>"), "openai openai_gptoss");
  EXPECT_EQ(detect("<|tool_call>call: <|channel>thought <channel|>"), "gemma4 gemma4");
  EXPECT_EQ(detect("<|python_tag|> \"parameters\": "), "llama3_json -");
  EXPECT_EQ(detect("<|python_start|> \"parameters\": "), "llama4_pythonic -");
  EXPECT_EQ(detect("]<]minimax[>[ <tool_call> arguments <invoke name= </mm:think>"),
            "minimax_m3 minimax_m3");
  EXPECT_EQ(detect("<tool_calls> {\"name\": x, \"arguments\": y}"), "minimax -");
  EXPECT_EQ(detect("<tool_calls> </think> <answer>"), "hunyuan_a13b hunyuan_a13b");
  EXPECT_EQ(detect("set HYTK = ':opensource' '<tool_call{}>' '</think{}>'"), "hy_v3 hy_v3");
  EXPECT_EQ(detect("<｜Assistant｜></think> ｜DSML｜ tool_calls>"), "deepseek_v4 deepseek_r1");
}

TEST(Formats, HaveNamesOfTheField) {
  EXPECT_EQ(findToolFormat("qwen25"), findToolFormat("hermes"));
  EXPECT_EQ(findToolFormat("gpt-oss"), findToolFormat("openai"));
  EXPECT_EQ(findToolFormat("none of them"), nullptr);
  EXPECT_EQ(findReasoningFormat("deepseek-r1"), findReasoningFormat("deepseek_v3"));
  // No name is that of two formats.
  std::vector<std::string> names;
  for (const ToolFormat &format : toolFormats()) {
    names.emplace_back(format.name);
    names.insert(names.end(), format.aliases.begin(), format.aliases.end());
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(Formats, AreSound) {
  for (const ToolFormat &format : toolFormats())
    for (const State &state : format.states) {
      EXPECT_LT(state.next, format.states.size()) << format.name;
      for (const Edge &edge : state.edges) {
        EXPECT_LT(edge.next, format.states.size()) << format.name;
        EXPECT_FALSE(edge.mark.empty()) << format.name;
      }
      EXPECT_TRUE(state.take < Take::Json || state.edges.empty()) << format.name;
      EXPECT_TRUE(state.take != Take::Arguments || format.notation != Notation::None);
    }
}

/// What is put before an answer that has to be a call is read as one.
TEST(Formats, BeginCallsThatAreForced) {
  for (const std::string &name : toolFormatNames()) {
    // Of messages with names in place of marks the first name is behind the prompt's mark.
    const bool hasThoughts = !findToolFormat(name)->textName;
    const Formats formats{findToolFormat(name), findReasoningFormat(hasThoughts ? "qwen3" : "")};
    for (const char *tool : {"", "f"}) {
      std::vector<AnswerEvent> events;
      AnswerParser parser(formats, {makeSignature("f", "")}, "<think>\n");
      parser.push(forcedPrefix(formats, tool, name == "openai" ? "" : "<think>\n"), events);
      parser.push(*tool ? "" : std::string("f") + formats.tools->behindName, events);
      // Where arguments are pairs, the name ends with the first.
      parser.push(name.starts_with("glm") ? "<arg_key>" : "", events);
      Answer answer;
      for (const AnswerEvent &event : events)
        answer.add(event);
      EXPECT_EQ(answer.content + answer.reasoning, "") << name;
      ASSERT_EQ(answer.calls.size(), 1u) << name;
      EXPECT_EQ(answer.calls[0].name, "f") << name;
    }
  }
}

TEST(Values, HaveTheTypesOfTheSchema) {
  EXPECT_EQ(valueToJson(" 3 ", StringType), "\" 3 \"");
  EXPECT_EQ(valueToJson(" 3 ", IntegerType), "3");
  EXPECT_EQ(valueToJson("3.5", IntegerType), "\"3.5\"") << "what does not fit stays a text";
  EXPECT_EQ(valueToJson("12345678901234567890123", NumberType), "12345678901234567890123");
  EXPECT_EQ(valueToJson("3, \"b\": 4", IntegerType | ObjectType), "\"3, \\\"b\\\": 4\"");
  EXPECT_EQ(valueToJson("TRUE", BooleanType), "true");
  EXPECT_EQ(valueToJson("None", NullType | StringType), "null");
  EXPECT_EQ(valueToJson("[1, {\"a\": 1.0}]", ArrayType), "[1, {\"a\": 1.0}]");
  EXPECT_EQ(valueToJson("{\"a\": 1}", ArrayType), "\"{\\\"a\\\": 1}\"");
  EXPECT_EQ(valueToJson("\x01\n", StringType), "\"\\u0001\\n\"");
}

TEST(Values, MayBeWrittenAsPythonDoes) {
  EXPECT_EQ(pythonToJson(R"({'a': ["it's", 'ü\n\x41', -1.5e3], "b": (True, None,)})"),
            R"({"a": ["it's", "ü\n\u0041", -1.5e3], "b": [true, null]})");
  for (const char *text : {"{", "{1: 2}", "['a' 'b']", "[1,,2]", "{'a': set()}", "['\\q']", "[01]"})
    EXPECT_EQ(pythonToJson(text), std::nullopt) << text;
}

TEST(Values, HaveTypesFromSchemasOfManyForms) {
  auto typeOf = [](const std::string &schema) {
    ToolSignature signature = makeSignature("f", "{\"properties\": {\"a\": " + schema + "}}");
    auto found = signature.parameters.find("a");
    return found == signature.parameters.end() ? 0 : int(found->second.types);
  };
  EXPECT_EQ(typeOf(R"({"type": "string"})"), StringType);
  EXPECT_EQ(typeOf(R"({"type": ["integer", "null"]})"), IntegerType | NullType);
  EXPECT_EQ(typeOf(R"({"anyOf": [{"type": "object"}, {"enum": [null, 1.5]}]})"),
            ObjectType | NullType | NumberType);
  EXPECT_EQ(typeOf(R"({"description": "anything"})"), 0);
  EXPECT_EQ(typeOf(R"({"$ref": "#/properties/a"})"), 0) << "a circle";
  EXPECT_TRUE(makeSignature("f", "no JSON").parameters.empty());
}

TEST(Values, HaveTypesWithinTypes) {
  const ToolSignature signature = makeSignature(
      "f", R"({"properties": {"a": {"type": "array", "items": {"type": "object", "properties":
              {"b": {"type": "integer"}, "c": {"$ref": "#/properties/a"}}}}}})");
  const ValueType &a = signature.parameters.at("a");
  ASSERT_TRUE(a.element);
  EXPECT_EQ(a.element->members.at("b").types, IntegerType);
  EXPECT_EQ(a.element->members.at("c").types, ArrayType) << "a circle, followed so far";
}

TEST(HarmonyHeaders, AreReadStrictly) {
  auto read = [](const char *text) {
    auto header = readHarmonyHeader(text);
    return header ? std::string(header->channel) + ">" + std::string(header->recipient) : "-";
  };
  EXPECT_EQ(read("<|channel|>final"), "final>");
  EXPECT_EQ(read("assistant to=functions.f<|channel|>commentary json"), "commentary>functions.f");
  EXPECT_EQ(read("<|channel|>commentary to=functions.f <|constrain|>json"),
            "commentary>functions.f");
  for (const char *text : {"", "final", "<|channel|>final oh", "to=a<|channel|>commentary to=b"})
    EXPECT_EQ(read(text), "-") << text;
}

} // namespace
