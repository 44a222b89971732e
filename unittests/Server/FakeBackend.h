//===- FakeBackend.h - A backend whose text the test says -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_SERVER_FAKEBACKEND_H
#define MOEC_UNITTESTS_SERVER_FAKEBACKEND_H

#include "Tokenizers.h"
#include "moec/runtime/server/Backend.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace moec::server {

/// Keeps what it is asked for; the test sends the events, from any thread.
class FakeBackend : public Backend {
public:
  struct Started {
    runtime::GenerationRequest request;
    Sink sink;
    bool isCanceled = false;
  };

  Expected<Id> start(runtime::GenerationRequest request, Sink sink) override {
    std::lock_guard lock(mutex);
    if (!refusal.empty())
      return Error::make(refusal);
    started.push_back({std::move(request), std::move(sink)});
    changed.notify_all();
    return Id(started.size() - 1);
  }
  /// As a generator does, ends the choices that have not ended.
  void cancel(Id id) override {
    std::lock_guard lock(mutex);
    started.at(id).isCanceled = true;
    changed.notify_all();
  }
  const runtime::Tokenizer *tokenizer() const override { return &bytes; }
  Error health() const override {
    std::lock_guard lock(mutex);
    return death.empty() ? Error::success() : Error::make(death);
  }
  runtime::EngineStats stats() const override {
    ++statsCalls;
    return counters;
  }
  uint32_t capacity() const override { return context; }
  uint32_t vocabulary() const override { return 1000; }
  bool keepsStates() const override { return hasStates; }

  /// Waits for request number `index`, and whether it comes within some seconds.
  bool waitFor(size_t index) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10), [&] { return started.size() > index; });
  }
  bool waitForCancel(size_t index) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10),
                            [&] { return started.size() > index && started[index].isCanceled; });
  }
  void send(size_t index, const runtime::GenerationEvent &event) {
    Sink sink;
    {
      std::lock_guard lock(mutex);
      sink = started.at(index).sink;
    }
    sink(event);
  }
  /// Sends text, a token for each byte.
  void say(size_t index, const std::string &text,
           runtime::FinishReason reason = runtime::FinishReason::None, uint32_t choice = 0) {
    runtime::GenerationEvent event;
    event.choice = choice;
    event.text = text;
    for (char c : text)
      event.tokens.push_back({static_cast<unsigned char>(c), std::nullopt});
    event.reason = reason;
    send(index, event);
  }
  const runtime::GenerationRequest &request(size_t index) const {
    std::lock_guard lock(mutex);
    return started.at(index).request;
  }
  size_t count() const {
    std::lock_guard lock(mutex);
    return started.size();
  }
  void die(const std::string &why) {
    std::lock_guard lock(mutex);
    death = why;
  }

  runtime::EngineStats counters;
  uint32_t context = 64;
  mutable std::atomic<size_t> statsCalls = 0;
  std::string refusal;
  bool hasStates = false;

private:
  runtime::Tokenizer bytes = byteTokenizer();
  mutable std::mutex mutex; ///< guards what follows
  std::condition_variable changed;
  std::string death;
  std::vector<Started> started;
};

} // namespace moec::server

#endif // MOEC_UNITTESTS_SERVER_FAKEBACKEND_H
