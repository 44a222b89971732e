//===- CudaTest.cpp - The emulated driver's entry points ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Uses the emulated library as a program uses the real one: through its declarations, on three
// devices and from threads. The card is the one of sm_90.
//
//===----------------------------------------------------------------------===//

#include "CudaApi.h"
#include "unittests/Emulator/DriverSuite.h"

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <cstring>
#include <string>
#include <thread>

namespace {
const char kSource[] = R"(.version 7.8
.target sm_80
.address_size 64
.visible .global .align 4 .u32 table[4] = {1, 2, 3, 4};

// x[i] += value, i < n
.visible .entry add(.param .u64 add_x, .param .u32 add_value, .param .u32 add_n)
{
  .reg .pred %p<2>;
  .reg .b32 %r<8>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [add_x];
  ld.param.u32 %r1, [add_value];
  ld.param.u32 %r2, [add_n];
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %tid.x;
  mad.lo.s32 %r5, %r3, 64, %r4;
  setp.ge.s32 %p1, %r5, %r2;
  @%p1 bra $done;
  mul.wide.s32 %rd2, %r5, 4;
  add.s64 %rd3, %rd1, %rd2;
  ld.global.u32 %r6, [%rd3];
  add.s32 %r7, %r6, %r1;
  st.global.u32 [%rd3], %r7;
$done:
  ret;
}

.visible .entry lookup(.param .u64 lookup_x)
{
  .reg .b32 %r<4>;
  .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [lookup_x];
  mov.u32 %r1, %tid.x;
  and.b32 %r2, %r1, 3;
  mul.wide.u32 %rd2, %r2, 4;
  mov.u64 %rd3, table;
  add.s64 %rd4, %rd3, %rd2;
  ld.global.u32 %r3, [%rd4];
  mul.wide.u32 %rd5, %r1, 4;
  add.s64 %rd6, %rd1, %rd5;
  st.global.u32 [%rd6], %r3;
  ret;
}

.visible .entry stray(.param .u64 stray_x)
{
  .reg .b32 %r<2>;
  .reg .b64 %rd<3>;
  ld.param.u64 %rd1, [stray_x];
  add.s64 %rd2, %rd1, 4194304;
  mov.u32 %r1, 1;
  st.global.u32 [%rd2], %r1;
  ret;
}

.extern .shared .align 16 .b8 buffer[];
.visible .entry shared(.param .u64 shared_x)
{
  .reg .b32 %r<3>;
  .reg .b64 %rd<2>;
  ld.param.u64 %rd1, [shared_x];
  mov.u32 %r1, 7;
  st.shared.u32 [buffer], %r1;
  ld.shared.u32 %r2, [buffer];
  st.global.u32 [%rd1], %r2;
  ret;
}
)";

template <typename T> CUdeviceptr addressOf(T *pointer) {
  return reinterpret_cast<CUdeviceptr>(pointer);
}

class Cuda : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(cuInit(0), 0);
    ASSERT_EQ(cuDevicePrimaryCtxRetain(&context, 0), 0);
    ASSERT_EQ(cuCtxSetCurrent(context), 0);
    ASSERT_EQ(cuModuleLoadData(&module, kSource), 0) << moecEmulatorLastFault();
    ASSERT_EQ(cuModuleGetFunction(&add, module, "add"), 0);
    ASSERT_EQ(cuStreamCreate(&stream, 0), 0);
    CUdeviceptr memory = 0;
    ASSERT_EQ(cuMemAlloc_v2(&memory, kCount * 4), 0);
    ASSERT_EQ(cuMemsetD32_v2(memory, 0, kCount), 0);
    x = reinterpret_cast<int *>(memory);
  }
  void TearDown() override {
    EXPECT_EQ(cuMemFree_v2(addressOf(x)), 0);
    EXPECT_EQ(cuStreamDestroy_v2(stream), 0);
    EXPECT_EQ(cuModuleUnload(module), 0);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), 0);
  }
  CUresult launchAdd(int value, CUstream where) {
    int n = kCount;
    void *params[] = {&x, &value, &n};
    return cuLaunchKernel(add, (kCount + 63) / 64, 1, 1, 64, 1, 1, 0, where, params, nullptr);
  }
  int first() {
    int v = -1;
    EXPECT_EQ(cuMemcpyDtoH_v2(&v, addressOf(x), 4), 0);
    return v;
  }
  CUresult beginThread() { return cuCtxSetCurrent(context); }
  /// What loading `text` gives, and what it writes into a log.
  CUresult load(const char *text, std::string &log) {
    char buffer[512] = {};
    int options[] = {5, 6};
    void *values[] = {buffer, reinterpret_cast<void *>(sizeof buffer)};
    CUmodule bad = nullptr;
    CUresult status = cuModuleLoadDataEx(&bad, text, 2, options, values);
    log = buffer;
    return status;
  }
  static constexpr int kCount = 1000;
  CUcontext context = nullptr;
  CUmodule module = nullptr;
  CUfunction add = nullptr;
  CUstream stream = nullptr;
  int *x = nullptr;
};

