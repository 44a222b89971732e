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
#include "targets/amdgpu/device/HipDriver.h"

namespace moec::amdgpu {

/// Opens GPU number `options.ordinal` through the library `options.driver`. Fails, saying what is
/// missing, without the library, without a GPU, or when the number is too large.
Expected<std::unique_ptr<runtime::Device>> createDevice(const runtime::DeviceOptions &options);

/// A kernel of a loaded module.
class HipKernel : public runtime::Kernel {
public:
  HipKernel(HipFunction function, runtime::KernelInfo info)
      : function(function), info(std::move(info)) {}
  const HipFunction function;
  const runtime::KernelInfo info;
};

/// Opens a stream on GPU number `ordinal`.
Expected<std::unique_ptr<runtime::Stream>> createStream(std::shared_ptr<HipDriver> driver,
                                                        int ordinal);

} // namespace moec::amdgpu

#endif // TARGETS_AMDGPU_DEVICE_HIPDEVICE_H
