//===- DeviceManifest.h - Which devices there are ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Devices are plugins: shared libraries listed by a JSON file beside the binaries, so that the
// runtime names no vendor and a machine can be added or removed without relinking.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_DEVICEMANIFEST_H
#define MOEC_RUNTIME_DEVICEMANIFEST_H

#include "moec/runtime/Device.h"

#include <memory>
#include <string>
#include <vector>

namespace moec::runtime {

/// What the user may say about a device.
struct DeviceOptions {
  /// Worker threads, where the device has any; 0 means one for each processor it may use.
  unsigned threads = 0;
  /// Which one, where a machine has several.
  unsigned ordinal = 0;
};

/// What a plugin's function `moecDevicePlugin` returns, a static object.
struct DevicePlugin {
  /// Must equal currentVersion: runtime and plugin share C++ types.
  uint32_t version;
  Expected<std::unique_ptr<Device>> (*create)(const DeviceOptions &options);

  static constexpr uint32_t currentVersion = 1;
  /// The C symbol, of type `const DevicePlugin *()`.
  static constexpr const char *entryPoint = "moecDevicePlugin";
};

/// The list of devices: {"version": 1, "devices": [{"kind", "targets": […], "library"}]}; a library
/// is relative to the manifest's folder.
class DeviceManifest {
public:
  struct Entry {
    /// What --device calls it.
    std::string kind;
    /// The plan targets that it runs.
    std::vector<std::string> targets;
    /// Path of the plugin.
    std::string library;
  };

  /// The manifest of this build: ../lib/moec/devices.json from the running program's folder.
  static Expected<DeviceManifest> loadDefault();
  static Expected<DeviceManifest> load(const std::string &path);

  /// Opens the device `kind` ("" means the first) that runs plans for `target`.
  Expected<std::unique_ptr<Device>> open(const std::string &target, const std::string &kind,
                                         const DeviceOptions &options) const;

  const std::vector<Entry> &entries() const { return devices; }

private:
  std::string file;
  std::vector<Entry> devices;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DEVICEMANIFEST_H
