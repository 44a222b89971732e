//===- CpuDevice.h - The host processor as a device -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Code objects are shared libraries, memory is the host's, a stream is the calling thread plus
// the workers.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_CPU_DEVICE_CPUDEVICE_H
#define TARGETS_CPU_DEVICE_CPUDEVICE_H

#include "moec/runtime/DeviceManifest.h"

namespace moec::cpu {

/// Opens the host processor. Fails when more threads are asked for than make sense, and for any
/// ordinal but 0.
Expected<std::unique_ptr<runtime::Device>> createDevice(const runtime::DeviceOptions &options);

} // namespace moec::cpu

#endif // TARGETS_CPU_DEVICE_CPUDEVICE_H
