//===- NoGpu.cpp - A CUDA driver library on a machine without a GPU -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every entry point that the device looks for. Those that would need a GPU answer as CUDA does.
//
//===----------------------------------------------------------------------===//

static constexpr int noDevice = 100;

extern "C" {
int cuInit(unsigned) { return noDevice; }
int cuGetErrorName(int, const char **name) {
  *name = "CUDA_ERROR_NO_DEVICE";
  return 0;
}
int cuGetErrorString(int, const char **text) {
  *text = "no CUDA-capable device is detected";
  return 0;
}

#define NO_DEVICE(name)                                                                            \
  int name() { return noDevice; }
NO_DEVICE(cuDeviceGetCount)
NO_DEVICE(cuDeviceGet)
NO_DEVICE(cuDeviceGetName)
NO_DEVICE(cuDeviceGetAttribute)
NO_DEVICE(cuDevicePrimaryCtxRetain)
NO_DEVICE(cuDevicePrimaryCtxRelease_v2)
NO_DEVICE(cuCtxSetCurrent)
NO_DEVICE(cuMemGetInfo_v2)
NO_DEVICE(cuMemAlloc_v2)
NO_DEVICE(cuMemFree_v2)
NO_DEVICE(cuMemsetD8_v2)
NO_DEVICE(cuMemcpyHtoD_v2)
NO_DEVICE(cuMemcpyHtoDAsync_v2)
NO_DEVICE(cuMemcpyDtoHAsync_v2)
NO_DEVICE(cuMemcpyDtoDAsync_v2)
NO_DEVICE(cuStreamCreate)
NO_DEVICE(cuStreamDestroy_v2)
NO_DEVICE(cuStreamSynchronize)
NO_DEVICE(cuModuleLoadDataEx)
NO_DEVICE(cuModuleUnload)
NO_DEVICE(cuModuleGetFunction)
NO_DEVICE(cuFuncGetAttribute)
NO_DEVICE(cuFuncSetAttribute)
NO_DEVICE(cuLaunchKernel)
NO_DEVICE(cuStreamBeginCapture_v2)
NO_DEVICE(cuStreamEndCapture)
NO_DEVICE(cuGraphInstantiateWithFlags)
NO_DEVICE(cuGraphLaunch)
NO_DEVICE(cuGraphExecDestroy)
NO_DEVICE(cuGraphDestroy)
}
