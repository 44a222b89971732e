//===- CudaDriver.h - CUDA's driver API, opened at run time ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Own declarations of the entry points that the device calls. Values of enumerations are those of
// CUDA's ABI.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_NVPTX_DEVICE_CUDADRIVER_H
#define TARGETS_NVPTX_DEVICE_CUDADRIVER_H

#include "moec/runtime/gpu/ModuleDriver.h"

namespace moec::nvptx {

using CudaStatus = runtime::gpu::Status;
using CudaOrdinal = int;
using CudaAddress = unsigned long long;
using CudaContext = struct CudaContextHandle *;
using CudaStream = runtime::gpu::StreamHandle;
using CudaModule = runtime::gpu::ModuleHandle;
using CudaFunction = runtime::gpu::FunctionHandle;
using CudaGraph = runtime::gpu::GraphHandle;
using CudaGraphExec = runtime::gpu::ExecHandle;

/// Values that the device passes or asks for; the first is the key that ends the `extra` list of a
/// launch.
enum : int {
  CudaLaunchEnd = 0,
  CudaInvalidImage = 200,
  CudaNoBinaryForGpu = 209,
  CudaJitErrorLog = 5,
  CudaJitErrorLogBytes = 6,
  CudaCapabilityMajor = 75,
  CudaCapabilityMinor = 76,
  CudaMaxBlockShared = 97,
  CudaFunctionSharedBytes = 1,
  CudaFunctionMaxDynamicShared = 8
};

/// The library's entry points.
class CudaDriver : public runtime::gpu::ModuleApi {
public:
  /// Opens the library `path`; "" tries the file names of the driver's library. Fails when there is
  /// none or an entry point is missing.
  Error open(const std::string &path);

  CudaStatus (*deviceGet)(CudaOrdinal *device, int ordinal);
  CudaStatus (*deviceGetName)(char *name, int length, CudaOrdinal device);
  CudaStatus (*deviceGetAttribute)(int *value, int attribute, CudaOrdinal device);
  CudaStatus (*primaryContextRetain)(CudaContext *context, CudaOrdinal device);
  CudaStatus (*primaryContextRelease)(CudaOrdinal device);
  CudaStatus (*contextSetCurrent)(CudaContext context);
  CudaStatus (*memAlloc)(CudaAddress *address, size_t bytes);
  CudaStatus (*memFree)(CudaAddress address);
  CudaStatus (*memsetBytes)(CudaAddress address, unsigned char value, size_t count);
  CudaStatus (*memcpyToDevice)(CudaAddress to, const void *from, size_t bytes);
  CudaStatus (*memcpyToDeviceAsync)(CudaAddress to, const void *from, size_t bytes,
                                    CudaStream stream);
  CudaStatus (*memcpyToHostAsync)(void *to, CudaAddress from, size_t bytes, CudaStream stream);
  CudaStatus (*memcpyOnDeviceAsync)(CudaAddress to, CudaAddress from, size_t bytes,
                                    CudaStream stream);
  CudaStatus (*moduleLoadDataEx)(CudaModule *module, const void *image, unsigned count,
                                 int *options, void **values);
  CudaStatus (*functionGetAttribute)(int *value, int attribute, CudaFunction function);
  CudaStatus (*functionSetAttribute)(CudaFunction function, int attribute, int value);
  CudaStatus (*graphInstantiate)(CudaGraphExec *exec, CudaGraph graph, unsigned long long flags);
  CudaStatus (*getErrorName)(CudaStatus status, const char **name);
  CudaStatus (*getErrorString)(CudaStatus status, const char **text);
};

} // namespace moec::nvptx

#endif // TARGETS_NVPTX_DEVICE_CUDADRIVER_H
