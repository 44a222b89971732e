//===- Modules.cpp - Modules and launches -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Modules are PTX text, which the emulator runs as it stands; machine code is refused.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

using namespace moec;
using namespace moec::cuda;
using namespace moec::emulator;

namespace {
/// CUjit_option.
enum : int { kErrorLog = 5, kErrorLogBytes = 6 };
/// CUfunction_attribute.
enum : int {
  kMaxThreads = 0,
  kSharedBytes = 1,
  kConstBytes = 2,
  kLocalBytes = 3,
  kRegisters = 4,
  kPtxVersion = 5,
  kBinaryVersion = 6,
  kCacheMode = 7,
  kMaxDynamicShared = 8,
  kCarveout = 9
};

CUresult load(Runtime &r, CUmodule *module, const char *image) {
  if (!module || !image)
    return kInvalidValue;
  auto refuse = [&](CUresult status, std::string why) {
    r.lastFault = std::move(why);
    return status;
  };
  if (std::strncmp(image, "\177ELF", 4) == 0)
    return refuse(kNoBinaryForGpu, "the emulated card runs PTX, and this is machine code");
  if (!ptx::isPtx(image))
    return refuse(kInvalidImage, "this is no PTX: it does not begin with .version");
  Device &device = r.current();
  auto loaded = ptx::Module::load(image, device.memory);
  if (!loaded)
    return refuse(kInvalidPtx, loaded.takeError().message());
  if (!runsTarget(card(), (*loaded)->target()))
    return refuse(kNoBinaryForGpu, strCat("the PTX is for ", (*loaded)->target(),
                                          ", the card is sm_", card().major, card().minor));
  auto *made = new CUmod_st;
  made->device = &device;
  made->module = std::move(*loaded);
  for (const auto &[name, kernel] : made->module->kernels())
    made->functions[name] = {made, &kernel, kUsualSharedBytes - int(kernel.sharedBytes)};
  device.modules.insert(made);
  *module = made;
  return kSuccess;
}

/// Writes why a module was refused into the log that the caller gave.
void writeLog(const std::string &text, unsigned count, const int *options, void **values) {
  char *log = nullptr;
  void **bytes = nullptr;
  for (unsigned i = 0; i < count; ++i)
    if (options[i] == kErrorLog)
      log = static_cast<char *>(values[i]);
    else if (options[i] == kErrorLogBytes)
      bytes = &values[i];
  if (!log || !bytes || !*bytes)
    return;
  size_t size = std::min(text.size(), size_t(reinterpret_cast<uintptr_t>(*bytes)) - 1);
  std::memcpy(log, text.data(), size);
  log[size] = 0;
  *bytes = reinterpret_cast<void *>(size + 1);
}

bool isModule(Runtime &r, CUmodule module) {
  return std::any_of(r.devices.begin(), r.devices.end(),
                     [&](Device &d) { return d.modules.count(module) != 0; });
}
bool isFunction(Runtime &r, CUfunction function) {
  for (Device &d : r.devices)
    for (CUmodule m : d.modules)
      for (auto &[name, f] : m->functions)
        if (&f == function)
          return true;
  return false;
}

/// Packs kernel parameters at their offsets.
bool packParameters(const ptx::KernelInfo &kernel, void **params, void **extra,
                    std::vector<std::byte> &out) {
  out.resize(kernel.parameterBytes);
  if (extra) { // 0: end, 1: pointer, 2: size.
    const void *data = nullptr;
    size_t bytes = 0;
    for (unsigned i = 0; extra[i]; i += 2) {
      if (reinterpret_cast<uintptr_t>(extra[i]) == 1)
        data = extra[i + 1];
      else if (reinterpret_cast<uintptr_t>(extra[i]) == 2)
        bytes = *static_cast<size_t *>(extra[i + 1]);
      else
        return false;
    }
    if (params || bytes != out.size() || (bytes && !data))
      return false;
    std::copy_n(static_cast<const std::byte *>(data), bytes, out.data());
    return true;
  }
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    if (!params || !params[i])
      return false;
    const ptx::KernelParameter &p = kernel.parameters[i];
    std::memcpy(out.data() + p.offset, params[i], p.size);
  }
  return true;
}

/// What a card says of a fault that the emulator tells in a sentence.
CUresult statusOf(const std::string &fault) {
  if (fault.find(" is not aligned to its size") != std::string::npos)
    return kMisalignedAddress;
  return fault.find(" bytes at 0x") != std::string::npos ? kIllegalAddress : kLaunchFailure;
}

CUresult run(CUfunction function, const ptx::LaunchShape &shape,
             const std::vector<std::byte> &parameters) {
  Runtime &r = Runtime::get();
  Device &device = *function->module->device;
  ptx::LaunchOptions options;
  options.perturb = r.perturb;
  auto result = ptx::launch(*function->module->module, *function->kernel, shape, parameters,
                            device.memory, options);
  if (!result) {
    r.lastFault = result.takeError().message();
    std::fprintf(stderr, "emulated device %d: %s\n", device.ordinal, r.lastFault.c_str());
    return statusOf(r.lastFault);
  }
  device.counters[function->kernel->name].add(*result);
  return kSuccess;
}
} // namespace

