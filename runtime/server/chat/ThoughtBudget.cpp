//===- ThoughtBudget.cpp - Ends thoughts that get long ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/chat/ThoughtBudget.h"

using namespace moec;
using namespace moec::server;

ThoughtBudget::ThoughtBudget(std::shared_ptr<const ReadingPlan> given)
    : plan(std::move(given)), parser(plan->formats, plan->tools, plan->prompt) {
  read(plan->forced);
}

void ThoughtBudget::read(std::string_view text) {
  std::vector<parser::AnswerEvent> events;
  parser.push(text, events);
}

std::vector<int32_t> ThoughtBudget::push(std::string_view text) {
  const bool wasThinking = parser.isThinking();
  read(text);
  if (forced != 0) {
    --forced;
    return {};
  }
  thoughts += wasThinking && parser.isThinking() ? 1 : 0;
  return end();
}

std::vector<int32_t> ThoughtBudget::end() {
  const ThoughtLimit &limit = *plan->thoughtLimit;
  if (!parser.isThinking() || thoughts < limit.tokens)
    return {};
  const std::vector<int32_t> &tokens = std::exchange(hasEnded, true) ? limit.again : limit.first;
  forced = tokens.size();
  return tokens;
}
