//===- CudaDriver.cpp - CUDA's driver API, opened at run time --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// dlopen, then one dlsym for each entry point, by the versioned name that the library exports.
//
//===----------------------------------------------------------------------===//

#include "targets/nvptx/device/CudaDriver.h"

using namespace moec;
using namespace moec::nvptx;

/// File names of the library. The second is where only the symbolic link for linkers is.
static constexpr const char *usualNames[] = {"libcuda.so.1", "libcuda.so"};

Error CudaDriver::open(const std::string &path) {
  if (Error error = openLibrary(
          {"CUDA driver library", usualNames, "install NVIDIA's driver, CUDA 12 or newer"}, path))
    return error;
  find(init, "cuInit");
  find(getDeviceCount, "cuDeviceGetCount");
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
  return getMissing();
}
