//===- Device.h - What the runtime asks of a machine ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One driver behind one small interface. Work is given to streams: calls on one stream happen in
// order, may return before they are done, and report late errors at synchronize().
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_DEVICE_H
#define MOEC_RUNTIME_DEVICE_H

#include "moec/Kernel.h"
#include "moec/Support/Error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// An address in the memory of a device, as kernels see it. 0 is no address.
using DeviceAddress = moec_word;

/// How many blocks a launch has in each dimension; no blocks at all when an extent is 0.
using Grid = std::array<uint32_t, 3>;

/// What a device has to know about a kernel before its first launch.
struct KernelInfo {
  std::string symbol;
  /// Scratch bytes per worker, or dynamically sized fast memory per block.
  uint64_t scratchBytes = 0;
  /// Threads per block, on machines whose launch wants them.
  uint32_t blockThreads = 0;
};

/// A kernel that can be launched; made by the code object that holds it, and dead with it.
class Kernel {
public:
  virtual ~Kernel();
};

/// A loaded code object.
class CodeObject {
public:
  virtual ~CodeObject();
  /// Looks up a kernel; fails when the code object has no such symbol.
  virtual Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) = 0;
};

/// Launches and copies that a stream captured, to be issued again as one piece. It must not outlive
/// the kernels and the memory in it.
class Graph {
public:
  virtual ~Graph();
};

/// An ordered queue of work on one device. Not thread-safe.
class Stream {
public:
  virtual ~Stream();
  /// Copies host bytes to the device. `source` must live until the next synchronize().
  virtual Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) = 0;
  /// Copies from the device. `destination` is complete after the next synchronize().
  virtual Error copyToHost(std::span<std::byte> destination, DeviceAddress source) = 0;
  /// Copies between two places of the device that have no byte in common. `bytes` may be 0.
  virtual Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) = 0;
  /// Launches all blocks of `grid`. `args` is copied before this returns.
  virtual Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) = 0;
  /// Waits until everything before it is done, and reports what failed meanwhile.
  virtual Error synchronize() = 0;

  /// Calls `issue`, which may do nothing but launch kernels and copy on the device on this stream,
  /// and keeps that in the order given instead of doing it. Fails with the error of `issue`, and on
  /// a device without graphs (Device::hasGraphs).
  virtual Expected<std::unique_ptr<Graph>> capture(const std::function<Error()> &issue);
  /// Issues what is in a graph that a stream of the same device captured.
  virtual Error replay(Graph &graph);
};

/// One machine that can run kernels. It must outlive all that it makes.
class Device {
public:
  virtual ~Device();

  /// For people: "cpu, 2 threads".
  virtual std::string description() const = 0;

  /// Fails, naming what is missing, unless this machine has every feature, in the spelling of the
  /// device's own compiler half.
  virtual Error checkFeatures(const std::vector<std::string> &features) const = 0;

  /// Bytes that could be allocated now.
  virtual Expected<uint64_t> freeMemory() const = 0;

  /// Allocates zeroed memory, aligned to MOEC_BUFFER_ALIGNMENT. `bytes` may be 0.
  virtual Expected<DeviceAddress> allocate(uint64_t bytes) = 0;
  /// Gives back what allocate() returned for `bytes`. No stream may still use it.
  virtual void deallocate(DeviceAddress address, uint64_t bytes) = 0;

  /// Makes read-only host bytes (mapped weights) available to kernels: in place where the device
  /// can read host memory, else as a copy. `bytes` must outlive the device's last launch.
  virtual Expected<DeviceAddress> importHost(std::span<const std::byte> bytes) = 0;

  /// Loads a code object from its bytes, which were verified before. `name` is for messages.
  virtual Expected<std::unique_ptr<CodeObject>> loadCode(const std::string &name,
                                                         std::span<const std::byte> bytes) = 0;

  virtual Expected<std::unique_ptr<Stream>> createStream() = 0;

  /// Whether streams capture graphs, which are cheaper to issue than their launches.
  virtual bool hasGraphs() const { return false; }
};

/// Device memory with an owner.
class DeviceMemory {
public:
  DeviceMemory() = default;
  /// Allocates `bytes` on `device`, which must outlive the memory.
  static Expected<DeviceMemory> allocate(Device &device, uint64_t bytes);
  DeviceMemory(DeviceMemory &&other) noexcept;
  DeviceMemory &operator=(DeviceMemory &&other) noexcept;
  ~DeviceMemory();

  DeviceAddress address() const { return start; }
  uint64_t size() const { return bytes; }

private:
  Device *device = nullptr;
  DeviceAddress start = 0;
  uint64_t bytes = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DEVICE_H
