//===- CudaDriver.cpp - CUDA's driver API, opened at run time --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// dlopen, then one dlsym for each entry point, by the versioned name that the library exports.
//
//===----------------------------------------------------------------------===//

#include "targets/nvptx/device/CudaDriver.h"

#include <dlfcn.h>

using namespace moec;
using namespace moec::nvptx;

/// File names of the library. The second is where only the symbolic link for linkers is.
static constexpr const char *usualNames[] = {"libcuda.so.1", "libcuda.so"};

Expected<std::shared_ptr<CudaDriver>> CudaDriver::open(const std::string &path) {
  std::shared_ptr<CudaDriver> driver(new CudaDriver());
  if (Error error = driver->openLibrary(path))
    return error;
  if (Error error = driver->findEntryPoints())
    return error;
  return driver;
}

CudaDriver::~CudaDriver() {
  if (handle)
    dlclose(handle);
}

Error CudaDriver::openLibrary(const std::string &path) {
  if (!path.empty()) {
    file = path;
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    return handle ? Error::success()
                  : Error::make("cannot open the CUDA driver library '", path, "': ", dlerror());
  }
  std::string tried;
  for (const char *name : usualNames) {
    file = name;
    handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle)
      return Error::success();
    tried += strCat(tried.empty() ? "" : ", ", name);
  }
  return Error::make(
      "no CUDA driver library can be opened, install NVIDIA's driver, CUDA 12 or newer; tried ",
      tried);
}

Error CudaDriver::findEntryPoints() {
  Error missing = Error::success();
  auto find = [&](auto *&function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (!function && !missing)
      missing = Error::make("the CUDA driver library '", file, "' has no entry point ", name);
  };
  find(init, "cuInit");
  find(deviceGetCount, "cuDeviceGetCount");
  find(deviceGet, "cuDeviceGet");
  find(deviceGetName, "cuDeviceGetName");
  find(deviceGetAttribute, "cuDeviceGetAttribute");
  find(primaryContextRetain, "cuDevicePrimaryCtxRetain");
  find(primaryContextRelease, "cuDevicePrimaryCtxRelease_v2");
  find(contextSetCurrent, "cuCtxSetCurrent");
  find(memGetInfo, "cuMemGetInfo_v2");
  find(memAlloc, "cuMemAlloc_v2");
  find(memFree, "cuMemFree_v2");
  find(memsetBytes, "cuMemsetD8_v2");
  find(memcpyToDevice, "cuMemcpyHtoD_v2");
  find(memcpyToDeviceAsync, "cuMemcpyHtoDAsync_v2");
  find(memcpyToHostAsync, "cuMemcpyDtoHAsync_v2");
  find(memcpyOnDeviceAsync, "cuMemcpyDtoDAsync_v2");
  find(streamCreate, "cuStreamCreate");
  find(streamDestroy, "cuStreamDestroy_v2");
  find(streamSynchronize, "cuStreamSynchronize");
  find(moduleLoadDataEx, "cuModuleLoadDataEx");
  find(moduleUnload, "cuModuleUnload");
  find(moduleGetFunction, "cuModuleGetFunction");
  find(functionGetAttribute, "cuFuncGetAttribute");
  find(functionSetAttribute, "cuFuncSetAttribute");
  find(launchKernel, "cuLaunchKernel");
  find(streamBeginCapture, "cuStreamBeginCapture_v2");
  find(streamEndCapture, "cuStreamEndCapture");
  find(graphInstantiate, "cuGraphInstantiateWithFlags");
  find(graphLaunch, "cuGraphLaunch");
  find(graphExecDestroy, "cuGraphExecDestroy");
  find(graphDestroy, "cuGraphDestroy");
  find(getErrorName, "cuGetErrorName");
  find(getErrorString, "cuGetErrorString");
  return missing;
}
