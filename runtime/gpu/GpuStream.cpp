//===- GpuStream.cpp - Streams and graphs of a GPU -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Copies and launches, also captured into graphs.
//
//===----------------------------------------------------------------------===//

#include "runtime/gpu/GpuStream.h"

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::gpu;

namespace {
class GpuGraph : public Graph {
public:
  GpuGraph(std::shared_ptr<GpuDriver> driver, ExecHandle exec)
      : driver(std::move(driver)), exec(exec) {}
  ~GpuGraph() override {
    if (driver->select() == 0)
      driver->destroyExec(exec);
  }

  const std::shared_ptr<GpuDriver> driver;
  const ExecHandle exec;
};

class GpuStream : public Stream {
public:
  GpuStream(std::shared_ptr<GpuDriver> driver, StreamHandle stream)
      : driver(std::move(driver)), stream(stream) {}
  ~GpuStream() override {
    if (driver->select() == 0)
      driver->destroyStream(stream);
  }

  Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) override {
    return copy(source.size(), "to the GPU", [&] {
      return driver->copyToDevice(destination, source.data(), source.size(), stream);
    });
  }
  Error copyToHost(std::span<std::byte> destination, DeviceAddress source) override {
    return copy(destination.size(), "from the GPU", [&] {
      return driver->copyToHost(destination.data(), source, destination.size(), stream);
    });
  }
  Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) override {
    return copy(bytes, "on the GPU",
                [&] { return driver->copyOnDevice(destination, source, bytes, stream); });
  }
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override;
  Error synchronize() override {
    return driver->check(onGpu([&] { return driver->synchronize(stream); }),
                         "work on the GPU failed");
  }
  Expected<std::unique_ptr<Graph>> capture(const std::function<Error()> &issue) override;
  Error replay(Graph &graph) override {
    ExecHandle exec = static_cast<GpuGraph &>(graph).exec;
    return driver->check(onGpu([&] { return driver->launchGraph(exec, stream); }),
                         "cannot launch a graph");
  }

private:
  /// A call of the driver, by a thread for which the GPU is the current one.
  template <typename Call> Status onGpu(Call call) {
    Status status = driver->select();
    return status == 0 ? call() : status;
  }
  template <typename Call> Error copy(uint64_t bytes, const char *where, Call call) {
    if (bytes == 0)
      return Error::success();
    return driver->check(onGpu(call), strCat("cannot copy ", bytes, " bytes ", where));
  }

  std::shared_ptr<GpuDriver> driver;
  StreamHandle stream;
};
} // namespace

Error GpuStream::launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) {
  if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0)
    return Error::success();
  auto &gpuKernel = static_cast<GpuKernel &>(kernel);
  const KernelInfo &info = gpuKernel.info;
  if (Error error = driver->checkGrid(info, grid))
    return Error::make("cannot launch '", info.symbol, "': ", error.message());
  Status status =
      onGpu([&] { return driver->launch(gpuKernel.function, info, grid, args, stream); });
  return driver->check(status, strCat("cannot launch '", info.symbol, "'"));
}

Expected<std::unique_ptr<Graph>> GpuStream::capture(const std::function<Error()> &issue) {
  if (Error error = driver->check(onGpu([&] { return driver->beginCapture(stream); }),
                                  "cannot begin the capture of a graph"))
    return error;
  Error problem = issue();
  // The capture ends in any case, so that the stream can go on.
  GraphHandle graph = nullptr;
  Error ended =
      driver->check(driver->endCapture(stream, graph), "cannot end the capture of a graph");
  ExecHandle exec = nullptr;
  if (!problem && !ended)
    problem = driver->check(driver->instantiate(exec, graph), "cannot make a graph executable");
  if (graph)
    driver->destroyGraph(graph);
  if (problem)
    return problem;
  if (ended)
    return ended;
  return std::make_unique<GpuGraph>(driver, exec);
}

Expected<std::unique_ptr<Stream>> gpu::createStream(std::shared_ptr<GpuDriver> driver,
                                                    int ordinal) {
  StreamHandle stream = nullptr;
  Status status = driver->select();
  if (status == 0)
    status = driver->createStream(stream);
  if (Error error = driver->check(status, strCat("cannot make a stream on GPU ", ordinal)))
    return error;
  return std::make_unique<GpuStream>(std::move(driver), stream);
}
