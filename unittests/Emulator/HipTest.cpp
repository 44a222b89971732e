//===- HipTest.cpp - The HIP entry points -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Uses the emulated library as a program uses the real one: through its declarations, on two
// devices and from threads.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "HipApi.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

namespace moec::gfx950::test {
namespace {

const char kSource[] = R"(#include "device.h"
__attribute__((visibility("protected"))) int table[4] = {1, 2, 3, 4};
KERNEL void add(GLOBAL int *x, int value, int n) {
  int i = GROUP_X * 64 + LOCAL_ID;
  if (i < n) x[i] += value;
}
KERNEL void lookup(GLOBAL int *x) { x[LOCAL_ID] = table[LOCAL_ID & 3]; }
KERNEL void stray(GLOBAL int *x) { x[1 << 20] = 1; }
)";

/// One compiled module for all tests.
std::vector<std::byte> image() {
  static const std::vector<std::byte> bytes = [] {
    TempDir dir;
    writeText(dir.path("k.c"), kSource);
    run(std::string(
            MOEC_LLVM_BIN
            "/clang --target=amdgcn-amd-amdhsa -mcpu=gfx950 -nogpulib -w -O2 -I " MOEC_TEST_INPUTS
            " -o ") +
        dir.path("k.hsaco") + " " + dir.path("k.c"));
    return readBytes(dir.path("k.hsaco"));
  }();
  return bytes;
}

class Hip : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(hipInit(0), 0);
    ASSERT_EQ(hipModuleLoadData(&module, image().data()), 0) << moecEmulatorLastFault();
    ASSERT_EQ(hipModuleGetFunction(&add, module, "add"), 0);
    ASSERT_EQ(hipStreamCreate(&stream), 0);
    ASSERT_EQ(hipMalloc(reinterpret_cast<void **>(&x), kCount * 4), 0);
    ASSERT_EQ(hipMemset(x, 0, kCount * 4), 0);
  }
  void TearDown() override {
    EXPECT_EQ(hipFree(x), 0);
    EXPECT_EQ(hipStreamDestroy(stream), 0);
    EXPECT_EQ(hipModuleUnload(module), 0);
  }
  hipError_t launchAdd(int value, hipStream_t where) {
    int n = kCount;
    void *params[] = {&x, &value, &n};
    return hipModuleLaunchKernel(add, (kCount + 63) / 64, 1, 1, 64, 1, 1, 0, where, params,
                                 nullptr);
  }
  int first() {
    int v = -1;
    EXPECT_EQ(hipMemcpy(&v, x, 4, 2), 0);
    return v;
  }
  static constexpr int kCount = 1000;
  hipModule_t module = nullptr;
  hipFunction_t add = nullptr;
  hipStream_t stream = nullptr;
  int *x = nullptr;
};

TEST_F(Hip, DeviceFacts) {
  int count = 0, value = 0;
  EXPECT_EQ(hipGetDeviceCount(&count), 0);
  EXPECT_GE(count, 1);
  EXPECT_EQ(hipDeviceGetAttribute(&value, 87, 0), 0);
  EXPECT_EQ(value, 64);
  EXPECT_EQ(hipDeviceGetAttribute(&value, 63, 0), 0);
  EXPECT_EQ(value, 256);
  char properties[1472];
  ASSERT_EQ(hipGetDevicePropertiesR0600(properties, 0), 0);
  EXPECT_EQ(std::strncmp(properties + 1160, "gfx950", 6), 0);
  EXPECT_EQ(hipSetDevice(count), 101);
  EXPECT_STREQ(hipGetErrorString(101), "invalid device ordinal");
  EXPECT_EQ(hipGetLastError(), 101);
  EXPECT_EQ(hipGetLastError(), 0);
}

TEST_F(Hip, LaunchInAStream) {
  ASSERT_EQ(launchAdd(5, stream), 0);
  ASSERT_EQ(launchAdd(2, stream), 0);
  ASSERT_EQ(hipStreamSynchronize(stream), 0);
  EXPECT_EQ(x[0], 7);
  EXPECT_EQ(x[kCount - 1], 7);
}