struct CudaCalls {
  using Fixture = Cuda;
  using Stream = CUstream;
  using Event = CUevent;
  using Graph = CUgraph;
  using GraphExec = CUgraphExec;
  using Function = CUfunction;
  using Address = CUdeviceptr;

  static constexpr auto streamCreate = cuStreamCreate;
  static constexpr auto streamDestroy = cuStreamDestroy_v2;
  static constexpr auto streamQuery = cuStreamQuery;
  static constexpr auto streamSynchronize = cuStreamSynchronize;
  static constexpr auto streamWaitEvent = cuStreamWaitEvent;
  static constexpr auto streamBeginCapture = cuStreamBeginCapture_v2;
  static constexpr auto streamIsCapturing = cuStreamIsCapturing;
  static constexpr auto streamEndCapture = cuStreamEndCapture;
  static constexpr auto eventRecord = cuEventRecord;
  static constexpr auto eventElapsedTime = cuEventElapsedTime;
  static constexpr auto eventDestroy = cuEventDestroy_v2;
  static constexpr auto graphLaunch = cuGraphLaunch;
  static constexpr auto graphDestroy = cuGraphDestroy;
  static constexpr auto graphExecDestroy = cuGraphExecDestroy;
  static constexpr auto moduleGetGlobal = cuModuleGetGlobal_v2;
  static constexpr auto moduleGetFunction = cuModuleGetFunction;
  static constexpr auto launchKernel = cuLaunchKernel;
  static constexpr auto copyToDevice = cuMemcpyHtoD_v2;
  static constexpr auto synchronize = cuCtxSynchronize;
  static constexpr auto counters = moecEmulatorCounters;
  static constexpr auto hostAlloc = cuMemAllocHost_v2;
  static constexpr auto hostFree = cuMemFreeHost;
  static CUresult eventCreate(CUevent *event) { return cuEventCreate(event, 0); }
  static CUresult copyToHostAsync(void *to, int *from, size_t bytes, CUstream where) {
    return cuMemcpyDtoHAsync_v2(to, addressOf(from), bytes, where);
  }
  static CUresult graphInstantiate(CUgraphExec *exec, CUgraph graph) {
    return cuGraphInstantiateWithFlags(exec, graph, 0);
  }
  static void *launchEnd() { return nullptr; }
};

/// Runs in the order of this file; before cuInit nothing works.
TEST(CudaBegin, NotInitialized) {
  int count = 0;
  CUdeviceptr pointer = 0;
  EXPECT_EQ(cuDeviceGetCount(&count), 3);
  EXPECT_EQ(cuMemAlloc_v2(&pointer, 64), 3);
}

TEST_F(Cuda, DeviceFacts) {
  int count = 0, value = 0;
  char name[64];
  EXPECT_EQ(cuDeviceGetCount(&count), 0);
  EXPECT_GE(count, 1);
  EXPECT_EQ(cuDeviceGetName(name, sizeof name, 0), 0);
  EXPECT_STREQ(name, "NVIDIA H200 (emulated)");
  for (auto [number, expected] : {std::pair(75, 9), {76, 0}, {10, 32}, {16, 132}, {97, 232448}}) {
    EXPECT_EQ(cuDeviceGetAttribute(&value, number, 0), 0);
    EXPECT_EQ(value, expected) << number;
  }
  EXPECT_EQ(cuDeviceGetAttribute(&value, 5000, 0), 1);
  CUdevice device = -1;
  EXPECT_EQ(cuDeviceGet(&device, count), 101);
  const char *text = nullptr;
  EXPECT_EQ(cuGetErrorName(101, &text), 0);
  EXPECT_STREQ(text, "CUDA_ERROR_INVALID_DEVICE");
  EXPECT_EQ(cuGetErrorString(218, &text), 0);
  EXPECT_STREQ(text, "a PTX JIT compilation failed");
  EXPECT_EQ(cuGetErrorName(12345, &text), 1);
}

