//===- WorkloadTest.cpp - What a load generator sends ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lengths, shared beginnings, arrivals, and files that are wrong.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/Workload.h"

#include <cmath>
#include <gtest/gtest.h>
#include <set>

using namespace moec;
using namespace moec::runtime;

TEST(ServeWorkload, PromptsShareWhatTheyShall) {
  ServeWorkload work = *ServeWorkload::load("article-small");
  std::vector<std::vector<int32_t>> prefixes = work.sharedPrefixes();
  ASSERT_EQ(prefixes.size(), 1u);
  EXPECT_EQ(prefixes[0].size(), 240u);
  std::set<std::vector<int32_t>> rest;
  for (uint32_t i = 0; i < 20; ++i) {
    ServeWorkload::Item item = work.draw(i);
    EXPECT_EQ(item.prompt.size(), 400u);
    EXPECT_EQ(item.outputTokens, 20u);
    EXPECT_EQ(std::vector(item.prompt.begin(), item.prompt.begin() + 240), prefixes[0]);
    rest.emplace(item.prompt.begin() + 240, item.prompt.end());
    EXPECT_EQ(item.prompt, work.draw(i).prompt) << "the same each time";
    for (int32_t id : item.prompt)
      ASSERT_TRUE(id >= work.firstId && id < work.endId);
  }
  EXPECT_EQ(rest.size(), 20u);
}

TEST(ServeWorkload, LengthsFillTheirRange) {
  ServeWorkload work;
  work.inputTokens = 10;
  work.outputTokens = 4;
  work.rangeRatio = 0.5;
  std::set<size_t> inputs, outputs;
  for (uint32_t i = 0; i < 300; ++i) {
    inputs.insert(work.draw(i).prompt.size());
    outputs.insert(work.draw(i).outputTokens);
  }
  EXPECT_EQ(inputs, (std::set<size_t>{5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(outputs, (std::set<size_t>{2, 3, 4}));
  work.rangeRatio = 0;
  work.outputTokens = 1;
  EXPECT_EQ(work.draw(0).outputTokens, 1u);
}

TEST(ServeWorkload, ArrivalsAreAPoissonProcess) {
  ServeWorkload work;
  work.requests = 20000;
  std::vector<double> times = work.arrivals(5);
  double squares = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    ASSERT_GE(times[i], times[i - 1]);
    squares += std::pow(times[i] - times[i - 1], 2);
  }
  // Exponential gaps of mean 1/5: their mean square is 2/25.
  EXPECT_NEAR(times.back() / double(times.size()), 0.2, 0.01);
  EXPECT_NEAR(squares / double(times.size()), 0.08, 0.005);
}

TEST(ServeWorkload, Files) {
  Expected<ServeWorkload> work = ServeWorkload::parse(
      R"({"input_tokens": 7, "rates": [0.5, 2], "shared_input": 0.25, "clients": [3]})", "f.json");
  ASSERT_TRUE(work) << work.takeError().message();
  EXPECT_EQ(work->inputTokens, 7u);
  EXPECT_EQ(work->rates, (std::vector{0.5, 2.0}));
  EXPECT_EQ(work->clients, (std::vector{3u}));
  auto problem = [](const char *text) {
    return ServeWorkload::parse(text, "f.json").takeError().message();
  };
  EXPECT_EQ(problem("[1]"), "'f.json' is not a JSON object");
  EXPECT_EQ(problem(R"({"rates": [1], "input_tokens": 0})"),
            "'f.json': input_tokens is 0, it must be a whole number from 1 to 1e+07");
  EXPECT_EQ(problem(R"({"rates": [1], "shared_input": 1.5})"),
            "'f.json': shared_input is 1.5, it must be a number from 0 to 1");
  EXPECT_EQ(problem(R"({"rates": ["a"]})"),
            "'f.json': rates is \"a\", it must be a number from 1e-06 to 1e+06");
  EXPECT_EQ(problem(R"({"rates": [1], "speed": 1})"), "'f.json': workloads have no field 'speed'");
  EXPECT_EQ(problem("{}"), "'f.json': there are neither rates nor clients, so there is no run");
  EXPECT_EQ(problem(R"({"rates": [1], "first_id": 5, "end_id": 5})"),
            "'f.json': first_id is 5 but end_id is 5");
}
