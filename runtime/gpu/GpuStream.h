//===- GpuStream.h - Streams of a GPU ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a device and its streams share: a driver and kernels.
//
//===----------------------------------------------------------------------===//
#ifndef RUNTIME_GPU_GPUSTREAM_H
#define RUNTIME_GPU_GPUSTREAM_H

#include "moec/runtime/gpu/GpuDriver.h"

namespace moec::runtime::gpu {

/// A kernel of a loaded module.
class GpuKernel : public Kernel {
public:
  GpuKernel(FunctionHandle function, KernelInfo info) : function(function), info(std::move(info)) {}
  const FunctionHandle function;
  const KernelInfo info;
};

/// Opens a stream on GPU number `ordinal`.
Expected<std::unique_ptr<Stream>> createStream(std::shared_ptr<GpuDriver> driver, int ordinal);

} // namespace moec::runtime::gpu

#endif // RUNTIME_GPU_GPUSTREAM_H
