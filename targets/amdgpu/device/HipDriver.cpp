//===- HipDriver.cpp - HIP's module API, opened at run time ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// dlopen, then one dlsym for each entry point.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDriver.h"

using namespace moec;
using namespace moec::amdgpu;

/// File names of the library, the newest interface first.
static constexpr const char *usualNames[] = {"libamdhip64.so.7", "libamdhip64.so.6",
                                             "libamdhip64.so", "/opt/rocm/lib/libamdhip64.so"};

Error HipDriver::open(const std::string &path) {
  if (Error error = openLibrary({"HIP library", usualNames, "install ROCm 6 or 7"}, path))
    return error;
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
  find(streamCreate, "hipStreamCreateWithFlags");
  find(streamDestroy, "hipStreamDestroy");
  find(streamSynchronize, "hipStreamSynchronize");
  find(moduleLoadData, "hipModuleLoadData");
  find(moduleUnload, "hipModuleUnload");
  find(moduleGetFunction, "hipModuleGetFunction");
  find(launchKernel, "hipModuleLaunchKernel");
  find(streamBeginCapture, "hipStreamBeginCapture");
  find(streamEndCapture, "hipStreamEndCapture");
  find(graphInstantiate, "hipGraphInstantiate");
  find(graphLaunch, "hipGraphLaunch");
  find(graphExecDestroy, "hipGraphExecDestroy");
  find(graphDestroy, "hipGraphDestroy");
  find(getErrorName, "hipGetErrorName");
  find(getErrorString, "hipGetErrorString");
  return getMissing();
}
