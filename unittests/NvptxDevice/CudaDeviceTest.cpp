//===- CudaDeviceTest.cpp - What a GPU's device says when it fails --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Everything that may be missing has a sentence of its own. What works is in unittests/Device.
//
//===----------------------------------------------------------------------===//

#include "targets/nvptx/device/CudaDevice.h"
#include "unittests/Device/Machine.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <thread>

using namespace moec;
using namespace moec::runtime;

namespace {
std::string failureOf(const std::string &driver, unsigned ordinal = 0) {
  DeviceOptions options;
  options.driver = driver;
  options.ordinal = ordinal;
  return nvptx::createDevice(options).takeError().message();
}

std::unique_ptr<Device> openDevice(const std::string &driver) {
  DeviceOptions options;
  options.driver = driver;
  auto opened = nvptx::createDevice(options);
  EXPECT_TRUE(opened) << opened.takeError().message();
  return std::move(*opened);
}

class CudaDevice : public testing::Test {
protected:
  void SetUp() override {
    device = openDevice(MOEC_TEST_SM80);
    auto compiled = test::compileConformance("sm_80");
    ASSERT_TRUE(compiled) << compiled.takeError().message();
    image = (*compiled)->objects[0].bytes;
    auto loaded = device->loadCode("kernels.ptx", std::as_bytes(std::span(image)));
    ASSERT_TRUE(loaded) << loaded.takeError().message();
    object = std::move(*loaded);
    auto found = object->kernel({"step", 0, 256});
    ASSERT_TRUE(found) << found.takeError().message();
    step = std::move(*found);
    stream = std::move(*device->createStream());
  }
  std::string loadFailure(std::string bytes) {
    return device->loadCode("k.ptx", std::as_bytes(std::span(bytes))).takeError().message();
  }
  /// Turns `count` numbers round in shared memory of `bytes` bytes.
  std::vector<float> reverse(unsigned count, uint64_t bytes) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.f);
    auto kernel = object->kernel({"reverse", bytes, count});
    EXPECT_TRUE(kernel) << kernel.takeError().message();
    auto memory = DeviceMemory::allocate(*device, count * sizeof(float));
    EXPECT_TRUE(memory) << memory.takeError().message();
    moec_word words[] = {memory->address(), bytes - sizeof(float)};
    EXPECT_EQ(stream->copyToDevice(words[0], std::as_bytes(std::span(values))).message(), "");
    EXPECT_EQ(stream->launch(**kernel, words, {1, 1, 1}).message(), "");
    EXPECT_EQ(stream->copyToHost(std::as_writable_bytes(std::span(values)), words[0]).message(),
              "");
    EXPECT_EQ(stream->synchronize().message(), "");
    return values;
  }

  std::unique_ptr<Device> device;
  std::string image;
  std::unique_ptr<runtime::CodeObject> object;
  std::unique_ptr<Kernel> step;
  std::unique_ptr<Stream> stream;
};
} // namespace

TEST(CudaDriver, NoLibrary) {
  std::string message = failureOf("/nowhere/libcuda.so.1");
  EXPECT_EQ(message.find("cannot open the CUDA driver library '/nowhere/libcuda.so.1': "), 0u)
      << message;
}

TEST(CudaDriver, AnotherLibrary) {
  EXPECT_EQ(failureOf("libm.so.6"),
            "the CUDA driver library 'libm.so.6' has no entry point cuInit");
}

TEST(CudaDriver, NoGpu) {
  EXPECT_EQ(failureOf(MOEC_TEST_NO_GPU),
            "'" MOEC_TEST_NO_GPU "' finds no GPU: no CUDA-capable device is detected "
            "(CUDA_ERROR_NO_DEVICE)");
}

TEST(CudaDriver, NumberBeyondTheLastGpu) {
  EXPECT_EQ(failureOf(MOEC_TEST_SM80, 3), "there is 1 GPU, number 3 does not exist");
}

TEST_F(CudaDevice, OtherArchitecture) {
  EXPECT_EQ(device->description(), "NVIDIA A100-SXM4-80GB (emulated), sm_80, number 0");
  EXPECT_EQ(device->checkFeatures({"sm_80"}).message(), "");
  EXPECT_EQ(device->checkFeatures({"sm_90"}).message(),
            "GPU 0 (NVIDIA A100-SXM4-80GB (emulated)) is sm_80, the code needs sm_90");
}

