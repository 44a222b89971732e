//===- Elements.cpp - Calls whose arguments are elements --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

using namespace moec;
using namespace moec::parser;

static constexpr Effect ends = Effect::EndCall;

static constexpr uint8_t anyButText =
    NullType | BooleanType | IntegerType | NumberType | ArrayType | ObjectType;

/// Arguments as <parameter=NAME> elements of a <function=NAME>, in `begin` and `end`.
static ToolFormat functionElements(const char *name, std::string_view begin, std::string_view end,
                                   const char *beforeName, std::vector<const char *> aliases) {
  return {.name = name,
          .states = {{Take::Content, {{begin, 1}}},
                     {Take::Blank, {{"<function=", 2}}},
                     {Take::Name, {{">", 3}}},
                     {Take::Blank, {{"<parameter=", 4}, {"</function>", 6}}},
                     {Take::Key, {{">", 5}}},
                     {Take::Value, {{"</parameter>", 3}}},
                     {Take::Blank, {{end, 0, ends}}}},
          .beforeName = beforeName,
          .behindName = ">\n",
          .newlines = anyNumber,
          .hasValueLines = true,
          .aliases = std::move(aliases)};
}

/// <tool_call>NAME<arg_key>…</arg_key><arg_value>…</arg_value></tool_call>
static ToolFormat argumentPairs(const char *name, const char *behindName,
                                std::vector<const char *> aliases) {
  return {.name = name,
          .states = {{Take::Content, {{"<tool_call>", 1}}},
                     {Take::Name, {{"<arg_key>", 2}, {"</tool_call>", 0, ends}}},
                     {Take::Key, {{"</arg_key>", 3}}},
                     {Take::Blank, {{"<arg_value>", 4}}},
                     {Take::Value, {{"</arg_value>", 5}}},
                     {Take::Blank, {{"<arg_key>", 2}, {"</tool_call>", 0, ends}}}},
          .beforeName = "<tool_call>",
          .behindName = behindName,
          .newlines = anyNumber,
          .guessesTypes = true,
          .aliases = std::move(aliases)};
}

static ToolFormat miniMax() {
  return {
      .name = "minimax_m2",
      .states =
          {{Take::Content, {{"<minimax:tool_call>", 1}}},
           {Take::Blank, {{"<invoke name=\"", 2}, {"</minimax:tool_call>", 0}}, 0, {}, AtEnd::Fine},
           {Take::Name, {{"\">", 3}}},
           {Take::Blank, {{"<parameter name=\"", 4}, {"</invoke>", 1, ends}}},
           {Take::Key, {{"\">", 5}}},
           {Take::Value, {{"</parameter>", 3}}}},
      .beforeName = "<minimax:tool_call>\n<invoke name=\"",
      .behindName = "\">\n",
      .newlines = 1,
      .aliases = {"minimax-m2"}};
}

/// As MiniMax M2's, but elements lie in each other, and each tag has a mark of its own before it.
static ToolFormat miniMax3() {
  return {.name = "minimax_m3",
          .states = {{Take::Content, {{"]<]minimax[>[<tool_call>", 1}}},
                     {Take::Blank,
                      {{"]<]minimax[>[<invoke name=\"", 2}, {"]<]minimax[>[</tool_call>", 0}},
                      0,
                      {},
                      AtEnd::Fine},
                     {Take::Name, {{"\">", 3}}},
                     {Take::Arguments, {}, 1, ends}},
          .beforeName = "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"",
          .behindName = "\">",
          .notation = Notation::Elements,
          .aliases = {"minimax-m3"}};
}

/// Parameters say whether they are texts.
static ToolFormat dsml(const char *name, std::string_view begin, std::string_view end,
                       const char *beforeName) {
  return {
      .name = name,
      .states = {{Take::Content, {{begin, 1}}},
                 {Take::Blank, {{"<｜DSML｜invoke name=\"", 2}, {end, 0}}, 0, {}, AtEnd::Fine},
                 {Take::Name, {{"\">", 3}}},
                 {Take::Blank, {{"<｜DSML｜parameter name=\"", 4}, {"</｜DSML｜invoke>", 1, ends}}},
                 {Take::Key, {{"\" string=\"true\">", 5}, {"\" string=\"false\">", 6}}},
                 {Take::Value, {{"</｜DSML｜parameter>", 3}}, 0, {}, {}, StringType},
                 {Take::Value, {{"</｜DSML｜parameter>", 3}}, 0, {}, {}, anyButText}},
      .beforeName = beforeName,
      .behindName = "\">\n",
      .newlines = 2};
}

