//===- GpuDriver.h - What a GPU's driver does --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The calls that a device with streams, modules and graphs is made of. The vendors' driver
// libraries differ in names, in what a module is and in what a launch may be; openGpu() makes a
// device of any of them, so that all say the same in the same places.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_GPU_GPUDRIVER_H
#define MOEC_RUNTIME_GPU_GPUDRIVER_H

#include "moec/runtime/Device.h"

namespace moec::runtime::gpu {

/// What the driver returns, by its own numbers; 0 is success.
using Status = int;
/// The driver's own handles.
using StreamHandle = void *;
using ModuleHandle = void *;
using FunctionHandle = void *;
using GraphHandle = void *;
using ExecHandle = void *;

/// The driver of one GPU. What is current belongs to the calling thread, so select() comes before
/// every other call but those that find the GPU.
class GpuDriver {
public:
  virtual ~GpuDriver();

  /// The library that was opened.
  virtual const std::string &library() const = 0;
  /// "out of memory (…)": what the driver calls a status.
  virtual std::string describe(Status status) const = 0;
  /// Initialises the library and counts its GPUs.
  virtual Status start(int &count) = 0;
  /// Takes GPU number `ordinal`, which exists, and reads what it is.
  virtual Error open(int ordinal) = 0;

  /// Of the GPU that was opened: its name for people, and its architecture.
  virtual const std::string &name() const = 0;
  virtual const std::string &architecture() const = 0;
  /// Whether it has a feature, in the spelling of the compiler half.
  virtual bool has(const std::string &feature) const = 0;

  virtual Status select() = 0;
  virtual Status readMemory(size_t &free, size_t &total) = 0;
  virtual Status allocate(DeviceAddress &address, uint64_t bytes) = 0;
  virtual Status release(DeviceAddress address) = 0;
  /// Fills with zeros, done on return.
  virtual Status clear(DeviceAddress address, uint64_t bytes) = 0;
  /// Copies from the host, done on return.
  virtual Status copyNow(DeviceAddress to, const void *from, uint64_t bytes) = 0;

  /// Streams that the null stream does not order.
  virtual Status createStream(StreamHandle &stream) = 0;
  virtual Status destroyStream(StreamHandle stream) = 0;
  virtual Status synchronize(StreamHandle stream) = 0;
  virtual Status copyToDevice(DeviceAddress to, const void *from, uint64_t bytes,
                              StreamHandle stream) = 0;
  virtual Status copyToHost(void *to, DeviceAddress from, uint64_t bytes, StreamHandle stream) = 0;
  virtual Status copyOnDevice(DeviceAddress to, DeviceAddress from, uint64_t bytes,
                              StreamHandle stream) = 0;

  /// Fails with what is wrong with the bytes, as in "it is cut short: …".
  virtual Expected<ModuleHandle> load(std::span<const std::byte> bytes) = 0;
  virtual Status unload(ModuleHandle module) = 0;
  virtual Status findFunction(FunctionHandle &function, ModuleHandle module,
                              const std::string &symbol) = 0;
  /// Makes a function ready for launches; fails with what the GPU has not, as in "it takes …".
  virtual Error prepare(FunctionHandle function, const KernelInfo &info) = 0;
  /// Fails with why the grid, which has blocks, is none that can be launched.
  virtual Error checkGrid(const KernelInfo &info, const Grid &grid) const = 0;
  virtual Status launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                        std::span<const moec_word> args, StreamHandle stream) = 0;

  virtual Status beginCapture(StreamHandle stream) = 0;
  virtual Status endCapture(StreamHandle stream, GraphHandle &graph) = 0;
  virtual Status instantiate(ExecHandle &exec, GraphHandle graph) = 0;
  virtual Status launchGraph(ExecHandle exec, StreamHandle stream) = 0;
  virtual Status destroyGraph(GraphHandle graph) = 0;
  virtual Status destroyExec(ExecHandle exec) = 0;

  /// A failure that says what did not work and what the driver calls it; success for status 0.
  Error check(Status status, const std::string &what) const;
};

/// The device of GPU number `ordinal` of a driver. Fails, saying what is missing, without a GPU or
/// when the number is too large.
Expected<std::unique_ptr<Device>> openGpu(std::shared_ptr<GpuDriver> driver, unsigned ordinal);

} // namespace moec::runtime::gpu

#endif // MOEC_RUNTIME_GPU_GPUDRIVER_H