TEST(CudaArchitecture, NewerCardsRunWhatIsForNoneAlone) {
  std::unique_ptr<Device> hopper = openDevice(MOEC_TEST_SM90);
  std::unique_ptr<Device> blackwell = openDevice(MOEC_TEST_SM120);
  EXPECT_EQ(hopper->checkFeatures({"sm_80"}).message(), "");
  EXPECT_EQ(hopper->checkFeatures({"sm_90a"}).message(), "");
  EXPECT_EQ(blackwell->checkFeatures({"sm_90"}).message(), "");
  EXPECT_EQ(blackwell->checkFeatures({"sm_120f"}).message(), "");
  EXPECT_EQ(blackwell->checkFeatures({"sm_90a"}).message(),
            "GPU 0 (NVIDIA GeForce RTX 5090 (emulated)) is sm_120, the code needs sm_90a");
  EXPECT_EQ(blackwell->checkFeatures({"gfx950"}).message(),
            "GPU 0 (NVIDIA GeForce RTX 5090 (emulated)) is sm_120, the code needs gfx950");
}

TEST_F(CudaDevice, DamagedCode) {
  EXPECT_EQ(loadFailure("\177ELF"),
            "cannot load 'k.ptx' on GPU 0, sm_80: it is cut short: it has 4 "
            "bytes, its header 64");
  EXPECT_EQ(
      loadFailure("nonsense"),
      "cannot load 'k.ptx' on GPU 0, sm_80: it is neither PTX nor machine code: it has 8 bytes "
      "and begins with neither .version nor an ELF header");
}

// What the driver's own compiler says is part of the sentence.
TEST_F(CudaDevice, RefusedPtx) {
  std::string message = loadFailure(".version 7.1\n.target sm_80\n.address_size 64\n"
                                    ".visible .entry k() {\n  nonsense.u32 %r1;\n  ret;\n}\n");
  EXPECT_EQ(message.find("cannot load 'k.ptx' on GPU 0, sm_80: a PTX JIT compilation failed "
                         "(CUDA_ERROR_INVALID_PTX): line 5: "),
            0u)
      << message;
  EXPECT_NE(message.find("nonsense"), std::string::npos) << message;
}

// An artifact has machine code behind the PTX where it could be made; the emulator runs none.
TEST_F(CudaDevice, MachineCodeBehindPtx) {
  std::string elf(64, '\0');
  elf.replace(0, 4, "\177ELF");
  std::string both = image + '\0' + elf;
  auto loaded = device->loadCode("both.ptx", std::as_bytes(std::span(both)));
  ASSERT_TRUE(loaded) << loaded.takeError().message();
  EXPECT_TRUE((*loaded)->kernel({"step", 0, 256}));
  EXPECT_EQ(loadFailure(elf),
            "cannot load 'k.ptx' on GPU 0, sm_80: no kernel image is available for "
            "execution on the device (CUDA_ERROR_NO_BINARY_FOR_GPU): the emulated "
            "card runs PTX, and this is machine code");
  both.resize(both.size() - 1);
  EXPECT_EQ(loadFailure(both),
            "cannot load 'k.ptx' on GPU 0, sm_80: it is cut short: it has 63 bytes, "
            "its header 64");
}

// PTX for one card, and behind it PTX for the others: each card takes what is for it.
TEST(CudaArchitecture, TakesThePtxThatIsForIt) {
  auto makeText = [](const std::string &target, const std::string &kernel) {
    return "//\n.version 8.7\n.target " + target + "\n.address_size 64\n.visible .entry " + kernel +
           "() {\n  ret;\n}\n" + '\0';
  };
  std::string image = makeText("sm_90a", "own") + makeText("sm_80", "generic");
  for (auto [driver, expected] : {std::pair(MOEC_TEST_SM80, "generic"),
                                  {MOEC_TEST_SM90, "own"},
                                  {MOEC_TEST_SM120, "generic"}}) {
    std::unique_ptr<Device> device = openDevice(driver);
    auto loaded = device->loadCode("k.ptx", std::as_bytes(std::span(image)));
    ASSERT_TRUE(loaded) << loaded.takeError().message();
    for (const char *kernel : {"own", "generic"})
      EXPECT_EQ(bool((*loaded)->kernel({kernel, 0, 32})), kernel == std::string(expected))
          << driver;
  }
  std::string other = makeText("sm_90a", "own");
  EXPECT_EQ(openDevice(MOEC_TEST_SM120)
                ->loadCode("k.ptx", std::as_bytes(std::span(other)))
                .takeError()
                .message(),
            "cannot load 'k.ptx' on GPU 0, sm_120: no kernel image is available for execution on "
            "the device (CUDA_ERROR_NO_BINARY_FOR_GPU): the PTX is for sm_90a, the card is sm_120");
}

