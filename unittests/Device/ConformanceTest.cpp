//===- ConformanceTest.cpp - What every device must do --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each promise of Device.h, for each device of the manifest. A device that needs hardware is
// skipped where it cannot be opened, and the test says why.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;

namespace {
using Floats = std::vector<float>;

class DeviceConformance : public testing::TestWithParam<DeviceChoice> {
protected:
  void SetUp() override {
    const DeviceChoice &choice = GetParam();
    Expected<DeviceManifest> manifest = choice.manifest.empty()
                                            ? DeviceManifest::loadDefault()
                                            : DeviceManifest::load(choice.manifest);
    ASSERT_TRUE(manifest);
    auto opened = manifest->open(choice.target, choice.kind, DeviceOptions());
    if (!opened && !choice.anywhere)
      GTEST_SKIP() << opened.takeError().message();
    ASSERT_TRUE(opened) << opened.takeError().message();
    device = std::move(*opened);
    auto compiled = compileConformance(choice.target);
    ASSERT_TRUE(compiled) << compiled.takeError().message();
    code = *compiled;
    if (Error error = device->checkFeatures(code->features); error && !choice.anywhere)
      GTEST_SKIP() << error.message();
    stream = createStream();
    for (const ConformanceCode::Object &one : code->objects) {
      auto loaded = device->loadCode("kernels", bytesOf(one.bytes));
      ASSERT_TRUE(loaded) << loaded.takeError().message();
      objects.push_back(std::move(*loaded));
      for (const auto &[name, info] : one.kernels) {
        auto kernel = objects.back()->kernel(info);
        ASSERT_TRUE(kernel) << kernel.takeError().message();
        kernels[name] = std::move(*kernel);
      }
    }
  }

  static std::span<const std::byte> bytesOf(const std::string &text) {
    return std::as_bytes(std::span(text));
  }
  std::unique_ptr<Stream> createStream() {
    auto made = device->createStream();
    EXPECT_TRUE(made) << made.takeError().message();
    return std::move(*made);
  }
  DeviceMemory allocate(uint64_t bytes) {
    auto memory = DeviceMemory::allocate(*device, bytes);
    EXPECT_TRUE(memory) << memory.takeError().message();
    return std::move(*memory);
  }
  void upload(const DeviceMemory &memory, const Floats &values) {
    EXPECT_EQ(stream->copyToDevice(memory.address(), std::as_bytes(std::span(values))).message(),
              "");
    EXPECT_EQ(stream->synchronize().message(), "");
  }
  /// Copies everything back, after all work of the stream.
  Floats download(const DeviceMemory &memory) {
    Floats values(memory.size() / sizeof(float));
    auto bytes = std::as_writable_bytes(std::span(values));
    EXPECT_EQ(stream->copyToHost(bytes, memory.address()).message(), "");
    EXPECT_EQ(stream->synchronize().message(), "");
    return values;
  }
  void launch(Stream &on, const char *name, std::vector<moec_word> words, Grid grid) {
    EXPECT_EQ(on.launch(*kernels[name], words, grid).message(), "");
  }
  void step(const DeviceMemory &memory, uint32_t rows) {
    launch(*stream, "step", {memory.address(), rows}, {(rows + 3) / 4, 1, 1});
  }

  std::unique_ptr<Device> device;
  const ConformanceCode *code = nullptr;
  std::vector<std::unique_ptr<CodeObject>> objects;
  std::map<std::string, std::unique_ptr<Kernel>> kernels;
  std::unique_ptr<Stream> stream;
};

Floats makeNumbers(size_t count) {
  Floats values(count);
  std::iota(values.begin(), values.end(), 0.5f);
  return values;
}
/// What `times` runs of `step` make of a value.
float stepped(float value, int times) {
  for (int i = 0; i < times; ++i)
    value = value + value + 1;
  return value;
}
} // namespace

TEST_P(DeviceConformance, SaysWhatItIs) {
  EXPECT_FALSE(device->description().empty());
  Expected<uint64_t> free = device->freeMemory();
  ASSERT_TRUE(free);
  EXPECT_GT(*free, 0u);
  EXPECT_EQ(device->checkFeatures({}).message(), "");
  EXPECT_EQ(device->checkFeatures(code->features).message(), "");
}