/// As GLM's, in a section and with tags of a longer name.
static ToolFormat hunyuan() {
  return {
      .name = "hy_v3",
      .states = {{Take::Content, {{"<tool_calls:opensource>", 1}}},
                 {Take::Blank,
                  {{"<tool_call:opensource>", 2}, {"</tool_calls:opensource>", 0}},
                  0,
                  {},
                  AtEnd::Fine},
                 {Take::Name, {{"<tool_sep:opensource>", 3}}},
                 {Take::Blank, {{"<arg_key:opensource>", 4}, {"</tool_call:opensource>", 1, ends}}},
                 {Take::Key, {{"</arg_key:opensource>", 5}}},
                 {Take::Blank, {{"<arg_value:opensource>", 6}}},
                 {Take::Value, {{"</arg_value:opensource>", 3}}}},
      .beforeName = "<tool_calls:opensource>\n<tool_call:opensource>",
      .behindName = "<tool_sep:opensource>\n",
      .guessesTypes = true};
}

/// Texts with signs of XML stand in CDATA.
static ToolFormat miniCpm() {
  return {.name = "minicpm5",
          .states = {{Take::Content, {{"<function name=\"", 1}}},
                     {Take::Name, {{"\">", 2}}},
                     {Take::Blank, {{"<param name=\"", 3}, {"</function>", 0, ends}}},
                     {Take::Key, {{"\">", 4}, {"\"><![CDATA[", 5}}},
                     {Take::Value, {{"</param>", 2}}},
                     {Take::Value, {{"]]></param>", 2}}, 0, {}, {}, StringType}},
          .beforeName = "<function name=\"",
          .behindName = "\">",
          .newlines = 1};
}

/// Elements whose tags are tokens and words: <|open|>NAME …<|sep|> and <|close|>NAME<|sep|>.
/// Arguments are elements with their types, or one of JSON.
static ToolFormat kimi3() {
  const std::vector<Edge> typed = {
      {"\" type=\"string\"<|sep|>", 6},  {"\" type=\"number\"<|sep|>", 7},
      {"\" type=\"boolean\"<|sep|>", 7}, {"\" type=\"null\"<|sep|>", 7},
      {"\" type=\"array\"<|sep|>", 7},   {"\" type=\"object\"<|sep|>", 7}};
  const std::vector<Edge> behindValue = {{"<|close|>argument<|sep|>", 8}};
  const Edge argument = {"<|open|>argument key=\"", 5}, over = {"<|close|>call<|sep|>", 1, ends};
  return {.name = "kimi_k3",
          .states = {{Take::Content, {{"<|open|>tools<|sep|>", 1}}},
                     {Take::Blank,
                      {{"<|open|>call tool=\"", 2}, {"<|close|>tools<|sep|>", 0}},
                      0,
                      {},
                      AtEnd::Fine},
                     {Take::Name, {{"\" index=\"", 3}}},
                     {Take::Skip, {{"\"<|sep|>", 4}}},
                     {Take::Blank, {argument, over, {"<|open|>json type=\"object\"<|sep|>", 9}}},
                     {Take::Key, typed},
                     {Take::Value, behindValue, 0, {}, {}, StringType},
                     {Take::Value, behindValue, 0, {}, {}, anyButText},
                     {Take::Blank, {argument, over}},
                     {Take::Json, {}, 10},
                     {Take::Blank, {{"<|close|>json<|sep|>", 11}}},
                     {Take::Blank, {over}, 0, {}, AtEnd::Whole}},
          .beforeName = "<|open|>tools<|sep|><|open|>call tool=\"",
          .behindName = "\" index=\"1\"<|sep|>",
          .isEscaped = true};
}

std::vector<ToolFormat> parser::elementFormats() {
  return {functionElements("qwen3_coder", "<tool_call>", "</tool_call>",
                           "<tool_call>\n<function=", {"qwen3_xml", "step3p5"}),
          functionElements("seed_oss", "<seed:tool_call>", "</seed:tool_call>",
                           "<seed:tool_call>\n<function=", {}),
          argumentPairs("glm45", "\n", {"glm"}),
          argumentPairs("glm47", "", {}),
          miniMax(),
          miniMax3(),
          dsml("deepseek_v32", "<｜DSML｜function_calls>", "</｜DSML｜function_calls>",
               "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\""),
          dsml("deepseek_v4", "<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>",
               "\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\""),
          hunyuan(),
          miniCpm(),
          kimi3()};
}
