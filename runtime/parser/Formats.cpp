//===- Formats.cpp - The formats of families --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is asked of the tables in formats/, which have the names that vLLM and SGLang have for them.
// Each is what the families' chat templates write of an earlier answer.
//
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

#include <algorithm>

using namespace moec;
using namespace moec::parser;

const std::vector<ToolFormat> &parser::toolFormats() {
  static const std::vector<ToolFormat> formats = [] {
    std::vector<ToolFormat> all;
    for (const auto &kind : {jsonFormats(), elementFormats(), literalFormats()})
      all.insert(all.end(), kind.begin(), kind.end());
    return all;
  }();
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
  return formats.tools == &harmonyFormat() || (formats.reasoning && !*formats.reasoning->begin);
}

bool parser::areAlwaysRead(const Formats &formats) {
  return formats.tools && isAlwaysRead(*formats.tools);
}

size_t parser::idLength(const Formats &formats) {
  return formats.tools ? formats.tools->idLength : 0;
}

std::vector<std::string> parser::marksOf(const Formats &formats) {
  std::vector<std::string> marks;
  auto add = [&](const ToolFormat &format) {
    for (const State &state : format.states)
      for (const Edge &edge : state.edges)
        marks.emplace_back(edge.mark);
    marks.emplace_back(format.beforeName);
    marks.emplace_back(format.behindName);
    marks.insert(marks.end(), format.innerMarks.begin(), format.innerMarks.end());
  };
  if (formats.tools)
    add(*formats.tools);
  if (isHarmony(formats)) {
    add(harmonyFormat());
  } else if (const ReasoningFormat *thoughts = formats.reasoning) {
    marks.insert(marks.end(), {thoughts->begin, thoughts->end});
    marks.insert(marks.end(), thoughts->contentMarks.begin(), thoughts->contentMarks.end());
  }
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
