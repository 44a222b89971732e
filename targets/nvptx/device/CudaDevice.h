//===- CudaDevice.h - A GPU behind CUDA as a device --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Code objects are PTX or machine code, argument words are the kernel's parameters, streams and
// graphs are CUDA's.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_NVPTX_DEVICE_CUDADEVICE_H
#define TARGETS_NVPTX_DEVICE_CUDADEVICE_H

#include "moec/runtime/DeviceManifest.h"

namespace moec::nvptx {

/// Opens GPU number `options.ordinal` through the library `options.driver`. Fails, saying what is
/// missing, without the library, without a GPU, or when the number is too large.
Expected<std::unique_ptr<runtime::Device>> createDevice(const runtime::DeviceOptions &options);

} // namespace moec::nvptx

#endif // TARGETS_NVPTX_DEVICE_CUDADEVICE_H
