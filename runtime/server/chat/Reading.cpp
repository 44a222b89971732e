//===- Reading.cpp - How a chat's answers are read --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/chat/Reading.h"

#include "runtime/server/chat/ThoughtBudget.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

/// Tokens of the prompt's end that are looked at: a mark and what is around it.
static constexpr size_t endTokens = 32;

/// The special tokens among the marks of formats.
static std::vector<int32_t> findMarks(const parser::Formats &formats,
                                      const runtime::Tokenizer &tokenizer) {
  std::vector<int32_t> ids;
  for (const std::string &mark : parser::marksOf(formats))
    for (auto [begin, size] : tokenizer.findSpecialTokens(mark))
      if (std::optional<int32_t> id = tokenizer.idOf(std::string_view(mark).substr(begin, size));
          id && std::ranges::find(ids, *id) == ids.end())
        ids.push_back(*id);
  return ids;
}

static std::vector<parser::ToolSignature> toolsOf(const GenerateCall &call) {
  std::vector<parser::ToolSignature> tools = call.form.tools;
  if (call.toolChoice.mode == ToolChoice::Mode::None)
    tools.clear();
  if (call.toolChoice.mode == ToolChoice::Mode::Named)
    std::erase_if(tools, [&](const auto &tool) { return tool.name != call.toolChoice.name; });
  if (const std::vector<std::string> &allowed = call.toolChoice.allowed; !allowed.empty())
    std::erase_if(tools, [&](const auto &tool) {
      return std::ranges::find(allowed, tool.name) == allowed.end();
    });
  return tools;
}

/// Encodes what ends the thoughts of a call that bounds them.
static Expected<std::optional<ThoughtLimit>> limitThoughts(const GenerateCall &call,
                                                           const parser::Formats &formats,
                                                           const runtime::Tokenizer &tokenizer) {
  std::optional<parser::ThoughtsEnd> end = parser::endOfThoughts(formats);
  if (!call.thoughtBudget || !end)
    return std::optional<ThoughtLimit>();
  Expected<std::vector<int32_t>> first = tokenizer.encode(end->first, /*addSpecialTokens=*/false);
  if (!first)
    return first.takeError();
  Expected<std::vector<int32_t>> again = tokenizer.encode(end->again, /*addSpecialTokens=*/false);
  if (!again)
    return again.takeError();
  return std::optional<ThoughtLimit>({*call.thoughtBudget, std::move(*first), std::move(*again)});
}

Expected<std::shared_ptr<const ReadingPlan>>
server::planReading(const GenerateCall &call, const ChatSettings &settings,
                    const runtime::Tokenizer &tokenizer, runtime::GenerationRequest &request) {
  auto plan = std::make_shared<ReadingPlan>();
  plan->formats = settings.formats;
  plan->tools = toolsOf(call);
  plan->keepsReasoning = call.includeReasoning;
  plan->isParallel = call.parallelToolCalls;
  // Without the generation prompt it is no answer that follows.
  const bool isAnswer = call.form.beginsAnswer() || call.form.continuesFinalMessage;
  if (!plan->isNeeded() || !isAnswer)
    return std::shared_ptr<const ReadingPlan>();
  const std::span<const int32_t> ids = request.prompt;
  Expected<std::string> end = tokenizer.decode(ids.last(std::min(ids.size(), endTokens)));
  if (!end)
    return end.takeError();
  plan->prompt = std::move(*end);
  // A message that goes on may be in the midst of its thoughts.
  if (call.form.continuesFinalMessage)
    plan->prompt = parser::openThoughts(settings.formats.reasoning, call.messages.back().content);
  if (call.toolChoice.isForced()) {
    plan->forced = parser::forcedPrefix(plan->formats, call.toolChoice.name, plan->prompt);
    Expected<std::vector<int32_t>> more = tokenizer.encode(plan->forced);
    if (!more)
      return more.takeError();
    request.prompt.insert(request.prompt.end(), more->begin(), more->end());
  }
  request.shownTokens = findMarks(plan->formats, tokenizer);
  auto limit = limitThoughts(call, settings.formats, tokenizer);
  if (!limit)
    return limit.takeError();
  plan->thoughtLimit = std::move(*limit);
  if (plan->thoughtLimit)
    request.makeGuide = [plan = std::shared_ptr<const ReadingPlan>(plan)] {
      return std::make_unique<ThoughtBudget>(plan);
    };
  return std::shared_ptr<const ReadingPlan>(std::move(plan));
}
