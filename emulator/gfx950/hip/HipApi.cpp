//===- HipApi.cpp - Devices, memory and launches ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// HIP's entry points for one machine with MI355X cards.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

using namespace moec;
using namespace moec::emulator;
using namespace moec::gfx950;
using namespace moec::gfx950::hip;

namespace {

const char kName[] = "AMD Instinct MI355X (emulated)";
const char kArch[] = "gfx950:sramecc+:xnack-";

/// The attributes that the emulated card knows, by HIP 6's numbers.
int attribute(int number, bool &known) {
  known = true;
  switch (number) {
  case 3:  // can map host memory
  case 8:  // concurrent kernels
  case 12: // device overlap
    return 1;
  case 23: // compute capability major
    return 9;
  case 26: // max block dimensions
  case 27:
  case 28:
    return 1024;
  case 29: // max grid dimensions
    return 2147483647;
  case 30:
  case 31:
    return 65535;
  case 56: // max threads per block
    return 1024;
  case 57: // max threads per multiprocessor
    return 2048;
  case 61: // compute capability minor
    return 5;
  case 63: // multiprocessor count
    return 256;
  case 74: // max shared memory per block
    return 160 * 1024;
  case 87: // warp size
    return 64;
  default:
    known = false;
    return 0;
  }
}

bool validDevice(int device) {
  return device >= 0 && size_t(device) < Runtime::get().devices.size();
}

/// The longest image that a code object in memory can be: HIP passes no size, so it is read off the
/// ELF header.
size_t elfBytes(const std::byte *image) {
  uint64_t sectionOffset;
  uint16_t entrySize, entries;
  std::memcpy(&sectionOffset, image + 40, 8);
  std::memcpy(&entrySize, image + 58, 2);
  std::memcpy(&entries, image + 60, 2);
  return sectionOffset + size_t(entrySize) * entries;
}

/// Packs kernel parameters into the kernarg segment.
bool packArguments(const KernelInfo &kernel, void **params, void **extra,
                   std::vector<std::byte> &out) {
  if (extra) { // 1: pointer, 2: size, 3: end.
    const void *data = nullptr;
    size_t bytes = 0;
    for (unsigned i = 0; reinterpret_cast<uintptr_t>(extra[i]) != 3; i += 2) {
      if (reinterpret_cast<uintptr_t>(extra[i]) == 1)
        data = extra[i + 1];
      else if (reinterpret_cast<uintptr_t>(extra[i]) == 2)
        bytes = *static_cast<size_t *>(extra[i + 1]);
      else
        return false;
    }
    auto *p = static_cast<const std::byte *>(data);
    out.assign(p, p + std::min<size_t>(bytes, kernel.kernargBytes));
    return true;
  }
  unsigned i = 0;
  for (const KernelArgument &a : kernel.arguments) {
    if (a.hidden())
      continue;
    if (!params || !params[i])
      return false;
    out.resize(std::max<size_t>(out.size(), a.offset + a.size));
    std::memcpy(out.data() + a.offset, params[i++], a.size);
  }
  return true;
}

hipError_t runKernel(ihipFunction *f, const LaunchShape &shape,
                     const std::vector<std::byte> &arguments) {
  Device &device = *f->module->device;
  auto result = launch(*f->module->module, *f->kernel, shape, arguments, device.memory);
  if (!result) {
    std::string message = result.takeError().message();
    std::fprintf(stderr, "emulated device %d: %s\n", device.ordinal, message.c_str());
    Runtime::get().lastFault = message;
    bool address = message.find(" bytes at 0x") != std::string::npos;
    return address ? kIllegalAddress : kLaunchFailure;
  }
  uint32_t waves = (shape.block[0] * shape.block[1] * shape.block[2] + kLanes - 1) / kLanes;
  auto &entry = device.counters[f->kernel->name];
  entry.first.add(*result);
  entry.second =
      occupancyOf(f->kernel->allocatedVgprs(), f->kernel->ldsBytes + shape.dynamicShared, waves);
  return kSuccess;
}

hipError_t loadModule(hipModule_t *module, std::span<const std::byte> bytes) {
  Runtime &r = Runtime::get();
  Device &device = r.current();
  auto loaded = Module::load(bytes, device.memory);
  if (!loaded) {
    r.lastFault = loaded.takeError().message();
    return kInvalidImage;
  }
  auto *m = new ihipModule;
  m->device = &device;
  m->module = std::move(*loaded);
  for (const auto &[name, kernel] : m->module->object().kernels())
    m->functions[name] = {m, &kernel};
  device.modules.insert(m);
  *module = m;
  return kSuccess;
}

ihipModule *findModule(hipModule_t module) {
  for (Device &d : Runtime::get().devices)
    if (d.modules.count(module))
      return module;
  return nullptr;
}

ihipModule *moduleOf(hipFunction_t function) {
  for (Device &d : Runtime::get().devices)
    for (ihipModule *m : d.modules)
      for (auto &[name, f] : m->functions)
        if (&f == function)
          return m;
  return nullptr;
}

} // namespace