TEST_P(DeviceConformance, MemoryIsAlignedZeroAndApart) {
  std::vector<DeviceMemory> all;
  for (uint64_t bytes : {0, 1, 4, 4097, 5 << 20}) {
    all.push_back(allocate(bytes));
    EXPECT_NE(all.back().address(), 0u);
    EXPECT_EQ(all.back().address() % MOEC_BUFFER_ALIGNMENT, 0u);
    for (float value : download(all.back()))
      ASSERT_EQ(value, 0);
  }
  for (const DeviceMemory &a : all)
    for (const DeviceMemory &b : all)
      if (&a != &b) {
        EXPECT_TRUE(a.address() + a.size() <= b.address() || b.address() + b.size() <= a.address());
      }
}

TEST_P(DeviceConformance, FreedMemoryIsZeroWhenItComesAgain) {
  for (int round = 0; round < 4; ++round) {
    DeviceMemory memory = allocate(1 << 16);
    Floats before = download(memory);
    EXPECT_EQ(std::count(before.begin(), before.end(), 0.f), std::ptrdiff_t(before.size()));
    upload(memory, makeNumbers(before.size()));
  }
}

TEST_P(DeviceConformance, CopiesAnyBytesToAnyPlace) {
  DeviceMemory memory = allocate(10000);
  std::vector<std::byte> expected(10000), actual(10000);
  for (auto [offset, size] : {std::pair(0, 0), {0, 1}, {7, 3}, {64, 4096}, {4200, 5800}}) {
    std::vector<std::byte> part(size);
    for (int i = 0; i < size; ++i)
      part[i] = expected[offset + i] = std::byte(offset + i * 7 + 1);
    ASSERT_EQ(stream->copyToDevice(memory.address() + offset, part).message(), "");
    ASSERT_EQ(stream->synchronize().message(), "");
  }
  ASSERT_EQ(stream->copyToHost(actual, memory.address()).message(), "");
  ASSERT_EQ(stream->synchronize().message(), "");
  EXPECT_EQ(actual, expected);
}

TEST_P(DeviceConformance, CopiesOnTheDeviceInOrder) {
  DeviceMemory x = allocate(256), y = allocate(256), z = allocate(256);
  upload(x, Floats(64, 3.f));
  auto copy = [&](DeviceAddress to, DeviceAddress from, uint64_t bytes) {
    EXPECT_EQ(stream->copyOnDevice(to, from, bytes).message(), "");
  };
  step(x, 1);
  copy(y.address(), x.address(), 256);
  step(x, 1); // after the copy: y keeps the first result
  step(y, 1);
  copy(z.address() + 4, y.address() + 100, 12);
  copy(z.address() + 200, y.address(), 0);
  Floats part(64, 0.f);
  std::fill_n(part.begin() + 1, 3, stepped(3, 2));
  EXPECT_EQ(download(x), Floats(64, stepped(3, 2)));
  EXPECT_EQ(download(y), Floats(64, stepped(3, 2)));
  EXPECT_EQ(download(z), part);
}

TEST_P(DeviceConformance, KernelsReadImportedBytes) {
  alignas(64) static Floats weights;
  // A mapped file starts at a page.
  weights.assign(2 * 4096, 0);
  size_t first = (4096 - reinterpret_cast<uintptr_t>(weights.data()) % 4096) % 4096 / sizeof(float);
  for (size_t i = 0; i < 256; ++i)
    weights[first + i] = float(i) / 3;
  auto imported = device->importHost(std::as_bytes(std::span(weights).subspan(first, 256)));
  ASSERT_TRUE(imported) << imported.takeError().message();
  DeviceMemory y = allocate(256 * 4), z = allocate(256 * 4);
  upload(y, makeNumbers(256));
  launch(*stream, "sum", {*imported, y.address(), z.address(), 4}, {4, 1, 1});
  Floats result = download(z);
  for (size_t i = 0; i < 256; ++i)
    ASSERT_EQ(result[i], weights[first + i] + (float(i) + 0.5f));
}

