//===- LookupDrafter.cpp - What followed before -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A scan from the end for the last token, then a comparison backwards: even a hundred thousand
// tokens cost less than a launch.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/drafting/Drafter.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

Drafter::~Drafter() = default;

Error DraftOptions::check() const {
  if (tokens > limit)
    return Error::make("drafts of ", tokens, " tokens are asked for but they have at most ", limit);
  if (lookupLeast == 0 || lookupLeast > lookupMost)
    return Error::make("drafts are looked up by ", lookupLeast, " to ", lookupMost,
                       " tokens; it must be at least 1, and the least not above the most");
  if (method == DraftMethod::Other && model.empty())
    return Error::make("a draft model shall draft but none is named; say --draft-model ARTIFACT");
  if (model.empty())
    return Error::success();
  if (method == DraftMethod::Model || method == DraftMethod::Lookup)
    return Error::make("--draft-model is '", model, "' but --draft-method is ",
                       method == DraftMethod::Model ? "mtp" : "ngram",
                       ", which needs none; leave one of them out");
  if (tokens == 0)
    return Error::make("--draft-model is '", model,
                       "' but nothing is drafted; say --draft N or auto");
  return Error::success();
}

std::vector<int32_t> LookupDrafter::find(std::span<const int32_t> tokens, uint32_t count) const {
  size_t size = tokens.size(), longest = 0, found = 0;
  for (size_t end = size - std::min<size_t>(size, 1); end > 0 && longest < most; --end) {
    if (tokens[end - 1] != tokens[size - 1])
      continue;
    size_t length = 1, reach = std::min<size_t>(most, end);
    while (length < reach && tokens[end - 1 - length] == tokens[size - 1 - length])
      ++length;
    if (length > longest) {
      longest = length;
      found = end;
    }
  }
  if (longest < least)
    return {};
  // What followed, and behind the end of the text what was drafted just now: a text that repeats
  // itself goes on so.
  std::vector<int32_t> drafts;
  for (size_t i = 0; i < count; ++i)
    drafts.push_back(found + i < size ? tokens[found + i] : drafts[found + i - size]);
  return drafts;
}

Error LookupDrafter::draft(const StepBatch &, std::span<const DraftTask> tasks) {
  for (const DraftTask &task : tasks)
    if (task.wanted != 0)
      task.sequence->drafts = find(task.sequence->tokens, task.wanted);
  return Error::success();
}
