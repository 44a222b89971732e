//===- EngineServiceTest.cpp - An engine for many callers -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Callers on several threads, aborts, draining and death. Run with ThreadSanitizer, too.
//
//===----------------------------------------------------------------------===//

#include "FakeService.h"

#include <atomic>
#include <future>
#include <random>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;

namespace {
/// What a request has given so far; written by the engine's thread.
struct Seen {
  Tokens tokens;
  FinishReason reason = FinishReason::None;
  std::string message;
  RequestTimes times;
  std::promise<void> end;
};

class EngineServiceTest : public FakeServiceTest {
protected:
  static Request makeRequest(Seen &seen, Tokens prompt, uint32_t maxTokens) {
    Request request;
    request.prompt = std::move(prompt);
    request.maxTokens = maxTokens;
    request.ignoreEos = true;
    request.onToken = [&seen](const TokenEvent &event) {
      ASSERT_EQ(seen.reason, FinishReason::None) << "an event after the last";
      if (event.token >= 0)
        seen.tokens.push_back(event.token);
      seen.reason = event.reason;
      seen.message = event.message;
      seen.times = event.times;
      if (event.reason != FinishReason::None)
        seen.end.set_value();
    };
    return request;
  }
};
} // namespace

TEST_F(EngineServiceTest, ManyCallersGetWhatEachWouldGetAlone) {
  EngineOptions options;
  options.maxSequences = 5;
  options.kvMemoryBytes = 40 * TinyModel::width * TinyModel::pageSize; // less than all want
  EngineService service(makeEngine(options));
  constexpr int callers = 4, requests = 60;
  std::vector<std::thread> threads;
  for (int caller = 0; caller < callers; ++caller)
    threads.emplace_back([&, caller] {
      std::mt19937 random(caller);
      std::vector<Seen> seen(requests);
      std::vector<Tokens> prompts;
      std::vector<RequestId> ids;
      for (int i = 0; i < requests; ++i) {
        Tokens prompt(1 + random() % 20);
        for (int32_t &token : prompt)
          token = int32_t(random() % TinyModel::vocab);
        prompts.push_back(prompt);
        Request request = makeRequest(seen[i], prompt, 12);
        request.owner = std::to_string(caller);
        Expected<RequestId> id = service.submit(std::move(request));
        ASSERT_TRUE(id) << id.takeError().message();
        ids.push_back(*id);
        if (random() % 4 == 0)
          service.abort(ids[random() % ids.size()]);
      }
      for (int i = 0; i < requests; ++i) {
        seen[i].end.get_future().wait();
        Tokens whole = expected(prompts[i], 12);
        if (seen[i].reason == FinishReason::Abort) {
          whole.resize(std::min(whole.size(), seen[i].tokens.size()));
        } else {
          EXPECT_EQ(seen[i].reason, FinishReason::Length) << seen[i].message;
          EXPECT_LE(seen[i].times.submitted, seen[i].times.admitted);
          EXPECT_LE(seen[i].times.admitted, seen[i].times.firstToken);
          EXPECT_LE(seen[i].times.firstToken, seen[i].times.ended);
        }
        EXPECT_EQ(seen[i].tokens, whole);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  service.drain(std::chrono::steady_clock::now() + std::chrono::hours(1));
  EngineStats stats = service.stats();
  EXPECT_EQ(stats.freePages, stats.pages);
  EXPECT_EQ(stats.running + stats.waiting, 0u);
}

TEST_F(EngineServiceTest, RefusesAtOnceWhatCanNeverRun) {
  EngineService service(makeEngine());
  Seen seen;
  EXPECT_EQ(service.submit(makeRequest(seen, {}, 1)).takeError().message(), "the prompt is empty");
  EXPECT_EQ(service.submit(makeRequest(seen, Tokens(65, 1), 1))
                .takeError()
                .message()
                .find("the prompt has 65 tokens but at most 64 can ever fit"),
            0u);
  EXPECT_EQ(service.stats().promptTokens, 0u);
}

TEST_F(EngineServiceTest, DrainingFinishesOrEndsWhatRuns) {
  Seen done, cut;
  {
    EngineService service(makeEngine());
    ASSERT_TRUE(service.submit(makeRequest(done, {1, 2}, 5)));
    service.drain(std::chrono::steady_clock::now() + std::chrono::hours(1));
    EXPECT_EQ(done.reason, FinishReason::Length);
    EXPECT_EQ(service.submit(makeRequest(cut, {1}, 1)).takeError().message(),
              "the engine takes no more requests: it is being stopped");
  }
  EngineService service(makeEngine());
  Request endless = makeRequest(cut, {1, 2}, 50);
  std::promise<void> started;
  std::atomic<bool> goOn = false;
  bool isFirst = true;
  endless.onToken = [&, inner = endless.onToken](const TokenEvent &event) {
    if (std::exchange(isFirst, false)) {
      started.set_value();
      while (!goOn)
        std::this_thread::yield();
    }
    inner(event);
  };
  ASSERT_TRUE(service.submit(std::move(endless)));
  started.get_future().wait();
  std::thread draining([&] { service.drain(std::chrono::steady_clock::now()); });
  goOn = true;
  draining.join();
  EXPECT_NE(cut.reason, FinishReason::None);
}

TEST_F(EngineServiceTest, AStepThatFailsEndsEveryRequestAndTheEngine) {
  std::unique_ptr<Engine> engine = makeEngine();
  std::atomic<bool> broken = false;
  engine->inspect([&](const Executor &, const plan::Launch &) {
    return broken ? Error::make("the device is gone") : Error::success();
  });
  EngineService service(std::move(engine));
  Seen before, during, after;
  ASSERT_TRUE(service.submit(makeRequest(before, {1}, 3)));
  before.end.get_future().wait();
  EXPECT_FALSE(service.health());
  broken = true;
  ASSERT_TRUE(service.submit(makeRequest(during, {1}, 3)));
  during.end.get_future().wait();
  EXPECT_EQ(during.reason, FinishReason::Error);
  EXPECT_NE(during.message.find("the device is gone"), std::string::npos) << during.message;
  EXPECT_EQ(service.health().message(), during.message);
  EXPECT_EQ(service.submit(makeRequest(after, {1}, 3)).takeError().message(), during.message);
}

TEST_F(EngineServiceTest, EndsWhatRunsWhenItGoes) {
  Seen seen;
  {
    EngineService service(makeEngine());
    ASSERT_TRUE(service.submit(makeRequest(seen, {1, 2, 3}, 60)));
  }
  EXPECT_NE(seen.reason, FinishReason::None);
}
