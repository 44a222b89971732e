//===- LoadGenerator.cpp - Requests on time, and how long they take -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A thread for each request in flight: it waits nearly all the time.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/LoadGenerator.h"

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <sys/resource.h>
#include <thread>

using namespace moec;
using namespace moec::runtime;
using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point time) {
  return std::chrono::duration<double>(Clock::now() - time).count();
}

static double ownCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](timeval time) { return double(time.tv_sec) + 1e-6 * double(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static Measurement measure(LoadTarget &target, const ServeWorkload::Item &item,
                           std::vector<int32_t> *ids = nullptr) {
  Measurement result;
  result.inputTokens = static_cast<uint32_t>(item.prompt.size());
  Clock::time_point start = Clock::now(), last = start;
  Expected<LoadAnswer> answer = target.answer(item, [&] {
    Clock::time_point now = Clock::now();
    double gap = std::chrono::duration<double>(now - last).count();
    if (last == start)
      result.firstToken = gap;
    else
      result.gaps.push_back(gap);
    last = now;
  });
  result.latency = secondsSince(start);
  result.success = bool(answer);
  if (!answer) {
    result.problem = answer.takeError().message();
    return result;
  }
  result.outputTokens = answer->tokens;
  result.cachedTokens = answer->cachedTokens;
  if (ids)
    *ids = std::move(answer->ids);
  return result;
}

/// Requests that arrive when they arrive, whatever became of those before.
static void runOpen(LoadTarget &target, const ServeWorkload &work, double rate, LoadRun &run) {
  Clock::time_point start = Clock::now();
  std::vector<double> arrivals = work.arrivals(rate);
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < work.requests; ++i) {
    ServeWorkload::Item item = work.draw(i);
    std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(
                                              std::chrono::duration<double>(arrivals[i])));
    threads.emplace_back(
        [&target, &run, i, item = std::move(item)] { run.requests[i] = measure(target, item); });
  }
  for (std::thread &thread : threads)
    thread.join();
}

static void runClosed(LoadTarget &target, const ServeWorkload &work, uint32_t clients,
                      LoadRun &run) {
  std::atomic<uint32_t> next = 0;
  std::vector<std::thread> threads;
  for (uint32_t client = 0; client < clients; ++client)
    threads.emplace_back([&] {
      for (uint32_t i; (i = next++) < work.requests;)
        run.requests[i] = measure(target, work.draw(i));
    });
  for (std::thread &thread : threads)
    thread.join();
}

/// The sessions of a trace that are one client's.
static void playTrace(LoadTarget &target, const ServeWorkload &work, uint32_t client,
                      uint32_t clients, LoadRun &run) {
  std::map<uint32_t, TraceSession> sessions;
  for (uint32_t i = 0; i < run.requests.size(); ++i) {
    const TraceCall &call = work.trace[i];
    if (call.session % clients != client)
      continue;
    TraceSession &session = sessions[call.session];
    session.begin(call);
    run.requests[i] =
        measure(target, {session.prompt, call.outputTokens, call.turnEnd}, &session.answer);
    if (!run.requests[i].success)
      return; // what follows begins with an answer that there is not
  }
}

static void runTrace(LoadTarget &target, const ServeWorkload &work, uint32_t clients,
                     LoadRun &run) {
  std::vector<std::thread> threads;
  for (uint32_t client = 0; client < clients; ++client)
    threads.emplace_back([&, client] { playTrace(target, work, client, clients, run); });
  for (std::thread &thread : threads)
    thread.join();
}

LoadRun runtime::runLoad(LoadTarget &target, const ServeWorkload &work, double rate,
                         uint32_t clients) {
  LoadRun run;
  run.rate = rate;
  run.clients = clients;
  run.requests.resize(work.requests);
  double cpu = ownCpuSeconds();
  Clock::time_point start = Clock::now();
  if (!work.trace.empty())
    runTrace(target, work, clients, run);
  else if (clients)
    runClosed(target, work, clients, run);
  else
    runOpen(target, work, rate, run);
  run.seconds = secondsSince(start);
  run.ownCpuSeconds = ownCpuSeconds() - cpu;
  return run;
}

Error runtime::warmUp(LoadTarget &target, const ServeWorkload &work) {
  if (!work.trace.empty())
    return Error::success(); // which begins with nothing in the cache
  std::vector<std::vector<int32_t>> prefixes = work.sharedPrefixes();
  if (prefixes.empty())
    prefixes.push_back(work.draw(0).prompt);
  for (std::vector<int32_t> &prefix : prefixes) {
    Expected<LoadAnswer> answer = target.answer({std::move(prefix), 1}, [] {});
    if (!answer)
      return answer.takeError().addContext("the first request");
  }
  return Error::success();
}

namespace {
/// Waits for the events of a generator.
class LocalTarget : public LoadTarget {
public:
  explicit LocalTarget(Generator &generator) : generator(generator) {}

  std::string description() const override { return "moec, in this process"; }
  bool givesIds() const override { return true; }

  Expected<LoadAnswer> answer(const ServeWorkload::Item &item,
                              const std::function<void()> &onTokens) override {
    GenerationRequest request;
    request.prompt = item.prompt;
    request.maxTokens = item.outputTokens;
    request.ignoreEos = true;
    request.turnEnd = item.turnEnd;
    std::promise<Error> end;
    LoadAnswer answer;
    auto id = generator.start(std::move(request), [&](const GenerationEvent &event) {
      answer.tokens += static_cast<uint32_t>(event.tokens.size());
      answer.cachedTokens = event.cachedTokens;
      for (const SampledToken &token : event.tokens)
        answer.ids.push_back(token.token);
      if (!event.tokens.empty())
        onTokens();
      if (event.reason == FinishReason::None)
        return;
      bool failed = event.reason == FinishReason::Error || event.reason == FinishReason::Abort;
      end.set_value(failed ? Error::make("the request ended early: ", event.message)
                           : Error::success());
    });
    if (!id)
      return id.takeError();
    if (Error error = end.get_future().get())
      return error;
    return answer;
  }

private:
  Generator &generator;
};
} // namespace

std::unique_ptr<LoadTarget> runtime::makeLocalTarget(Generator &generator) {
  return std::make_unique<LocalTarget>(generator);
}