TEST_P(DeviceConformance, BadCodeIsAnErrorThatNamesIt) {
  for (const std::string &bytes : {std::string("nonsense"), std::string(5000, 'x')}) {
    auto loaded = device->loadCode("bad.code", bytesOf(bytes));
    ASSERT_FALSE(loaded);
    std::string message = loaded.takeError().message();
    EXPECT_NE(message.find("'bad.code'"), std::string::npos) << message;
  }
  auto missing = objects[0]->kernel({"no_such_kernel", 0, 64});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.takeError().message().find("exports no symbol 'no_such_kernel'"),
            std::string::npos);
  // The device still works.
  auto again = device->loadCode("kernels", bytesOf(code->objects[0].bytes));
  EXPECT_TRUE(again) << again.takeError().message();
}

TEST_P(DeviceConformance, ABlocksBoundIsRespected) {
  for (uint32_t rows : {1, 3, 4, 5, 33}) {
    DeviceMemory x = allocate(40 * 64 * 4);
    Floats values = makeNumbers(40 * 64);
    upload(x, values);
    step(x, rows);
    Floats result = download(x);
    for (uint32_t i = 0; i < 40 * 64; ++i)
      ASSERT_EQ(result[i], i < rows * 64 ? stepped(values[i], 1) : values[i]) << rows << " " << i;
  }
}

TEST_P(DeviceConformance, GridsHaveThreeDimensions) {
  constexpr uint32_t planes = 3, rows = 5;
  DeviceMemory x = allocate(planes * rows * 256), y = allocate((planes + 1) * rows * 256);
  upload(x, makeNumbers(planes * rows * 64));
  launch(*stream, "copy", {x.address(), y.address(), planes}, {1, rows, planes});
  Floats expected = download(x), result = download(y);
  expected.resize(result.size(), 0);
  EXPECT_EQ(result, expected);
}

TEST_P(DeviceConformance, NoBlocksIsNoWork) {
  DeviceMemory x = allocate(256);
  for (Grid grid : {Grid{0, 1, 1}, Grid{1, 0, 1}, Grid{1, 1, 0}})
    launch(*stream, "step", {x.address(), 1}, grid);
  EXPECT_EQ(download(x), Floats(64, 0.f));
}

TEST_P(DeviceConformance, WordsAreTakenAtTheLaunch) {
  DeviceMemory x = allocate(256), other = allocate(256);
  std::vector<moec_word> words = {x.address(), 1};
  ASSERT_EQ(stream->launch(*kernels["step"], words, {1, 1, 1}).message(), "");
  words = {other.address(), 0};
  EXPECT_EQ(download(x), Floats(64, 1.f));
  EXPECT_EQ(download(other), Floats(64, 0.f));
}

TEST_P(DeviceConformance, AStreamKeepsItsOrder) {
  DeviceMemory x = allocate(256);
  Floats first(64, 3.f), second(64, 10.f), early(64), late(64);
  auto write = [&](const Floats &values) {
    EXPECT_FALSE(stream->copyToDevice(x.address(), std::as_bytes(std::span(values))));
  };
  auto read = [&](Floats &values) {
    EXPECT_FALSE(stream->copyToHost(std::as_writable_bytes(std::span(values)), x.address()));
  };
  write(first);
  for (int i = 0; i < 5; ++i)
    step(x, 1);
  read(early);
  write(second);
  step(x, 1);
  read(late);
  ASSERT_EQ(stream->synchronize().message(), "");
  EXPECT_EQ(early, Floats(64, stepped(3, 5)));
  EXPECT_EQ(late, Floats(64, stepped(10, 1)));
}

TEST_P(DeviceConformance, LaunchesSeeWhatThoseBeforeWrote) {
  DeviceMemory x = allocate(33 * 256), y = allocate(33 * 256), z = allocate(33 * 256);
  // Fibonacci by three buffers in turn; f32 is exact up to the 35th number.
  upload(y, Floats(33 * 64, 1.f));
  const DeviceMemory *buffers[] = {&x, &y, &z};
  for (int i = 0; i < 30; ++i)
    launch(*stream, "sum",
           {buffers[i % 3]->address(), buffers[(i + 1) % 3]->address(),
            buffers[(i + 2) % 3]->address(), 33},
           {33, 1, 1});
  EXPECT_EQ(download(*buffers[31 % 3]), Floats(33 * 64, 1346269.f));
}

