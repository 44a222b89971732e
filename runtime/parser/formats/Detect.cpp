//===- Detect.cpp - The formats of a chat template --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

using namespace moec;
using namespace moec::parser;

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

static const char *findTools(std::string_view text) {
  return firstName(text, {{"<|channel|>", "<|message|>", "openai"},
                          {"<minimax:tool_call>", "<invoke name=", "minimax_m2"},
                          {"]<]minimax[>[", "<invoke name=", "minimax_m3"},
                          {"<|tool_calls_section_begin|>", "", "kimi_k2"},
                          {"<|open|>", "'call', [('tool'", "kimi_k3"},
                          {"<｜tool▁calls▁begin｜>", "```json", "deepseek_v3"},
                          {"<｜tool▁calls▁begin｜>", "", "deepseek_v31"},
                          {"｜DSML｜", "tool_calls>", "deepseek_v4"},
                          {"｜DSML｜", "function_calls>", "deepseek_v32"},
                          {"<tool_call{}>", ":opensource", "hy_v3"},
                          {"<arg_key>", "{function-name}\n<arg_key>", "glm45"},
                          {"<arg_key>", "<arg_value>", "glm47"},
                          {"<seed:tool_call>", "", "seed_oss"},
                          {"<function=", "<parameter=", "qwen3_coder"},
                          {"<function name=", "<param name=", "minicpm5"},
                          {"[TOOL_CALLS]", "[ARGS]", "mistral"},
                          {"[TOOL_CALLS]", "", "mistral_v3"},
                          {"<|tool_call>call:", "", "gemma4"},
                          {"<|tool_call:begin|>", "<|tool_call:args|>", "solar_open"},
                          {"<|tools_prefix|>", "", "apertus"},
                          {"<|function_call|>", "", "gigachat3"},
                          {">>>all", "", "functionary_v3"},
                          {"<tool_call>", "arguments", "hermes"},
                          {"<|tool_call|>", "JSON list", "granite"},
                          {"<tool_calls>", "<|extra_0|>", "hunyuan_a13b"},
                          {"<tool_calls>", "<answer>", "hunyuan_a13b"},
                          {"<tool_calls>", "arguments", "minimax"},
                          {"<|python_start|>", "parameters", "llama4_pythonic"},
                          {"[func_name1(", "", "pythonic"},
                          {"<|python_tag|>", "parameters", "llama3_json"},
                          {"<|start_header_id|>", "\"parameters\": ", "llama3_json"}});
}

static const char *findThoughts(std::string_view text) {
  return firstName(text, {{"<|channel|>", "<|message|>", "openai_gptoss"},
                          {"<seed:think>", "", "seed_oss"},
                          {"[THINK]", "", "mistral"},
                          {"<|channel>thought", "<channel|>", "gemma4"},
                          {"</mm:think>", "", "minimax_m3"},
                          {"</think{}>", ":opensource", "hy_v3"},
                          {"<|open|>", "open_tag('think'", "kimi_k3"},
                          {"<|think|>", "<|tool_call:begin|>", "solar_open"},
                          {"<|inner_prefix|>", "<|inner_suffix|>", "apertus"},
                          {"</think>", "<|tool_calls_section_begin|>", "kimi_k2"},
                          {"</think>", "<｜Assistant｜>", "deepseek_r1"},
                          {"</think>", "{function-name}\n<arg_key>", "glm45"},
                          {"</think>", "<arg_key>", "glm47"},
                          {"</think>", "<response></response>", "granite"},
                          {"</think>", "<answer>", "hunyuan_a13b"},
                          {"</think>", "", "qwen3"}});
}

Formats parser::detectFormats(std::string_view chatTemplate) {
  const char *tools = findTools(chatTemplate), *thoughts = findThoughts(chatTemplate);
  return {tools ? findToolFormat(tools) : nullptr,
          thoughts ? findReasoningFormat(thoughts) : nullptr};
}
