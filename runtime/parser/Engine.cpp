//===- Engine.cpp - Reads answers by the tables of formats ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Engine.h"

#include "runtime/parser/Harmony.h"
#include "runtime/parser/Values.h"

#include <algorithm>

using namespace moec;
using namespace moec::parser;
using Step = JsonScanner::Step;

/// Bytes of a name, a key or a header; what is longer is none.
static constexpr size_t maxWord = 512;

static bool isBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static std::string_view strip(std::string_view text) {
  while (!text.empty() && isBlank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back()))
    text.remove_suffix(1);
  return text;
}

Engine::Engine(const Formats &formats, std::vector<ToolSignature> known, std::string_view prompt)
    : tools(std::move(known)) {
  const bool hasMessages = isHarmony(formats);
  if (hasMessages)
    format = &harmonyFormat();
  else if (formats.tools && (!tools.empty() || isAlwaysRead(*formats.tools)))
    format = formats.tools;
  states = format ? format->states : std::vector<State>{{Take::Content}};
  trimmedBeforeCalls = format ? format->newlines : 0;
  current = format ? format->begin : 0;
  if (!hasMessages && formats.reasoning)
    addThoughts(*formats.reasoning, findEnd(formats.reasoning, prompt));
}

/// Adds the states before the content: thoughts, and the place where they may begin.
void Engine::addThoughts(const ReasoningFormat &thoughts, PromptEnd prompt) {
  const auto start = static_cast<uint8_t>(states.size()), inside = static_cast<uint8_t>(start + 1);
  const uint8_t answer = current;
  const bool hasStart = states[answer].take == Take::Start;
  for (const char *mark : thoughts.contentMarks) {
    states[0].edges.push_back({mark, 0});
    if (hasStart)
      states[answer].edges.push_back({mark, answer});
  }
  std::vector<Edge> ends = {{thoughts.end, answer}};
  if (thoughts.endsAtCall)
    ends.insert(ends.end(), states[0].edges.begin(), states[0].edges.end());
  // What thoughts begin with may also be a call.
  std::vector<Edge> begins = states[hasStart ? answer : 0].edges;
  begins.push_back({thoughts.begin, inside});
  if (thoughts.mayOnlyEnd)
    begins.push_back({thoughts.end, answer});
  states.push_back({Take::Start, std::move(begins), hasStart ? states[answer].next : answer});
  states.push_back({Take::Reasoning, std::move(ends)});
  trimsThoughts = thoughts.trims;
  current = prompt == PromptEnd::Outside ? start : inside;
  skippedNewlines = prompt == PromptEnd::Mark && trimsThoughts ? 1 : 0;
}

void Engine::send(EventKind kind, std::string_view text) {
  bool isMore = !events->empty() && events->back().kind == kind &&
                (kind <= EventKind::Reasoning || kind == EventKind::Arguments);
  if (isMore)
    events->back().text += text;
  else
    events->push_back({kind, std::string(text), {}, call});
}

void Engine::sendText(std::string_view text) {
  const bool isReasoning = state().take == Take::Reasoning;
  const EventKind kind = isReasoning ? EventKind::Reasoning : EventKind::Content;
  if (text.empty())
    return;
  if (std::exchange(joins, false) && hasSaid[isReasoning])
    send(kind, "\n");
  hasSaid[isReasoning] = true;
  isBehindCall = false;
  send(kind, text);
}

void Engine::captureText(std::string_view text) {
  const bool isReasoning = state().take == Take::Reasoning;
  const size_t limit = isReasoning    ? (trimsThoughts ? 1 : 0)
                       : isBehindCall ? size_t(anyNumber)
                                      : trimmedBeforeCalls;
  while (skippedNewlines != 0 && text.starts_with('\n')) {
    text.remove_prefix(1);
    skippedNewlines -= skippedNewlines == anyNumber ? 0 : 1;
  }
  if (text.empty())
    return;
  skippedNewlines = 0;
  // Newlines at the end may belong to the mark that follows, as many as the format has.
  size_t kept = text.find_last_not_of('\n') + 1;
  if (kept != 0) {
    sendText(newlines + std::string(text.substr(0, kept)));
    newlines.clear();
    text.remove_prefix(kept);
  }
  newlines += text;
  if (limit != anyNumber && newlines.size() > limit) {
    sendText(newlines.substr(0, newlines.size() - limit));
    newlines.erase(0, newlines.size() - limit);
  }
}

