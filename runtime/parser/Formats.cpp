//===- Formats.cpp - The formats of families --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tables, under the names that vLLM and SGLang have for them. Each is what the families' chat
// templates write of an earlier answer.
//
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

#include <algorithm>

using namespace moec;
using namespace moec::parser;

static constexpr Effect ends = Effect::EndCall, accepts = Effect::Accept;

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
  const std::vector<Edge> over = {
      {"<|end|>", 3, accepts}, {"<|return|>", 3, accepts}, {"<|call|>", 3, accepts}};
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

const std::vector<ToolFormat> &parser::toolFormats() {
  static const std::vector<ToolFormat> formats = {
      hermes(),
      functionElements("qwen3_coder", "<tool_call>", "</tool_call>",
                       "<tool_call>\n<function=", {"qwen3_xml", "step3p5"}),
      functionElements("seed_oss", "<seed:tool_call>", "</seed:tool_call>",
                       "<seed:tool_call>\n<function=", {}),
      argumentPairs("glm45", "\n", {"glm"}),
      argumentPairs("glm47", "", {}),
      deepSeek(/*isOlder=*/true),
      deepSeek(/*isOlder=*/false),
      kimi(),
      miniMax(),
      mistral(/*isOlder=*/false),
      mistral(/*isOlder=*/true),
      harmony()};
  return formats;
}

const std::vector<ReasoningFormat> &parser::reasoningFormats() {
  static const std::vector<ReasoningFormat> formats = {
      {.name = "qwen3",
       .begin = "<think>",
       .end = "</think>",
       .padding = "\n",
       .aliases = {"step3p5", "step3", "nemotron_v3", "minimax_m2", "minimax", "granite"}},
      {.name = "glm45", .begin = "<think>", .end = "</think>"},
      {.name = "glm47", .begin = "<think>", .end = "</think>", .trims = false},
      {.name = "deepseek_r1",
       .begin = "<think>",
       .end = "</think>",
       .trims = false,
       .aliases = {"deepseek-r1", "deepseek_v3", "deepseek-v3", "deepseek_v31"}},
      {.name = "kimi_k2",
       .begin = "<think>",
       .end = "</think>",
       .trims = false,
       .endsAtCall = true},
      {.name = "seed_oss", .begin = "<seed:think>", .end = "</seed:think>"},
      {.name = "mistral", .begin = "[THINK]", .end = "[/THINK]", .trims = false},
      {.name = "openai_gptoss", .begin = "", .end = "", .aliases = {"gpt-oss"}}};
  return formats;
}

template <typename Format>
static const Format *find(const std::vector<Format> &formats, std::string_view name) {
  for (const Format &format : formats)
    if (format.name == name || std::ranges::find(format.aliases, name) != format.aliases.end())
      return &format;
  return nullptr;
}

template <typename Format>
static std::vector<std::string> namesOf(const std::vector<Format> &formats) {
  std::vector<std::string> names;
  for (const Format &format : formats)
    names.emplace_back(format.name);
  return names;
}

std::vector<std::string> parser::toolFormatNames() { return namesOf(toolFormats()); }
std::vector<std::string> parser::reasoningFormatNames() { return namesOf(reasoningFormats()); }
const ToolFormat *parser::findToolFormat(std::string_view name) {
  return find(toolFormats(), name);
}
const ReasoningFormat *parser::findReasoningFormat(std::string_view name) {
  return find(reasoningFormats(), name);
}
const char *parser::nameOf(const ToolFormat &format) { return format.name; }
const char *parser::nameOf(const ReasoningFormat &format) { return format.name; }

const ToolFormat &parser::harmonyFormat() { return *findToolFormat("openai"); }

bool parser::isHarmony(const Formats &formats) {
  return (formats.tools && formats.tools->begin != 0) ||
         (formats.reasoning && !*formats.reasoning->begin);
}

size_t parser::idLength(const Formats &formats) {
  return formats.tools ? formats.tools->idLength : 0;
}

