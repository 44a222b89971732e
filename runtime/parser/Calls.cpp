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
  scanner.reset();
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

/// Reads a byte of arguments, or of a call that is an object.
Step Engine::stepArguments(char c) {
  if (state().take == Take::Json) {
    const bool isBefore = !json.hasBegun();
    const Step step = json.step(c);
    if (step != Step::Bad && !(isBefore && !json.hasBegun()))
      addArguments({&c, 1});
    return step;
  }
  if (state().take == Take::Arguments) {
    if (!scanner)
      scanner = makeScanner(format->notation, *tool);
    const Step step = scanner->step(c);
    if (step != Step::Bad)
      addArguments(std::exchange(scanner->out, {}));
    return step;
  }
  const Step step = object.step(c, format->isBare);
  if (step == Step::Bad)
    return step;
  if (object.hasName() && !tool) {
    id = object.id;
    if (!beginCall(object.name))
      return Step::Bad;
  }
  if (tool)
    addArguments(std::exchange(object.arguments, {}));
  // An object without a name is no call.
  return step == Step::Done && !tool ? Step::Bad : step;
}

void Engine::readJson(char c) {
  const State &from = state();
  const Step step = stepArguments(c);
  if (step == Step::Bad) {
    breakOff();
    pending += c;
    return match(/*isLast=*/false);
  }
  raw += c;
  if (step == Step::Inside)
    return;
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

/// A key without blanks around it, of an attribute without its escapes.
static std::string keyOf(std::string_view captured, bool isEscaped) {
  while (!captured.empty() && (captured.front() == ' ' || captured.front() == '\n'))
    captured.remove_prefix(1);
  while (!captured.empty() && (captured.back() == ' ' || captured.back() == '\n'))
    captured.remove_suffix(1);
  std::string key(captured);
  if (isEscaped)
    for (auto [escape, c] : {std::pair("&quot;", '"'), {"&amp;", '&'}})
      for (size_t at = 0; (at = key.find(escape, at)) != key.npos; ++at)
        key.replace(at, std::string_view(escape).size(), 1, c);
  return key;
}

bool Engine::beginArgument(uint8_t ownTypes) {
  const std::string key = keyOf(captured, format->isEscaped);
  if (key.empty() || !keys.insert(key).second)
    return false;
  addArguments(strCat(keys.size() == 1 ? "{" : ", ", "\"", escapeJson(key), "\": "));
  types = ownTypes;
  if (auto type = tool->parameters.find(key); types == 0 && type != tool->parameters.end())
    types = type->second.types;
  if (types == 0)
    types = format->guessesTypes ? uint8_t(127) : uint8_t(StringType);
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
