//===- Json.cpp - Calls whose arguments are JSON ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

using namespace moec;
using namespace moec::parser;

static constexpr Effect ends = Effect::EndCall, accepts = Effect::Accept, rereads = Effect::Reread;

/// <tool_call>{"name": …, "arguments": {…}}</tool_call>
static ToolFormat hermes() {
  return {.name = "hermes",
          .states = {{Take::Content, {{"<tool_call>", 1}}},
                     {Take::Call, {}, 2},
                     {Take::Blank, {{"</tool_call>", 0, ends}}, 0, {}, AtEnd::Whole}},
          .beforeName = "<tool_call>\n{\"name\": \"",
          .behindName = "\", \"arguments\": ",
          .newlines = 1,
          .aliases = {"qwen25", "qwen"}};
}

/// Special tokens around NAME and JSON; the older one has a type before, and a fence.
static ToolFormat deepSeek(bool isOlder) {
  std::vector<State> states = {
      {Take::Content, {{"<｜tool▁calls▁begin｜>", 1}}},
      {Take::Blank,
       {{"<｜tool▁call▁begin｜>", isOlder ? uint8_t(5) : uint8_t(2)}, {"<｜tool▁calls▁end｜>", 0}},
       0,
       {},
       AtEnd::Fine},
      {Take::Name, {{isOlder ? "\n```json\n" : "<｜tool▁sep｜>", 3}}},
      {Take::Json, {}, 4},
      {Take::Blank,
       {{isOlder ? "```<｜tool▁call▁end｜>" : "<｜tool▁call▁end｜>", 1, ends}},
       0,
       {},
       AtEnd::Whole},
      {Take::Skip, {{"<｜tool▁sep｜>", 2}}}};
  if (isOlder)
    return {.name = "deepseek_v3",
            .states = std::move(states),
            .beforeName = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>",
            .behindName = "\n```json\n",
            .aliases = {"deepseekv3", "deepseek_r1"}};
  states.pop_back();
  return {.name = "deepseek_v31",
          .states = std::move(states),
          .beforeName = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
          .behindName = "<｜tool▁sep｜>",
          .aliases = {"deepseekv31"}};
}

static ToolFormat kimi() {
  return {
      .name = "kimi_k2",
      .states = {{Take::Content, {{"<|tool_calls_section_begin|>", 1}}},
                 {Take::Blank,
                  {{"<|tool_call_begin|>", 2}, {"<|tool_calls_section_end|>", 0}},
                  0,
                  {},
                  AtEnd::Fine},
                 {Take::NameId, {{"<|tool_call_argument_begin|>", 3}}},
                 {Take::Json, {}, 4},
                 {Take::Blank, {{"<|tool_call_end|>", 1, ends}}, 0, {}, AtEnd::Whole}},
      .beforeName = "<|tool_calls_section_begin|><|tool_call_begin|>functions.",
      .behindName = ":0<|tool_call_argument_begin|>",
  };
}

/// An array of objects with names and arguments behind a mark.
static std::vector<State> arrayOfCalls(std::string_view mark) {
  return {{Take::Content, {{mark, 1}}},
          {Take::Blank, {{"[", 2}}},
          {Take::Call, {}, 3, ends},
          {Take::Blank, {{",", 2}, {"]", 0}}, 0, {}, AtEnd::Fine}};
}

/// [TOOL_CALLS]NAME[ARGS]{…}, with [CALL_ID] between or not, or, in older ones, an array of
/// objects.
static ToolFormat mistral(bool isOlder) {
  return {.name = isOlder ? "mistral_v3" : "mistral",
          .states = {{Take::Content, {{"[TOOL_CALLS]", 1}}},
                     {Take::Name, {{"[ARGS]", 3}, {"[CALL_ID]", 2}, {"[", 4}}},
                     {Take::Id, {{"[ARGS]", 3}}},
                     {Take::Json, {}, 0, ends},
                     {Take::Call, {}, 5, ends},
                     {Take::Blank, {{",", 4}, {"]", 0}}, 0, {}, AtEnd::Fine}},
          .beforeName = isOlder ? "[TOOL_CALLS][{\"name\": \"" : "[TOOL_CALLS]",
          .behindName = isOlder ? "\", \"arguments\": " : "[ARGS]",
          .idLength = 9};
}

/// Messages with headers: the channel says what a message is, the recipient which tool is called.
static ToolFormat harmony() {
  // A message may lack its end.
  const std::vector<Edge> over = {{"<|end|>", 3, accepts},
                                  {"<|return|>", 3, accepts},
                                  {"<|call|>", 3, accepts},
                                  {"<|channel|>", 1, rereads}};
  const std::vector<Edge> overCall = {{"<|call|>", 3, ends}, {"<|end|>", 3, ends}};
  return {.name = "openai",
          .states = {{Take::Content, over},
                     {Take::Header, {{"<|message|>", 0}}},
                     {Take::Reasoning, over},
                     {Take::Blank, {{"<|start|>", 1}}, 0, {}, AtEnd::Fine},
                     {Take::Json, {}, 5},
                     {Take::Blank, overCall, 0, {}, AtEnd::Whole}},
          .beforeName = "<|channel|>commentary to=functions.",
          .behindName = " <|constrain|>json<|message|>",
          .begin = 1,
          .aliases = {"gpt-oss"}};
}

