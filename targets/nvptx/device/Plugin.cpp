//===- Plugin.cpp - The plugin of GPUs behind CUDA -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the device manifest's library exports.
//
//===----------------------------------------------------------------------===//

#include "targets/nvptx/device/CudaDevice.h"

/// The entry point that DevicePlugin::entryPoint names.
extern "C" __attribute__((visibility("default"))) const moec::runtime::DevicePlugin *
moecDevicePlugin() {
  static const moec::runtime::DevicePlugin plugin = {moec::runtime::DevicePlugin::currentVersion,
                                                     moec::nvptx::createDevice};
  return &plugin;
}
