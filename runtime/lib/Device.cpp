//===- Device.cpp - What the runtime asks of a machine ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Virtual destructors, what a device without graphs answers, and owned memory.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Device.h"

#include <utility>

using namespace moec;
using namespace moec::runtime;

Kernel::~Kernel() = default;
CodeObject::~CodeObject() = default;
Graph::~Graph() = default;
Stream::~Stream() = default;
Device::~Device() = default;

Expected<std::unique_ptr<Graph>> Stream::capture(const std::function<Error()> &) {
  return Error::make("this device captures no graphs");
}

Error Stream::replay(Graph &) { return Error::make("this device captures no graphs"); }

Expected<DeviceMemory> DeviceMemory::allocate(Device &device, uint64_t bytes) {
  Expected<DeviceAddress> address = device.allocate(bytes);
  if (!address)
    return address.takeError();
  DeviceMemory memory;
  memory.device = &device;
  memory.start = *address;
  memory.bytes = bytes;
  return memory;
}

DeviceMemory::DeviceMemory(DeviceMemory &&other) noexcept
    : device(std::exchange(other.device, nullptr)), start(std::exchange(other.start, 0)),
      bytes(std::exchange(other.bytes, 0)) {}

DeviceMemory &DeviceMemory::operator=(DeviceMemory &&other) noexcept {
  std::swap(device, other.device);
  std::swap(start, other.start);
  std::swap(bytes, other.bytes);
  return *this;
}

DeviceMemory::~DeviceMemory() {
  if (device)
    device->deallocate(start, bytes);
}