/// Objects with names and arguments in a section, in an array or one behind the other.
static ToolFormat sectionOfCalls(const char *name, const char *beforeName,
                                 std::vector<const char *> aliases) {
  return {.name = name,
          .states = {{Take::Content, {{"<tool_calls>", 1}}},
                     {Take::Blank, {{"{", 2, rereads}, {"[", 1}, {"</tool_calls>", 0}}},
                     {Take::Call, {}, 3, ends},
                     {Take::Blank,
                      {{"{", 2, rereads}, {",", 3}, {"]", 3, accepts}, {"</tool_calls>", 0}},
                      0,
                      {},
                      AtEnd::Fine}},
          .beforeName = beforeName,
          .behindName = "\", \"arguments\": ",
          .newlines = 1,
          .aliases = std::move(aliases)};
}

static ToolFormat granite() {
  return {.name = "granite",
          .states = arrayOfCalls("<|tool_call|>"),
          .beforeName = "<|tool_call|>[{\"name\": \"",
          .behindName = "\", \"arguments\": "};
}

static ToolFormat gigaChat() {
  return {.name = "gigachat3",
          .states = {{Take::Content, {{"<|function_call|>", 1}}}, {Take::Call, {}, 0, ends}},
          .beforeName = "<|function_call|>{\"name\": \"",
          .behindName = "\", \"arguments\": "};
}

/// An array of objects, each with a tool's name as its only key.
static ToolFormat apertus() {
  return {.name = "apertus",
          .states = {{Take::Content, {{"<|tools_prefix|>", 1}}},
                     {Take::Blank, {{"[", 2}}},
                     {Take::Blank, {{"{\"", 3}, {"]", 7}}, 0, {}, AtEnd::Fine},
                     {Take::Name, {{"\":", 4}}},
                     {Take::Json, {}, 5},
                     {Take::Blank, {{"}", 6, ends}}, 0, {}, AtEnd::Whole},
                     {Take::Blank, {{",", 2}, {"]", 7, accepts}}, 0, {}, AtEnd::Fine},
                     {Take::Blank, {{"<|tools_suffix|>", 0}}, 0, {}, AtEnd::Fine}},
          .beforeName = "<|tools_prefix|>[{\"",
          .behindName = "\": "};
}

/// Ids before names. A call that is forced has none, so that no two have the same.
static ToolFormat solar() {
  return {
      .name = "solar_open",
      .states = {{Take::Content, {{"<|tool_calls|>", 1}}},
                 {Take::Blank, {{"<|tool_call:begin|>", 2}, {"<|calls|>", 0}}, 0, {}, AtEnd::Fine},
                 {Take::Id, {{"<|tool_call:name|>", 3}}},
                 {Take::Name, {{"<|tool_call:args|>", 4}}},
                 {Take::Json, {}, 5},
                 {Take::Blank, {{"<|tool_call:end|>", 1, ends}}, 0, {}, AtEnd::Whole}},
      .beforeName = "<|tool_calls|><|tool_call:begin|><|tool_call:name|>",
      .behindName = "<|tool_call:args|>",
      .idLength = 10};
}

/// Each text and each call begins with a line that says whom it is for; the prompt ends with the
/// mark of the first.
static ToolFormat functionary() {
  return {.name = "functionary_v3",
          .states = {{Take::Content, {{">>>", 1}}},
                     {Take::Name, {{"\n", 2}}},
                     {Take::Json, {}, 3, ends},
                     {Take::Blank, {{">>>", 1}}, 0, {}, AtEnd::Fine}},
          .beforeName = "",
          .behindName = "\n",
          .begin = 1,
          .textName = "all"};
}

/// {"name": …, "parameters": {…}} as the whole answer, or several behind each other; built-in tools
/// are called as in Python, behind a mark.
static ToolFormat llama() {
  return {
      .name = "llama3_json",
      .states =
          {{Take::Content, {{"<|python_tag|>", 2}}},
           {Take::Start, {{"{", 3, rereads}, {"<|python_tag|>", 2}}, 0},
           {Take::Name, {{"{", 3, rereads}, {".call(", 5}}},
           {Take::Call, {}, 4, ends},
           {Take::Blank, {{"{", 3, rereads}, {";", 4}, {"<|python_tag|>", 4}}, 0, {}, AtEnd::Fine},
           {Take::Arguments, {}, 4, ends}},
      .beforeName = "{\"name\": \"",
      .behindName = "\", \"parameters\": ",
      .begin = 1,
      .notation = Notation::Python,
      .isBare = true,
      .aliases = {"llama3"}};
}

std::vector<ToolFormat> parser::jsonFormats() {
  return {hermes(),
          deepSeek(/*isOlder=*/true),
          deepSeek(/*isOlder=*/false),
          kimi(),
          mistral(/*isOlder=*/false),
          mistral(/*isOlder=*/true),
          harmony(),
          sectionOfCalls("minimax", "<tool_calls>\n{\"name\": \"", {"minimax_m1"}),
          sectionOfCalls("hunyuan_a13b", "<tool_calls>[{\"name\": \"", {"hunyuan"}),
          granite(),
          gigaChat(),
          apertus(),
          solar(),
          functionary(),
          llama()};
}
