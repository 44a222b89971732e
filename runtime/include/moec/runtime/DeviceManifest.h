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
  /// The library of the machine's driver, for devices that open one: a path, or a name that the
  /// system's loader looks up. Empty means the driver's usual names. The manifest may set it.
  std::string driver;
};

/// What a plugin's function `moecDevicePlugin` returns, a static object.
struct DevicePlugin {
  /// Must equal currentVersion: runtime and plugin share C++ types.
  uint32_t version;
  Expected<std::unique_ptr<Device>> (*create)(const DeviceOptions &options);

  static constexpr uint32_t currentVersion = 3;
  /// The C symbol, of type `const DevicePlugin *()`.
  static constexpr const char *entryPoint = "moecDevicePlugin";
};

/// The list of devices: {"version": 1, "devices": [{"kind", "targets": […], "library", "driver",
/// "by_name"}]}. A library is relative to the manifest's folder, and so is a driver that has a
/// slash in it; a device need not name a driver. One with "by_name" is for who asks for it.
class DeviceManifest {
public:
  struct Entry {
    /// What --device calls it.
    std::string kind;
    /// The plan targets that it runs.
    std::vector<std::string> targets;
    /// Path of the plugin.
    std::string library;
    /// DeviceOptions::driver for it.
    std::string driver;
    /// Whether nobody gets it, or is told of it, who does not ask for its kind.
    bool byName = false;
  };

  /// The manifest of this build: ../lib/moec/devices.json from the running program's folder.
  static Expected<DeviceManifest> loadDefault();
  static Expected<DeviceManifest> load(const std::string &path);

  /// Opens the device `kind` ("" means the first) that runs plans for `target`. Where nobody asked
  /// for a kind, a failure names the other kinds that would do.
  Expected<std::unique_ptr<Device>> open(const std::string &target, const std::string &kind,
                                         const DeviceOptions &options) const;

  const std::vector<Entry> &entries() const { return devices; }

private:
  Expected<std::unique_ptr<Device>> openEntry(const Entry &entry, DeviceOptions options) const;
  /// The kinds that run plans for `target`, without the one at `except`.
  std::string otherKinds(const std::string &target, const Entry &except) const;

  std::string file;
  std::vector<Entry> devices;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DEVICEMANIFEST_H
