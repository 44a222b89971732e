//===- HipDevice.h - A GPU behind HIP as a device ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Code objects are modules, argument words are the kernarg segment, streams and graphs are HIP's.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_AMDGPU_DEVICE_HIPDEVICE_H
#define TARGETS_AMDGPU_DEVICE_HIPDEVICE_H

#include "moec/runtime/DeviceManifest.h"

namespace moec::amdgpu {

/// Opens GPU number `options.ordinal` through the library `options.driver`. Fails, saying what is
/// missing, without the library, without a GPU, or when the number is too large.
Expected<std::unique_ptr<runtime::Device>> createDevice(const runtime::DeviceOptions &options);

} // namespace moec::amdgpu

#endif // TARGETS_AMDGPU_DEVICE_HIPDEVICE_H