TEST_F(Cuda, ContextsBelongToThreads) {
  std::thread([&] {
    CUdeviceptr pointer = 0;
    EXPECT_EQ(cuMemAlloc_v2(&pointer, 64), 201);
    EXPECT_EQ(launchAdd(1, stream), 201);
    EXPECT_EQ(cuCtxPushCurrent_v2(context), 0);
    EXPECT_EQ(launchAdd(1, stream), 0);
    CUcontext popped = nullptr;
    EXPECT_EQ(cuCtxPopCurrent_v2(&popped), 0);
    EXPECT_EQ(popped, context);
    EXPECT_EQ(cuCtxSynchronize(), 201);
  }).join();
  EXPECT_EQ(first(), 1);
}

TEST_F(Cuda, BuffersOfParametersAreWhole) {
  CUfunction lookup;
  ASSERT_EQ(cuModuleGetFunction(&lookup, module, "lookup"), 0);
  CUdeviceptr argument = addressOf(x);
  size_t size = 4;
  void *extra[] = {reinterpret_cast<void *>(1), &argument, reinterpret_cast<void *>(2), &size,
                   nullptr};
  EXPECT_EQ(cuLaunchKernel(lookup, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra), 1);
}

TEST_F(Cuda, Memory) {
  int v = 0;
  EXPECT_EQ(cuMemcpyHtoD_v2(addressOf(x + kCount - 1), &v, 8), 1); // Past the end.
  EXPECT_EQ(cuMemcpyHtoD_v2(addressOf(&v), &v, 4), 1);             // Not the card's.
  EXPECT_EQ(cuMemsetD8_v2(addressOf(x), 0, kCount * 4 + 1), 1);
  EXPECT_EQ(cuMemsetD16_v2(addressOf(x), 0x1234, 3), 0);
  EXPECT_EQ(first(), 0x12341234);
  EXPECT_EQ(x[1], 0x1234);
  EXPECT_EQ(cuMemFree_v2(addressOf(x + 1)), 1);
  CUdeviceptr pointer = 0;
  EXPECT_EQ(cuMemAlloc_v2(&pointer, 0), 1);
  EXPECT_EQ(cuMemAlloc_v2(&pointer, size_t(1) << 50), 2);
  size_t free = 0, total = 0;
  EXPECT_EQ(cuMemGetInfo_v2(&free, &total), 0);
  EXPECT_EQ(total, size_t(143771) << 20);
  EXPECT_LE(free, total - kCount * 4);
}

TEST_F(Cuda, ModulesThatAreRefused) {
  std::string log;
  EXPECT_EQ(load("no code", log), 200);
  EXPECT_EQ(load("\177ELF and more", log), 209);
  EXPECT_EQ(log, "the emulated card runs PTX, and this is machine code");
  EXPECT_EQ(load(".version 8.6\n.target sm_100a\n.address_size 64\n", log), 209);
  EXPECT_EQ(log, "the PTX is for sm_100a, the card is sm_90");
  EXPECT_EQ(load(".version 8.0\n.target sm_90a\n.address_size 64\n", log), 0) << log;
  EXPECT_EQ(load(".version 8.0\n.target sm_80\n.address_size 64\n.entry k() { nonsense; }\n", log),
            218);
  EXPECT_EQ(log.find("line 4: "), 0u) << log;
  CUmodule bad = nullptr;
  EXPECT_EQ(cuModuleLoad(&bad, "/nonexistent"), 301);
}

TEST_F(Cuda, SharedMemoryBeyond48KibMustBeAskedFor) {
  CUfunction shared;
  void *params[] = {&x};
  ASSERT_EQ(cuModuleGetFunction(&shared, module, "shared"), 0);
  auto launch = [&](unsigned bytes) {
    return cuLaunchKernel(shared, 1, 1, 1, 1, 1, 1, bytes, stream, params, nullptr);
  };
  EXPECT_EQ(launch(48 * 1024), 0);
  EXPECT_EQ(launch(48 * 1024 + 4), 1);
  EXPECT_EQ(cuFuncSetAttribute(shared, 8, 227 * 1024 + 4), 1);
  EXPECT_EQ(cuFuncSetAttribute(shared, 8, 227 * 1024), 0);
  EXPECT_EQ(launch(227 * 1024), 0);
  EXPECT_EQ(first(), 7);
  int value = 0;
  EXPECT_EQ(cuFuncGetAttribute(&value, 8, shared), 0);
  EXPECT_EQ(value, 227 * 1024);
  int blocks = 0;
  EXPECT_EQ(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, shared, 128, 100 * 1024), 0);
  EXPECT_EQ(blocks, 2);
}

