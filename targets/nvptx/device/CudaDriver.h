//===- CudaDriver.h - CUDA's driver API, opened at run time ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Own declarations of the entry points that the device calls, with opaque handles, so that neither
// headers nor the library are needed to build. Values of enumerations are those of CUDA's ABI.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_NVPTX_DEVICE_CUDADRIVER_H
#define TARGETS_NVPTX_DEVICE_CUDADRIVER_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <memory>
#include <string>

namespace moec::nvptx {

using CudaStatus = int;
using CudaOrdinal = int;
using CudaAddress = unsigned long long;
using CudaContext = struct CudaContextHandle *;
using CudaStream = struct CudaStreamHandle *;
using CudaModule = struct CudaModuleHandle *;
using CudaFunction = struct CudaFunctionHandle *;
using CudaGraph = struct CudaGraphHandle *;
using CudaGraphExec = struct CudaGraphExecHandle *;

/// Values that the device passes or asks for.
enum : int {
  CudaInvalidImage = 200,
  CudaNoBinaryForGpu = 209,
  CudaStreamNonBlocking = 1,
  CudaCaptureThreadLocal = 1,
  CudaJitErrorLog = 5,
  CudaJitErrorLogBytes = 6,
  CudaCapabilityMajor = 75,
  CudaCapabilityMinor = 76,
  CudaMaxBlockShared = 97,
  CudaFunctionSharedBytes = 1,
  CudaFunctionMaxDynamicShared = 8
};

/// Keys of the `extra` list of a launch: the end, where the parameters lie, their size.
enum : size_t { CudaLaunchEnd = 0, CudaLaunchBufferPointer = 1, CudaLaunchBufferSize = 2 };

/// The library's entry points. It stays open as long as this lives.
class CudaDriver {
public:
  /// Opens the library `path`; "" tries the file names of the driver's library. Fails when there is
  /// none or an entry point is missing.
  static Expected<std::shared_ptr<CudaDriver>> open(const std::string &path);
  ~CudaDriver();

  /// The library that was opened.
  const std::string &library() const { return file; }

  CudaStatus (*init)(unsigned flags);
  CudaStatus (*deviceGetCount)(int *count);
  CudaStatus (*deviceGet)(CudaOrdinal *device, int ordinal);
  CudaStatus (*deviceGetName)(char *name, int length, CudaOrdinal device);
  CudaStatus (*deviceGetAttribute)(int *value, int attribute, CudaOrdinal device);
  CudaStatus (*primaryContextRetain)(CudaContext *context, CudaOrdinal device);
  CudaStatus (*primaryContextRelease)(CudaOrdinal device);
  CudaStatus (*contextSetCurrent)(CudaContext context);
  CudaStatus (*memGetInfo)(size_t *free, size_t *total);
  CudaStatus (*memAlloc)(CudaAddress *address, size_t bytes);
  CudaStatus (*memFree)(CudaAddress address);
  CudaStatus (*memsetBytes)(CudaAddress address, unsigned char value, size_t count);
  CudaStatus (*memcpyToDevice)(CudaAddress to, const void *from, size_t bytes);
  CudaStatus (*memcpyToDeviceAsync)(CudaAddress to, const void *from, size_t bytes,
                                    CudaStream stream);
  CudaStatus (*memcpyToHostAsync)(void *to, CudaAddress from, size_t bytes, CudaStream stream);
  CudaStatus (*memcpyOnDeviceAsync)(CudaAddress to, CudaAddress from, size_t bytes,
                                    CudaStream stream);
  CudaStatus (*streamCreate)(CudaStream *stream, unsigned flags);
  CudaStatus (*streamDestroy)(CudaStream stream);
  CudaStatus (*streamSynchronize)(CudaStream stream);
  CudaStatus (*moduleLoadDataEx)(CudaModule *module, const void *image, unsigned count,
                                 int *options, void **values);
  CudaStatus (*moduleUnload)(CudaModule module);
  CudaStatus (*moduleGetFunction)(CudaFunction *function, CudaModule module, const char *name);
  CudaStatus (*functionGetAttribute)(int *value, int attribute, CudaFunction function);
  CudaStatus (*functionSetAttribute)(CudaFunction function, int attribute, int value);
  CudaStatus (*launchKernel)(CudaFunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                             unsigned blockX, unsigned blockY, unsigned blockZ,
                             unsigned sharedBytes, CudaStream stream, void **params, void **extra);
  CudaStatus (*streamBeginCapture)(CudaStream stream, int mode);
  CudaStatus (*streamEndCapture)(CudaStream stream, CudaGraph *graph);
  CudaStatus (*graphInstantiate)(CudaGraphExec *exec, CudaGraph graph, unsigned long long flags);
  CudaStatus (*graphLaunch)(CudaGraphExec exec, CudaStream stream);
  CudaStatus (*graphExecDestroy)(CudaGraphExec exec);
  CudaStatus (*graphDestroy)(CudaGraph graph);
  CudaStatus (*getErrorName)(CudaStatus status, const char **name);
  CudaStatus (*getErrorString)(CudaStatus status, const char **text);

private:
  CudaDriver() = default;
  Error openLibrary(const std::string &path);
  Error findEntryPoints();

  void *handle = nullptr;
  std::string file;
};

} // namespace moec::nvptx

#endif // TARGETS_NVPTX_DEVICE_CUDADRIVER_H
