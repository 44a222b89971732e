//===- Thoughts.cpp - How families think ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

using namespace moec;
using namespace moec::parser;

const std::vector<ReasoningFormat> &parser::reasoningFormats() {
  static const std::vector<ReasoningFormat> formats = {
      {.name = "qwen3",
       .begin = "<think>",
       .end = "</think>",
       .padding = "\n",
       .aliases = {"step3p5", "step3", "nemotron_v3", "minimax_m2", "minimax"}},
      {.name = "glm45", .begin = "<think>", .end = "</think>"},
      {.name = "glm47", .begin = "<think>", .end = "</think>", .trims = false},
      {.name = "deepseek_r1",
       .begin = "<think>",
       .end = "</think>",
       .trims = false,
       .aliases = {"deepseek-r1", "deepseek_v3", "deepseek-v3", "deepseek_v31", "deepseek_v32",
                   "deepseek_v4"}},
      {.name = "kimi_k2",
       .begin = "<think>",
       .end = "</think>",
       .trims = false,
       .endsAtCall = true},
      {.name = "seed_oss", .begin = "<seed:think>", .end = "</seed:think>"},
      {.name = "mistral", .begin = "[THINK]", .end = "[/THINK]", .trims = false},
      {.name = "openai_gptoss", .begin = "", .end = "", .aliases = {"gpt-oss"}},
      {.name = "gemma4", .begin = "<|channel>thought", .end = "<channel|>", .padding = "\n"},
      {.name = "minimax_m3",
       .begin = "<mm:think>",
       .end = "</mm:think>",
       .trims = false,
       .mayOnlyEnd = true},
      {.name = "hunyuan_a13b",
       .begin = "<think>",
       .end = "</think>",
       .padding = "\n",
       .contentMarks = {"<answer>", "</answer>"},
       .aliases = {"hunyuan"}},
      {.name = "granite",
       .begin = "<think>",
       .end = "</think>",
       .contentMarks = {"<response>", "</response>"}},
      {.name = "hy_v3",
       .begin = "<think:opensource>",
       .end = "</think:opensource>",
       .trims = false},
      {.name = "kimi_k3",
       .begin = "<|open|>think<|sep|>",
       .end = "<|close|>think<|sep|>",
       .trims = false,
       .contentMarks = {"<|open|>response<|sep|>", "<|close|>response<|sep|>",
                        "<|close|>message<|sep|>"}},
      {.name = "solar_open",
       .begin = "<|think|>",
       .end = "<|end|>",
       .trims = false,
       .contentMarks = {"<|begin|>assistant", "<|content|>", "<|end|>"}},
      {.name = "apertus", .begin = "<|inner_prefix|>", .end = "<|inner_suffix|>", .trims = false}};
  return formats;
}