/// Locks the library for the rest of a function.
#define LOCKED                                                                                     \
  Runtime &r = Runtime::get();                                                                     \
  std::lock_guard lock(r.mutex)

extern "C" {

hipError_t hipInit(unsigned flags) { return report(flags ? kInvalidValue : kSuccess); }
hipError_t hipRuntimeGetVersion(int *version) {
  return version ? (*version = 60443482, kSuccess) : report(kInvalidValue);
}
hipError_t hipDriverGetVersion(int *version) { return hipRuntimeGetVersion(version); }

hipError_t hipGetDeviceCount(int *count) {
  if (!count)
    return report(kInvalidValue);
  *count = int(Runtime::get().devices.size());
  return kSuccess;
}
hipError_t hipSetDevice(int device) {
  if (!validDevice(device))
    return report(kInvalidDevice);
  currentDevice() = device;
  return kSuccess;
}
hipError_t hipGetDevice(int *device) {
  return device ? (*device = currentDevice(), kSuccess) : report(kInvalidValue);
}
hipError_t hipDeviceGet(int *device, int ordinal) {
  if (!device || !validDevice(ordinal))
    return report(kInvalidDevice);
  *device = ordinal;
  return kSuccess;
}
hipError_t hipDeviceGetName(char *name, int length, int device) {
  if (!name || length <= 0 || !validDevice(device))
    return report(kInvalidDevice);
  std::snprintf(name, size_t(length), "%s", kName);
  return kSuccess;
}
hipError_t hipDeviceTotalMem(size_t *bytes, int device) {
  if (!bytes || !validDevice(device))
    return report(kInvalidDevice);
  *bytes = kTotalMemory;
  return kSuccess;
}
hipError_t hipDeviceGetAttribute(int *value, int number, int device) {
  if (!value || !validDevice(device))
    return report(kInvalidDevice);
  bool known;
  *value = attribute(number, known);
  return known ? kSuccess : report(kInvalidValue);
}
hipError_t hipGetDevicePropertiesR0600(void *properties, int device) {
  if (!properties || !validDevice(device))
    return report(kInvalidDevice);
  // HIP 6's layout: name at 0, total memory at 288, gcnArchName at 1160.
  auto *p = static_cast<char *>(properties);
  std::memset(p, 0, 1472);
  std::snprintf(p, 256, "%s", kName);
  std::memcpy(p + 288, &kTotalMemory, 8);
  std::snprintf(p + 1160, 256, "%s", kArch);
  return kSuccess;
}
hipError_t hipMemGetInfo(size_t *free, size_t *total) {
  return report(Runtime::get().readMemory(free, total));
}

hipError_t hipMalloc(void **pointer, size_t bytes) {
  return report(Runtime::get().allocate(pointer, bytes));
}
hipError_t hipFree(void *pointer) { return report(Runtime::get().release(pointer)); }
hipError_t hipHostMalloc(void **pointer, size_t bytes, unsigned) {
  return report(Runtime::get().allocateHost(pointer, bytes));
}
hipError_t hipHostFree(void *pointer) { return report(Runtime::get().releaseHost(pointer)); }

hipError_t hipMemcpyAsync(void *to, const void *from, size_t bytes, int kind, hipStream_t stream) {
  if (kind < 0 || kind > 4)
    return report(kInvalidValue);
  return report(Runtime::get().copy(stream, to, from, bytes));
}
hipError_t hipMemcpy(void *to, const void *from, size_t bytes, int kind) {
  if (hipError_t error = hipMemcpyAsync(to, from, bytes, kind, nullptr))
    return error;
  return hipStreamSynchronize(nullptr);
}
hipError_t hipMemcpyHtoD(hipDeviceptr_t to, void *from, size_t bytes) {
  return hipMemcpy(to, from, bytes, 1);
}
hipError_t hipMemcpyDtoH(void *to, hipDeviceptr_t from, size_t bytes) {
  return hipMemcpy(to, from, bytes, 2);
}
hipError_t hipMemcpyDtoD(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes) {
  return hipMemcpy(to, from, bytes, 3);
}
hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t to, void *from, size_t bytes, hipStream_t s) {
  return hipMemcpyAsync(to, from, bytes, 1, s);
}
hipError_t hipMemcpyDtoHAsync(void *to, hipDeviceptr_t from, size_t bytes, hipStream_t s) {
  return hipMemcpyAsync(to, from, bytes, 2, s);
}
hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes, hipStream_t s) {
  return hipMemcpyAsync(to, from, bytes, 3, s);
}

