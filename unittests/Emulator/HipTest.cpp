//===- HipTest.cpp - The HIP entry points -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Uses the emulated library as a program uses the real one: through its declarations, on two
// devices and from threads.
//
//===----------------------------------------------------------------------===//

#include "DriverSuite.h"
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
  /// Device 0 is every thread's current one.
  hipError_t beginThread() { return 0; }
  static constexpr int kCount = 1000;
  hipModule_t module = nullptr;
  hipFunction_t add = nullptr;
  hipStream_t stream = nullptr;
  int *x = nullptr;
};

struct HipCalls {
  using Fixture = Hip;
  using Stream = hipStream_t;
  using Event = hipEvent_t;
  using Graph = hipGraph_t;
  using GraphExec = hipGraphExec_t;
  using Function = hipFunction_t;
  using Address = void *;

  static constexpr auto streamCreate = hipStreamCreateWithFlags;
  static constexpr auto streamDestroy = hipStreamDestroy;
  static constexpr auto streamQuery = hipStreamQuery;
  static constexpr auto streamSynchronize = hipStreamSynchronize;
  static constexpr auto streamWaitEvent = hipStreamWaitEvent;
  static constexpr auto streamBeginCapture = hipStreamBeginCapture;
  static constexpr auto streamIsCapturing = hipStreamIsCapturing;
  static constexpr auto streamEndCapture = hipStreamEndCapture;
  static constexpr auto eventCreate = hipEventCreate;
  static constexpr auto eventRecord = hipEventRecord;
  static constexpr auto eventElapsedTime = hipEventElapsedTime;
  static constexpr auto eventDestroy = hipEventDestroy;
  static constexpr auto graphLaunch = hipGraphLaunch;
  static constexpr auto graphDestroy = hipGraphDestroy;
  static constexpr auto graphExecDestroy = hipGraphExecDestroy;
  static constexpr auto moduleGetGlobal = hipModuleGetGlobal;
  static constexpr auto moduleGetFunction = hipModuleGetFunction;
  static constexpr auto launchKernel = hipModuleLaunchKernel;
  static constexpr auto copyToDevice = hipMemcpyHtoD;
  static constexpr auto synchronize = hipDeviceSynchronize;
  static constexpr auto counters = moecEmulatorCounters;
  static constexpr auto hostFree = hipHostFree;
  static hipError_t hostAlloc(void **memory, size_t bytes) {
    return hipHostMalloc(memory, bytes, 0);
  }
  static hipError_t copyToHostAsync(void *to, int *from, size_t bytes, hipStream_t where) {
    return hipMemcpyAsync(to, from, bytes, 2, where);
  }
  static hipError_t graphInstantiate(hipGraphExec_t *exec, hipGraph_t graph) {
    return hipGraphInstantiate(exec, graph, nullptr, nullptr, 0);
  }
  static void *launchEnd() { return reinterpret_cast<void *>(3); }
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

TEST_F(Hip, BadCopiesAndImages) {
  int v = 0;
  EXPECT_EQ(hipMemcpy(x + kCount - 1, &v, 8, 1), 1); // Past the end.
  EXPECT_EQ(hipMemset(x, 0, kCount * 4 + 1), 1);
  EXPECT_EQ(hipFree(x + 1), 1);
  hipModule_t bad;
  EXPECT_EQ(hipModuleLoadData(&bad, "no code object"), 200);
  EXPECT_EQ(hipModuleLoad(&bad, "/nonexistent"), 301);
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

namespace moec::emulator::test {
INSTANTIATE_TYPED_TEST_SUITE_P(Hip, EmulatedDriver, gfx950::test::HipCalls);
} // namespace moec::emulator::test