TEST_F(Hip, WorkWaitsForTheWait) {
  ASSERT_EQ(launchAdd(5, stream), 0);
  EXPECT_EQ(x[0], 0); // Nobody has waited yet.
  EXPECT_EQ(hipStreamQuery(stream), 600);
  EXPECT_EQ(hipStreamQuery(stream), 0);
  EXPECT_EQ(x[0], 5);
}

TEST_F(Hip, NullStreamOrdersWithOthers) {
  ASSERT_EQ(launchAdd(5, stream), 0);
  EXPECT_EQ(first(), 5); // A copy in the null stream waits for the blocking stream.
}

TEST_F(Hip, EventsAndOtherStreams) {
  hipStream_t second;
  hipEvent_t start, stop;
  ASSERT_EQ(hipStreamCreateWithFlags(&second, 1), 0);
  ASSERT_EQ(hipEventCreate(&start), 0);
  ASSERT_EQ(hipEventCreate(&stop), 0);
  ASSERT_EQ(hipEventRecord(start, stream), 0);
  ASSERT_EQ(launchAdd(3, stream), 0);
  ASSERT_EQ(hipEventRecord(stop, stream), 0);
  ASSERT_EQ(hipStreamWaitEvent(second, stop, 0), 0);
  int *copy = nullptr;
  ASSERT_EQ(hipHostMalloc(reinterpret_cast<void **>(&copy), 4, 0), 0);
  ASSERT_EQ(hipMemcpyAsync(copy, x, 4, 2, second), 0);
  float ms = -1;
  EXPECT_EQ(hipEventElapsedTime(&ms, start, stop), 600);
  ASSERT_EQ(hipStreamSynchronize(second), 0);
  EXPECT_EQ(*copy, 3);
  ASSERT_EQ(hipEventElapsedTime(&ms, start, stop), 0);
  EXPECT_GT(ms, 0);
  EXPECT_EQ(hipHostFree(copy), 0);
  EXPECT_EQ(hipEventDestroy(start), 0);
  EXPECT_EQ(hipEventDestroy(stop), 0);
  EXPECT_EQ(hipStreamDestroy(second), 0);
}

TEST_F(Hip, Graphs) {
  hipGraph_t graph;
  hipGraphExec_t exec;
  ASSERT_EQ(hipStreamBeginCapture(stream, 0), 0);
  ASSERT_EQ(launchAdd(4, stream), 0);
  ASSERT_EQ(launchAdd(1, stream), 0);
  int capturing = 0;
  EXPECT_EQ(hipStreamIsCapturing(stream, &capturing), 0);
  EXPECT_EQ(capturing, 1);
  EXPECT_EQ(hipStreamSynchronize(stream), 900);
  ASSERT_EQ(hipStreamEndCapture(stream, &graph), 0);
  EXPECT_EQ(first(), 0); // Captured, not run.
  ASSERT_EQ(hipGraphInstantiate(&exec, graph, nullptr, nullptr, 0), 0);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(hipGraphLaunch(exec, stream), 0);
  EXPECT_EQ(first(), 15);
  EXPECT_EQ(hipGraphExecDestroy(exec), 0);
  EXPECT_EQ(hipGraphDestroy(graph), 0);
}

TEST_F(Hip, GlobalsAndExtraArguments) {
  void *pointer = nullptr;
  size_t bytes = 0;
  ASSERT_EQ(hipModuleGetGlobal(&pointer, &bytes, module, "table"), 0);
  EXPECT_EQ(bytes, 16u);
  int values[4] = {10, 20, 30, 40};
  ASSERT_EQ(hipMemcpyHtoD(pointer, values, 16), 0);
  hipFunction_t lookup;
  ASSERT_EQ(hipModuleGetFunction(&lookup, module, "lookup"), 0);
  void *argument = x;
  size_t size = sizeof argument;
  void *extra[] = {reinterpret_cast<void *>(1), &argument, reinterpret_cast<void *>(2), &size,
                   reinterpret_cast<void *>(3)};
  ASSERT_EQ(hipModuleLaunchKernel(lookup, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra), 0);
  ASSERT_EQ(hipDeviceSynchronize(), 0);
  EXPECT_EQ(x[2], 30);
  EXPECT_EQ(hipModuleGetFunction(&lookup, module, "nothing"), 500);
}

