//===- HipDriver.h - HIP's module API, opened at run time --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Own declarations of the entry points that the device calls, with opaque handles, so that neither
// headers nor the library are needed to build. Values of enumerations are those of HIP's ABI.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_AMDGPU_DEVICE_HIPDRIVER_H
#define TARGETS_AMDGPU_DEVICE_HIPDRIVER_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <memory>
#include <string>

namespace moec::amdgpu {

using HipStatus = int;
using HipStream = struct HipStreamHandle *;
using HipModule = struct HipModuleHandle *;
using HipFunction = struct HipFunctionHandle *;
using HipGraph = struct HipGraphHandle *;
using HipGraphExec = struct HipGraphExecHandle *;

/// Values that the device passes.
enum : int {
  HipHostToDevice = 1,
  HipDeviceToHost = 2,
  HipDeviceToDevice = 3,
  HipStreamNonBlocking = 1,
  HipCaptureThreadLocal = 1
};

/// Keys of the `extra` list of a launch: where the argument segment lies, its size, the end.
enum : size_t { HipLaunchBufferPointer = 1, HipLaunchBufferSize = 2, HipLaunchEnd = 3 };

/// What the device asks of hipDeviceProp_tR0600: its size and where two texts lie in it.
struct HipProperties {
  static constexpr size_t bytes = 4096, name = 0, arch = 1160, textBytes = 256;
};

/// The library's entry points. It stays open as long as this lives.
class HipDriver {
public:
  /// Opens the library `path`; "" tries the file names of HIP 7 and 6. Fails when there is none or
  /// an entry point is missing.
  static Expected<std::shared_ptr<HipDriver>> open(const std::string &path);
  ~HipDriver();

  /// The library that was opened.
  const std::string &library() const { return file; }

  HipStatus (*init)(unsigned flags);
  HipStatus (*getDeviceCount)(int *count);
  HipStatus (*setDevice)(int ordinal);
  HipStatus (*getDeviceProperties)(void *properties, int ordinal);
  HipStatus (*memGetInfo)(size_t *free, size_t *total);
  HipStatus (*malloc)(void **pointer, size_t bytes);
  HipStatus (*free)(void *pointer);
  HipStatus (*memset)(void *pointer, int value, size_t bytes);
  HipStatus (*memcpy)(void *to, const void *from, size_t bytes, int kind);
  HipStatus (*memcpyAsync)(void *to, const void *from, size_t bytes, int kind, HipStream stream);
  HipStatus (*streamCreateWithFlags)(HipStream *stream, unsigned flags);
  HipStatus (*streamDestroy)(HipStream stream);
  HipStatus (*streamSynchronize)(HipStream stream);
  HipStatus (*moduleLoadData)(HipModule *module, const void *image);
  HipStatus (*moduleUnload)(HipModule module);
  HipStatus (*moduleGetFunction)(HipFunction *function, HipModule module, const char *name);
  HipStatus (*moduleLaunchKernel)(HipFunction function, unsigned gridX, unsigned gridY,
                                  unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                                  unsigned sharedBytes, HipStream stream, void **params,
                                  void **extra);
  HipStatus (*streamBeginCapture)(HipStream stream, int mode);
  HipStatus (*streamEndCapture)(HipStream stream, HipGraph *graph);
  HipStatus (*graphInstantiate)(HipGraphExec *exec, HipGraph graph, void *errorNode, char *log,
                                size_t logBytes);
  HipStatus (*graphLaunch)(HipGraphExec exec, HipStream stream);
  HipStatus (*graphExecDestroy)(HipGraphExec exec);
  HipStatus (*graphDestroy)(HipGraph graph);
  const char *(*getErrorName)(HipStatus status);
  const char *(*getErrorString)(HipStatus status);

private:
  HipDriver() = default;
  Error openLibrary(const std::string &path);
  Error findEntryPoints();

  void *handle = nullptr;
  std::string file;
};

} // namespace moec::amdgpu

#endif // TARGETS_AMDGPU_DEVICE_HIPDRIVER_H
