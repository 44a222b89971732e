//===- Runtime.cpp - The cards behind HIP's handles -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The library's state, and the entry points of streams, events, graphs and errors.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <algorithm>
#include <cstdlib>

using namespace moec::emulator;

namespace moec::gfx950::hip {

namespace {
thread_local int threadDevice = 0;
thread_local hipError_t lastError = kSuccess;
} // namespace

int &currentDevice() { return threadDevice; }

hipError_t report(hipError_t error) {
  if (error != kSuccess)
    lastError = error;
  return error;
}

Runtime::Runtime() {
  // How many cards the emulated machine has.
  const char *text = std::getenv("MOEC_EMULATED_DEVICES");
  int count = text ? std::clamp(std::atoi(text), 1, 64) : 1;
  for (int i = 0; i < count; ++i) {
    addCard(devices.emplace_back());
    devices.back().totalBytes = kTotalMemory;
  }
}

Runtime &Runtime::get() {
  static auto *runtime =
      new Runtime; // Lives until the process ends: handles may be used by other destructors.
  return *runtime;
}

Device &Runtime::current() { return devices[size_t(threadDevice)]; }

} // namespace moec::gfx950::hip

using namespace moec::gfx950::hip;

extern "C" {

hipError_t hipStreamCreateWithFlags(hipStream_t *stream, unsigned flags) {
  return report(flags > 1 ? kInvalidValue : Runtime::get().createStream(stream, flags == 0));
}
hipError_t hipStreamCreate(hipStream_t *stream) { return hipStreamCreateWithFlags(stream, 0); }
hipError_t hipStreamDestroy(hipStream_t stream) {
  return report(Runtime::get().destroyStream(stream));
}
hipError_t hipStreamSynchronize(hipStream_t stream) {
  return report(Runtime::get().synchronize(stream));
}
/// Neither query's answer "not ready" is an error that hipGetLastError knows.
hipError_t hipStreamQuery(hipStream_t stream) {
  hipError_t status = Runtime::get().query(stream);
  return status == kNotReady ? status : report(status);
}
hipError_t hipDeviceSynchronize() { return report(Runtime::get().synchronizeCard()); }
hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned) {
  return report(Runtime::get().waitFor(stream, event));
}

hipError_t hipEventCreateWithFlags(hipEvent_t *event, unsigned) {
  return report(Runtime::get().createEvent(event));
}
hipError_t hipEventCreate(hipEvent_t *event) { return hipEventCreateWithFlags(event, 0); }
hipError_t hipEventDestroy(hipEvent_t event) { return report(Runtime::get().destroyEvent(event)); }
hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  return report(Runtime::get().record(event, stream));
}
hipError_t hipEventSynchronize(hipEvent_t event) {
  return report(Runtime::get().synchronize(event));
}
hipError_t hipEventQuery(hipEvent_t event) {
  hipError_t status = Runtime::get().query(event);
  return status == kNotReady ? status : report(status);
}
hipError_t hipEventElapsedTime(float *milliseconds, hipEvent_t start, hipEvent_t stop) {
  return report(Runtime::get().elapsed(milliseconds, start, stop));
}

hipError_t hipStreamBeginCapture(hipStream_t stream, int) {
  return report(Runtime::get().beginCapture(stream));
}
hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t *graph) {
  return report(Runtime::get().endCapture(stream, graph));
}
hipError_t hipStreamIsCapturing(hipStream_t stream, int *status) {
  return report(Runtime::get().isCapturing(stream, status));
}
hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *exec, hipGraph_t graph,
                                        unsigned long long) {
  return report(Runtime::get().instantiate(exec, graph));
}
hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, void *, char *, size_t) {
  return hipGraphInstantiateWithFlags(exec, graph, 0);
}
hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream) {
  return report(Runtime::get().launch(exec, stream));
}
hipError_t hipGraphExecDestroy(hipGraphExec_t exec) {
  delete exec;
  return kSuccess;
}
hipError_t hipGraphDestroy(hipGraph_t graph) {
  delete graph;
  return kSuccess;
}

const char *hipGetErrorName(hipError_t error) {
  switch (error) {
  case kSuccess:
    return "hipSuccess";
  case kInvalidValue:
    return "hipErrorInvalidValue";
  case kOutOfMemory:
    return "hipErrorOutOfMemory";
  case kInvalidDevice:
    return "hipErrorInvalidDevice";
  case kInvalidImage:
    return "hipErrorInvalidImage";
  case kFileNotFound:
    return "hipErrorFileNotFound";
  case kInvalidHandle:
    return "hipErrorInvalidHandle";
  case kNotFound:
    return "hipErrorNotFound";
  case kNotReady:
    return "hipErrorNotReady";
  case kIllegalAddress:
    return "hipErrorIllegalAddress";
  case kLaunchFailure:
    return "hipErrorLaunchFailure";
  case kCaptureUnsupported:
    return "hipErrorStreamCaptureUnsupported";
  case kCaptureUnmatched:
    return "hipErrorStreamCaptureUnmatched";
  default:
    return "hipErrorUnknown";
  }
}

const char *hipGetErrorString(hipError_t error) {
  switch (error) {
  case kSuccess:
    return "no error";
  case kInvalidValue:
    return "invalid argument";
  case kOutOfMemory:
    return "out of memory";
  case kInvalidDevice:
    return "invalid device ordinal";
  case kInvalidImage:
    return "device kernel image is invalid";
  case kFileNotFound:
    return "file not found";
  case kInvalidHandle:
    return "invalid resource handle";
  case kNotFound:
    return "named symbol not found";
  case kNotReady:
    return "device not ready";
  case kIllegalAddress:
    return "an illegal memory access was encountered";
  case kLaunchFailure:
    return "unspecified launch failure";
  case kCaptureUnsupported:
    return "operation not permitted when stream is capturing";
  case kCaptureUnmatched:
    return "the capture was not initiated in this stream";
  default:
    return "unknown error";
  }
}

hipError_t hipGetLastError() {
  hipError_t error = lastError;
  lastError = kSuccess;
  return error;
}

hipError_t hipPeekAtLastError() { return lastError; }

const char *moecEmulatorLastFault() { return Runtime::get().lastFault.c_str(); }
}
