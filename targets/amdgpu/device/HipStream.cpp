//===- HipStream.cpp - Streams and graphs of a GPU -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Copies and launches, also captured into graphs.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDevice.h"

#include <limits>

using namespace moec;
using namespace moec::amdgpu;
using namespace moec::runtime;

namespace {
class HipGraphObject : public Graph {
public:
  HipGraphObject(std::shared_ptr<HipDriver> driver, HipGraphExec exec)
      : driver(std::move(driver)), exec(exec) {}
  ~HipGraphObject() override { driver->graphExecDestroy(exec); }

  const std::shared_ptr<HipDriver> driver;
  const HipGraphExec exec;
};

class HipStreamObject : public Stream {
public:
  HipStreamObject(std::shared_ptr<HipDriver> driver, HipStream stream)
      : driver(std::move(driver)), stream(stream) {}
  ~HipStreamObject() override { driver->streamDestroy(stream); }

  Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) override {
    return copy(reinterpret_cast<void *>(destination), source.data(), source.size(),
                HipHostToDevice);
  }
  Error copyToHost(std::span<std::byte> destination, DeviceAddress source) override {
    return copy(destination.data(), reinterpret_cast<const void *>(source), destination.size(),
                HipDeviceToHost);
  }
  Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) override {
    return copy(reinterpret_cast<void *>(destination), reinterpret_cast<const void *>(source),
                bytes, HipDeviceToDevice);
  }
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override;
  Error synchronize() override {
    return driver->check(driver->streamSynchronize(stream), "work on the GPU failed");
  }
  Expected<std::unique_ptr<Graph>> capture(const std::function<Error()> &issue) override;
  Error replay(Graph &graph) override {
    return driver->check(driver->graphLaunch(static_cast<HipGraphObject &>(graph).exec, stream),
                         "cannot launch a graph");
  }

private:
  Error copy(void *to, const void *from, size_t bytes, int kind) {
    if (bytes == 0)
      return Error::success();
    return driver->check(driver->memcpyAsync(to, from, bytes, kind, stream),
                         strCat("cannot copy ", bytes, " bytes ",
                                kind == HipHostToDevice   ? "to the GPU"
                                : kind == HipDeviceToHost ? "from the GPU"
                                                          : "on the GPU"));
  }

  std::shared_ptr<HipDriver> driver;
  HipStream stream;
};
} // namespace

Error HipStreamObject::launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) {
  if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0)
    return Error::success();
  auto &hipKernel = static_cast<HipKernel &>(kernel);
  const KernelInfo &info = hipKernel.info;
  // A launch packet counts the threads of a row with 32 bits.
  if (uint64_t(grid[0]) * info.blockThreads > std::numeric_limits<uint32_t>::max())
    return Error::make("cannot launch '", info.symbol, "': ", grid[0], " blocks of ",
                       info.blockThreads, " threads are more than 2^32 threads");
  auto key = [](size_t value) { return reinterpret_cast<void *>(value); };
  size_t bytes = args.size_bytes();
  void *extra[] = {key(HipLaunchBufferPointer), const_cast<moec_word *>(args.data()),
                   key(HipLaunchBufferSize), &bytes, key(HipLaunchEnd)};
  return driver->check(driver->moduleLaunchKernel(hipKernel.function, grid[0], grid[1], grid[2],
                                                  info.blockThreads, 1, 1,
                                                  unsigned(info.scratchBytes), stream,
                                                  /*params=*/nullptr, extra),
                       strCat("cannot launch '", info.symbol, "'"));
}

Expected<std::unique_ptr<Graph>> HipStreamObject::capture(const std::function<Error()> &issue) {
  if (Error error = driver->check(driver->streamBeginCapture(stream, HipCaptureThreadLocal),
                                  "cannot begin the capture of a graph"))
    return error;
  Error problem = issue();
  // The capture ends in any case, so that the stream can go on.
  HipGraph graph = nullptr;
  Error ended =
      driver->check(driver->streamEndCapture(stream, &graph), "cannot end the capture of a graph");
  HipGraphExec exec = nullptr;
  if (!problem && !ended)
    problem = driver->check(driver->graphInstantiate(&exec, graph, nullptr, nullptr, 0),
                            "cannot make a graph executable");
  if (graph)
    driver->graphDestroy(graph);
  if (problem)
    return problem;
  if (ended)
    return ended;
  return std::make_unique<HipGraphObject>(driver, exec);
}

Expected<std::unique_ptr<Stream>> amdgpu::createStream(std::shared_ptr<HipDriver> driver,
                                                       int ordinal) {
  HipStream stream = nullptr;
  HipStatus status = driver->setDevice(ordinal);
  if (status == 0)
    status = driver->streamCreateWithFlags(&stream, HipStreamNonBlocking);
  if (Error error = driver->check(status, strCat("cannot make a stream on GPU ", ordinal)))
    return error;
  return std::make_unique<HipStreamObject>(std::move(driver), stream);
}
