//===- Calls.cpp - The calls of an answer -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Engine.h"
#include "runtime/parser/Values.h"

#include <algorithm>

using namespace moec;
using namespace moec::parser;
using Step = JsonScanner::Step;

bool Engine::beginCall(std::string_view name) {
  auto found = std::ranges::find(tools, name, &ToolSignature::name);
  if (found == tools.end())
    return false;
  tool = &*found;
  keys.clear();
  json = {};
  hasArguments = false;
  send(EventKind::CallBegin, name);
  events->back().id = std::exchange(id, {});
  return true;
}

/// functions.NAME:NUMBER.
bool Engine::beginCallOfId() {
  std::string_view name = id;
  static constexpr std::string_view prefix = "functions.";
  if (!name.starts_with(prefix))
    return false;
  name.remove_prefix(prefix.size());
  return beginCall(name.substr(0, name.rfind(':')));
}

void Engine::addArguments(std::string_view text) {
  if (text.empty())
    return;
  hasArguments = true;
  send(EventKind::Arguments, text);
}

void Engine::readJson(char c) {
  const State &from = state();
  Step step;
  if (from.take == Take::Json) {
    const bool isBefore = !json.hasBegun();
    step = json.step(c);
    if (step != Step::Bad && !(isBefore && !json.hasBegun()))
      addArguments({&c, 1});
  } else {
    step = object.step(c);
    if (step != Step::Bad && object.hasName() && !tool) {
      id = object.id;
      if (!beginCall(object.name))
        step = Step::Bad;
    }
    if (step != Step::Bad && tool)
      addArguments(std::exchange(object.arguments, {}));
  }
  if (step == Step::Inside) {
    raw += c;
    return;
  }
  // An object without a name is no call.
  if (step == Step::Done && !tool)
    step = Step::Bad;
  if (step == Step::Bad) {
    breakOff();
    pending += c;
    return match(/*isLast=*/false);
  }
  raw += c;
  const uint8_t next = from.next;
  if (from.effect == Effect::EndCall) {
    endCall();
    raw.clear();
  }
  if (states[next].take <= Take::Reasoning)
    enter(next);
  else
    current = next;
}

bool Engine::beginArgument() {
  std::string_view key = captured;
  while (!key.empty() && (key.front() == ' ' || key.front() == '\n'))
    key.remove_prefix(1);
  while (!key.empty() && (key.back() == ' ' || key.back() == '\n'))
    key.remove_suffix(1);
  if (key.empty() || !keys.emplace(key).second)
    return false;
  addArguments(strCat(keys.size() == 1 ? "{" : ", ", "\"", escapeJson(key), "\": "));
  auto type = tool->parameters.find(key);
  types = type != tool->parameters.end() ? type->second
          : format->guessesTypes         ? uint8_t(127)
                                         : uint8_t(StringType);
  isPlainText = types == StringType;
  value.clear();
  hasValue = false;
  if (isPlainText)
    addArguments("\"");
  return true;
}

void Engine::addValue(char c) {
  // A value on its own lines has a newline before and behind.
  if (!std::exchange(hasValue, true) && format->hasValueLines && c == '\n')
    return;
  if (!isPlainText) {
    value += c;
    return;
  }
  if (format->hasValueLines && c == '\n' && value.empty()) {
    value = c;
    return;
  }
  addArguments(escapeJson(value));
  value.clear();
  if (format->hasValueLines && c == '\n')
    value = c;
  else
    addArguments(escapeJson({&c, 1}));
}

void Engine::endArgument() {
  if (format->hasValueLines && value.ends_with('\n'))
    value.pop_back();
  addArguments(isPlainText ? escapeJson(value) + "\"" : valueToJson(value, types));
  value.clear();
}

void Engine::endCall() {
  if (!keys.empty())
    addArguments("}");
  else if (!hasArguments)
    addArguments("{}");
  send(EventKind::CallEnd, "");
  events->back().id = object.id;
  ++call;
  object = {};
  tool = nullptr;
  isBehindCall = true;
  home = 0;
}
