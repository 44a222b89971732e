//===- DriverSuite.h - What the emulated drivers do alike -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Tests of streams, events, graphs and modules that hold for each vendor's library. `Calls` has the
// library's types and entry points under common names, and a fixture with a module whose kernel
// "add" adds to the numbers `x`, and whose kernel "lookup" copies its variable "table".
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_DRIVERSUITE_H
#define MOEC_UNITTESTS_EMULATOR_DRIVERSUITE_H

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace moec::emulator::test {

template <typename Calls> class EmulatedDriver : public Calls::Fixture {};
TYPED_TEST_SUITE_P(EmulatedDriver);

TYPED_TEST_P(EmulatedDriver, WorkWaitsForTheWait) {
  ASSERT_EQ(this->launchAdd(5, this->stream), 0);
  EXPECT_EQ(this->x[0], 0); // Nobody has waited yet.
  EXPECT_EQ(TypeParam::streamQuery(this->stream), 600);
  EXPECT_EQ(TypeParam::streamQuery(this->stream), 0);
  EXPECT_EQ(this->x[0], 5);
  EXPECT_EQ(this->x[this->kCount - 1], 5);
}

TYPED_TEST_P(EmulatedDriver, NullStreamOrdersWithOthers) {
  ASSERT_EQ(this->launchAdd(5, this->stream), 0);
  EXPECT_EQ(this->first(), 5); // A copy in the null stream waits for the blocking stream.
}

TYPED_TEST_P(EmulatedDriver, EventsAndOtherStreams) {
  typename TypeParam::Stream second;
  typename TypeParam::Event start, stop;
  ASSERT_EQ(TypeParam::streamCreate(&second, 1), 0);
  ASSERT_EQ(TypeParam::eventCreate(&start), 0);
  ASSERT_EQ(TypeParam::eventCreate(&stop), 0);
  ASSERT_EQ(TypeParam::eventRecord(start, this->stream), 0);
  ASSERT_EQ(this->launchAdd(3, this->stream), 0);
  ASSERT_EQ(TypeParam::eventRecord(stop, this->stream), 0);
  ASSERT_EQ(TypeParam::streamWaitEvent(second, stop, 0), 0);
  void *copy = nullptr;
  ASSERT_EQ(TypeParam::hostAlloc(&copy, 4), 0);
  ASSERT_EQ(TypeParam::copyToHostAsync(copy, this->x, 4, second), 0);
  float ms = -1;
  EXPECT_EQ(TypeParam::eventElapsedTime(&ms, start, stop), 600);
  ASSERT_EQ(TypeParam::streamSynchronize(second), 0);
  EXPECT_EQ(*static_cast<int *>(copy), 3);
  ASSERT_EQ(TypeParam::eventElapsedTime(&ms, start, stop), 0);
  EXPECT_GT(ms, 0);
  EXPECT_EQ(TypeParam::hostFree(copy), 0);
  EXPECT_EQ(TypeParam::eventDestroy(start), 0);
  EXPECT_EQ(TypeParam::eventDestroy(stop), 0);
  EXPECT_EQ(TypeParam::streamDestroy(second), 0);
}

TYPED_TEST_P(EmulatedDriver, Graphs) {
  typename TypeParam::Graph graph;
  typename TypeParam::GraphExec exec;
  ASSERT_EQ(TypeParam::streamBeginCapture(this->stream, 0), 0);
  ASSERT_EQ(this->launchAdd(4, this->stream), 0);
  ASSERT_EQ(this->launchAdd(1, this->stream), 0);
  int capturing = 0;
  EXPECT_EQ(TypeParam::streamIsCapturing(this->stream, &capturing), 0);
  EXPECT_EQ(capturing, 1);
  EXPECT_EQ(TypeParam::streamSynchronize(this->stream), 900);
  ASSERT_EQ(TypeParam::streamEndCapture(this->stream, &graph), 0);
  EXPECT_EQ(this->first(), 0); // Captured, not run.
  ASSERT_EQ(TypeParam::graphInstantiate(&exec, graph), 0);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(TypeParam::graphLaunch(exec, this->stream), 0);
  EXPECT_EQ(this->first(), 15);
  EXPECT_EQ(TypeParam::graphExecDestroy(exec), 0);
  EXPECT_EQ(TypeParam::graphDestroy(graph), 0);
}

TYPED_TEST_P(EmulatedDriver, GlobalsAndExtraArguments) {
  typename TypeParam::Address pointer{};
  size_t bytes = 0;
  ASSERT_EQ(TypeParam::moduleGetGlobal(&pointer, &bytes, this->module, "table"), 0);
  EXPECT_EQ(bytes, 16u);
  int values[4] = {10, 20, 30, 40};
  ASSERT_EQ(TypeParam::copyToDevice(pointer, values, 16), 0);
  typename TypeParam::Function lookup;
  ASSERT_EQ(TypeParam::moduleGetFunction(&lookup, this->module, "lookup"), 0);
  void *argument = this->x;
  size_t size = sizeof argument;
  void *extra[] = {reinterpret_cast<void *>(1), &argument, reinterpret_cast<void *>(2), &size,
                   TypeParam::launchEnd()};
  ASSERT_EQ(TypeParam::launchKernel(lookup, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra), 0);
  ASSERT_EQ(TypeParam::synchronize(), 0);
  EXPECT_EQ(this->x[2], 30);
  EXPECT_EQ(TypeParam::moduleGetFunction(&lookup, this->module, "nothing"), 500);
}

TYPED_TEST_P(EmulatedDriver, Threads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      EXPECT_EQ(this->beginThread(), 0);
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(this->launchAdd(1, this->stream), 0);
        EXPECT_EQ(TypeParam::streamSynchronize(this->stream), 0);
      }
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(this->first(), 40);
  EXPECT_NE(std::string(TypeParam::counters()).find("\"add\""), std::string::npos);
}

REGISTER_TYPED_TEST_SUITE_P(EmulatedDriver, WorkWaitsForTheWait, NullStreamOrdersWithOthers,
                            EventsAndOtherStreams, Graphs, GlobalsAndExtraArguments, Threads);

} // namespace moec::emulator::test

#endif // MOEC_UNITTESTS_EMULATOR_DRIVERSUITE_H
