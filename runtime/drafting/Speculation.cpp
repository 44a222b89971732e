//===- Speculation.cpp - Drafts of an engine --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counts first, then drafts for the next step.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/drafting/Speculation.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace moec;
using namespace moec::runtime;

Expected<std::unique_ptr<Speculation>> Speculation::create(const DraftOptions &options,
                                                           const plan::Plan &plan,
                                                           Executor &executor, Scheduler &scheduler,
                                                           std::unique_ptr<Drafter> other) {
  std::unique_ptr<Speculation> made(new Speculation(options));
  made->source = std::move(other);
  if (made->source)
    return made;
  bool fromModel = options.method == DraftMethod::Model ||
                   (options.method == DraftMethod::Any && findFunction(plan, draftFunction));
  if (!fromModel) {
    made->source = std::make_unique<LookupDrafter>(options.lookupMost, options.lookupLeast);
    return made;
  }
  Expected<std::unique_ptr<Drafter>> drafter = ModelDrafter::create(plan, executor, scheduler);
  if (!drafter)
    return drafter.takeError();
  made->source = std::move(*drafter);
  return made;
}

std::string DraftStats::describe() const {
  auto fixed = [](double value, int places) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.*f", places, value);
    return std::string(text);
  };
  std::string places;
  for (uint64_t count : acceptedAt)
    if (count != 0)
      places += strCat(places.empty() ? "" : ", ",
                       fixed(static_cast<double>(count) / static_cast<double>(drafts), 2));
  return strCat(accepted, " of ", tokens, " drafted tokens followed",
                places.empty() ? "" : strCat(" (", places, " by place)"), ", ",
                fixed(tokensEach(), 2), " tokens each time");
}

void Speculation::count(std::span<const ScheduledChunk> chunks) {
  for (const ScheduledChunk &chunk : chunks) {
    counters.drafts += chunk.drafts != 0;
    counters.tokens += chunk.drafts;
    counters.accepted += chunk.accepted;
    for (uint32_t i = 0; i < chunk.accepted; ++i)
      ++counters.acceptedAt[i];
  }
}

Error Speculation::afterStep(const StepBatch &batch, std::span<const ScheduledChunk> chunks,
                             std::span<DraftTask> tasks, const StepCost &cost) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
  count(chunks);
  bool hadDrafts = std::ranges::any_of(chunks, [](const auto &chunk) { return chunk.drafts != 0; });
  if (options.isAuto && most != 0 && batch.isDecode)
    control.add({static_cast<uint32_t>(chunks.size()), hadDrafts, cost.tokens,
                 cost.seconds + draftSeconds, onceSeconds});
  draftSeconds = onceSeconds = 0;

  auto decoding = static_cast<uint32_t>(
      std::ranges::count_if(tasks, [](const DraftTask &task) { return task.wanted != 0; }));
  bool isOn = most != 0 && (!options.isAuto || control.isWorth(decoding));
  for (DraftTask &task : tasks)
    task.wanted = isOn ? std::min(task.wanted, most) : 0;
  if (most == 0) {
    for (const DraftTask &task : tasks)
      if (task.sequence)
        task.sequence->lacksDraftCache = true;
    return Error::success();
  }
  if (!isOn && batch.isDecode) {
    Error error = source->skip(batch, tasks);
    draftSeconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return error;
  }
  if (Error error = source->draft(batch, tasks))
    return error;
  for (const DraftTask &task : tasks) {
    if (task.wanted == 0)
      continue;
    if (reviser)
      reviser(*task.sequence, task.wanted, task.sequence->drafts);
    if (task.sequence->drafts.size() > task.wanted)
      task.sequence->drafts.resize(task.wanted);
  }
  onceSeconds = source->catchUpSeconds();
  draftSeconds = std::chrono::duration<double>(Clock::now() - begin).count() - onceSeconds;
  return Error::success();
}