TEST_F(CudaDevice, KernelsNeedABlockSize) {
  EXPECT_EQ(object->kernel({"step", 0, 0}).takeError().message(),
            "'kernels.ptx': the plan gives 'step' no threads per block");
}

TEST_F(CudaDevice, GridsThatTheMachineDoesNotTake) {
  moec_word words[] = {0, 0};
  EXPECT_EQ(stream->launch(*step, words, {1, 65536, 1}).message(),
            "cannot launch 'step': 65536 blocks in y are more than 65535, compile the model with a "
            "smaller --max-tokens");
  EXPECT_EQ(stream->launch(*step, words, {1, 1, 70000}).message(),
            "cannot launch 'step': 70000 blocks in z are more than 65535, compile the model with a "
            "smaller --max-tokens");
}

// More than 48 KiB must be asked for, and there is a most.
TEST_F(CudaDevice, SharedMemory) {
  std::vector<float> expected(96);
  std::iota(expected.rbegin(), expected.rend(), 0.f);
  for (uint64_t bytes : {384, 49152, 49156, 163 * 1024})
    EXPECT_EQ(reverse(96, bytes), expected) << bytes;
  EXPECT_EQ(
      object->kernel({"reverse", 163 * 1024 + 4, 96}).takeError().message(),
      "'kernels.ptx': 'reverse' cannot run on this GPU: it takes 166916 bytes of shared memory, "
      "and a block of sm_80 may have 166912");
}

TEST_F(CudaDevice, TooMuchMemory) {
  EXPECT_EQ(device->allocate(uint64_t(1) << 50).takeError().message(),
            "cannot allocate 1125899906842624 bytes on GPU 0, which has 85899345920 of 85899345920 "
            "bytes left: out of memory (CUDA_ERROR_OUT_OF_MEMORY)");
}

// A context is current for a thread, so every call selects it.
TEST_F(CudaDevice, AnyThreadMayWork) {
  std::thread([&] {
    auto memory = DeviceMemory::allocate(*device, 1024);
    ASSERT_TRUE(memory) << memory.takeError().message();
    moec_word words[] = {memory->address(), 4};
    float value = 0;
    EXPECT_EQ(stream->launch(*step, words, {1, 1, 1}).message(), "");
    EXPECT_EQ(stream->copyToHost(std::as_writable_bytes(std::span(&value, 1)), words[0]).message(),
              "");
    EXPECT_EQ(stream->synchronize().message(), "");
    EXPECT_EQ(value, 1.f);
  }).join();
}

// A fault ends all work of a process on its GPU, so it happens in a process of its own.
TEST_F(CudaDevice, AFaultIsToldByTheNextWait) {
  auto fault = [&] {
    moec_word words[] = {4096, 4};
    Error launched = stream->launch(*step, words, {1, 1, 1});
    std::fprintf(stderr, "launch: '%s'\nwait: '%s'\n", launched.message().c_str(),
                 stream->synchronize().message().c_str());
    std::_Exit(0);
  };
  EXPECT_EXIT(fault(), testing::ExitedWithCode(0),
              "launch: ''\nwait: 'work on the GPU failed: an illegal memory "
              "access was encountered \\(CUDA_ERROR_ILLEGAL_ADDRESS\\)'");
}

// Nobody asked for a kind: the sentence names the emulators.
TEST(CudaManifest, NamesTheOtherKinds) {
  auto manifest = DeviceManifest::load(MOEC_TEST_MANIFEST);
  ASSERT_TRUE(manifest);
  auto opened = manifest->open("sm_90", "", DeviceOptions());
  if (opened)
    GTEST_SKIP() << "this machine has a GPU";
  std::string message = opened.takeError().message();
  EXPECT_EQ(message.find("device 'nvidia': no CUDA driver library can be opened"), 0u) << message;
  EXPECT_NE(message.find(" (--device can be sm_80-emulated, sm_90-emulated, sm_100-emulated, "
                         "sm_120-emulated)"),
            std::string::npos)
      << message;
}