extern "C" {

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count, int *options,
                            void **values) {
  return inContext([&](Runtime &r) {
    CUresult status = load(r, module, static_cast<const char *>(image));
    if (status)
      writeLog(r.lastFault, count, options, values);
    return status;
  });
}
CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}
CUresult cuModuleLoad(CUmodule *module, const char *path) {
  return inContext([&](Runtime &r) {
    std::ifstream file(path ? path : "", std::ios::binary);
    if (!file)
      return kFileNotFound;
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return load(r, module, text.c_str());
  });
}
CUresult cuModuleUnload(CUmodule module) {
  return inContext([&](Runtime &r) {
    if (!isModule(r, module))
      return kInvalidHandle;
    r.drain(*module->device);
    module->device->modules.erase(module);
    delete module;
    return kSuccess;
  });
}
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  return inContext([&](Runtime &r) {
    if (!isModule(r, module))
      return kInvalidHandle;
    if (!function || !name)
      return kInvalidValue;
    auto it = module->functions.find(name);
    if (it == module->functions.end())
      return kNotFound;
    *function = &it->second;
    return kSuccess;
  });
}
CUresult cuModuleGetGlobal_v2(CUdeviceptr *pointer, size_t *bytes, CUmodule module,
                              const char *name) {
  return inContext([&](Runtime &r) {
    if (!isModule(r, module))
      return kInvalidHandle;
    if (!name)
      return kInvalidValue;
    const auto &variables = module->module->variables();
    auto it = variables.find(name);
    if (it == variables.end())
      return kNotFound;
    if (pointer)
      *pointer = it->second.address;
    if (bytes)
      *bytes = it->second.size;
    return kSuccess;
  });
}

CUresult cuFuncGetAttribute(int *value, int attribute, CUfunction function) {
  return inContext([&](Runtime &r) {
    if (!isFunction(r, function))
      return kInvalidHandle;
    const ptx::KernelInfo &kernel = *function->kernel;
    int known[] = {int(kernel.maxThreads),
                   int(kernel.sharedBytes),
                   0,
                   int(kernel.localBytes),
                   0, // registers: there are none that a machine would allocate
                   int(function->module->module->version()),
                   card().major * 10 + card().minor,
                   0,
                   function->maxDynamicShared,
                   -1};
    if (!value || attribute < kMaxThreads || attribute > kCarveout)
      return kInvalidValue;
    *value = known[attribute];
    return kSuccess;
  });
}
CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  return inContext([&](Runtime &r) {
    if (!isFunction(r, function))
      return kInvalidHandle;
    if (attribute == kCarveout)
      return value >= -1 && value <= 100 ? kSuccess : kInvalidValue;
    if (attribute != kMaxDynamicShared || value < 0 ||
        value > card().blockSharedBytes - int(function->kernel->sharedBytes))
      return kInvalidValue;
    function->maxDynamicShared = value;
    return kSuccess;
  });
}
CUresult cuFuncSetCacheConfig(CUfunction function, int config) {
  return inContext([&](Runtime &r) {
    return !isFunction(r, function)   ? kInvalidHandle
           : config < 0 || config > 3 ? kInvalidValue
                                      : kSuccess;
  });
}
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int threads,
                                                     size_t sharedBytes) {
  return inContext([&](Runtime &r) {
    if (!isFunction(r, function))
      return kInvalidHandle;
    if (!blocks || threads <= 0)
      return kInvalidValue;
    // 1 KiB of a block's shared memory is the system's.
    int bytes = int(function->kernel->sharedBytes + sharedBytes) + 1024;
    *blocks = std::min({card().blocks, card().threads / threads, card().sharedBytes / bytes});
    return kSuccess;
  });
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                        unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
                        CUstream stream, void **params, void **extra) {
  return inContext([&](Runtime &r) {
    if (!isFunction(r, function))
      return kInvalidHandle;
    Device *device = function->module->device;
    if (device != &r.current())
      return kInvalidContext;
    Stream *s = r.find(stream);
    if (!s || s->card != device)
      return kInvalidHandle;
    ptx::LaunchShape shape{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes};
    uint64_t threads = uint64_t(blockX) * blockY * blockZ;
    std::vector<std::byte> parameters;
    if (!gridX || !gridY || !gridZ || gridX > unsigned(*attribute(card(), 5)) ||
        gridY > unsigned(*attribute(card(), 6)) || gridZ > unsigned(*attribute(card(), 7)) ||
        !threads || threads > function->kernel->maxThreads || blockZ > 64 ||
        sharedBytes > unsigned(function->maxDynamicShared) ||
        !packParameters(*function->kernel, params, extra, parameters))
      return kInvalidValue;
    return r.submit(*s, [=] { return run(function, shape, parameters); });
  });
}

const char *moecEmulatorLastFault() { return Runtime::get().lastFault.c_str(); }

const char *moecEmulatorCounters() {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  r.countersText = "[";
  if (r.checkContext() == kSuccess)
    for (const auto &[name, counters] : r.current().counters)
      r.countersText += (r.countersText.size() > 1 ? ", " : "") + ptx::countersJson(name, counters);
  r.countersText += "]";
  return r.countersText.c_str();
}
}