namespace {
/// What a template's text has tells its family; the first line that fits counts.
struct Trait {
  const char *text, *and_;
  const char *name;
};
} // namespace

static const char *firstName(std::string_view text, std::initializer_list<Trait> traits) {
  for (const Trait &trait : traits)
    if (text.find(trait.text) != text.npos && text.find(trait.and_) != text.npos)
      return trait.name;
  return nullptr;
}

Formats parser::detectFormats(std::string_view text) {
  const char *tools = firstName(text, {{"<|channel|>", "<|message|>", "openai"},
                                       {"<minimax:tool_call>", "<invoke name=", "minimax_m2"},
                                       {"<|tool_calls_section_begin|>", "", "kimi_k2"},
                                       {"<｜tool▁calls▁begin｜>", "```json", "deepseek_v3"},
                                       {"<｜tool▁calls▁begin｜>", "", "deepseek_v31"},
                                       {"<arg_key>", "{function-name}\n<arg_key>", "glm45"},
                                       {"<arg_key>", "<arg_value>", "glm47"},
                                       {"<seed:tool_call>", "", "seed_oss"},
                                       {"<function=", "<parameter=", "qwen3_coder"},
                                       {"[TOOL_CALLS]", "[ARGS]", "mistral"},
                                       {"[TOOL_CALLS]", "", "mistral_v3"},
                                       {"<tool_call>", "arguments", "hermes"}});
  const char *reasoning = firstName(text, {{"<|channel|>", "<|message|>", "openai_gptoss"},
                                           {"<seed:think>", "", "seed_oss"},
                                           {"[THINK]", "", "mistral"},
                                           {"</think>", "<|tool_calls_section_begin|>", "kimi_k2"},
                                           {"</think>", "<｜Assistant｜>", "deepseek_r1"},
                                           {"</think>", "{function-name}\n<arg_key>", "glm45"},
                                           {"</think>", "<arg_key>", "glm47"},
                                           {"</think>", "", "qwen3"}});
  return {tools ? findToolFormat(tools) : nullptr,
          reasoning ? findReasoningFormat(reasoning) : nullptr};
}

std::vector<std::string> parser::marksOf(const Formats &formats) {
  std::vector<std::string> marks;
  auto add = [&](const ToolFormat &format) {
    for (const State &state : format.states)
      for (const Edge &edge : state.edges)
        marks.emplace_back(edge.mark);
    marks.emplace_back(format.beforeName);
    marks.emplace_back(format.behindName);
  };
  if (formats.tools)
    add(*formats.tools);
  if (isHarmony(formats))
    add(harmonyFormat());
  else if (formats.reasoning)
    marks.insert(marks.end(), {formats.reasoning->begin, formats.reasoning->end});
  return marks;
}

PromptEnd parser::findEnd(const ReasoningFormat *format, std::string_view prompt) {
  if (!format || !*format->begin)
    return PromptEnd::Outside;
  const bool isLine = prompt.ends_with('\n');
  while (!prompt.empty() && (prompt.back() == '\n' || prompt.back() == ' '))
    prompt.remove_suffix(1);
  return !prompt.ends_with(format->begin) ? PromptEnd::Outside
         : isLine                         ? PromptEnd::Line
                                          : PromptEnd::Mark;
}

std::string parser::openThoughts(const ReasoningFormat *format, std::string_view message) {
  if (!format || !*format->begin)
    return "";
  const size_t begin = message.rfind(format->begin);
  if (begin == message.npos || message.find(format->end, begin) != message.npos)
    return "";
  return std::string(format->begin) + "\n";
}

std::string parser::forcedPrefix(const Formats &formats, std::string_view name,
                                 std::string_view prompt) {
  std::string text;
  if (const ReasoningFormat *thoughts = formats.reasoning;
      findEnd(thoughts, prompt) != PromptEnd::Outside)
    text = closeThoughts(*thoughts);
  text += formats.tools->beforeName;
  if (!name.empty())
    text += std::string(name) + formats.tools->behindName;
  return text;
}
