//===- HipApi.h - The part of HIP that the emulator offers ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Own declarations of HIP's entry points, with opaque handles. The library is found by the name of
// the real one. Values of enumerations are those of HIP's ABI.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_HIP_HIPAPI_H
#define MOEC_EMULATOR_GFX950_HIP_HIPAPI_H

#include <cstddef>
#include <cstdint>

namespace moec::emulator {
struct Stream;
struct Event;
struct Graph;
struct ExecutableGraph;
} // namespace moec::emulator

extern "C" {

using hipError_t = int;
using hipStream_t = moec::emulator::Stream *;
using hipEvent_t = moec::emulator::Event *;
using hipModule_t = struct ihipModule *;
using hipFunction_t = struct ihipFunction *;
using hipGraph_t = moec::emulator::Graph *;
using hipGraphExec_t = moec::emulator::ExecutableGraph *;
using hipDeviceptr_t = void *;

// Device.
hipError_t hipInit(unsigned flags);
hipError_t hipRuntimeGetVersion(int *version);
hipError_t hipDriverGetVersion(int *version);
hipError_t hipGetDeviceCount(int *count);
hipError_t hipSetDevice(int device);
hipError_t hipGetDevice(int *device);
hipError_t hipDeviceGet(int *device, int ordinal);
hipError_t hipDeviceGetName(char *name, int length, int device);
hipError_t hipDeviceTotalMem(size_t *bytes, int device);
hipError_t hipDeviceGetAttribute(int *value, int attribute, int device);
/// Writes HIP 6's property structure of 1472 bytes; only the fields in docs/Emulator.md are set.
hipError_t hipGetDevicePropertiesR0600(void *properties, int device);
hipError_t hipDeviceSynchronize();
hipError_t hipMemGetInfo(size_t *free, size_t *total);

// Memory.
hipError_t hipMalloc(void **pointer, size_t bytes);
hipError_t hipFree(void *pointer);
hipError_t hipHostMalloc(void **pointer, size_t bytes, unsigned flags);
hipError_t hipHostFree(void *pointer);
hipError_t hipMemcpy(void *to, const void *from, size_t bytes, int kind);
hipError_t hipMemcpyAsync(void *to, const void *from, size_t bytes, int kind, hipStream_t stream);
hipError_t hipMemcpyHtoD(hipDeviceptr_t to, void *from, size_t bytes);
hipError_t hipMemcpyDtoH(void *to, hipDeviceptr_t from, size_t bytes);
hipError_t hipMemcpyDtoD(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes);
hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t to, void *from, size_t bytes, hipStream_t stream);
hipError_t hipMemcpyDtoHAsync(void *to, hipDeviceptr_t from, size_t bytes, hipStream_t stream);
hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes,
                              hipStream_t stream);
hipError_t hipMemset(void *pointer, int value, size_t bytes);
hipError_t hipMemsetAsync(void *pointer, int value, size_t bytes, hipStream_t stream);
hipError_t hipMemsetD8(hipDeviceptr_t pointer, unsigned char value, size_t count);
hipError_t hipMemsetD32(hipDeviceptr_t pointer, int value, size_t count);

// Streams and events.
hipError_t hipStreamCreate(hipStream_t *stream);
hipError_t hipStreamCreateWithFlags(hipStream_t *stream, unsigned flags);
hipError_t hipStreamDestroy(hipStream_t stream);
hipError_t hipStreamSynchronize(hipStream_t stream);
hipError_t hipStreamQuery(hipStream_t stream);
hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned flags);
hipError_t hipEventCreate(hipEvent_t *event);
hipError_t hipEventCreateWithFlags(hipEvent_t *event, unsigned flags);
hipError_t hipEventDestroy(hipEvent_t event);
hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream);
hipError_t hipEventSynchronize(hipEvent_t event);
hipError_t hipEventQuery(hipEvent_t event);
hipError_t hipEventElapsedTime(float *milliseconds, hipEvent_t start, hipEvent_t stop);

// Modules and launches.
hipError_t hipModuleLoad(hipModule_t *module, const char *path);
hipError_t hipModuleLoadData(hipModule_t *module, const void *image);
hipError_t hipModuleLoadDataEx(hipModule_t *module, const void *image, unsigned count, int *options,
                               void **values);
hipError_t hipModuleUnload(hipModule_t module);
hipError_t hipModuleGetFunction(hipFunction_t *function, hipModule_t module, const char *name);
hipError_t hipModuleGetGlobal(hipDeviceptr_t *pointer, size_t *bytes, hipModule_t module,
                              const char *name);
hipError_t hipFuncSetAttribute(const void *function, int attribute, int value);
hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned gridX, unsigned gridY,
                                 unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                                 unsigned sharedBytes, hipStream_t stream, void **params,
                                 void **extra);

// Graphs.
hipError_t hipStreamBeginCapture(hipStream_t stream, int mode);
hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t *graph);
hipError_t hipStreamIsCapturing(hipStream_t stream, int *status);
hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, void *errorNode, char *log,
                               size_t logBytes);
hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *exec, hipGraph_t graph,
                                        unsigned long long flags);
hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream);
hipError_t hipGraphExecDestroy(hipGraphExec_t exec);
hipError_t hipGraphDestroy(hipGraph_t graph);

// Errors.
const char *hipGetErrorString(hipError_t error);
const char *hipGetErrorName(hipError_t error);
hipError_t hipGetLastError();
hipError_t hipPeekAtLastError();

/// Not in HIP: the sentence that describes the last fault of a kernel; empty if there was none.
/// Valid until the next fault.
const char *moecEmulatorLastFault();
/// Not in HIP: counters of all launches so far on the current device as a JSON list, one object for
/// each kernel name. Valid until the next call.
const char *moecEmulatorCounters();
}

#endif // MOEC_EMULATOR_GFX950_HIP_HIPAPI_H
