//===- ScriptedBackend.h - A model that says what a script has --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_SERVER_SCRIPTEDBACKEND_H
#define MOEC_UNITTESTS_SERVER_SCRIPTEDBACKEND_H

#include "Tokenizers.h"
#include "moec/runtime/server/Backend.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace moec::server {

/// What the model says to a prompt in which `after` stands behind what all other rules have.
struct ScriptRule {
  std::string after, say;
  /// Between two pieces of the answer.
  uint32_t milliseconds = 0;
};

/// Answers prompts by rules, some bytes at a time, from a thread of its own, as an engine does:
/// with limits of tokens, stop strings, special tokens and a prefix cache.
class ScriptedBackend : public Backend {
public:
  /// `observe`, unless null, gets each prompt's text.
  ScriptedBackend(std::vector<ScriptRule> rules, std::function<void(const std::string &)> observe);
  ~ScriptedBackend() override;
  /// Ends what is being said, and waits for it. No event comes any more.
  void stop();

  Expected<Id> start(runtime::GenerationRequest request, Sink sink) override;
  void cancel(Id id) override;
  const runtime::Tokenizer *tokenizer() const override { return &bytes; }
  Error health() const override { return Error::success(); }
  runtime::EngineStats stats() const override;
  uint32_t capacity() const override { return 1u << 20; }
  uint32_t vocabulary() const override { return 258; }
  bool keepsStates() const override { return false; }

private:
  struct Job {
    Id id;
    runtime::GenerationRequest request;
    Sink sink;
    std::vector<int32_t> answer;
    uint32_t cachedTokens, milliseconds;
  };
  const ScriptRule *findRule(const std::string &prompt) const;
  uint32_t findCached(const std::vector<int32_t> &prompt) const;
  void work();
  void say(const Job &job, uint32_t choice);
  bool isCanceled(Id id) const;

  runtime::Tokenizer bytes = byteTokenizer();
  std::vector<ScriptRule> rules;
  std::function<void(const std::string &)> observe;
  mutable std::mutex mutex; ///< guards what follows
  std::condition_variable changed;
  std::deque<Job> jobs;
  std::set<Id> canceled;
  std::vector<std::vector<int32_t>> prompts; ///< so far, with their answers
  runtime::EngineStats counters;
  Id nextId = 1;
  bool isOver = false;
  std::thread worker; ///< the last member: it uses the others
};

} // namespace moec::server

#endif // MOEC_UNITTESTS_SERVER_SCRIPTEDBACKEND_H
