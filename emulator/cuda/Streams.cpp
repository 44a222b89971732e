//===- Streams.cpp - Streams, events, graphs, errors ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Calls of emulator/core under CUDA's names, what errors are called, and entry points by name.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <dlfcn.h>

using namespace moec::cuda;
using namespace moec::emulator;

namespace {
struct ErrorText {
  CUresult error;
  const char *name, *text;
};
const ErrorText kErrors[] = {
    {kSuccess, "CUDA_SUCCESS", "no error"},
    {kInvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {kOutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {kNotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {kInvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {kInvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {kInvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {kNoBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {kInvalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {kFileNotFound, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
    {kInvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {kNotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {kNotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {kIllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {kMisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {kLaunchFailure, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {kCaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {kCaptureUnmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
     "the capture was not initiated in this stream"},
    {kUnknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const ErrorText *findError(CUresult error) {
  for (const ErrorText &entry : kErrors)
    if (entry.error == error)
      return &entry;
  return nullptr;
}

/// The entry point that a program means by a name without a version: the newest one.
void *findEntryPoint(std::string name, int version) {
  Dl_info self;
  if (!dladdr(reinterpret_cast<void *>(&cuGetProcAddress_v2), &self))
    return nullptr;
  void *library = dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (!library)
    return nullptr;
  if (name == "cuGraphInstantiate" && version >= 12000)
    name = "cuGraphInstantiateWithFlags";
  void *found = dlsym(library, (name + "_v2").c_str());
  if (!found)
    found = dlsym(library, name.c_str());
  dlclose(library);
  return found;
}
} // namespace

extern "C" {

CUresult cuStreamCreate(CUstream *stream, unsigned flags) {
  return inContext(
      [&](Runtime &r) { return flags > 1 ? kInvalidValue : r.createStream(stream, flags == 0); });
}
CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int) {
  return cuStreamCreate(stream, flags);
}
CUresult cuStreamDestroy_v2(CUstream stream) {
  return inContext([&](Runtime &r) { return r.destroyStream(stream); });
}
CUresult cuStreamSynchronize(CUstream stream) {
  return inContext([&](Runtime &r) { return r.synchronize(stream); });
}
CUresult cuStreamQuery(CUstream stream) {
  return inContext([&](Runtime &r) { return r.query(stream); });
}
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  return inContext([&](Runtime &r) { return r.waitFor(stream, event); });
}

CUresult cuEventCreate(CUevent *event, unsigned) {
  return inContext([&](Runtime &r) { return r.createEvent(event); });
}
CUresult cuEventDestroy_v2(CUevent event) {
  return inContext([&](Runtime &r) { return r.destroyEvent(event); });
}
CUresult cuEventRecord(CUevent event, CUstream stream) {
  return inContext([&](Runtime &r) { return r.record(event, stream); });
}
CUresult cuEventSynchronize(CUevent event) {
  return inContext([&](Runtime &r) { return r.synchronize(event); });
}
CUresult cuEventQuery(CUevent event) {
  return inContext([&](Runtime &r) { return r.query(event); });
}
CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent stop) {
  return inContext([&](Runtime &r) { return r.elapsed(milliseconds, start, stop); });
}

CUresult cuStreamBeginCapture_v2(CUstream stream, int) {
  return inContext([&](Runtime &r) { return r.beginCapture(stream); });
}
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  return inContext([&](Runtime &r) { return r.endCapture(stream, graph); });
}
CUresult cuStreamIsCapturing(CUstream stream, int *status) {
  return inContext([&](Runtime &r) { return r.isCapturing(stream, status); });
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long) {
  return inContext([&](Runtime &r) { return r.instantiate(exec, graph); });
}
CUresult cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph, void *, char *, size_t) {
  return cuGraphInstantiateWithFlags(exec, graph, 0);
}
CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  return inContext([&](Runtime &r) { return r.launch(exec, stream); });
}
CUresult cuGraphExecDestroy(CUgraphExec exec) {
  delete exec;
  return kSuccess;
}
CUresult cuGraphDestroy(CUgraph graph) {
  delete graph;
  return kSuccess;
}

CUresult cuGetErrorName(CUresult error, const char **name) {
  const ErrorText *entry = findError(error);
  if (!name)
    return kInvalidValue;
  *name = entry ? entry->name : nullptr;
  return entry ? kSuccess : kInvalidValue;
}
CUresult cuGetErrorString(CUresult error, const char **text) {
  const ErrorText *entry = findError(error);
  if (!text)
    return kInvalidValue;
  *text = entry ? entry->text : nullptr;
  return entry ? kSuccess : kInvalidValue;
}

/// *status: 0 found, 1 not found.
CUresult cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t,
                             int *status) {
  if (!name || !function)
    return kInvalidValue;
  *function = findEntryPoint(name, version);
  if (status)
    *status = *function ? 0 : 1;
  return *function ? kSuccess : kNotFound;
}
CUresult cuGetProcAddress(const char *name, void **function, int version, uint64_t flags) {
  return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}
}