hipError_t hipMemsetAsync(void *pointer, int value, size_t bytes, hipStream_t stream) {
  return report(Runtime::get().fill(stream, pointer, uint32_t(value) & 0xff, 1, bytes));
}
hipError_t hipMemset(void *pointer, int value, size_t bytes) {
  return hipMemsetAsync(pointer, value, bytes, nullptr);
}
hipError_t hipMemsetD8(hipDeviceptr_t pointer, unsigned char value, size_t count) {
  return hipMemset(pointer, value, count);
}
hipError_t hipMemsetD32(hipDeviceptr_t pointer, int value, size_t count) {
  return report(Runtime::get().fill(nullptr, pointer, uint32_t(value), 4, count));
}

hipError_t hipModuleLoad(hipModule_t *module, const char *path) {
  LOCKED;
  std::ifstream file(path ? path : "", std::ios::binary);
  if (!module || !file)
    return report(module ? kFileNotFound : kInvalidValue);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return report(
      loadModule(module, {reinterpret_cast<const std::byte *>(text.data()), text.size()}));
}
hipError_t hipModuleLoadData(hipModule_t *module, const void *image) {
  LOCKED;
  if (!module || !image || std::memcmp(image, "\177ELF", 4))
    return report(image && module ? kInvalidImage : kInvalidValue);
  auto *bytes = static_cast<const std::byte *>(image);
  return report(loadModule(module, {bytes, elfBytes(bytes)}));
}
hipError_t hipModuleLoadDataEx(hipModule_t *module, const void *image, unsigned, int *, void **) {
  return hipModuleLoadData(module, image);
}
hipError_t hipModuleUnload(hipModule_t module) {
  LOCKED;
  ihipModule *m = findModule(module);
  if (!m)
    return report(kInvalidHandle);
  r.drain(*m->device);
  m->device->modules.erase(m);
  delete m;
  return kSuccess;
}
hipError_t hipModuleGetFunction(hipFunction_t *function, hipModule_t module, const char *name) {
  LOCKED;
  ihipModule *m = findModule(module);
  if (!m || !function || !name)
    return report(m ? kInvalidValue : kInvalidHandle);
  auto it = m->functions.find(name);
  if (it == m->functions.end())
    return report(kNotFound);
  *function = &it->second;
  return kSuccess;
}
hipError_t hipModuleGetGlobal(hipDeviceptr_t *pointer, size_t *bytes, hipModule_t module,
                              const char *name) {
  LOCKED;
  ihipModule *m = findModule(module);
  if (!m || !name)
    return report(m ? kInvalidValue : kInvalidHandle);
  const auto &variables = m->module->object().variables();
  auto it = variables.find(name);
  if (it == variables.end())
    return report(kNotFound);
  if (pointer)
    *pointer = reinterpret_cast<void *>(it->second.address);
  if (bytes)
    *bytes = it->second.size;
  return kSuccess;
}
/// Dynamic LDS beyond 64 KiB needs no permission here.
hipError_t hipFuncSetAttribute(const void *, int, int) { return kSuccess; }

hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned gridX, unsigned gridY,
                                 unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                                 unsigned sharedBytes, hipStream_t stream, void **params,
                                 void **extra) {
  LOCKED;
  Stream *s = r.find(stream);
  ihipModule *m = moduleOf(function);
  if (!s || !m || s->card != m->device)
    return report(kInvalidHandle);
  LaunchShape shape{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes};
  std::vector<std::byte> arguments;
  uint64_t items = uint64_t(blockX) * blockY * blockZ;
  if (!gridX || !gridY || !gridZ || !items || items > function->kernel->maxFlatWorkgroup ||
      !packArguments(*function->kernel, params, extra, arguments))
    return report(kInvalidValue);
  return report(r.submit(*s, [=] { return runKernel(function, shape, arguments); }));
}

const char *moecEmulatorCounters() {
  LOCKED;
  r.countersText = "[";
  for (const auto &[name, entry] : r.current().counters)
    r.countersText +=
        (r.countersText.size() > 1 ? ", " : "") + countersJson(name, entry.first, entry.second);
  r.countersText += "]";
  return r.countersText.c_str();
}
}
