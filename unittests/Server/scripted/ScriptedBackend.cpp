//===- ScriptedBackend.cpp - A model that says what a script has ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ScriptedBackend.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

/// Tokens of an event: pieces end within words, marks and characters.
static constexpr size_t pieceTokens = 5;
/// Tokens of a block of the prefix cache.
static constexpr size_t block = 16;

ScriptedBackend::ScriptedBackend(std::vector<ScriptRule> rules,
                                 std::function<void(const std::string &)> observe)
    : rules(std::move(rules)), observe(std::move(observe)), worker([this] { work(); }) {}

ScriptedBackend::~ScriptedBackend() { stop(); }

void ScriptedBackend::stop() {
  {
    std::lock_guard lock(mutex);
    isOver = true;
  }
  changed.notify_all();
  if (worker.joinable())
    worker.join();
}

const ScriptRule *ScriptedBackend::findRule(const std::string &prompt) const {
  const ScriptRule *found = nullptr;
  size_t last = 0;
  for (const ScriptRule &rule : rules) {
    const size_t at = prompt.rfind(rule.after);
    if (at != prompt.npos && at + rule.after.size() >= last) {
      found = &rule;
      last = at + rule.after.size();
    }
  }
  return found;
}

uint32_t ScriptedBackend::findCached(const std::vector<int32_t> &prompt) const {
  size_t most = 0;
  for (const std::vector<int32_t> &other : prompts)
    most = std::max<size_t>(most, std::ranges::mismatch(prompt, other).in1 - prompt.begin());
  // The last token is always computed.
  return static_cast<uint32_t>(std::min(most, prompt.size() - 1) / block * block);
}

Expected<Backend::Id> ScriptedBackend::start(runtime::GenerationRequest request, Sink sink) {
  Expected<std::string> prompt = bytes.decode(request.prompt);
  if (!prompt)
    return prompt.takeError();
  const ScriptRule *rule = findRule(*prompt);
  if (!rule)
    return Error::make("the script has no answer to this prompt");
  Expected<std::vector<int32_t>> answer = bytes.encode(rule->say);
  if (!answer)
    return answer.takeError();
  std::lock_guard lock(mutex);
  if (observe)
    observe(*prompt);
  const uint32_t cached = findCached(request.prompt);
  counters.cachedTokens += cached;
  counters.promptTokens += request.prompt.size() - cached;
  prompts.push_back(request.prompt);
  prompts.back().insert(prompts.back().end(), answer->begin(), answer->end());
  jobs.push_back({nextId, std::move(request), std::move(sink), std::move(*answer), cached,
                  rule->milliseconds});
  changed.notify_all();
  return nextId++;
}

void ScriptedBackend::cancel(Id id) {
  std::lock_guard lock(mutex);
  canceled.insert(id);
}

bool ScriptedBackend::isCanceled(Id id) const {
  std::lock_guard lock(mutex);
  return isOver || canceled.contains(id);
}

runtime::EngineStats ScriptedBackend::stats() const {
  std::lock_guard lock(mutex);
  return counters;
}

void ScriptedBackend::work() {
  while (true) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return isOver || !jobs.empty(); });
    if (isOver)
      return;
    const Job job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    for (uint32_t choice = 0; choice < job.request.choices; ++choice)
      say(job, choice);
  }
}

namespace {
/// What a choice has said, of which only what cannot change any more is given away.
struct Text {
  std::string all;
  size_t given = 0;

  /// What is new, but for `held` bytes and an unfinished character at its end.
  std::string take(size_t held) {
    size_t end = std::max(given, all.size() - std::min(all.size(), held));
    while (end > given && end < all.size() && (all[end] & 0xC0) == 0x80)
      --end;
    size_t lead = end;
    while (lead > given && lead + 4 > end && (all[lead - 1] & 0xC0) == 0x80)
      --lead;
    if (end == all.size() && lead > given) {
      const auto first = static_cast<unsigned char>(all[lead - 1]);
      const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
      if (end - (lead - 1) < size)
        end = lead - 1;
    }
    std::string text = all.substr(given, end - given);
    given = end;
    return text;
  }
};
} // namespace

void ScriptedBackend::say(const Job &job, uint32_t choice) {
  const runtime::GenerationRequest &request = job.request;
  size_t longestStop = 0;
  for (const std::string &stop : request.stop)
    longestStop = std::max(longestStop, stop.size());
  Text text;
  runtime::GenerationEvent event;
  event.choice = choice;
  event.cachedTokens = job.cachedTokens;
  event.times.submitted = event.times.admitted = event.times.firstToken =
      runtime::RequestTimes::Clock::now();
  for (size_t i = 0; event.reason == FinishReason::None; ++i) {
    if (isCanceled(job.id)) {
      event.reason = FinishReason::Abort;
    } else if (i == request.maxTokens) {
      event.reason = FinishReason::Length;
    } else if (i == job.answer.size()) {
      event.reason = FinishReason::Stop;
      event.tokens.push_back({257, std::nullopt}); // <|im_end|>
    } else {
      const int32_t token = job.answer[i];
      event.tokens.push_back({token, std::nullopt});
      const bool isShown =
          token < 256 || !request.skipSpecial ||
          std::ranges::find(request.shownTokens, token) != request.shownTokens.end();
      if (isShown)
        text.all += token < 256 ? std::string(1, static_cast<char>(token))
                                : *bytes.decode(std::vector<int32_t>{token});
    }
    for (const std::string &stop : request.stop)
      if (const size_t at = text.all.find(stop); at != text.all.npos) {
        text.all.erase(at);
        event.stopString = stop;
        event.reason = FinishReason::Stop;
      }
    if (event.reason == FinishReason::None && i % pieceTokens != 0)
      continue;
    event.text = text.take(event.reason == FinishReason::None && longestStop ? longestStop - 1 : 0);
    if (event.reason != FinishReason::None)
      event.times.ended = runtime::RequestTimes::Clock::now();
    job.sink(event);
    event.tokens.clear();
    std::this_thread::sleep_for(std::chrono::milliseconds(job.milliseconds));
  }
}
