//===- HipDeviceTest.cpp - What a GPU's device says when it fails ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Everything that may be missing has a sentence of its own. What works is in unittests/Device.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDevice.h"
#include "unittests/Device/Machine.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

using namespace moec;
using namespace moec::runtime;

namespace {
std::string failureOf(const std::string &driver, unsigned ordinal = 0) {
  DeviceOptions options;
  options.driver = driver;
  options.ordinal = ordinal;
  return amdgpu::createDevice(options).takeError().message();
}

class HipDevice : public testing::Test {
protected:
  void SetUp() override {
    DeviceOptions options;
    options.driver = MOEC_TEST_EMULATED_HIP;
    auto opened = amdgpu::createDevice(options);
    ASSERT_TRUE(opened) << opened.takeError().message();
    device = std::move(*opened);
  }
  /// The kernel `step` of the conformance kernels.
  void loadStep() {
    auto compiled = test::compileConformance("gfx950");
    ASSERT_TRUE(compiled) << compiled.takeError().message();
    image = (*compiled)->objects[0].bytes;
    auto loaded = device->loadCode("kernels.hsaco", std::as_bytes(std::span(image)));
    ASSERT_TRUE(loaded) << loaded.takeError().message();
    object = std::move(*loaded);
    auto found = object->kernel({"step", 0, 256});
    ASSERT_TRUE(found) << found.takeError().message();
    step = std::move(*found);
    stream = std::move(*device->createStream());
  }
  std::string loadFailure(std::string bytes) {
    return device->loadCode("k.hsaco", std::as_bytes(std::span(bytes))).takeError().message();
  }
  std::unique_ptr<Device> device;
  std::string image;
  std::unique_ptr<runtime::CodeObject> object;
  std::unique_ptr<Kernel> step;
  std::unique_ptr<Stream> stream;
};
} // namespace

TEST(HipDriver, NoLibrary) {
  std::string message = failureOf("/nowhere/libamdhip64.so.7");
  EXPECT_EQ(message.find("cannot open the HIP library '/nowhere/libamdhip64.so.7': "), 0u)
      << message;
}

TEST(HipDriver, AnotherLibrary) {
  EXPECT_EQ(failureOf("libm.so.6"), "the HIP library 'libm.so.6' has no entry point hipInit");
}

TEST(HipDriver, NoGpu) {
  EXPECT_EQ(failureOf(MOEC_TEST_NO_GPU),
            "'" MOEC_TEST_NO_GPU "' finds no GPU: no ROCm-capable device is detected "
            "(hipErrorNoDevice)");
}

TEST(HipDriver, NumberBeyondTheLastGpu) {
  EXPECT_EQ(failureOf(MOEC_TEST_EMULATED_HIP, 3), "there is 1 GPU, number 3 does not exist");
}

TEST_F(HipDevice, OtherArchitecture) {
  EXPECT_EQ(device->description(), "AMD Instinct MI355X (emulated), gfx950, number 0");
  EXPECT_EQ(device->checkFeatures({"gfx942"}).message(),
            "GPU 0 (AMD Instinct MI355X (emulated)) is gfx950, the code needs gfx942");
}

TEST_F(HipDevice, DamagedCode) {
  EXPECT_EQ(
      loadFailure("nonsense"),
      "cannot load 'k.hsaco' on GPU 0, gfx950: it is no code object: it has 8 bytes and no ELF "
      "header");
  EXPECT_EQ(
      loadFailure("\177ELF"),
      "cannot load 'k.hsaco' on GPU 0, gfx950: it is cut short: it has 4 bytes, its header 64");
  loadStep();
  std::string message = loadFailure(image.substr(0, image.size() / 2));
  EXPECT_EQ(message.find(strCat("cannot load 'k.hsaco' on GPU 0, gfx950: it is cut short: it has ",
                                image.size() / 2, " bytes, its section headers are ")),
            0u)
      << message;
}

TEST_F(HipDevice, KernelsNeedABlockSize) {
  loadStep();
  EXPECT_EQ(object->kernel({"step", 0, 0}).takeError().message(),
            "'kernels.hsaco': the plan gives 'step' no threads per block");
}

TEST_F(HipDevice, LaunchesThatTheMachineCannotCount) {
  loadStep();
  moec_word words[] = {0, 0};
  EXPECT_EQ(stream->launch(*step, words, {1u << 24, 1, 1}).message(),
            "cannot launch 'step': 16777216 blocks of 256 threads are more than 2^32 threads");
}

TEST_F(HipDevice, TooMuchMemory) {
  EXPECT_EQ(
      device->allocate(uint64_t(1) << 50).takeError().message(),
      "cannot allocate 1125899906842624 bytes on GPU 0, which has 309237645312 of 309237645312 "
      "bytes left: out of memory (hipErrorOutOfMemory)");
}

// A fault ends all work of a process on its GPU, so it happens in a process of its own.
TEST_F(HipDevice, AFaultIsToldByTheNextWait) {
  loadStep();
  auto fault = [&] {
    moec_word words[] = {4096, 1};
    Error launched = stream->launch(*step, words, {1, 1, 1});
    std::fprintf(stderr, "launch: '%s'\nwait: '%s'\n", launched.message().c_str(),
                 stream->synchronize().message().c_str());
    std::_Exit(0);
  };
  EXPECT_EXIT(fault(), testing::ExitedWithCode(0),
              "launch: ''\nwait: 'work on the GPU failed: an illegal memory access was encountered "
              "\\(hipErrorIllegalAddress\\)'");
}

// Nobody asked for a kind: the sentence names the emulator.
TEST(DeviceManifest, NamesTheOtherKinds) {
  auto manifest = DeviceManifest::load(MOEC_TEST_MANIFEST);
  ASSERT_TRUE(manifest);
  auto opened = manifest->open("gfx950", "", DeviceOptions());
  if (opened)
    GTEST_SKIP() << "this machine has a GPU";
  std::string message = opened.takeError().message();
  EXPECT_EQ(message.find("device 'gfx950': "), 0u) << message;
  EXPECT_NE(message.find(" (--device can be gfx950-emulated)"), std::string::npos) << message;
}