/// Takes what has no mark at once, and says how many bytes.
size_t Engine::takeRun(std::string_view text) {
  const bool isValue = state().take == Take::Value && hasValue && isPlainText && value.empty();
  if (!pending.empty() || (!isText() && !isValue))
    return 0;
  // A newline may be the last one of a value, which is none of it.
  std::string firsts = isValue ? "\n" : "";
  for (const Edge &edge : state().edges)
    firsts += edge.mark.front();
  const std::string_view run = text.substr(0, text.find_first_of(firsts));
  if (isValue) {
    raw += run;
    addArguments(escapeJson(run));
  } else if (!run.empty()) {
    captureText(run);
  }
  return run.size();
}

void Engine::push(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(takeRun(text));
    if (text.empty())
      break;
    read(text.front());
    text.remove_prefix(1);
  }
}

void Engine::read(char c) {
  if (state().take >= Take::Json)
    return readJson(c);
  pending += c;
  match(/*isLast=*/false);
}

/// Goes on with the bytes that are pending: follows a mark, waits while it may become one, or takes
/// a byte that is of none.
void Engine::match(bool isLast) {
  while (!pending.empty()) {
    if (state().take >= Take::Json) {
      for (char c : std::exchange(pending, {}))
        read(c);
      continue;
    }
    const Edge *found = nullptr;
    for (const Edge &edge : state().edges) {
      if (!isLast && edge.mark.size() > pending.size() && edge.mark.starts_with(pending))
        return;
      if (pending.starts_with(edge.mark) && (!found || edge.mark.size() > found->mark.size()))
        found = &edge;
    }
    if (found) {
      pending.erase(0, found->mark.size());
      follow(*found);
      continue;
    }
    const char c = pending.front();
    if (state().take == Take::Start && !isBlank(c)) {
      leaveStart();
    } else if (capture(c)) {
      pending.erase(0, 1);
    } else {
      breakOff();
    }
  }
}

/// The answer begins with what has no mark.
void Engine::leaveStart() {
  current = state().next;
  newlines.clear();
  captured.clear();
  home = 0;
  if (isText())
    captureText(std::exchange(raw, {}));
}

bool Engine::captureName(char c) {
  captured += c;
  const std::string_view word = strip(captured);
  const bool isInside = isBlank(c) || (word.size() != 0 && word.back() == c);
  // White space may be around a name, not in it.
  return isInside && word.find_first_of(" \n\t\r<>\"{}") == word.npos && captured.size() <= maxWord;
}

/// Takes a byte that is of no mark; false where the state has no place for it.
bool Engine::capture(char c) {
  switch (state().take) {
  case Take::Content:
  case Take::Reasoning:
    captureText({&c, 1});
    return true;
  case Take::Start:
    raw += c;
    return true;
  case Take::Blank:
    raw += c;
    if (isBlank(c))
      return true;
    break;
  case Take::Value:
    raw += c;
    addValue(c);
    return true;
  case Take::Name:
  case Take::Id:
  case Take::NameId:
  case Take::Skip:
    raw += c;
    if (captureName(c))
      return true;
    break;
  default:
    raw += c;
    captured += c;
    if (captured.size() <= maxWord &&
        (state().take != Take::Header || mayBeHarmonyHeader(captured)))
      return true;
  }
  // The byte is read again, as text.
  raw.pop_back();
  return false;
}

/// What a call is not becomes the text that it stands in.
void Engine::breakOff() {
  if (tool)
    send(EventKind::CallBroken, "");
  call += tool ? 1 : 0;
  const std::string text = std::exchange(raw, {});
  enter(home);
  sendText(text);
}