TEST_P(DeviceConformance, StreamsAreIndependent) {
  std::unique_ptr<Stream> second = createStream();
  DeviceMemory x = allocate(256), y = allocate(256);
  for (int i = 0; i < 3; ++i) {
    step(x, 1);
    launch(*second, "step", {y.address(), 1}, {1, 1, 1});
    launch(*second, "step", {y.address(), 1}, {1, 1, 1});
  }
  ASSERT_EQ(second->synchronize().message(), "");
  EXPECT_EQ(download(x), Floats(64, stepped(0, 3)));
  EXPECT_EQ(download(y), Floats(64, stepped(0, 6)));
}

TEST_P(DeviceConformance, GraphsAreReplayed) {
  DeviceMemory x = allocate(256);
  auto issue = [&]() -> Error {
    std::vector<moec_word> words = {x.address(), 1};
    for (int i = 0; i < 3; ++i)
      if (Error error = stream->launch(*kernels["step"], words, {1, 1, 1}))
        return error;
    return Error::success();
  };
  auto graph = stream->capture(issue);
  if (!device->hasGraphs()) {
    ASSERT_FALSE(graph);
    EXPECT_EQ(graph.takeError().message(), "this device captures no graphs");
    return;
  }
  ASSERT_TRUE(graph) << graph.takeError().message();
  EXPECT_EQ(download(x), Floats(64, 0.f)) << "a capture does nothing";
  ASSERT_EQ(stream->replay(**graph).message(), "");
  EXPECT_EQ(download(x), Floats(64, stepped(0, 3)));
  // In order with what is around it, any number of times.
  upload(x, Floats(64, 4.f));
  ASSERT_EQ(stream->replay(**graph).message(), "");
  step(x, 1);
  ASSERT_EQ(stream->replay(**graph).message(), "");
  EXPECT_EQ(download(x), Floats(64, stepped(4, 7)));
}

TEST_P(DeviceConformance, GraphsKeepCopiesBetweenTheirLaunches) {
  if (!device->hasGraphs())
    return;
  DeviceMemory x = allocate(256), y = allocate(256);
  auto graph = stream->capture([&]() -> Error {
    std::vector<moec_word> words = {x.address(), 1};
    if (Error error = stream->launch(*kernels["step"], words, {1, 1, 1}))
      return error;
    if (Error error = stream->copyOnDevice(y.address(), x.address(), 128))
      return error;
    return stream->launch(*kernels["step"], words, {1, 1, 1});
  });
  ASSERT_TRUE(graph) << graph.takeError().message();
  EXPECT_EQ(download(y), Floats(64, 0.f)) << "a capture does nothing";
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(stream->replay(**graph).message(), "");
    Floats expected(64, 0.f);
    std::fill_n(expected.begin(), 32, stepped(0, 2 * round + 1));
    EXPECT_EQ(download(y), expected);
    EXPECT_EQ(download(x), Floats(64, stepped(0, 2 * round + 2)));
  }
}

TEST_P(DeviceConformance, AFailedCaptureLeavesTheStreamUsable) {
  if (!device->hasGraphs())
    return;
  DeviceMemory x = allocate(256);
  auto graph = stream->capture([&] {
    step(x, 1);
    return Error::make("the step has no end");
  });
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.takeError().message(), "the step has no end");
  EXPECT_EQ(download(x), Floats(64, 0.f));
  step(x, 1);
  EXPECT_EQ(download(x), Floats(64, 1.f));
}

INSTANTIATE_TEST_SUITE_P(Devices, DeviceConformance, testing::ValuesIn(listDevices()),
                         [](const auto &info) { return nameOf(info.param); });

// The list above is not empty by accident.
TEST(Devices, ThoseThatOpenAnywhereAreListed) {
  size_t anywhere = 0;
  for (const DeviceChoice &choice : listDevices())
    anywhere += choice.anywhere;
  EXPECT_GE(anywhere, 1u);
}
