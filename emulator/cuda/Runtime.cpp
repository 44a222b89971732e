//===- Runtime.cpp - Devices and contexts -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The library's state, and the entry points of devices and contexts. A context is a card that a
// thread may work on; what was made in it stays when it is given up.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace moec::emulator;

namespace moec::cuda {

std::vector<CUcontext> &threadContexts() {
  thread_local std::vector<CUcontext> contexts;
  return contexts;
}

Runtime::Runtime() {
  // How many cards the emulated machine has.
  const uint64_t count = readSetting("MOEC_EMULATED_DEVICES", 1, 64).value_or(1);
  for (uint64_t i = 0; i < count; ++i) {
    Device &device = devices.emplace_back();
    addCard(device);
    device.totalBytes = card().memoryBytes;
    device.primary.device = &device;
  }
  perturb = readSetting("MOEC_EMULATED_PERTURB", 0, ~0ull);
}

std::optional<uint64_t> Runtime::readSetting(const char *name, uint64_t least, uint64_t most) {
  const char *text = std::getenv(name);
  if (!text)
    return std::nullopt;
  uint64_t value = 0;
  const char *end = text + std::strlen(text);
  auto [rest, error] = std::from_chars(text, end, value);
  if (error == std::errc() && rest == end && value >= least && value <= most)
    return value;
  refusal = strCat("the environment variable ", name, " is '", text, "', no number from ", least,
                   " to ", most);
  return std::nullopt;
}

Runtime &Runtime::get() {
  // Lives until the process ends: handles may be used by other destructors.
  static auto *runtime = new Runtime;
  return *runtime;
}

Device &Runtime::current() { return *threadContexts().back()->device; }

CUresult Runtime::checkContext() {
  if (!started)
    return kNotInitialized;
  const std::vector<CUcontext> &stack = threadContexts();
  return !stack.empty() && contexts.count(stack.back()) ? kSuccess : kInvalidContext;
}

namespace {
/// What a call about a device gives, once the library is initialised and the device exists.
template <typename Call> CUresult onDevice(CUdevice device, Call call) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (!r.started)
    return kNotInitialized;
  if (device < 0 || size_t(device) >= r.devices.size())
    return kInvalidDevice;
  return call(r, r.devices[size_t(device)]);
}
} // namespace
} // namespace moec::cuda

using namespace moec::cuda;

extern "C" {

CUresult cuInit(unsigned flags) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  if (flags)
    return kInvalidValue;
  if (!r.refusal.empty()) {
    std::fprintf(stderr, "emulated driver: %s\n", r.refusal.c_str());
    r.lastFault = r.refusal;
    return kInvalidValue;
  }
  r.started = true;
  return kSuccess;
}
CUresult cuDriverGetVersion(int *version) {
  return version ? (*version = 13000, kSuccess) : kInvalidValue;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  return onDevice(ordinal, [&](Runtime &, Device &) {
    return device ? (*device = ordinal, kSuccess) : kInvalidValue;
  });
}
CUresult cuDeviceGetCount(int *count) {
  return onDevice(0, [&](Runtime &r, Device &) {
    return count ? (*count = int(r.devices.size()), kSuccess) : kInvalidValue;
  });
}
CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  return onDevice(device, [&](Runtime &, Device &) {
    if (!name || length <= 0)
      return kInvalidValue;
    std::snprintf(name, size_t(length), "%s", card().name);
    return kSuccess;
  });
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  return onDevice(device, [&](Runtime &, Device &d) {
    return bytes ? (*bytes = d.totalBytes, kSuccess) : kInvalidValue;
  });
}
CUresult cuDeviceGetAttribute(int *value, int number, CUdevice device) {
  return onDevice(device, [&](Runtime &, Device &) {
    std::optional<int> known = attribute(card(), number);
    if (!value || !known)
      return kInvalidValue;
    *value = *known;
    return kSuccess;
  });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  return onDevice(device, [&](Runtime &r, Device &d) {
    if (!context)
      return kInvalidValue;
    ++d.primary.holders;
    r.contexts.insert(&d.primary);
    *context = &d.primary;
    return kSuccess;
  });
}
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return onDevice(device, [&](Runtime &r, Device &d) {
    if (d.primary.holders == 0)
      return kInvalidContext;
    if (--d.primary.holders == 0) {
      r.drain(d);
      r.contexts.erase(&d.primary);
    }
    return kSuccess;
  });
}
CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags, int *active) {
  return onDevice(device, [&](Runtime &, Device &d) {
    if (!flags || !active)
      return kInvalidValue;
    *flags = 0;
    *active = d.primary.holders > 0;
    return kSuccess;
  });
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned, CUdevice device) {
  return onDevice(device, [&](Runtime &r, Device &d) {
    if (!context)
      return kInvalidValue;
    *context = new CUctx_st{&d, 1};
    r.contexts.insert(*context);
    threadContexts().push_back(*context);
    return kSuccess;
  });
}
CUresult cuCtxDestroy_v2(CUcontext context) {
  return onDevice(0, [&](Runtime &r, Device &) {
    if (!r.contexts.count(context) || context == &context->device->primary)
      return kInvalidContext;
    r.drain(*context->device);
    if (!threadContexts().empty() && threadContexts().back() == context)
      threadContexts().pop_back();
    r.contexts.erase(context);
    delete context;
    return kSuccess;
  });
}
CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return onDevice(0, [&](Runtime &r, Device &) {
    if (!r.contexts.count(context))
      return kInvalidContext;
    threadContexts().push_back(context);
    return kSuccess;
  });
}
CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  return inContext([&](Runtime &) {
    if (context)
      *context = threadContexts().back();
    threadContexts().pop_back();
    return kSuccess;
  });
}
CUresult cuCtxSetCurrent(CUcontext context) {
  return onDevice(0, [&](Runtime &r, Device &) {
    if (context && !r.contexts.count(context))
      return kInvalidContext;
    if (!threadContexts().empty())
      threadContexts().pop_back();
    if (context)
      threadContexts().push_back(context);
    return kSuccess;
  });
}
CUresult cuCtxGetCurrent(CUcontext *context) {
  return onDevice(0, [&](Runtime &, Device &) {
    if (!context)
      return kInvalidValue;
    *context = threadContexts().empty() ? nullptr : threadContexts().back();
    return kSuccess;
  });
}
CUresult cuCtxGetDevice(CUdevice *device) {
  return inContext([&](Runtime &r) {
    return device ? (*device = r.current().ordinal, kSuccess) : kInvalidValue;
  });
}
CUresult cuCtxSynchronize() {
  return inContext([](Runtime &r) { return r.synchronizeCard(); });
}
}