TEST_F(Hip, BadCopiesAndImages) {
  int v = 0;
  EXPECT_EQ(hipMemcpy(x + kCount - 1, &v, 8, 1), 1); // Past the end.
  EXPECT_EQ(hipMemset(x, 0, kCount * 4 + 1), 1);
  EXPECT_EQ(hipFree(x + 1), 1);
  hipModule_t bad;
  EXPECT_EQ(hipModuleLoadData(&bad, "no code object"), 200);
  EXPECT_EQ(hipModuleLoad(&bad, "/nonexistent"), 301);
}

TEST_F(Hip, Threads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(launchAdd(1, stream), 0);
        EXPECT_EQ(hipStreamSynchronize(stream), 0);
      }
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(first(), 40);
  EXPECT_NE(std::string(moecEmulatorCounters()).find("\"kernel\": \"add\""), std::string::npos);
}

/// Each thread has its own current device, stream and memory; both devices work at once.
TEST_F(Hip, ThreadsOnSeveralDevices) {
  int count = 0;
  ASSERT_EQ(hipGetDeviceCount(&count), 0);
  ASSERT_EQ(count, 2) << "run with MOEC_EMULATED_DEVICES=2";
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      int device = t % 2, current = -1, n = 256, value = t + 1;
      EXPECT_EQ(hipSetDevice(device), 0);
      hipModule_t own;
      hipFunction_t f;
      hipStream_t s;
      int *p = nullptr;
      ASSERT_EQ(hipModuleLoadData(&own, image().data()), 0);
      ASSERT_EQ(hipModuleGetFunction(&f, own, "add"), 0);
      ASSERT_EQ(hipStreamCreate(&s), 0);
      ASSERT_EQ(hipMalloc(reinterpret_cast<void **>(&p), 1024), 0);
      ASSERT_EQ(hipMemsetAsync(p, 0, 1024, s), 0);
      void *params[] = {&p, &value, &n};
      for (int i = 0; i < 8; ++i)
        ASSERT_EQ(hipModuleLaunchKernel(f, 4, 1, 1, 64, 1, 1, 0, s, params, nullptr), 0);
      ASSERT_EQ(hipStreamSynchronize(s), 0);
      EXPECT_EQ(p[0], 8 * value);
      EXPECT_EQ(p[255], 8 * value);
      EXPECT_EQ(hipGetDevice(&current), 0);
      EXPECT_EQ(current, device);
      EXPECT_EQ(hipFree(p), 0);
      EXPECT_EQ(hipStreamDestroy(s), 0);
      EXPECT_EQ(hipModuleUnload(own), 0);
    });
  for (std::thread &t : threads)
    t.join();
}

/// Runs last, on a device of its own: a fault is sticky. Two devices must be there (see the ctest
/// environment).
TEST_F(Hip, ZFaultOnTheSecondDevice) {
  int count = 0;
  ASSERT_EQ(hipGetDeviceCount(&count), 0);
  ASSERT_EQ(count, 2) << "run with MOEC_EMULATED_DEVICES=2";
  ASSERT_EQ(hipSetDevice(1), 0);
  hipModule_t second;
  hipFunction_t stray;
  int *y = nullptr;
  ASSERT_EQ(hipModuleLoadData(&second, image().data()), 0);
  ASSERT_EQ(hipModuleGetFunction(&stray, second, "stray"), 0);
  ASSERT_EQ(hipMalloc(reinterpret_cast<void **>(&y), 64), 0);
  void *params[] = {&y};
  ASSERT_EQ(hipModuleLaunchKernel(stray, 1, 1, 1, 1, 1, 1, 0, nullptr, params, nullptr), 0);
  EXPECT_EQ(hipDeviceSynchronize(), 700);
  EXPECT_NE(std::string(moecEmulatorLastFault()).find("kernel stray"), std::string::npos);
  EXPECT_EQ(hipDeviceSynchronize(), 700);
  ASSERT_EQ(hipSetDevice(0), 0);
  ASSERT_EQ(launchAdd(1, stream), 0);
  EXPECT_EQ(first(), 1); // The other device works on.
}

} // namespace
} // namespace moec::gfx950::test
