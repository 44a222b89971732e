//===- Runtime.cpp - Devices, streams and graphs ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Queues of deferred work, events, and graph capture.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <algorithm>
#include <cstdlib>

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
    devices.emplace_back();
    devices.back().ordinal = i;
    devices.back().nullStream.device = &devices.back();
  }
}

Runtime &Runtime::get() {
  static auto *runtime =
      new Runtime; // Lives until the process ends: handles may be used by other destructors.
  return *runtime;
}

Device &Runtime::current() { return devices[size_t(threadDevice)]; }

ihipStream *Runtime::stream(hipStream_t handle) {
  // 1 is the legacy stream, 2 the stream of the thread; both are the null stream here.
  if (reinterpret_cast<uintptr_t>(handle) <= 2)
    return &current().nullStream;
  for (Device &d : devices)
    if (d.streams.count(handle))
      return handle;
  return nullptr;
}

hipError_t Runtime::submit(ihipStream &s, Work work) {
  if (s.capture) {
    s.capture->nodes.push_back(std::move(work));
    return kSuccess;
  }
  if (s.device->sticky)
    return s.device->sticky;
  // The null stream and blocking streams wait for each other.
  if (&s == &s.device->nullStream) {
    for (ihipStream *other : s.device->streams)
      if (other->blocking && !other->capture)
        drain(*other);
  } else if (s.blocking) {
    drain(s.device->nullStream);
  }
  s.queue.push_back(std::move(work));
  return kSuccess;
}

hipError_t Runtime::drain(ihipStream &s) {
  while (!s.queue.empty()) {
    Work work = std::move(s.queue.front());
    s.queue.pop_front();
    if (hipError_t error = work()) {
      s.device->sticky = error;
      s.queue.clear();
    }
  }
  return s.device->sticky;
}

hipError_t Runtime::drain(Device &device) {
  drain(device.nullStream);
  for (ihipStream *s : device.streams)
    drain(*s);
  return device.sticky;
}

} // namespace moec::gfx950::hip

using namespace moec::gfx950::hip;

extern "C" {

hipError_t hipStreamCreateWithFlags(hipStream_t *stream, unsigned flags) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!stream || flags > 1)
    return report(kInvalidValue);
  auto *s = new ihipStream;
  s->device = &r.current();
  s->blocking = !(flags & 1);
  s->device->streams.insert(s);
  *stream = s;
  return kSuccess;
}

hipError_t hipStreamCreate(hipStream_t *stream) { return hipStreamCreateWithFlags(stream, 0); }

hipError_t hipStreamDestroy(hipStream_t stream) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s || s == &s->device->nullStream)
    return report(kInvalidHandle);
  r.drain(*s);
  for (ihipEvent *e : r.events)
    if (e->stream == s)
      e->stream = nullptr;
  s->device->streams.erase(s);
  delete s;
  return kSuccess;
}

hipError_t hipStreamSynchronize(hipStream_t stream) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s)
    return report(kInvalidHandle);
  if (s->capture)
    return report(kCaptureUnsupported);
  return report(s == &s->device->nullStream ? r.drain(*s->device) : r.drain(*s));
}

hipError_t hipStreamQuery(hipStream_t stream) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s)
    return report(kInvalidHandle);
  if (s->queue.empty())
    return report(s->device->sticky);
  r.drain(*s); // Polling makes progress, and sees it the next time.
  return kNotReady;
}

hipError_t hipDeviceSynchronize() {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  return report(r.drain(r.current()));
}

hipError_t hipEventCreateWithFlags(hipEvent_t *event, unsigned) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!event)
    return report(kInvalidValue);
  *event = new ihipEvent;
  r.events.insert(*event);
  return kSuccess;
}

hipError_t hipEventCreate(hipEvent_t *event) { return hipEventCreateWithFlags(event, 0); }

hipError_t hipEventDestroy(hipEvent_t event) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!r.events.count(event))
    return report(kInvalidHandle);
  if (event->stream && !event->done)
    r.drain(*event->stream);
  r.events.erase(event);
  delete event;
  return kSuccess;
}

hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s || !r.events.count(event))
    return report(kInvalidHandle);
  event->capture = s->capture;
  if (s->capture)
    return kSuccess;
  event->stream = s, event->done = false, event->recorded = true;
  return report(r.submit(*s, [event] {
    event->time = std::chrono::steady_clock::now();
    event->done = true;
    return kSuccess;
  }));
}

hipError_t hipEventSynchronize(hipEvent_t event) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!r.events.count(event))
    return report(kInvalidHandle);
  return report(event->done || !event->stream ? kSuccess : r.drain(*event->stream));
}

hipError_t hipEventQuery(hipEvent_t event) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!r.events.count(event))
    return report(kInvalidHandle);
  if (event->done || !event->stream)
    return kSuccess;
  r.drain(*event->stream);
  return kNotReady;
}

hipError_t hipEventElapsedTime(float *milliseconds, hipEvent_t start, hipEvent_t stop) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!milliseconds || !r.events.count(start) || !r.events.count(stop) || !start->recorded ||
      !stop->recorded)
    return report(kInvalidHandle);
  if (!start->done || !stop->done)
    return report(kNotReady);
  *milliseconds = std::chrono::duration<float, std::milli>(stop->time - start->time).count();
  return kSuccess;
}

hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s || !r.events.count(event))
    return report(kInvalidHandle);
  if (event->capture) { // The stream joins the capture of the event's stream.
    s->capture = event->capture;
    return kSuccess;
  }
  if (event->done || !event->stream || event->stream == s)
    return kSuccess;
  return report(r.submit(*s, [event, &r] {
    return event->done || !event->stream ? kSuccess : r.drain(*event->stream);
  }));
}

hipError_t hipStreamBeginCapture(hipStream_t stream, int) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s)
    return report(kInvalidHandle);
  if (s == &s->device->nullStream || s->capture)
    return report(kCaptureUnsupported);
  s->capture = std::make_shared<ihipGraph>();
  s->origin = true;
  return kSuccess;
}

hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t *graph) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s || !graph)
    return report(kInvalidHandle);
  if (!s->capture || !s->origin)
    return report(kCaptureUnmatched);
  std::shared_ptr<ihipGraph> capture = s->capture;
  for (Device &d : r.devices)
    for (ihipStream *other : d.streams)
      if (other->capture == capture)
        other->capture.reset(), other->origin = false;
  for (ihipEvent *e : r.events)
    if (e->capture == capture)
      e->capture.reset();
  *graph = new ihipGraph(*capture);
  return kSuccess;
}

hipError_t hipStreamIsCapturing(hipStream_t stream, int *status) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s || !status)
    return report(kInvalidHandle);
  *status = s->capture ? 1 : 0;
  return kSuccess;
}

hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *exec, hipGraph_t graph,
                                        unsigned long long) {
  if (!exec || !graph)
    return report(kInvalidValue);
  *exec = new ihipGraphExec{graph->nodes};
  return kSuccess;
}

hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, void *, char *, size_t) {
  return hipGraphInstantiateWithFlags(exec, graph, 0);
}

hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  ihipStream *s = r.stream(stream);
  if (!s || !exec)
    return report(kInvalidHandle);
  for (const Work &node : exec->nodes)
    if (hipError_t error = r.submit(*s, node))
      return report(error);
  return kSuccess;
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
