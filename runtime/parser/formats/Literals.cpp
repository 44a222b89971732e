//===- Literals.cpp - Calls whose arguments are literals --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

using namespace moec;
using namespace moec::parser;

static constexpr Effect ends = Effect::EndCall, accepts = Effect::Accept, rereads = Effect::Reread;

/// call:NAME{KEY:VALUE, …}
static ToolFormat gemma() {
  return {.name = "gemma4",
          .states = {{Take::Content, {{"<|tool_call>call:", 1}}},
                     {Take::Name, {{"{", 2}}},
                     {Take::Arguments, {}, 3},
                     {Take::Blank, {{"<tool_call|>", 0, ends}}, 0, {}, AtEnd::Whole}},
          .beforeName = "<|tool_call>call:",
          .behindName = "{",
          .notation = Notation::Gemma,
          .innerMarks = {"<|\"|>"}};
}

/// [NAME(KEY=VALUE, …), …] as the whole answer.
static ToolFormat pythonic() {
  return {.name = "pythonic",
          .states = {{Take::Content},
                     {Take::Start, {{"[", 2}}, 0},
                     {Take::Name, {{"(", 3}}},
                     {Take::Arguments, {}, 4, ends},
                     {Take::Blank, {{",", 2}, {"]", 5, accepts}}, 0, {}, AtEnd::Fine},
                     {Take::Blank, {}, 0, {}, AtEnd::Fine}},
          .beforeName = "[",
          .behindName = "(",
          .begin = 1,
          .notation = Notation::Python};
}

/// Llama 4 writes either JSON or a list of Python's calls, between marks or not; what its template
/// puts between them is content, and JSON follows.
static ToolFormat llama4() {
  const std::vector<Edge> calls = {{"{", 6, rereads}, {"[", 2}};
  std::vector<Edge> begins = calls,
                    more = {{"{", 6, rereads}, {";", 5}, {"<|python_end|>", 5, accepts}};
  begins.push_back({"<|python_start|>", 7});
  std::vector<Edge> inner = calls;
  inner.push_back({"<|python_end|>", 1});
  return {.name = "llama4_pythonic",
          .states = {{Take::Content, {{"<|python_start|>", 7}}},
                     {Take::Start, begins, 0},
                     {Take::Name, {{"(", 3}}},
                     {Take::Arguments, {}, 4, ends},
                     {Take::Blank, {{",", 2}, {"]", 5, accepts}}, 0, {}, AtEnd::Fine},
                     {Take::Blank, more, 0, {}, AtEnd::Fine},
                     {Take::Call, {}, 5, ends},
                     {Take::Start, inner, 8},
                     {Take::Content, {{"<|python_end|>", 1}}}},
          .beforeName = "{\"name\": \"",
          .behindName = "\", \"parameters\": ",
          .begin = 1,
          .notation = Notation::Python,
          .isBare = true,
          .aliases = {"llama4_json", "llama4"}};
}

std::vector<ToolFormat> parser::literalFormats() { return {gemma(), pythonic(), llama4()}; }