TEST_F(Cuda, GridsThatAreTooLarge) {
  void *params[] = {&x, &x, &x};
  EXPECT_EQ(cuLaunchKernel(add, 1, 65536, 1, 64, 1, 1, 0, stream, params, nullptr), 1);
  EXPECT_EQ(cuLaunchKernel(add, 1, 1, 65536, 64, 1, 1, 0, stream, params, nullptr), 1);
  EXPECT_EQ(cuLaunchKernel(add, 1, 1, 1, 2048, 1, 1, 0, stream, params, nullptr), 1);
  EXPECT_EQ(cuLaunchKernel(add, 0, 1, 1, 64, 1, 1, 0, stream, params, nullptr), 1);
}

/// As programs find entry points that open the library themselves.
TEST(CudaLibrary, EntryPointsByName) {
  void *library = dlopen(MOEC_TEST_SM90, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  auto find =
      reinterpret_cast<decltype(&cuGetProcAddress_v2)>(dlsym(library, "cuGetProcAddress_v2"));
  ASSERT_NE(find, nullptr);
  void *function = nullptr;
  int status = -1;
  EXPECT_EQ(find("cuMemAlloc", &function, 12000, 0, &status), 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(function, dlsym(library, "cuMemAlloc_v2"));
  EXPECT_EQ(find("cuLaunchKernel", &function, 12000, 0, &status), 0);
  EXPECT_EQ(function, dlsym(library, "cuLaunchKernel"));
  EXPECT_EQ(find("cuNothing", &function, 12000, 0, &status), 500);
  EXPECT_EQ(status, 1);
}

/// Run last, each on a device of its own: a fault is sticky. Three devices must be there (see the
/// ctest environment).
struct Fault {
  const char *kernel;
  CUdevice device;
  unsigned offset; ///< Of the pointer that it gets, in bytes.
  CUresult status;
};
class CudaFault : public Cuda, public testing::WithParamInterface<Fault> {};

TEST_P(CudaFault, StaysOnItsDevice) {
  int count = 0;
  ASSERT_EQ(cuDeviceGetCount(&count), 0);
  ASSERT_EQ(count, 3) << "run with MOEC_EMULATED_DEVICES=3";
  CUcontext other = nullptr;
  ASSERT_EQ(cuCtxCreate_v2(&other, 0, GetParam().device), 0);
  CUdevice device = -1;
  ASSERT_EQ(cuCtxGetDevice(&device), 0);
  EXPECT_EQ(device, GetParam().device);
  CUmodule second;
  CUfunction kernel;
  CUdeviceptr y = 0;
  ASSERT_EQ(cuModuleLoadData(&second, kSource), 0);
  ASSERT_EQ(cuModuleGetFunction(&kernel, second, GetParam().kernel), 0);
  ASSERT_EQ(cuMemAlloc_v2(&y, 64), 0);
  y += GetParam().offset;
  void *params[] = {&y};
  ASSERT_EQ(cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 64, nullptr, params, nullptr), 0);
  EXPECT_EQ(cuCtxSynchronize(), GetParam().status);
  EXPECT_NE(std::string(moecEmulatorLastFault()).find(GetParam().kernel), std::string::npos)
      << moecEmulatorLastFault();
  EXPECT_EQ(cuCtxSynchronize(), GetParam().status);
  EXPECT_EQ(cuCtxDestroy_v2(other), 0);
  ASSERT_EQ(launchAdd(1, stream), 0);
  EXPECT_EQ(first(), 1); // The other devices work on.
}
INSTANTIATE_TEST_SUITE_P(Faults, CudaFault,
                         testing::Values(Fault{"stray", 1, 0, 700}, Fault{"shared", 2, 2, 716}),
                         [](const auto &info) { return std::string(info.param.kernel); });

} // namespace

namespace moec::emulator::test {
INSTANTIATE_TYPED_TEST_SUITE_P(Cuda, EmulatedDriver, CudaCalls);
} // namespace moec::emulator::test
