//===- AnswerParser.cpp - Content, reasoning and calls of a text *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/parser/AnswerParser.h"

#include "runtime/parser/Engine.h"

#include <algorithm>

using namespace moec;
using namespace moec::parser;

AnswerParser::AnswerParser(const Formats &formats, std::vector<ToolSignature> tools,
                           std::string_view prompt)
    : engine(std::make_unique<Engine>(formats, std::move(tools), prompt)) {}
AnswerParser::~AnswerParser() = default;
AnswerParser::AnswerParser(AnswerParser &&) noexcept = default;

void AnswerParser::push(std::string_view text, std::vector<AnswerEvent> &events) {
  engine->sendTo(events);
  engine->push(text);
}

bool AnswerParser::isThinking() const { return engine->isThinking(); }

void AnswerParser::finish(std::vector<AnswerEvent> &events) {
  engine->sendTo(events);
  engine->finish();
}

void Answer::add(const AnswerEvent &event) {
  const auto at = std::ranges::find(numbers, event.call) - numbers.begin();
  switch (event.kind) {
  case EventKind::Content:
    content += event.text;
    break;
  case EventKind::Reasoning:
    reasoning += event.text;
    break;
  case EventKind::CallBegin:
    calls.push_back({event.id, event.text, ""});
    numbers.push_back(event.call);
    break;
  case EventKind::Arguments:
    calls[at].arguments += event.text;
    break;
  case EventKind::CallBroken:
    calls.erase(calls.begin() + at);
    numbers.erase(numbers.begin() + at);
    break;
  case EventKind::CallEnd:
    if (!event.id.empty())
      calls[at].id = event.id;
    break;
  }
}
