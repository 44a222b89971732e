//===- NoGpu.cpp - A HIP library on a machine without a GPU ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every entry point that the device looks for. Those that would need a GPU answer as HIP does.
//
//===----------------------------------------------------------------------===//

static constexpr int hipErrorNoDevice = 100;

extern "C" {
int hipInit(unsigned) { return 0; }
int hipGetDeviceCount(int *count) {
  *count = 0;
  return hipErrorNoDevice;
}
const char *hipGetErrorName(int) { return "hipErrorNoDevice"; }
const char *hipGetErrorString(int) { return "no ROCm-capable device is detected"; }

#define NO_DEVICE(name)                                                                            \
  int name() { return hipErrorNoDevice; }
NO_DEVICE(hipSetDevice)
NO_DEVICE(hipGetDevicePropertiesR0600)
NO_DEVICE(hipMemGetInfo)
NO_DEVICE(hipMalloc)
NO_DEVICE(hipFree)
NO_DEVICE(hipMemset)
NO_DEVICE(hipMemcpy)
NO_DEVICE(hipMemcpyAsync)
NO_DEVICE(hipStreamCreateWithFlags)
NO_DEVICE(hipStreamDestroy)
NO_DEVICE(hipStreamSynchronize)
NO_DEVICE(hipModuleLoadData)
NO_DEVICE(hipModuleUnload)
NO_DEVICE(hipModuleGetFunction)
NO_DEVICE(hipModuleLaunchKernel)
NO_DEVICE(hipStreamBeginCapture)
NO_DEVICE(hipStreamEndCapture)
NO_DEVICE(hipGraphInstantiate)
NO_DEVICE(hipGraphLaunch)
NO_DEVICE(hipGraphExecDestroy)
NO_DEVICE(hipGraphDestroy)
}
