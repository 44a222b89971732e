//===- AnswerReader.cpp - A chat's answer in its parts ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/chat/AnswerReader.h"

#include <random>

using namespace moec;
using namespace moec::server;
using parser::AnswerEvent;
using parser::EventKind;

/// An id that no other call has: of `length` letters and digits, or as OpenAI's are.
static std::string makeId(size_t length) {
  static constexpr std::string_view letters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  static thread_local std::mt19937_64 random{std::random_device()()};
  std::string id = length == 0 ? "call_" : "";
  for (size_t i = 0; i < (length == 0 ? 24 : length); ++i)
    id += letters[random() % letters.size()];
  return id;
}

AnswerReader::AnswerReader(const ReadingPlan &plan)
    : parser(plan.formats, plan.tools, plan.prompt), idLength(parser::idLength(plan.formats)),
      keepsReasoning(plan.keepsReasoning), isParallel(plan.isParallel) {
  parser.push(plan.forced, forced);
}

void AnswerReader::finishEvents(std::vector<AnswerEvent> fresh, std::vector<AnswerEvent> &events) {
  for (AnswerEvent &event : fresh) {
    const bool isText = event.kind <= EventKind::Reasoning;
    if (event.kind == EventKind::Reasoning && !keepsReasoning)
      continue;
    // Calls behind the first are left out where only one is wanted.
    if (!isText && !isParallel && lastCall && event.call != *lastCall)
      continue;
    if (event.kind == EventKind::CallBegin && event.id.empty())
      event.id = makeId(idLength);
    if (event.kind == EventKind::CallEnd)
      lastCall = event.call;
    const bool isMore = !events.empty() && events.back().kind == event.kind &&
                        (isText || event.kind == EventKind::Arguments);
    if (isMore)
      events.back().text += event.text;
    else
      events.push_back(std::move(event));
  }
}

void AnswerReader::read(std::string_view text, bool isLast, std::vector<AnswerEvent> &events) {
  std::vector<AnswerEvent> fresh = std::exchange(forced, {});
  parser.push(text, fresh);
  if (isLast)
    parser.finish(fresh);
  finishEvents(std::move(fresh), events);
}

OrderedJson server::deltaOf(const AnswerEvent &event) {
  OrderedJson call;
  switch (event.kind) {
  case EventKind::Content:
    return {{"content", event.text}};
  case EventKind::Reasoning:
    return {{"reasoning", event.text}, {"reasoning_content", event.text}};
  case EventKind::CallBegin:
    call = {{"index", event.call},
            {"id", event.id},
            {"type", "function"},
            {"function", {{"name", event.text}, {"arguments", ""}}}};
    break;
  case EventKind::Arguments:
    call = {{"index", event.call}, {"function", {{"arguments", event.text}}}};
    break;
  case EventKind::CallEnd:
  case EventKind::CallBroken:
    return nullptr;
  }
  return {{"tool_calls", OrderedJson::array({std::move(call)})}};
}

OrderedJson server::messageOf(const std::vector<AnswerEvent> &events) {
  parser::Answer answer;
  for (const AnswerEvent &event : events)
    answer.add(event);
  OrderedJson message = {{"role", "assistant"}, {"content", nullptr}, {"refusal", nullptr}};
  // Nothing was said where something else was done.
  if (!answer.content.empty() || (answer.calls.empty() && answer.reasoning.empty()))
    message["content"] = std::move(answer.content);
  if (!answer.reasoning.empty()) {
    message["reasoning"] = answer.reasoning;
    message["reasoning_content"] = std::move(answer.reasoning);
  }
  if (answer.calls.empty())
    return message;
  message["tool_calls"] = OrderedJson::array();
  for (auto &[id, name, arguments] : answer.calls)
    message["tool_calls"].push_back({{"id", id},
                                     {"type", "function"},
                                     {"function", {{"name", name}, {"arguments", arguments}}}});
  return message;
}
