//===- HipDriver.h - HIP's module API, opened at run time -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Own declarations of the entry points that the device calls. Values of enumerations are those of
// HIP's ABI.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_AMDGPU_DEVICE_HIPDRIVER_H
#define TARGETS_AMDGPU_DEVICE_HIPDRIVER_H

#include "moec/runtime/gpu/ModuleDriver.h"

namespace moec::amdgpu {

using HipStatus = runtime::gpu::Status;
using HipStream = runtime::gpu::StreamHandle;
using HipModule = runtime::gpu::ModuleHandle;
using HipGraph = runtime::gpu::GraphHandle;
using HipGraphExec = runtime::gpu::ExecHandle;

/// Values that the device passes; the last one is the key that ends the `extra` list of a launch.
enum : int { HipHostToDevice = 1, HipDeviceToHost = 2, HipDeviceToDevice = 3, HipLaunchEnd = 3 };

/// What the device asks of hipDeviceProp_tR0600: its size and where two texts lie in it.
struct HipProperties {
  static constexpr size_t bytes = 4096, name = 0, arch = 1160, textBytes = 256;
};

/// The library's entry points.
class HipDriver : public runtime::gpu::ModuleApi {
public:
  /// Opens the library `path`; "" tries the file names of HIP 7 and 6. Fails when there is none or
  /// an entry point is missing.
  Error open(const std::string &path);

  HipStatus (*setDevice)(int ordinal);
  HipStatus (*getDeviceProperties)(void *properties, int ordinal);
  HipStatus (*malloc)(void **pointer, size_t bytes);
  HipStatus (*free)(void *pointer);
  HipStatus (*memset)(void *pointer, int value, size_t bytes);
  HipStatus (*memcpy)(void *to, const void *from, size_t bytes, int kind);
  HipStatus (*memcpyAsync)(void *to, const void *from, size_t bytes, int kind, HipStream stream);
  HipStatus (*moduleLoadData)(HipModule *module, const void *image);
  HipStatus (*graphInstantiate)(HipGraphExec *exec, HipGraph graph, void *errorNode, char *log,
                                size_t logBytes);
  const char *(*getErrorName)(HipStatus status);
  const char *(*getErrorString)(HipStatus status);
};

} // namespace moec::amdgpu

#endif // TARGETS_AMDGPU_DEVICE_HIPDRIVER_H
