//===- HipDriver.cpp - HIP's module API, opened at run time ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// dlopen, then one dlsym for each entry point.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDriver.h"

#include <dlfcn.h>

using namespace moec;
using namespace moec::amdgpu;

/// File names of the library, the newest interface first.
static constexpr const char *usualNames[] = {"libamdhip64.so.7", "libamdhip64.so.6",
                                             "libamdhip64.so", "/opt/rocm/lib/libamdhip64.so"};

Expected<std::shared_ptr<HipDriver>> HipDriver::open(const std::string &path) {
  std::shared_ptr<HipDriver> driver(new HipDriver());
  if (Error error = driver->openLibrary(path))
    return error;
  if (Error error = driver->findEntryPoints())
    return error;
  return driver;
}

HipDriver::~HipDriver() {
  if (handle)
    dlclose(handle);
}

Error HipDriver::openLibrary(const std::string &path) {
  if (!path.empty()) {
    file = path;
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    return handle ? Error::success()
                  : Error::make("cannot open the HIP library '", path, "': ", dlerror());
  }
  std::string tried;
  for (const char *name : usualNames) {
    file = name;
    handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle)
      return Error::success();
    tried += strCat(tried.empty() ? "" : ", ", name);
  }
  return Error::make("no HIP library can be opened, install ROCm 6 or 7; tried ", tried);
}

Error HipDriver::findEntryPoints() {
  Error missing = Error::success();
  auto find = [&](auto *&function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (!function && !missing)
      missing = Error::make("the HIP library '", file, "' has no entry point ", name);
  };
  find(init, "hipInit");
  find(getDeviceCount, "hipGetDeviceCount");
  find(setDevice, "hipSetDevice");
  find(getDeviceProperties, "hipGetDevicePropertiesR0600");
  find(memGetInfo, "hipMemGetInfo");
  find(malloc, "hipMalloc");
  find(free, "hipFree");
  find(memset, "hipMemset");
  find(memcpy, "hipMemcpy");
  find(memcpyAsync, "hipMemcpyAsync");
  find(streamCreateWithFlags, "hipStreamCreateWithFlags");
  find(streamDestroy, "hipStreamDestroy");
  find(streamSynchronize, "hipStreamSynchronize");
  find(moduleLoadData, "hipModuleLoadData");
  find(moduleUnload, "hipModuleUnload");
  find(moduleGetFunction, "hipModuleGetFunction");
  find(moduleLaunchKernel, "hipModuleLaunchKernel");
  find(streamBeginCapture, "hipStreamBeginCapture");
  find(streamEndCapture, "hipStreamEndCapture");
  find(graphInstantiate, "hipGraphInstantiate");
  find(graphLaunch, "hipGraphLaunch");
  find(graphExecDestroy, "hipGraphExecDestroy");
  find(graphDestroy, "hipGraphDestroy");
  find(getErrorName, "hipGetErrorName");
  find(getErrorString, "hipGetErrorString");
  return missing;
}
