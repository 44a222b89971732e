//===- EngineService.cpp - An engine for many callers -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Callers only ever hold the lock for as long as it takes to append to a list, and the engine for
// as long as it takes to swap it, so neither waits for the other's work.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/service/EngineService.h"

using namespace moec;
using namespace moec::runtime;

EngineService::EngineService(std::unique_ptr<Engine> started)
    : engine(std::move(started)), published(engine->stats()), thread([this] { run(); }) {}

EngineService::~EngineService() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  wake.notify_one();
  thread.join();
}

Expected<RequestId> EngineService::submit(Request request) {
  if (Error error = engine->check(request))
    return error;
  RequestId id;
  {
    std::lock_guard lock(mutex);
    if (!failure.empty())
      return Error::make(failure);
    if (draining || stopping)
      return Error::make("the engine takes no more requests: it is being stopped");
    // Under the lock, so that ids enter the engine in their order.
    id = nextId++;
    submitted.emplace_back(id, std::move(request));
    isIdle = false;
  }
  wake.notify_one();
  return id;
}

void EngineService::abort(RequestId id) {
  {
    std::lock_guard lock(mutex);
    aborted.push_back(id);
  }
  wake.notify_one();
}

void EngineService::drain(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex);
  draining = true;
  if (idle.wait_until(lock, deadline, [&] { return isIdle; }))
    return;
  abortAll = true;
  wake.notify_one();
  idle.wait(lock, [&] { return isIdle; });
}

Error EngineService::health() const {
  std::lock_guard lock(mutex);
  return failure.empty() ? Error::success() : Error::make(failure);
}

EngineStats EngineService::stats() const {
  std::lock_guard lock(mutex);
  EngineStats stats = published;
  stats.waiting += static_cast<uint32_t>(submitted.size());
  return stats;
}

bool EngineService::takeCommands() {
  std::vector<std::pair<RequestId, Request>> requests;
  std::vector<RequestId> ends;
  std::string dead;
  bool endAll;
  {
    std::unique_lock lock(mutex);
    published = engine->stats();
    auto hasWork = [&] {
      return stopping || abortAll || engine->busy() || !submitted.empty() || !aborted.empty();
    };
    if (!hasWork()) {
      isIdle = true;
      idle.notify_all();
      wake.wait(lock, hasWork);
    }
    requests.swap(submitted);
    ends.swap(aborted);
    // Between the two lists they still wait.
    published.waiting += static_cast<uint32_t>(requests.size());
    endAll = stopping || std::exchange(abortAll, false);
    dead = failure;
  }
  for (auto &[id, request] : requests) {
    auto callback = request.onToken;
    // It was checked; but the engine may have died since.
    Error error = dead.empty() ? engine->submit(std::move(request), id) : Error::make(dead);
    if (error && callback)
      callback({id, -1, FinishReason::Error, error.message()});
  }
  for (RequestId id : ends)
    engine->abort(id);
  if (endAll)
    engine->abortAll(FinishReason::Abort, {});
  std::lock_guard lock(mutex);
  return !(stopping && submitted.empty());
}

void EngineService::die(const std::string &message) {
  {
    std::lock_guard lock(mutex);
    failure = strCat("the engine has stopped: ", message);
  }
  engine->abortAll(FinishReason::Error, failure);
}

void EngineService::run() {
  while (takeCommands())
    if (Error error = engine->step())
      die(error.message());
  std::lock_guard lock(mutex);
  isIdle = true;
  idle.notify_all();
}
