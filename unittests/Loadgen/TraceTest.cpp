//===- TraceTest.cpp - Conversations, call by call ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a trace may say, and the prompts that it becomes with a target that counts.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/LoadGenerator.h"

#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::runtime;
using V = std::vector<int32_t>;

namespace {
/// Answers with the length of the prompt, again and again.
class CountingTarget : public LoadTarget {
public:
  Expected<LoadAnswer> answer(const ServeWorkload::Item &item,
                              const std::function<void()> &onTokens) override {
    std::lock_guard lock(mutex);
    prompts.push_back(item.prompt);
    turnEnds.push_back(item.turnEnd);
    if (prompts.size() == failing)
      return Error::make("it is broken");
    onTokens();
    return LoadAnswer{item.outputTokens, 0, V(item.outputTokens, int32_t(item.prompt.size()))};
  }
  std::string description() const override { return "a test"; }
  bool givesIds() const override { return true; }

  std::mutex mutex;
  std::vector<V> prompts;
  V turnEnds;
  size_t failing = 0;
};

std::string messageOf(const char *trace) {
  auto work = ServeWorkload::parse(std::string(R"({"clients": [1], "trace": )") + trace + "}", "t");
  return work ? "" : work.takeError().message();
}

constexpr const char *twoSessions = R"({"clients": [1], "trace": [
  {"session": 0, "append": [1, 2, 3], "output_tokens": 2, "turn_end": 2},
  {"session": 1, "append": [9], "output_tokens": 1},
  {"session": 0, "keep": 3, "answer": true, "append": [4], "output_tokens": 1},
  {"session": 0, "keep": 2, "append": [5, 250], "output_tokens": 1},
  {"session": 1, "keep": 1, "answer": true, "output_tokens": 1}]})";
} // namespace

TEST(Trace, CallsBeginWithPromptsAndAnswersOfTheirSession) {
  auto work = ServeWorkload::parse(twoSessions, "t");
  ASSERT_TRUE(work) << work.takeError().message();
  EXPECT_EQ(work->endId, 251) << "ids that a model must have";
  CountingTarget target;
  LoadRun run = runLoad(target, *work, 0, 1);
  EXPECT_EQ(target.prompts,
            (std::vector<V>{{1, 2, 3}, {9}, {1, 2, 3, 3, 3, 4}, {1, 2, 5, 250}, {9, 1}}));
  EXPECT_EQ(target.turnEnds, (V{2, 0, 0, 0, 0}));
  EXPECT_EQ(run.requests[2].inputTokens, 6u);
  // A session is one client's, however many there are.
  CountingTarget others;
  runLoad(others, *work, 0, 3);
  std::sort(others.prompts.begin(), others.prompts.end());
  std::sort(target.prompts.begin(), target.prompts.end());
  EXPECT_EQ(others.prompts, target.prompts);
}

TEST(Trace, ASessionEndsWithACallThatFails) {
  auto work = ServeWorkload::parse(twoSessions, "t");
  CountingTarget target;
  target.failing = 2;
  LoadRun run = runLoad(target, *work, 0, 2);
  size_t good = 0;
  for (const Measurement &request : run.requests)
    good += request.success;
  EXPECT_EQ(good, target.prompts.size() - 1);
  EXPECT_LT(good, 5u);
}

TEST(Trace, SaysWhatIsWrong) {
  EXPECT_EQ(messageOf("[]"), "'t': a trace must be an array of calls that is not empty");
  EXPECT_EQ(messageOf("[3]"), "'t': call 0 of the trace is not an object");
  EXPECT_EQ(messageOf(R"([{"output_tokens": 1}])"),
            "'t': call 0 of the trace: append is missing, it must be ids, as nothing is kept");
  EXPECT_EQ(messageOf(R"([{"append": [1], "output_tokens": 0}])"),
            "'t': call 0 of the trace: output_tokens is 0, it must be a whole number from 1 to "
            "10000000");
  EXPECT_EQ(messageOf(R"([{"append": [-1], "output_tokens": 1}])"),
            "'t': call 0 of the trace: append is [-1], it must be an array of token ids");
  EXPECT_EQ(messageOf(R"([{"append": [1], "output_tokens": 1},
                          {"keep": 2, "append": [1], "output_tokens": 1}])"),
            "'t': call 1 of the trace: keep is 2, it must be a whole number from 0 to 1");
  EXPECT_EQ(messageOf(R"([{"append": [1, 2], "output_tokens": 1},
                          {"keep": 1, "answer": true, "output_tokens": 1}])"),
            "'t': call 1 of the trace: answer is true, it must be false where not all of the "
            "prompt before is kept");
  auto rates = ServeWorkload::parse(R"({"rates": [1], "trace": [{"append": [1],
                                        "output_tokens": 1}]})",
                                    "t");
  EXPECT_EQ(rates.takeError().message(),
            "'t': a trace has clients, no rates: its calls wait for answers");
}
