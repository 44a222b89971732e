//===- EngineService.h - An engine for many callers -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One engine on a thread of its own, which computes steps while there is work and sleeps while
// there is none. Callers queue requests and abort them from any thread; events come back on the
// engine's.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVICE_ENGINESERVICE_H
#define MOEC_RUNTIME_SERVICE_ENGINESERVICE_H

#include "moec/runtime/Engine.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace moec::runtime {

/// An engine with a thread and a queue of commands. All members may be called from any thread,
/// callbacks of requests among them, unless they say otherwise.
///
/// A request's callbacks run on the engine's thread, between steps, so they must not wait: what
/// they do delays every request. After its last event a request is never heard of again.
class EngineService {
public:
  /// Starts the thread.
  explicit EngineService(std::unique_ptr<Engine> engine);
  /// Ends every request with FinishReason::Abort, then the thread. Not for the engine's thread.
  ~EngineService();
  EngineService(const EngineService &) = delete;
  EngineService &operator=(const EngineService &) = delete;

  /// Queues a request, which joins the next step that has room. Fails at once, without an event,
  /// where the engine would refuse it, see Engine::check, where the engine has died and after
  /// drain().
  Expected<RequestId> submit(Request request);

  /// Has a request ended before the next step, with FinishReason::Abort; one that has ended
  /// already is left alone.
  void abort(RequestId id);

  /// Refuses requests from now on, and waits until those that there are have ended, at most until
  /// `deadline`; then the others are aborted. Not for the engine's thread.
  void drain(std::chrono::steady_clock::time_point deadline);

  /// Why the engine died: a step failed, and with it all requests (FinishReason::Error). Success
  /// while it lives.
  Error health() const;

  /// Counters and gauges as they were after the last step.
  EngineStats stats() const;

  /// What the engine was opened with; nothing in it changes.
  const Artifact &artifact() const { return engine->artifact(); }
  const Device &device() const { return engine->device(); }
  /// See Engine::capacity.
  uint32_t capacity() const { return engine->capacity(); }
  /// Whether the prefix cache keeps states in slots.
  bool keepsStates() const {
    return engine->prefixCache().isOn() && engine->prefixCache().hasSnapshots();
  }
  /// Tokens of the model's vocabulary.
  uint32_t vocabulary() const { return engine->artifact().plan().vocab(); }

private:
  void run();
  /// Waits for work and takes what was queued; false when the thread shall end.
  bool takeCommands();
  void die(const std::string &message);

  std::unique_ptr<Engine> engine;

  mutable std::mutex mutex; ///< guards what follows
  std::condition_variable wake, idle;
  std::vector<std::pair<RequestId, Request>> submitted;
  std::vector<RequestId> aborted;
  RequestId nextId = 1;
  bool draining = false, stopping = false, abortAll = false;
  /// Nothing is queued and nothing runs.
  bool isIdle = true;
  std::string failure; ///< empty while the engine lives
  EngineStats published;

  std::thread thread; ///< last: it uses everything above
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SERVICE_ENGINESERVICE_H