void Engine::enter(uint8_t next) {
  current = next;
  captured.clear();
  newlines.clear();
  value.clear();
  skippedNewlines = 0;
  tool = nullptr;
  object = {};
}

void Engine::leaveText(std::string_view mark) {
  // Newlines before a mark are its own, unless it turns out to be none.
  raw = std::exchange(newlines, {}).append(mark);
  home = current;
  joins = false;
}

void Engine::follow(const Edge &edge) {
  const Take from = state().take;
  uint8_t next = edge.next;
  const Take to = states[next].take;
  if (from <= Take::Start && to <= Take::Start) {
    // Thoughts or marks of the content begin or end.
    raw.clear();
    enter(next);
    home = 0;
    // Thoughts may have lines of their own, but no answer begins with an empty one.
    skippedNewlines = !trimsThoughts ? 0 : to == Take::Reasoning ? 1 : anyNumber;
    return;
  }
  if (from == Take::Start) {
    current = states[state().next].take <= Take::Reasoning ? state().next : uint8_t(0);
    newlines = std::exchange(raw, {});
    newlines.erase(0, skippedNewlines != 0 ? newlines.find_first_not_of('\n') : 0);
  }
  std::string_view read = edge.mark;
  if (edge.effect == Effect::Reread)
    pending.insert(0, std::exchange(read, {}));
  if (isText())
    leaveText(read);
  else
    raw += read;
  if (!leave(edge, next))
    return breakOff();
  captured.clear();
  if (edge.effect == Effect::EndCall)
    endCall();
  if (edge.effect == Effect::EndCall || edge.effect == Effect::Accept)
    raw.clear();
  if (states[next].take > Take::Start) {
    current = next;
    return;
  }
  // A section without calls is text.
  if (!raw.empty() && strip(raw) != edge.mark && from != Take::Header && from != Take::Name)
    return breakOff();
  raw.clear();
  enter(next);
}

/// Ends what the state took; false where it is none.
bool Engine::leave(const Edge &edge, uint8_t &next) {
  const std::string_view word = strip(captured);
  switch (state().take) {
  case Take::Name:
    return leaveName(edge, next);
  case Take::Id:
    id = word;
    return states[edge.next].take == Take::Name || beginCall(name);
  case Take::NameId:
    id = word;
    return beginCallOfId();
  case Take::Key:
    return beginArgument(states[next].types);
  case Take::Value:
    endArgument();
    return true;
  case Take::Header:
    return leaveHeader(next);
  default:
    return true;
  }
}

bool Engine::leaveName(const Edge &edge, uint8_t &next) {
  name = strip(captured);
  // An array of calls has their names in it.
  if (name.empty())
    return states[edge.next].take == Take::Call;
  if (format->textName && name == format->textName) {
    next = 0;
    joins = true;
    return true;
  }
  return states[edge.next].take == Take::Id || beginCall(name);
}

bool Engine::leaveHeader(uint8_t &next) {
  static constexpr std::string_view functions = "functions.";
  // A broken one is content.
  home = 0;
  const std::optional<HarmonyHeader> header = readHarmonyHeader(captured);
  if (!header)
    return false;
  const auto [channel, recipient] = *header;
  if (!recipient.empty()) {
    next = 4;
    return recipient.starts_with(functions) && beginCall(recipient.substr(functions.size()));
  }
  next = channel == "analysis" ? 2 : 0;
  joins = next != 0 || channel == "final" || channel == "commentary";
  return joins;
}

void Engine::finish() {
  match(/*isLast=*/true);
  if (state().take == Take::Start)
    leaveStart();
  if (isText()) {
    if (!isBehindCall)
      sendText(newlines);
    newlines.clear();
  } else if (state().atEnd == AtEnd::Whole) {
    endCall();
    enter(0);
  } else if (state().atEnd != AtEnd::Fine || !strip(raw).empty()) {
    breakOff();
  }
}
